// Pooling, channels last, PE channels at a time.
//   AVERAGE 0  y = max over the window's elements inside the image, or min if LEAST
//   AVERAGE 1  y = requantize[count](sum of the window); words outside the image add PAD_VALUE if INCLUDE_PAD and are
//              not counted otherwise. The constants memory has one index per count, or one for all.
`default_nettype none

module qc_pool2d #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer HEIGHT = 4,
    parameter integer WIDTH = 4,
    parameter integer GROUPS = 1,
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
    parameter integer X_SIGNED = 1,
    parameter integer AVERAGE = 1,
    parameter integer LEAST = 0,
    parameter integer INCLUDE_PAD = 0,
    parameter integer PAD_VALUE = 0,
    parameter integer ACC_BITS = 16,
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
  localparam integer INDEX_BITS = (CHANNELS > 1) ? $clog2(CHANNELS) : 1;

  wire            enable;
  wire            fetch;
  wire            word_valid;
  wire            word_first;
  wire            word_last;
  wire            word_pad;
  wire [IN_BITS*PE-1:0] word;
  wire            unused = &{1'b0, fetch};

  qc_window #(
      .BITS         (IN_BITS),
      .WORD         (PE),
      .HEIGHT       (HEIGHT),
      .WIDTH        (WIDTH),
      .GROUPS       (GROUPS),
      .CHUNKS       (1),
      .BLOCKS       (1),
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

  wire [PE*ACC_BITS-1:0] accs;
  reg                    acc_done;
  wire                   drain_ready;
  wire [ACC_BITS-1:0]    acc;
  wire                   acc_valid;
  wire                   acc_ready;
  assign enable = !acc_done || drain_ready;

  always @(posedge clk) begin
    if (rst) acc_done <= 1'b0;
    else if (enable) acc_done <= word_valid && word_last;
  end

  genvar i;
  generate
    for (i = 0; i < PE; i = i + 1) begin : gen_lane
      wire signed [ACC_BITS-1:0] x = {{ACC_BITS - IN_BITS{(X_SIGNED != 0) && word[IN_BITS*i+IN_BITS-1]}}, word[IN_BITS*i+:IN_BITS]};
      reg signed [ACC_BITS-1:0]  total;
      if (AVERAGE != 0) begin : gen_sum
        localparam signed [ACC_BITS-1:0] PAD_ELEMENT = PAD_VALUE[ACC_BITS-1:0];
        wire signed [ACC_BITS-1:0] previous = word_first ? {ACC_BITS{1'b0}} : total;
        wire signed [ACC_BITS-1:0] outside = (INCLUDE_PAD != 0) ? PAD_ELEMENT : {ACC_BITS{1'b0}};
        always @(posedge clk) if (enable && word_valid) total <= previous + (word_pad ? outside : x);
      end else begin : gen_max
        // Where a window begins with padding: what every element of the image replaces.
        localparam signed [ACC_BITS-1:0] WORST = {LEAST == 0, {ACC_BITS - 1{LEAST != 0}}};
        wire signed [ACC_BITS-1:0] previous = word_first ? WORST : total;
        wire better = (LEAST != 0) ? x < previous : x > previous;
        always @(posedge clk) if (enable && word_valid) total <= (!word_pad && better) ? x : previous;
      end
      assign accs[ACC_BITS*i+:ACC_BITS] = total;
    end
  endgenerate

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

  generate
    if (AVERAGE != 0) begin : gen_average
      wire [INDEX_BITS-1:0] index;
      if (CHANNELS > 1) begin : gen_count
        // Elements counted so far, and the count that belongs to the drain's content.
        reg [INDEX_BITS-1:0] count;
        reg [INDEX_BITS-1:0] drain_count;
        wire [INDEX_BITS-1:0] previous = word_first ? {INDEX_BITS{1'b0}} : count;
        always @(posedge clk) begin
          if (enable && word_valid) count <= word_pad ? previous : previous + 1'b1;
          if (acc_done && drain_ready) drain_count <= count;
        end
        assign index = drain_count;
      end else begin : gen_one_count
        assign index = 1'b0;
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
    end else begin : gen_maximum
      wire unused_high = &{1'b0, acc[ACC_BITS-1:OUT_BITS]};
      assign out_data  = acc[OUT_BITS-1:0];
      assign out_valid = acc_valid;
      assign acc_ready = out_ready;
    end
  endgenerate
endmodule

`default_nettype wire
