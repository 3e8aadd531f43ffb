// Linear interpolation of a channels-last image. For every output row the table has {lower input row, weight of the next
// one}, the lower row weighs the rest of ROW_DENOMINATOR; columns likewise. One tap of four is weighted a cycle.
// Four rows wait in a ring. A row of outputs begins when the taps of the one before it are read and its own rows are there.
`default_nettype none

module qc_resize_linear #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer HEIGHT = 2,
    parameter integer WIDTH = 2,
    parameter integer CHANNELS = 1,
    parameter integer OUT_HEIGHT = 4,
    parameter integer OUT_WIDTH = 4,
    parameter integer ROW_DENOMINATOR = 4,
    parameter integer COLUMN_DENOMINATOR = 4,
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
    parameter ROWS_FILE = "",
    parameter COLUMNS_FILE = "",
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
  localparam integer ROW_ELEMENTS = WIDTH * CHANNELS;
  localparam integer DEPTH = 4 * ROW_ELEMENTS;
  localparam integer AB = $clog2(DEPTH);
  localparam integer YB = (HEIGHT > 1) ? $clog2(HEIGHT) : 1;
  localparam integer XB = (WIDTH > 1) ? $clog2(WIDTH) : 1;
  localparam integer HB = $clog2(HEIGHT + 5) + 1;  // counts of rows, up to four beyond the image
  localparam integer OY_BITS = (OUT_HEIGHT > 1) ? $clog2(OUT_HEIGHT) : 1;
  localparam integer OX_BITS = (OUT_WIDTH > 1) ? $clog2(OUT_WIDTH) : 1;
  localparam integer CB = (CHANNELS > 1) ? $clog2(CHANNELS) : 1;
  localparam integer WYB = $clog2(ROW_DENOMINATOR + 1);
  localparam integer WXB = $clog2(COLUMN_DENOMINATOR + 1);
  localparam integer WB = WYB + WXB;
  localparam integer PB = IN_BITS + 1 + WB + 1;
  localparam integer TB = (PB > ACC_BITS) ? PB : ACC_BITS;
  localparam integer ROW_LAST_VALUE = ROW_ELEMENTS - 1;
  localparam integer DEPTH_LAST_VALUE = DEPTH - 1;
  localparam integer OY_LAST_VALUE = OUT_HEIGHT - 1;
  localparam integer OX_LAST_VALUE = OUT_WIDTH - 1;
  localparam integer CHANNEL_LAST_VALUE = CHANNELS - 1;
  localparam [HB-1:0] ALL_ROWS = HEIGHT[HB-1:0];
  localparam [HB-1:0] RING_ROWS = 4;
  localparam [AB-1:0] ROW_STEP = ROW_ELEMENTS[AB-1:0];
  localparam [AB-1:0] COLUMN_STEP = CHANNELS[AB-1:0];
  localparam [WYB-1:0] ROW_WHOLE = ROW_DENOMINATOR[WYB-1:0];
  localparam [WXB-1:0] COLUMN_WHOLE = COLUMN_DENOMINATOR[WXB-1:0];
  localparam [1:0] LOOK = 2'd0, WAIT = 2'd1, RUN = 2'd2, DROP = 2'd3;

  // Rows in.
  reg  [HB-1:0] received;     // complete rows of this frame
  reg  [AB-1:0] write_address;
  reg  [AB-1:0] written;      // elements of the present row
  reg  [HB-1:0] base;         // the first row that is still needed
  wire take = in_valid && in_ready;
  wire row_written = written == ROW_LAST_VALUE[AB-1:0];
  assign in_ready = received != ALL_ROWS && received < base + RING_ROWS;

  // Taps: row 0 column 0, row 0 column 1, row 1 column 0, row 1 column 1 of every channel of every column of every row.
  reg [1:0]         phase;
  reg               looked;
  reg [1:0]         tap;
  reg [CB-1:0]      channel;
  reg [OX_BITS-1:0] ox;
  reg [OY_BITS-1:0] oy;
  reg [3:0]         valid;    // located, addressed, read, weighted
  wire enable;
  wire issue = phase == RUN && enable;
  wire end_tap = tap == 2'd3;
  wire end_channel = end_tap && channel == CHANNEL_LAST_VALUE[CB-1:0];
  wire end_row = end_channel && ox == OX_LAST_VALUE[OX_BITS-1:0];
  wire last_row = oy == OY_LAST_VALUE[OY_BITS-1:0];
  wire reading = valid[0] || valid[1];

  wire [YB-1:0]  row_low;
  wire [WYB-1:0] row_weight;
  wire [XB-1:0]  column_low;
  wire [WXB-1:0] column_weight;
  wire [HB-1:0]  low = {{HB - YB{1'b0}}, row_low};
  wire [HB-1:0]  last_needed = row_weight != {WYB{1'b0}} ? low + 1'b1 : low;

  qc_rom #(
      .WIDTH       (YB + WYB),
      .DEPTH       (OUT_HEIGHT),
      .ADDRESS_BITS(OY_BITS),
      .FILE        (ROWS_FILE)
  ) rows (
      .clk    (clk),
      .enable (1'b1),
      .address(oy),
      .data   ({row_low, row_weight})
  );

  qc_rom #(
      .WIDTH       (XB + WXB),
      .DEPTH       (OUT_WIDTH),
      .ADDRESS_BITS(OX_BITS),
      .FILE        (COLUMNS_FILE)
  ) columns (
      .clk    (clk),
      .enable (enable),
      .address(ox),
      .data   ({column_low, column_weight})
  );

  always @(posedge clk) begin
    if (rst) begin
      received      <= {HB{1'b0}};
      write_address <= {AB{1'b0}};
      written       <= {AB{1'b0}};
      base          <= {HB{1'b0}};
      phase         <= LOOK;
      looked        <= 1'b0;
      tap           <= 2'd0;
      channel       <= {CB{1'b0}};
      ox            <= {OX_BITS{1'b0}};
      oy            <= {OY_BITS{1'b0}};
    end else begin
      if (take) begin
        written       <= row_written ? {AB{1'b0}} : written + 1'b1;
        write_address <= write_address == DEPTH_LAST_VALUE[AB-1:0] ? {AB{1'b0}} : write_address + 1'b1;
        if (row_written) received <= received + 1'b1;
      end
      looked <= phase == LOOK;
      case (phase)
        LOOK:
        if (looked && !reading) begin
          base  <= low;
          phase <= WAIT;
        end
        WAIT: if (received > last_needed) phase <= RUN;
        RUN:
        if (issue) begin
          tap <= tap + 2'd1;
          if (end_tap) channel <= end_channel ? {CB{1'b0}} : channel + 1'b1;
          if (end_channel) ox <= end_row ? {OX_BITS{1'b0}} : ox + 1'b1;
          if (end_row) begin
            oy    <= last_row ? {OY_BITS{1'b0}} : oy + 1'b1;
            phase <= last_row ? DROP : LOOK;
          end
        end
        // What is left of the frame passes by, then the next one begins at the ring's start.
        default: begin
          if (!reading) base <= ALL_ROWS;
          if (received == ALL_ROWS && !reading) begin
            received      <= {HB{1'b0}};
            write_address <= {AB{1'b0}};
            base          <= {HB{1'b0}};
            phase         <= LOOK;
          end
        end
      endcase
    end
  end

  // Located: the table words of the tap are there.
  reg [1:0]         tap_at;
  reg [CB-1:0]      channel_at;
  reg [2:0]         first;    // of the taps located, addressed, read
  reg [2:0]         last;
  reg [1:0]         slot_at;  // ring row of the lower row
  reg [WYB-1:0]     row_weight_at;
  wire down = tap_at[1] && row_weight_at != {WYB{1'b0}};
  wire right = tap_at[0] && column_weight != {WXB{1'b0}};
  wire [1:0]        slot = slot_at + {1'b0, down};
  wire [AB-1:0]     column_at = {{AB - XB{1'b0}}, column_low} + {{AB - 1{1'b0}}, right};
  wire [WYB-1:0]    weight_y = tap_at[1] ? row_weight_at : ROW_WHOLE - row_weight_at;
  wire [WXB-1:0]    weight_x = tap_at[0] ? column_weight : COLUMN_WHOLE - column_weight;

  reg [AB-1:0]          address;
  reg [WB-1:0]          weight;
  reg [WB-1:0]          weight_read;
  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [IN_BITS-1:0]     memory[0:DEPTH-1];
  reg [IN_BITS-1:0]     stored;
  wire signed [IN_BITS:0] code = {(X_SIGNED != 0) && stored[IN_BITS-1], stored};
  reg signed [PB-1:0]   product;
  reg                   first_product;
  reg                   last_product;
  reg signed [ACC_BITS-1:0] acc;
  reg                   acc_done;
  wire                  acc_ready;
  wire signed [TB-1:0]  wide = {{TB - PB + 1{product[PB-1]}}, product[PB-2:0]};
  wire [ACC_BITS-1:0]   previous = first_product ? {ACC_BITS{1'b0}} : acc;
  wire                  unused = &{1'b0, wide[TB-1:ACC_BITS-1]};  // the sum is proved to fit
  assign enable = !acc_done || acc_ready;

  always @(posedge clk) if (take) memory[write_address] <= in_data;
  always @(posedge clk) if (enable) stored <= memory[address];
  always @(posedge clk) begin
    if (rst) begin
      valid    <= 4'b0;
      acc_done <= 1'b0;
    end else if (enable) begin
      valid    <= {valid[2:0], phase == RUN};
      acc_done <= valid[3] && last_product;
    end
    if (enable) begin
      tap_at        <= tap;
      channel_at    <= channel;
      slot_at       <= low[1:0];
      row_weight_at <= row_weight;
      first         <= {first[1:0], tap == 2'd0};
      last          <= {last[1:0], end_tap};
      address       <= {{AB - 2{1'b0}}, slot} * ROW_STEP + column_at * COLUMN_STEP + {{AB - CB{1'b0}}, channel_at};
      weight        <= {{WXB{1'b0}}, weight_y} * {{WYB{1'b0}}, weight_x};
      weight_read   <= weight;
      product       <= code * $signed({1'b0, weight_read});
      first_product <= first[2];
      last_product  <= last[2];
    end
    if (enable && valid[3]) acc <= previous + wide[ACC_BITS-1:0];
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
      .in_acc   (acc),
      .in_index (1'b0),
      .in_valid (acc_done),
      .in_ready (acc_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
