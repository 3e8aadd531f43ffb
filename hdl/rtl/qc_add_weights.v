// Sum of two streams of wide codes whose scales are in small whole ratios: y = requantize(a*WA + b*WB).
`default_nettype none

module qc_add_weights #(
    parameter integer A_BITS = 16,
    parameter integer B_BITS = 16,
    parameter integer OUT_BITS = 16,
    parameter integer A_SIGNED = 1,
    parameter integer B_SIGNED = 1,
    parameter integer WA = 1,
    parameter integer WB = 1,
    parameter integer FORM = 0,
    parameter integer ACC_BITS = 24,
    parameter integer WORD_BITS = 32,
    parameter integer MULTIPLIER_BITS = 16,
    parameter integer OFFSET_BITS = 16,
    parameter integer CORRECTION_BITS = 1,
    parameter integer BIAS_BITS = 0,
    parameter integer VALUE_BITS = 32,
    parameter integer SHIFT = 8,
    parameter integer ZERO_POINT = 0,
    parameter integer CLAMP_LO = -128,
    parameter integer CLAMP_HI = 127,
    parameter CONSTANTS_FILE = ""
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [A_BITS-1:0]   in_a_data,
    input  wire                in_a_valid,
    output wire                in_a_ready,
    input  wire [B_BITS-1:0]   in_b_data,
    input  wire                in_b_valid,
    output wire                in_b_ready,
    output wire [OUT_BITS-1:0] out_data,
    output wire                out_valid,
    input  wire                out_ready
);
  reg signed [A_BITS:0] a;
  reg signed [B_BITS:0] b;
  reg                   pair_valid;
  reg                   sum_valid;
  reg  [ACC_BITS-1:0]   sum;
  wire                  sum_ready;
  wire                  enable = !sum_valid || sum_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  // The sum is proved to fit the accumulator, so products may wrap at 32 bits.
  wire signed [31:0] a32 = {{31 - A_BITS{a[A_BITS]}}, a};
  wire signed [31:0] b32 = {{31 - B_BITS{b[B_BITS]}}, b};
  wire signed [31:0] total = a32 * WA + b32 * WB;
  wire               unused = &{1'b0, total[31:ACC_BITS-1]};

  always @(posedge clk) begin
    if (rst) begin
      pair_valid <= 1'b0;
      sum_valid  <= 1'b0;
    end else if (enable) begin
      pair_valid <= in_a_valid && in_b_valid;
      sum_valid  <= pair_valid;
    end
    if (enable) begin
      a   <= {(A_SIGNED != 0) && in_a_data[A_BITS-1], in_a_data};
      b   <= {(B_SIGNED != 0) && in_b_data[B_BITS-1], in_b_data};
      sum <= total[ACC_BITS-1:0];
    end
  end

  qc_requant #(
      .FORM           (FORM),
      .ACC_BITS       (ACC_BITS),
      .OUT_BITS       (OUT_BITS),
      .DEPTH          (1),
      .INDEX_BITS     (1),
      .WORD_BITS      (WORD_BITS),
      .MULTIPLIER_BITS(MULTIPLIER_BITS),
      .OFFSET_BITS    (OFFSET_BITS),
      .CORRECTION_BITS(CORRECTION_BITS),
      .BIAS_BITS      (BIAS_BITS),
      .VALUE_BITS     (VALUE_BITS),
      .SHIFT          (SHIFT),
      .ZERO_POINT     (ZERO_POINT),
      .CLAMP_LO       (CLAMP_LO),
      .CLAMP_HI       (CLAMP_HI),
      .FILE           (CONSTANTS_FILE)
  ) requant (
      .clk      (clk),
      .rst      (rst),
      .in_acc   (sum),
      .in_index (1'b0),
      .in_valid (sum_valid),
      .in_ready (sum_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
