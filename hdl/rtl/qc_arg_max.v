// Positions of the largest codes of rows of COUNT (of the least if LEAST); of equal codes the first, or the last if LAST.
`default_nettype none

module qc_arg_max #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 32,  // at least those of a position and a sign
    parameter integer COUNT = 4,
    parameter integer X_SIGNED = 1,
    parameter integer LEAST = 0,
    parameter integer LAST = 0
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [IN_BITS-1:0]  in_data,
    input  wire                in_valid,
    output wire                in_ready,
    output reg  [OUT_BITS-1:0] out_data,
    output reg                 out_valid,
    input  wire                out_ready
);
  localparam integer INDEX_BITS = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer LAST_VALUE = COUNT - 1;

  reg  [INDEX_BITS-1:0]     index;
  reg  [INDEX_BITS-1:0]     position;
  reg  signed [IN_BITS:0]   best;
  wire signed [IN_BITS:0]   code = {(X_SIGNED != 0) && in_data[IN_BITS-1], in_data};
  wire                      beyond = (LEAST != 0) ? code < best : code > best;
  wire                      better = index == {INDEX_BITS{1'b0}} || beyond || ((LAST != 0) && code == best);
  wire [INDEX_BITS-1:0]     found = better ? index : position;
  wire                      last = index == LAST_VALUE[INDEX_BITS-1:0];
  wire                      take = in_valid && in_ready;
  assign in_ready = !last || !out_valid || out_ready;

  always @(posedge clk) begin
    if (rst) begin
      index     <= {INDEX_BITS{1'b0}};
      out_valid <= 1'b0;
    end else begin
      if (take) index <= last ? {INDEX_BITS{1'b0}} : index + 1'b1;
      if (take && last) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
    if (take && better) best <= code;
    if (take) position <= found;
    if (take && last) out_data <= {{OUT_BITS - INDEX_BITS{1'b0}}, found};
  end
endmodule

`default_nettype wire
