// Hands out every element COUNT times.
`default_nettype none

module qc_hold #(
    parameter integer BITS = 8,
    parameter integer COUNT = 2
) (
    input  wire            clk,
    input  wire            rst,
    input  wire [BITS-1:0] in_data,
    input  wire            in_valid,
    output wire            in_ready,
    output reg  [BITS-1:0] out_data,
    output wire            out_valid,
    input  wire            out_ready
);
  localparam integer LEFT_BITS = $clog2(COUNT + 1);
  localparam [LEFT_BITS-1:0] ALL = COUNT[LEFT_BITS-1:0];
  localparam [LEFT_BITS-1:0] ONE = 1;

  reg [LEFT_BITS-1:0] left;
  assign out_valid = left != {LEFT_BITS{1'b0}};
  assign in_ready = !out_valid || (left == ONE && out_ready);

  always @(posedge clk) begin
    if (rst) left <= {LEFT_BITS{1'b0}};
    else if (in_valid && in_ready) left <= ALL;
    else if (out_valid && out_ready) left <= left - ONE;
    if (in_valid && in_ready) out_data <= in_data;
  end
endmodule

`default_nettype wire
