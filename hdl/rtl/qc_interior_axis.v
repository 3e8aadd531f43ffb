// One axis of qc_interior_pad2d: whether the position holds an element of the image, one of COUNT that are STRIDE apart, and
// whether it is the last one.
`default_nettype none

module qc_interior_axis #(
    parameter integer COUNT = 2,
    parameter integer SIZE = 3,
    parameter integer STRIDE = 2
) (
    input  wire clk,
    input  wire rst,
    input  wire step,
    output wire held,
    output wire last
);
  localparam integer BITS = $clog2(SIZE + 1);
  localparam integer PHASE_BITS = (STRIDE > 1) ? $clog2(STRIDE) : 1;
  localparam integer LAST_VALUE = SIZE - 1;
  localparam integer PHASE_LAST_VALUE = STRIDE - 1;
  localparam integer HELD_LAST_VALUE = (COUNT - 1) * STRIDE;

  reg [BITS-1:0]       position;
  reg [PHASE_BITS-1:0] phase;  // position modulo STRIDE

  assign held = phase == {PHASE_BITS{1'b0}} && position <= HELD_LAST_VALUE[BITS-1:0];
  assign last = position == LAST_VALUE[BITS-1:0];
  always @(posedge clk) begin
    if (rst) begin
      position <= {BITS{1'b0}};
      phase    <= {PHASE_BITS{1'b0}};
    end else if (step) begin
      position <= last ? {BITS{1'b0}} : position + 1'b1;
      phase    <= last || phase == PHASE_LAST_VALUE[PHASE_BITS-1:0] ? {PHASE_BITS{1'b0}} : phase + 1'b1;
    end
  end
endmodule

`default_nettype wire
