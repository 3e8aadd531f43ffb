// Sum of two streams of wide codes, rounded half to even:
//   u = a*2^A_UNIT*MA + b*2^B_UNIT*MB + C;   y = clamp((u - (((u >> SHIFT) ^ ZERO_POINT) & 1 ? CORRECTION : 0)) >> SHIFT).
`default_nettype none

module qc_add_tied #(
    parameter integer A_BITS = 16,
    parameter integer B_BITS = 16,
    parameter integer OUT_BITS = 16,
    parameter integer A_SIGNED = 1,
    parameter integer B_SIGNED = 1,
    parameter integer A_UNIT = 0,
    parameter integer B_UNIT = 0,
    parameter signed [45:0] MA = 46'sd1,
    parameter signed [45:0] MB = 46'sd1,
    parameter signed [61:0] C = 62'sd0,
    parameter [61:0] CORRECTION = 62'd0,
    parameter integer SHIFT = 1,
    parameter integer ZERO_POINT = 0,
    parameter integer CLAMP_LO = -32768,
    parameter integer CLAMP_HI = 32767
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

  localparam [5:0] SHIFT_BITS = SHIFT[5:0];
  localparam signed [63:0] OFFSET = {{2{C[61]}}, C};

  wire enable = !out_valid || out_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  reg               pair_valid;
  reg signed [16:0] a;
  reg signed [16:0] b;
  reg               product_valid;
  reg signed [62:0] product_a;
  reg signed [62:0] product_b;
  reg               sum_valid;
  reg signed [63:0] sum;
  reg               corrected_valid;
  reg signed [63:0] corrected;

  wire               a_sign = (A_SIGNED != 0) && in_a_data[A_BITS-1];
  wire               b_sign = (B_SIGNED != 0) && in_b_data[B_BITS-1];
  wire signed [31:0] clamped = qc_clamp(qc_shift_floor(corrected, SHIFT_BITS), CLAMP_LO, CLAMP_HI);
  wire               unused = &{1'b0, clamped[31:OUT_BITS-1]};

  always @(posedge clk) begin
    if (rst) begin
      pair_valid      <= 1'b0;
      product_valid   <= 1'b0;
      sum_valid       <= 1'b0;
      corrected_valid <= 1'b0;
      out_valid       <= 1'b0;
    end else if (enable) begin
      pair_valid      <= in_a_valid && in_b_valid;
      product_valid   <= pair_valid;
      sum_valid       <= product_valid;
      corrected_valid <= sum_valid;
      out_valid       <= corrected_valid;
    end
    if (enable) begin
      a         <= {{17 - A_BITS{a_sign}}, in_a_data} << A_UNIT;
      b         <= {{17 - B_BITS{b_sign}}, in_b_data} << B_UNIT;
      product_a <= a * MA;
      product_b <= b * MB;
      sum       <= product_a + product_b + OFFSET;
      corrected <= qc_parity_correct(sum, CORRECTION, SHIFT_BITS, ZERO_POINT[0]);
      out_data  <= clamped[OUT_BITS-1:0];
    end
  end
endmodule

`default_nettype wire
