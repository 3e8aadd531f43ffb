// Product of two streams: y = requantize((a - A_ZERO)*(b - B_ZERO)).
`default_nettype none

module qc_mul #(
    parameter integer A_BITS = 8,
    parameter integer B_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer A_SIGNED = 1,
    parameter integer B_SIGNED = 1,
    parameter integer A_ZERO = 0,
    parameter integer B_ZERO = 0,
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
  reg signed [A_BITS:0]    a;
  reg signed [B_BITS:0]    b;
  reg                      pair_valid;
  reg                      product_valid;
  reg signed [ACC_BITS-1:0] product;
  wire                     product_ready;
  wire                     enable = !product_valid || product_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  localparam integer PRODUCT_BITS = A_BITS + B_BITS + 2;
  localparam integer TOTAL_BITS = (PRODUCT_BITS > ACC_BITS) ? PRODUCT_BITS : ACC_BITS;
  localparam signed [A_BITS:0] A_ZERO_CODE = A_ZERO[A_BITS:0];
  localparam signed [B_BITS:0] B_ZERO_CODE = B_ZERO[B_BITS:0];
  wire signed [A_BITS:0] a_code = {(A_SIGNED != 0) && in_a_data[A_BITS-1], in_a_data};
  wire signed [B_BITS:0] b_code = {(B_SIGNED != 0) && in_b_data[B_BITS-1], in_b_data};
  // The product is proved to fit ACC_BITS; wider values only repeat its sign.
  wire signed [TOTAL_BITS-1:0] total = a * b;
  wire unused = &{1'b0, total[TOTAL_BITS-1:ACC_BITS-1]};

  always @(posedge clk) begin
    if (rst) begin
      pair_valid    <= 1'b0;
      product_valid <= 1'b0;
    end else if (enable) begin
      pair_valid    <= in_a_valid && in_b_valid;
      product_valid <= pair_valid;
    end
    if (enable) begin
      a       <= a_code - A_ZERO_CODE;
      b       <= b_code - B_ZERO_CODE;
      product <= total[ACC_BITS-1:0];
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
      .in_acc   (product),
      .in_index (1'b0),
      .in_valid (product_valid),
      .in_ready (product_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
