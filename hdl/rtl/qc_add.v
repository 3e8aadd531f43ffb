// Sum of two streams in the linear form: y = clamp((a*MA + b*MB + C) >> SHIFT), certified for every pair of codes.
`default_nettype none

module qc_add #(
    parameter integer A_BITS = 8,
    parameter integer B_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer A_SIGNED = 1,
    parameter integer B_SIGNED = 1,
    parameter integer MA = 1,
    parameter integer MB = 1,
    parameter integer C = 0,
    parameter integer SHIFT = 0,
    parameter integer CLAMP_LO = -128,
    parameter integer CLAMP_HI = 127
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [A_BITS-1:0]   in_a_data,
    input  wire                in_a_valid,
    output wire                in_a_ready,
    input  wire [B_BITS-1:0]   in_b_data,
    input  wire                in_b_valid,
    output wire                in_b_ready,
    output reg  [OUT_BITS-1:0] out_data,
    output reg                 out_valid,
    input  wire                out_ready
);
`include "qc_scalar.vh"

  wire enable = !out_valid || out_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  reg                pair_valid;
  reg signed [A_BITS:0] a;
  reg signed [B_BITS:0] b;
  reg                sum_valid;
  reg signed [31:0]  sum;
  // The sum is proved to fit 32 bits, so products may wrap.
  wire signed [31:0] a32 = {{31 - A_BITS{a[A_BITS]}}, a};
  wire signed [31:0] b32 = {{31 - B_BITS{b[B_BITS]}}, b};
  wire signed [31:0] total = a32 * MA + b32 * MB + C;
  wire signed [31:0] clamped = qc_clamp(sum, CLAMP_LO, CLAMP_HI);
  wire               unused = &{1'b0, clamped[31:OUT_BITS-1]};

  always @(posedge clk) begin
    if (rst) begin
      pair_valid <= 1'b0;
      sum_valid  <= 1'b0;
      out_valid  <= 1'b0;
    end else if (enable) begin
      pair_valid <= in_a_valid && in_b_valid;
      sum_valid  <= pair_valid;
      out_valid  <= sum_valid;
    end
    if (enable) begin
      a        <= {(A_SIGNED != 0) && in_a_data[A_BITS-1], in_a_data};
      b        <= {(B_SIGNED != 0) && in_b_data[B_BITS-1], in_b_data};
      sum      <= total >>> SHIFT;
      out_data <= clamped[OUT_BITS-1:0];
    end
  end
endmodule

`default_nettype wire
