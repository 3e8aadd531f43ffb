// Convolution, channels last: y[oy][ox][o] = requantize(sum over taps, inputs of x * w), zero point and bias inside
// the requantization constants; words outside the image read as PAD_VALUE.
// PE outputs times SIMD inputs are multiplied per cycle. DEPTHWISE: lane p has its own input channel, SIMD is 1.
// A dense layer is the case of a 1x1 kernel on a 1x1 image.
`default_nettype none

module qc_conv2d #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer HEIGHT = 4,
    parameter integer WIDTH = 4,
    parameter integer GROUPS = 1,
    parameter integer CHUNKS = 1,
    parameter integer BLOCKS = 1,
    parameter integer OUT_HEIGHT = 4,
    parameter integer OUT_WIDTH = 4,
    parameter integer KERNEL_HEIGHT = 3,
    parameter integer KERNEL_WIDTH = 3,
    parameter integer STRIDE_Y = 1,
    parameter integer STRIDE_X = 1,
    parameter integer DILATION_Y = 1,
    parameter integer DILATION_X = 1,
    parameter integer PAD_TOP = 1,
    parameter integer PAD_LEFT = 1,
    parameter integer ROWS = 4,
    parameter integer PE = 1,
    parameter integer SIMD = 1,
    parameter integer DEPTHWISE = 0,
    parameter integer X_SIGNED = 1,
    parameter integer PAD_VALUE = 0,
    parameter integer WEIGHT_BITS = 8,
    parameter integer ACC_BITS = 24,
    parameter integer FORM = 0,
    parameter integer CHANNELS = 1,
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
    parameter WEIGHTS_FILE = "",
    parameter CONSTANTS_FILE = ""
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [IN_BITS-1:0]  in_data,
    input  wire                in_valid,
    output wire                in_ready,
    output wire [OUT_BITS-1:0] out_data,
    output wire                out_valid,
    input  wire                out_ready
);
  localparam integer WORD = (DEPTHWISE != 0) ? PE : SIMD;
  localparam integer WEIGHT_WORDS = GROUPS * BLOCKS * KERNEL_HEIGHT * KERNEL_WIDTH * CHUNKS;
  localparam integer WEIGHT_ADDRESS_BITS = (WEIGHT_WORDS > 1) ? $clog2(WEIGHT_WORDS) : 1;
  localparam integer WEIGHT_LAST_VALUE = WEIGHT_WORDS - 1;
  localparam [WEIGHT_ADDRESS_BITS-1:0] WEIGHT_LAST = WEIGHT_LAST_VALUE[WEIGHT_ADDRESS_BITS-1:0];
  localparam integer INDEX_BITS = (CHANNELS > 1) ? $clog2(CHANNELS) : 1;
  localparam integer INDEX_LAST_VALUE = CHANNELS - 1;

  wire              enable;
  wire              fetch;
  wire              word_valid;
  wire              word_first;
  wire              word_last;
  wire              word_pad;
  wire [IN_BITS*WORD-1:0] word;

  qc_window #(
      .BITS         (IN_BITS),
      .WORD         (WORD),
      .HEIGHT       (HEIGHT),
      .WIDTH        (WIDTH),
      .GROUPS       (GROUPS),
      .CHUNKS       (CHUNKS),
      .BLOCKS       (BLOCKS),
      .OUT_HEIGHT   (OUT_HEIGHT),
      .OUT_WIDTH    (OUT_WIDTH),
      .KERNEL_HEIGHT(KERNEL_HEIGHT),
      .KERNEL_WIDTH (KERNEL_WIDTH),
      .STRIDE_Y     (STRIDE_Y),
      .STRIDE_X     (STRIDE_X),
      .DILATION_Y   (DILATION_Y),
      .DILATION_X   (DILATION_X),
      .PAD_TOP      (PAD_TOP),
      .PAD_LEFT     (PAD_LEFT),
      .ROWS         (ROWS)
  ) window (
      .clk      (clk),
      .rst      (rst),
      .in_data  (in_data),
      .in_valid (in_valid),
      .in_ready (in_ready),
      .enable   (enable),
      .fetch    (fetch),
      .out_valid(word_valid),
      .out_data (word),
      .out_first(word_first),
      .out_last (word_last),
      .out_pad  (word_pad)
  );

  // Weights are stored in the order the window walks, so their address is a counter.
  reg  [WEIGHT_ADDRESS_BITS-1:0]      weight_address;
  wire [PE*SIMD*WEIGHT_BITS-1:0]      weights;

  always @(posedge clk) begin
    if (rst) weight_address <= {WEIGHT_ADDRESS_BITS{1'b0}};
    else if (enable && fetch)
      weight_address <= weight_address == WEIGHT_LAST ? {WEIGHT_ADDRESS_BITS{1'b0}} : weight_address + 1'b1;
  end

  qc_rom #(
      .WIDTH       (PE * SIMD * WEIGHT_BITS),
      .DEPTH       (WEIGHT_WORDS),
      .ADDRESS_BITS(WEIGHT_ADDRESS_BITS),
      .FILE        (WEIGHTS_FILE)
  ) weight_rom (
      .clk    (clk),
      .enable (enable),
      .address(weight_address),
      .data   (weights)
  );

  // Every element as an unsigned number: 2^(IN_BITS-1) is added to signed codes, by turning the sign bit, and to their zero
  // point.
  localparam integer SIGN_VALUE = (X_SIGNED != 0) ? 1 << (IN_BITS - 1) : 0;
  localparam [IN_BITS-1:0] SIGN = SIGN_VALUE[IN_BITS-1:0];
  wire [IN_BITS*WORD-1:0] x;
  genvar i;
  generate
    for (i = 0; i < WORD; i = i + 1) begin : gen_element
      assign x[IN_BITS*i+:IN_BITS] = SIGN ^ (word_pad ? PAD_VALUE[IN_BITS-1:0] : word[IN_BITS*i+:IN_BITS]);
    end
  endgenerate

  // valid, first and last travel beside the lanes' product and, with a tree, sum registers.
  reg product_valid;
  reg product_first;
  reg product_last;
  wire sum_valid;
  wire sum_first;
  wire sum_last;
  always @(posedge clk) begin
    if (rst) product_valid <= 1'b0;
    else if (enable) product_valid <= word_valid;
    if (enable) begin
      product_first <= word_first;
      product_last  <= word_last;
    end
  end
  generate
    if (SIMD == 1) begin : gen_no_tree
      assign sum_valid = product_valid;
      assign sum_first = product_first;
      assign sum_last  = product_last;
    end else begin : gen_tree
      reg valid_q;
      reg first_q;
      reg last_q;
      always @(posedge clk) begin
        if (rst) valid_q <= 1'b0;
        else if (enable) valid_q <= product_valid;
        if (enable) begin
          first_q <= product_first;
          last_q  <= product_last;
        end
      end
      assign sum_valid = valid_q;
      assign sum_first = first_q;
      assign sum_last  = last_q;
    end
  endgenerate

  wire [PE*ACC_BITS-1:0] accs;
  generate
    for (i = 0; i < PE; i = i + 1) begin : gen_lane
      localparam integer FROM = (DEPTHWISE != 0) ? i : 0;
      qc_lane #(
          .SIMD       (SIMD),
          .IN_BITS    (IN_BITS),
          .WEIGHT_BITS(WEIGHT_BITS),
          .ACC_BITS   (ACC_BITS)
      ) lane (
          .clk      (clk),
          .enable   (enable),
          .x        (x[IN_BITS*FROM+:IN_BITS*SIMD]),
          .w        (weights[WEIGHT_BITS*SIMD*i+:WEIGHT_BITS*SIMD]),
          .sum_valid(sum_valid),
          .sum_first(sum_first),
          .acc      (accs[ACC_BITS*i+:ACC_BITS])
      );
    end
  endgenerate

  // Finished accumulators wait for the drain; everything before them waits too.
  reg                 acc_done;
  wire                drain_ready;
  wire [ACC_BITS-1:0] acc;
  wire                acc_valid;
  wire                acc_ready;
  assign enable = !acc_done || drain_ready;

  always @(posedge clk) begin
    if (rst) acc_done <= 1'b0;
    else if (enable) acc_done <= sum_valid && sum_last;
  end

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

  // Outputs leave in channel order, so the constants' address is a counter as well.
  reg [INDEX_BITS-1:0] index;
  always @(posedge clk) begin
    if (rst) index <= {INDEX_BITS{1'b0}};
    else if (acc_valid && acc_ready)
      index <= index == INDEX_LAST_VALUE[INDEX_BITS-1:0] ? {INDEX_BITS{1'b0}} : index + 1'b1;
  end

  qc_requant #(
      .FORM           (FORM),
      .ACC_BITS       (ACC_BITS),
      .OUT_BITS       (OUT_BITS),
      .DEPTH          (CHANNELS),
      .INDEX_BITS     (INDEX_BITS),
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
      .in_index (index),
      .in_valid (acc_valid),
      .in_ready (acc_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
