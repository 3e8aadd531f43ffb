// One axis of qc_pad: a position counter that says whether it stands within the input, and on the last position.
`default_nettype none

module qc_pad_axis #(
    parameter integer SIZE = 3,
    parameter integer BEFORE = 1,
    parameter integer INSIDE = 1
) (
    input  wire clk,
    input  wire rst,
    input  wire step,
    output wire held,
    output wire last
);
  // A bit more than positions need, so that those in front of the input wrap beyond its end.
  localparam integer BITS = $clog2(SIZE + 1) + 1;
  localparam integer LAST_VALUE = SIZE - 1;
  localparam integer FIRST_VALUE = -BEFORE;
  localparam integer END_VALUE = LAST_VALUE - BEFORE;

  reg [BITS-1:0] position;  // from the first input on

  assign held = position < INSIDE[BITS-1:0];
  assign last = position == END_VALUE[BITS-1:0];
  always @(posedge clk) begin
    if (rst) position <= FIRST_VALUE[BITS-1:0];
    else if (step) position <= last ? FIRST_VALUE[BITS-1:0] : position + 1'b1;
  end
endmodule

`default_nettype wire
