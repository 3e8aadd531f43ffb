// Counts the beats of a stream; last is high on every COUNT-th.
`default_nettype none

module qc_frame #(
    parameter integer COUNT = 1
) (
    input  wire clk,
    input  wire rst,
    input  wire valid,
    input  wire ready,
    output wire last
);
  localparam integer BITS = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer LAST_VALUE = COUNT - 1;
  reg [BITS-1:0] beat;

  assign last = beat == LAST_VALUE[BITS-1:0];
  always @(posedge clk) begin
    if (rst) beat <= {BITS{1'b0}};
    else if (valid && ready) beat <= last ? {BITS{1'b0}} : beat + 1'b1;
  end
endmodule

`default_nettype wire
