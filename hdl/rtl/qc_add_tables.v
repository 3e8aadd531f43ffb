// Sum of two streams in the general form: y = requantize(table_a[a] + table_b[b]), tables of A_WIDTH and B_WIDTH bits
// addressed by the codes' bits.
`default_nettype none

module qc_add_tables #(
    parameter integer A_BITS = 8,
    parameter integer B_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer A_WIDTH = 16,
    parameter integer B_WIDTH = 16,
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
    parameter A_FILE = "",
    parameter B_FILE = "",
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
  wire signed [A_WIDTH-1:0] a;
  wire signed [B_WIDTH-1:0] b;
  reg                      pair_valid;
  reg                      sum_valid;
  reg [ACC_BITS-1:0]       sum;
  wire                     sum_ready;
  wire                     enable = !sum_valid || sum_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  qc_rom #(
      .WIDTH       (A_WIDTH),
      .DEPTH       (1 << A_BITS),
      .ADDRESS_BITS(A_BITS),
      .FILE        (A_FILE)
  ) table_a (
      .clk    (clk),
      .enable (enable),
      .address(in_a_data),
      .data   (a)
  );

  qc_rom #(
      .WIDTH       (B_WIDTH),
      .DEPTH       (1 << B_BITS),
      .ADDRESS_BITS(B_BITS),
      .FILE        (B_FILE)
  ) table_b (
      .clk    (clk),
      .enable (enable),
      .address(in_b_data),
      .data   (b)
  );

  // The sum is proved to fit ACC_BITS; operands wider than that only repeat their sign.
  wire signed [32:0] total = $signed({{33 - A_WIDTH{a[A_WIDTH-1]}}, a}) + $signed({{33 - B_WIDTH{b[B_WIDTH-1]}}, b});
  wire               unused = &{1'b0, total[32:ACC_BITS-1]};

  always @(posedge clk) begin
    if (rst) begin
      pair_valid <= 1'b0;
      sum_valid  <= 1'b0;
    end else if (enable) begin
      pair_valid <= in_a_valid && in_b_valid;
      sum_valid  <= pair_valid;
    end
    if (enable) sum <= total[ACC_BITS-1:0];
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
