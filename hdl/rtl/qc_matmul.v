// Products of two streams of matrices, one pair after the other: a row by row [ROWS][INNER], b [INNER][COLUMNS], both
// row-major. y[i][j] = requantize(sum over k of (a[i][k] - A_ZERO)*(b[k][j] - B_ZERO)), PE columns at a time.
// A matrix of b and a row of a are taken in side by side, then multiplied; the next row waits meanwhile.
`default_nettype none

module qc_matmul #(
    parameter integer A_BITS = 8,
    parameter integer B_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer ROWS = 2,
    parameter integer INNER = 2,
    parameter integer COLUMNS = 2,
    parameter integer PE = 1,  // divides COLUMNS
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
  localparam integer BLOCKS = COLUMNS / PE;
  localparam integer WORDS = INNER * BLOCKS;
  localparam integer ROW_BITS = (ROWS > 1) ? $clog2(ROWS) : 1;
  localparam integer INNER_BITS = (INNER > 1) ? $clog2(INNER) : 1;
  localparam integer BLOCK_BITS = (BLOCKS > 1) ? $clog2(BLOCKS) : 1;
  localparam integer WORD_ADDRESS_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam integer LANE_BITS = (PE > 1) ? $clog2(PE) : 1;
  localparam integer ROW_LAST_VALUE = ROWS - 1;
  localparam integer INNER_LAST_VALUE = INNER - 1;
  localparam integer BLOCK_LAST_VALUE = BLOCKS - 1;
  localparam integer WORD_LAST_VALUE = WORDS - 1;
  localparam integer LANE_LAST_VALUE = PE - 1;
  localparam [WORD_ADDRESS_BITS-1:0] BLOCK_STEP = BLOCKS[WORD_ADDRESS_BITS-1:0];

  // Taking in: a full row of a, a full matrix of b.
  reg [INNER_BITS-1:0]        a_count;
  reg [WORD_ADDRESS_BITS-1:0] b_word;
  reg [LANE_BITS-1:0]         b_lane;
  reg                         a_full;
  reg                         b_full;
  wire a_take = in_a_valid && in_a_ready;
  wire b_take = in_b_valid && in_b_ready;
  wire a_last = a_count == INNER_LAST_VALUE[INNER_BITS-1:0];
  wire b_lane_last = b_lane == LANE_LAST_VALUE[LANE_BITS-1:0];
  wire b_last = b_lane_last && b_word == WORD_LAST_VALUE[WORD_ADDRESS_BITS-1:0];
  assign in_a_ready = !a_full;
  assign in_b_ready = !b_full;

  // Multiplying: for each block of columns, along the row.
  reg [ROW_BITS-1:0]          row;
  reg [BLOCK_BITS-1:0]        block;
  reg [INNER_BITS-1:0]        k;
  reg [WORD_ADDRESS_BITS-1:0] address;
  reg [WORD_ADDRESS_BITS-1:0] block_address;
  wire enable;
  wire running = a_full && b_full;
  wire step = running && enable;
  wire end_k = k == INNER_LAST_VALUE[INNER_BITS-1:0];
  wire end_row = end_k && block == BLOCK_LAST_VALUE[BLOCK_BITS-1:0];
  wire end_matrix = end_row && row == ROW_LAST_VALUE[ROW_BITS-1:0];
  wire [WORD_ADDRESS_BITS-1:0] next_block = end_row ? {WORD_ADDRESS_BITS{1'b0}} : block_address + 1'b1;

  always @(posedge clk) begin
    if (rst) begin
      a_count       <= {INNER_BITS{1'b0}};
      b_word        <= {WORD_ADDRESS_BITS{1'b0}};
      b_lane        <= {LANE_BITS{1'b0}};
      a_full        <= 1'b0;
      b_full        <= 1'b0;
      row           <= {ROW_BITS{1'b0}};
      block         <= {BLOCK_BITS{1'b0}};
      k             <= {INNER_BITS{1'b0}};
      address       <= {WORD_ADDRESS_BITS{1'b0}};
      block_address <= {WORD_ADDRESS_BITS{1'b0}};
    end else begin
      if (a_take) a_count <= a_last ? {INNER_BITS{1'b0}} : a_count + 1'b1;
      if (b_take) b_lane <= b_lane_last ? {LANE_BITS{1'b0}} : b_lane + 1'b1;
      if (b_take && b_lane_last) b_word <= b_last ? {WORD_ADDRESS_BITS{1'b0}} : b_word + 1'b1;
      if (a_take && a_last) a_full <= 1'b1;
      else if (step && end_row) a_full <= 1'b0;
      if (b_take && b_last) b_full <= 1'b1;
      else if (step && end_matrix) b_full <= 1'b0;
      if (step) begin
        k       <= end_k ? {INNER_BITS{1'b0}} : k + 1'b1;
        address <= end_k ? next_block : address + BLOCK_STEP;
        if (end_k) block <= end_row ? {BLOCK_BITS{1'b0}} : block + 1'b1;
        if (end_k) block_address <= next_block;
        if (end_row) row <= end_matrix ? {ROW_BITS{1'b0}} : row + 1'b1;
      end
    end
  end

  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [A_BITS-1:0]        a_row[0:INNER-1];
  reg [A_BITS-1:0]        a_code;
  reg signed [A_BITS:0]   a;
  wire signed [A_BITS:0]  a_extended = {(A_SIGNED != 0) && a_code[A_BITS-1], a_code};
  localparam signed [A_BITS:0] A_ZERO_CODE = A_ZERO[A_BITS:0];
  localparam signed [B_BITS:0] B_ZERO_CODE = B_ZERO[B_BITS:0];
  localparam integer PRODUCT_BITS = A_BITS + B_BITS + 2;
  localparam integer WIDE_BITS = (PRODUCT_BITS > ACC_BITS) ? PRODUCT_BITS : ACC_BITS;
  always @(posedge clk) if (a_take) a_row[a_count] <= in_a_data;
  always @(posedge clk) if (step) a_code <= a_row[k];
  always @(posedge clk) if (enable) a <= a_extended - A_ZERO_CODE;

  // valid, first and last travel beside the read, the difference, and the product.
  reg [2:0] valid;
  reg [2:0] first;
  reg [2:0] last;
  reg       acc_done;
  wire      drain_ready;
  assign enable = !acc_done || drain_ready;
  always @(posedge clk) begin
    if (rst) begin
      valid    <= 3'b0;
      acc_done <= 1'b0;
    end else if (enable) begin
      valid    <= {valid[1:0], running};
      acc_done <= valid[2] && last[2];
    end
    if (enable) begin
      first <= {first[1:0], k == {INNER_BITS{1'b0}}};
      last  <= {last[1:0], end_k};
    end
  end

  wire [PE*ACC_BITS-1:0] accs;
  genvar i;
  generate
    for (i = 0; i < PE; i = i + 1) begin : gen_lane
      (* no_rw_check *)  // no word is read and written in the same cycle
      reg [B_BITS-1:0] matrix[0:WORDS-1];
      reg [B_BITS-1:0] b_code;
      reg signed [B_BITS:0] b;
      reg signed [PRODUCT_BITS-1:0] product;
      reg signed [ACC_BITS-1:0] acc;
      wire signed [B_BITS:0] b_extended = {(B_SIGNED != 0) && b_code[B_BITS-1], b_code};
      // The sum is proved to fit ACC_BITS; what partial sums carry beyond does not matter.
      wire signed [WIDE_BITS-1:0] wide = {{WIDE_BITS - PRODUCT_BITS{product[PRODUCT_BITS-1]}}, product};
      wire [ACC_BITS-1:0] previous = first[2] ? {ACC_BITS{1'b0}} : acc;
      wire unused = &{1'b0, wide[WIDE_BITS-1:ACC_BITS-1]};
      always @(posedge clk) if (b_take && b_lane == i) matrix[b_word] <= in_b_data;
      always @(posedge clk) if (step) b_code <= matrix[address];
      always @(posedge clk) begin
        if (enable) b <= b_extended - B_ZERO_CODE;
        if (enable) product <= a * b;
        if (enable && valid[2]) acc <= previous + wide[ACC_BITS-1:0];
      end
      assign accs[ACC_BITS*i+:ACC_BITS] = acc;
    end
  endgenerate

  wire [ACC_BITS-1:0] acc;
  wire                acc_valid;
  wire                acc_ready;
  qc_drain #(
      .PE      (PE),
      .ACC_BITS(ACC_BITS)
  ) drain (
      .clk       (clk),
      .rst       (rst),
      .load_data (accs),
      .load_valid(acc_done),
      .load_ready(drain_ready),
      .out_data  (acc),
      .out_valid (acc_valid),
      .out_ready (acc_ready)
  );

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
      .in_acc   (acc),
      .in_index (1'b0),
      .in_valid (acc_valid),
      .in_ready (acc_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
