// Elements CODE between and behind the pixels of a channels-last image: its rows come STRIDE_Y apart, its columns STRIDE_X.
// A frame begins with its first pixel, so without input there is no output.
`default_nettype none

module qc_interior_pad2d #(
    parameter integer BITS = 8,
    parameter integer CODE = 0,
    parameter integer HEIGHT = 2,
    parameter integer WIDTH = 2,
    parameter integer CHANNELS = 1,
    parameter integer OUT_HEIGHT = 3,
    parameter integer OUT_WIDTH = 3,
    parameter integer STRIDE_Y = 2,
    parameter integer STRIDE_X = 2
) (
    input  wire            clk,
    input  wire            rst,
    input  wire [BITS-1:0] in_data,
    input  wire            in_valid,
    output wire            in_ready,
    output reg  [BITS-1:0] out_data,
    output reg             out_valid,
    input  wire            out_ready
);
  localparam integer CHANNEL_BITS = (CHANNELS > 1) ? $clog2(CHANNELS) : 1;
  localparam integer CHANNEL_LAST_VALUE = CHANNELS - 1;

  reg  [CHANNEL_BITS-1:0] channel;
  wire enable = !out_valid || out_ready;
  wire last_channel = channel == CHANNEL_LAST_VALUE[CHANNEL_BITS-1:0];
  wire row_held;
  wire column_held;
  wire last_row;
  wire last_column;
  wire unused = &{1'b0, last_row};
  wire held = row_held && column_held;
  wire step = enable && (in_valid || !held);
  assign in_ready = enable && held;

  qc_interior_axis #(.COUNT(HEIGHT), .SIZE(OUT_HEIGHT), .STRIDE(STRIDE_Y)) rows (
      .clk(clk), .rst(rst), .step(step && last_channel && last_column), .held(row_held), .last(last_row));
  qc_interior_axis #(.COUNT(WIDTH), .SIZE(OUT_WIDTH), .STRIDE(STRIDE_X)) columns (
      .clk(clk), .rst(rst), .step(step && last_channel), .held(column_held), .last(last_column));

  always @(posedge clk) begin
    if (rst) channel <= {CHANNEL_BITS{1'b0}};
    else if (step) channel <= last_channel ? {CHANNEL_BITS{1'b0}} : channel + 1'b1;
    if (rst) out_valid <= 1'b0;
    else if (enable) out_valid <= step;
    if (enable) out_data <= held ? in_data : CODE[BITS-1:0];
  end
endmodule

`default_nettype wire
