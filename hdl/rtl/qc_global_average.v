// Average over all PIXELS of an image, channels last: y[c] = requantize(sum over pixels of x[c]), one element per cycle.
// Keeps one sum per channel instead of the image. At least two channels: the sum of the next channel is read while that
// of the present one is written.
`default_nettype none

module qc_global_average #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer PIXELS = 4,
    parameter integer COUNT = 2,  // channels
    parameter integer X_SIGNED = 1,
    parameter integer FORM = 0,
    parameter integer ACC_BITS = 16,
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
  localparam integer CHANNEL_BITS = $clog2(COUNT);
  localparam integer CHANNEL_LAST_VALUE = COUNT - 1;
  localparam integer PIXEL_BITS = (PIXELS > 1) ? $clog2(PIXELS) : 1;
  localparam integer PIXEL_LAST_VALUE = PIXELS - 1;

  reg [CHANNEL_BITS-1:0] channel;
  reg [PIXEL_BITS-1:0]   pixel;
  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [ACC_BITS-1:0]     sums[0:COUNT-1];
  reg [ACC_BITS-1:0]     sum;  // of `channel` so far

  wire                    last_channel = channel == CHANNEL_LAST_VALUE[CHANNEL_BITS-1:0];
  wire                    last_pixel = pixel == PIXEL_LAST_VALUE[PIXEL_BITS-1:0];
  wire                    acc_ready;
  wire                    take = in_valid && in_ready;
  wire [CHANNEL_BITS-1:0] next_channel = last_channel ? {CHANNEL_BITS{1'b0}} : channel + 1'b1;
  wire [ACC_BITS-1:0]     x = {{ACC_BITS - IN_BITS{(X_SIGNED != 0) && in_data[IN_BITS-1]}}, in_data};
  wire [ACC_BITS-1:0]     total = (pixel == {PIXEL_BITS{1'b0}} ? {ACC_BITS{1'b0}} : sum) + x;

  assign in_ready = !last_pixel || acc_ready;

  always @(posedge clk) begin
    if (rst) begin
      channel <= {CHANNEL_BITS{1'b0}};
      pixel   <= {PIXEL_BITS{1'b0}};
    end else if (take) begin
      channel <= next_channel;
      if (last_channel) pixel <= last_pixel ? {PIXEL_BITS{1'b0}} : pixel + 1'b1;
    end
  end

  always @(posedge clk) if (take) sums[channel] <= total;

  always @(posedge clk) if (take) sum <= sums[next_channel];

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
      .in_acc   (total),
      .in_index (1'b0),
      .in_valid (in_valid && last_pixel),
      .in_ready (acc_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
