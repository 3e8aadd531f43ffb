// Sliding window over a channels-last stream: one word of WORD channels per cycle, in the order
//   for output row, output column, group, block (of outputs), kernel row, kernel column, chunk (of inputs):
//     x[oy*STRIDE_Y - PAD_TOP + ky*DILATION_Y][ox*STRIDE_X - PAD_LEFT + kx*DILATION_X][(group*CHUNKS + chunk)*WORD ..]
// An output row starts when every input row it reads is complete, and frees the rows above the next one when it ends.
// out_pad marks words outside the image. All state, the release of rows included, moves only with `enable`, so a
// stalled reader can never be overtaken by the writer.
`default_nettype none

module qc_window #(
    parameter integer BITS = 8,
    parameter integer WORD = 1,
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
    parameter integer ROWS = 4
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [BITS-1:0]      in_data,
    input  wire                 in_valid,
    output wire                 in_ready,
    input  wire                 enable,
    output reg                  fetch,      // one cycle ahead of out_valid: read what goes with the word now
    output reg                  out_valid,
    output wire [BITS*WORD-1:0] out_data,
    output reg                  out_first,  // first and last word of a window
    output reg                  out_last,
    output reg                  out_pad
);
  localparam integer PIXEL_WORDS = GROUPS * CHUNKS;
  localparam integer ROW_WORDS = WIDTH * PIXEL_WORDS;
  localparam integer DEPTH = ROWS * ROW_WORDS;
  localparam integer REACH_Y = (KERNEL_HEIGHT - 1) * DILATION_Y;
  localparam integer SPAN_X = WIDTH + PAD_LEFT + OUT_WIDTH * STRIDE_X + KERNEL_WIDTH * DILATION_X + 1;
  localparam integer SPAN_Y = HEIGHT + PAD_TOP + OUT_HEIGHT * STRIDE_Y + KERNEL_HEIGHT * DILATION_Y + ROWS + 1;

  localparam integer AB = (DEPTH > 1) ? $clog2(DEPTH) : 1;
  localparam integer XB = $clog2(SPAN_X) + 1;
  localparam integer YB = $clog2(SPAN_Y) + 1;
  localparam integer HB = $clog2(ROWS + 1);
  localparam integer CHUNK_BITS = (CHUNKS > 1) ? $clog2(CHUNKS) : 1;
  localparam integer KX_BITS = (KERNEL_WIDTH > 1) ? $clog2(KERNEL_WIDTH) : 1;
  localparam integer KY_BITS = (KERNEL_HEIGHT > 1) ? $clog2(KERNEL_HEIGHT) : 1;
  localparam integer BLOCK_BITS = (BLOCKS > 1) ? $clog2(BLOCKS) : 1;
  localparam integer GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1;
  localparam integer OX_BITS = (OUT_WIDTH > 1) ? $clog2(OUT_WIDTH) : 1;
  localparam integer OY_BITS = (OUT_HEIGHT > 1) ? $clog2(OUT_HEIGHT) : 1;

  // Ring distances in words, and word offsets modulo 2^AB: only addresses inside the image are ever used.
  localparam integer ROW_STEP_VALUE = (DILATION_Y % ROWS) * ROW_WORDS;
  localparam integer WINDOW_STEP_VALUE = (STRIDE_Y % ROWS) * ROW_WORDS;
  localparam integer FRAME_ROWS = (HEIGHT - (OUT_HEIGHT - 1) * STRIDE_Y) % ROWS;
  localparam integer FRAME_STEP_VALUE = ((FRAME_ROWS + ROWS) % ROWS) * ROW_WORDS;
  localparam integer FIRST_WINDOW_VALUE = ((ROWS - (PAD_TOP % ROWS)) % ROWS) * ROW_WORDS;
  localparam integer START_VALUE = -PAD_LEFT * PIXEL_WORDS;
  localparam integer TAP_STEP_VALUE = DILATION_X * PIXEL_WORDS - (CHUNKS - 1);
  localparam integer PIXEL_STEP_VALUE = STRIDE_X * PIXEL_WORDS - (GROUPS - 1) * CHUNKS;
  localparam [AB:0] RING = DEPTH[AB:0];
  localparam [AB-1:0] ROW_STEP = ROW_STEP_VALUE[AB-1:0];
  localparam [AB-1:0] WINDOW_STEP = WINDOW_STEP_VALUE[AB-1:0];
  localparam [AB-1:0] FRAME_STEP = FRAME_STEP_VALUE[AB-1:0];
  localparam [AB-1:0] FIRST_WINDOW = FIRST_WINDOW_VALUE[AB-1:0];
  localparam [AB-1:0] START = START_VALUE[AB-1:0];
  localparam [AB-1:0] TAP_STEP = TAP_STEP_VALUE[AB-1:0];
  localparam [AB-1:0] PIXEL_STEP = PIXEL_STEP_VALUE[AB-1:0];
  localparam [AB-1:0] GROUP_STEP = CHUNKS[AB-1:0];

  // Coordinates are signed: negative ones lie in the padding.
  localparam integer FIRST_X_VALUE = -PAD_LEFT;
  localparam integer FIRST_Y_VALUE = -PAD_TOP;
  localparam signed [XB-1:0] FIRST_X = FIRST_X_VALUE[XB-1:0];
  localparam signed [YB-1:0] FIRST_Y = FIRST_Y_VALUE[YB-1:0];
  localparam signed [XB-1:0] X_END = WIDTH[XB-1:0];
  localparam signed [YB-1:0] Y_END = HEIGHT[YB-1:0];
  localparam signed [XB-1:0] X_STRIDE = STRIDE_X[XB-1:0];
  localparam signed [YB-1:0] Y_STRIDE = STRIDE_Y[YB-1:0];
  localparam signed [XB-1:0] X_DILATION = DILATION_X[XB-1:0];
  localparam signed [YB-1:0] Y_DILATION = DILATION_Y[YB-1:0];
  localparam signed [YB-1:0] Y_REACH = REACH_Y[YB-1:0];
  localparam signed [YB-1:0] Y_ONE = 1;
  localparam signed [XB-1:0] X_ZERO = 0;
  localparam signed [YB-1:0] Y_ZERO = 0;

  localparam integer CHUNK_LAST_VALUE = CHUNKS - 1;
  localparam integer KX_LAST_VALUE = KERNEL_WIDTH - 1;
  localparam integer KY_LAST_VALUE = KERNEL_HEIGHT - 1;
  localparam integer BLOCK_LAST_VALUE = BLOCKS - 1;
  localparam integer GROUP_LAST_VALUE = GROUPS - 1;
  localparam integer OX_LAST_VALUE = OUT_WIDTH - 1;
  localparam integer OY_LAST_VALUE = OUT_HEIGHT - 1;

  function [AB-1:0] ring_add;
    input [AB-1:0] a;
    input [AB-1:0] step;
    reg [AB:0] sum;
    begin
      sum = {1'b0, a} + {1'b0, step};
      if (sum >= RING) sum = sum - RING;
      ring_add = sum[AB-1:0];
    end
  endfunction

  // Rows: when a row of outputs may start, and what it no longer needs.
  reg                  running;
  reg                  flush;     // the last output row of the frame is done: drop what is left of the frame
  reg [OY_BITS-1:0]    oy;
  reg signed [YB-1:0]  top;       // input row of the first kernel row
  reg signed [YB-1:0]  dropped;   // rows of this frame already released
  reg [AB-1:0]         top_row;   // ring address of row `top`, column 0

  wire [HB-1:0]        held;
  wire signed [YB-1:0] complete = dropped + $signed({{YB - HB{1'b0}}, held});
  wire signed [YB-1:0] bottom = top + Y_REACH;
  wire signed [YB-1:0] bottom_row = bottom < Y_END ? bottom : Y_END - Y_ONE;
  wire                 ready = complete > bottom_row;
  wire                 drop_wanted = dropped < Y_END && (flush || dropped < top);
  wire                 drop = enable && !running && drop_wanted && held != {HB{1'b0}};
  wire                 last_oy = oy == OY_LAST_VALUE[OY_BITS-1:0];

  // Loops inside one output row.
  reg [CHUNK_BITS-1:0] chunk;
  reg [KX_BITS-1:0]    kx;
  reg [KY_BITS-1:0]    ky;
  reg [BLOCK_BITS-1:0] block;
  reg [GROUP_BITS-1:0] group;
  reg [OX_BITS-1:0]    ox;
  reg signed [XB-1:0]  left;      // input column of the first kernel column
  reg signed [XB-1:0]  x;
  reg signed [YB-1:0]  y;
  reg [AB-1:0]         row;       // ring address of input row y
  reg [AB-1:0]         origin;    // offset in a row of the first word of this window and group
  reg [AB-1:0]         offset;
  reg                  first;

  wire end_chunk = chunk == CHUNK_LAST_VALUE[CHUNK_BITS-1:0];
  wire end_kx = end_chunk && kx == KX_LAST_VALUE[KX_BITS-1:0];
  wire end_ky = end_kx && ky == KY_LAST_VALUE[KY_BITS-1:0];
  wire end_block = end_ky && block == BLOCK_LAST_VALUE[BLOCK_BITS-1:0];
  wire end_group = end_block && group == GROUP_LAST_VALUE[GROUP_BITS-1:0];
  wire end_row = end_group && ox == OX_LAST_VALUE[OX_BITS-1:0];
  wire [AB-1:0] next_origin = end_row ? START : end_group ? origin + PIXEL_STEP : end_block ? origin + GROUP_STEP : origin;
  wire signed [XB-1:0] next_left = end_row ? FIRST_X : end_group ? left + X_STRIDE : left;

  always @(posedge clk) begin
    if (rst) begin
      running <= 1'b0;
      flush   <= 1'b0;
      oy      <= {OY_BITS{1'b0}};
      top     <= FIRST_Y;
      dropped <= Y_ZERO;
      top_row <= FIRST_WINDOW;
    end else if (enable) begin
      if (running) begin
        if (end_row) begin
          running <= 1'b0;
          flush   <= last_oy;
          oy      <= last_oy ? {OY_BITS{1'b0}} : oy + 1'b1;
          top     <= last_oy ? FIRST_Y : top + Y_STRIDE;
          top_row <= ring_add(top_row, last_oy ? FRAME_STEP : WINDOW_STEP);
        end
      end else if (drop_wanted) begin
        if (drop) dropped <= dropped + Y_ONE;
      end else if (flush) begin
        flush   <= 1'b0;
        dropped <= Y_ZERO;
      end else if (ready) begin
        running <= 1'b1;
      end
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      chunk  <= {CHUNK_BITS{1'b0}};
      kx     <= {KX_BITS{1'b0}};
      ky     <= {KY_BITS{1'b0}};
      block  <= {BLOCK_BITS{1'b0}};
      group  <= {GROUP_BITS{1'b0}};
      ox     <= {OX_BITS{1'b0}};
      left   <= FIRST_X;
      x      <= FIRST_X;
      y      <= FIRST_Y;
      row    <= FIRST_WINDOW;
      origin <= START;
      offset <= START;
      first  <= 1'b1;
    end else if (enable && !running) begin
      y   <= top;
      row <= top_row;
    end else if (enable) begin
      chunk <= end_chunk ? {CHUNK_BITS{1'b0}} : chunk + 1'b1;
      if (end_chunk) kx <= end_kx ? {KX_BITS{1'b0}} : kx + 1'b1;
      if (end_kx) ky <= end_ky ? {KY_BITS{1'b0}} : ky + 1'b1;
      if (end_ky) block <= end_block ? {BLOCK_BITS{1'b0}} : block + 1'b1;
      if (end_block) group <= end_group ? {GROUP_BITS{1'b0}} : group + 1'b1;
      if (end_group) ox <= end_row ? {OX_BITS{1'b0}} : ox + 1'b1;
      left   <= next_left;
      origin <= next_origin;
      offset <= end_kx ? next_origin : end_chunk ? offset + TAP_STEP : offset + 1'b1;
      x      <= end_kx ? next_left : end_chunk ? x + X_DILATION : x;
      y      <= end_ky ? top : end_kx ? y + Y_DILATION : y;
      row    <= end_ky ? top_row : end_kx ? ring_add(row, ROW_STEP) : row;
      first  <= end_ky;
    end
  end

  // Address, then memory, each behind one register.
  reg [AB-1:0] address;
  reg          fetch_first;
  reg          fetch_last;
  reg          fetch_pad;

  always @(posedge clk) begin
    if (rst) begin
      fetch     <= 1'b0;
      out_valid <= 1'b0;
    end else if (enable) begin
      fetch     <= running;
      out_valid <= fetch;
    end
    if (enable) begin
      address     <= row + offset;
      fetch_first <= first;
      fetch_last  <= end_ky;
      fetch_pad   <= x < X_ZERO || x >= X_END || y < Y_ZERO || y >= Y_END;
      out_first   <= fetch_first;
      out_last    <= fetch_last;
      out_pad     <= fetch_pad;
    end
  end

  qc_line_buffer #(
      .BITS        (BITS),
      .WORD        (WORD),
      .ROW_WORDS   (ROW_WORDS),
      .ROWS        (ROWS),
      .ADDRESS_BITS(AB),
      .COUNT_BITS  (HB)
  ) rows (
      .clk         (clk),
      .rst         (rst),
      .in_data     (in_data),
      .in_valid    (in_valid),
      .in_ready    (in_ready),
      .drop        (drop),
      .held        (held),
      .read_enable (enable),
      .read_address(address),
      .read_data   (out_data)
  );
endmodule

`default_nettype wire
