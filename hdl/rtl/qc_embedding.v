// Rows of a table: every index is answered by the WIDTH words of its row, one per cycle. Negative indices count from the end;
// beyond either end the row there is meant.
`default_nettype none

module qc_embedding #(
    parameter integer IN_BITS = 8,
    parameter integer X_SIGNED = 0,
    parameter integer OUT_BITS = 8,
    parameter integer ROWS = 2,
    parameter integer WIDTH = 2,
    parameter TABLE_FILE = ""
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [IN_BITS-1:0]  in_data,
    input  wire                in_valid,
    output wire                in_ready,
    output wire [OUT_BITS-1:0] out_data,
    output reg                 out_valid,
    input  wire                out_ready
);
  localparam integer WORDS = ROWS * WIDTH;
  localparam integer ADDRESS_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam integer LEFT_BITS = $clog2(WIDTH + 1);
  localparam [LEFT_BITS-1:0] ALL = WIDTH[LEFT_BITS-1:0];
  localparam [LEFT_BITS-1:0] ONE = 1;
  localparam [LEFT_BITS-1:0] NONE = 0;
  localparam [ADDRESS_BITS-1:0] NEXT = 1;
  // One bit more than either the codes or the number of rows, and a sign.
  localparam integer ROW_BITS = ((IN_BITS > 31) ? IN_BITS : 31) + 2;

  wire        [31:0]         row_word = ROWS;
  wire signed [ROW_BITS-1:0] row_count = {{ROW_BITS - 32{1'b0}}, row_word};
  wire signed [ROW_BITS-1:0] last_row = row_count - 1;

  reg  [LEFT_BITS-1:0]    left;
  reg  [ADDRESS_BITS-1:0] address;
  wire                    enable = !out_valid || out_ready;
  wire                    sign = (X_SIGNED != 0) && in_data[IN_BITS-1];
  wire signed [ROW_BITS-1:0] code = {{ROW_BITS - IN_BITS{sign}}, in_data};
  wire signed [ROW_BITS-1:0] row = (code < 0) ? code + row_count : code;
  wire signed [ROW_BITS-1:0] chosen = (row < 0) ? 0 : (row > last_row) ? last_row : row;
  wire [ROW_BITS+31:0] first = chosen * WIDTH;
  wire unused = &{1'b0, first[ROW_BITS+31:ADDRESS_BITS]};

  wire last = left == NONE || left == ONE;
  assign in_ready = enable && last;

  qc_rom #(
      .WIDTH       (OUT_BITS),
      .DEPTH       (WORDS),
      .ADDRESS_BITS(ADDRESS_BITS),
      .FILE        (TABLE_FILE)
  ) rows (
      .clk    (clk),
      .enable (enable),
      .address(address),
      .data   (out_data)
  );

  always @(posedge clk) begin
    if (rst) begin
      left      <= NONE;
      out_valid <= 1'b0;
    end else if (enable) begin
      out_valid <= left != NONE;
      if (in_ready && in_valid) left <= ALL;
      else if (left != NONE) left <= left - ONE;
    end
    if (enable) address <= last ? first[ADDRESS_BITS-1:0] : address + NEXT;
  end
endmodule

`default_nettype wire
