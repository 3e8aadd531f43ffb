// Ring of ROWS rows of ROW_WORDS words of WORD elements, filled from a stream, one element per beat.
// held = complete rows that have not been dropped; the writer may fill row slot `held` while readers use the others,
// so a word is never read and written in the same cycle.
`default_nettype none

module qc_line_buffer #(
    parameter integer BITS = 8,
    parameter integer WORD = 1,
    parameter integer ROW_WORDS = 4,
    parameter integer ROWS = 2,
    parameter integer ADDRESS_BITS = 3,
    parameter integer COUNT_BITS = 2
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire [BITS-1:0]         in_data,
    input  wire                    in_valid,
    output wire                    in_ready,
    input  wire                    drop,
    output reg  [COUNT_BITS-1:0]   held,
    input  wire                    read_enable,
    input  wire [ADDRESS_BITS-1:0] read_address,
    output reg  [BITS*WORD-1:0]    read_data
);
  localparam integer DEPTH = ROWS * ROW_WORDS;
  localparam integer ADDRESS_LAST_VALUE = DEPTH - 1;
  localparam [ADDRESS_BITS-1:0] ADDRESS_LAST = ADDRESS_LAST_VALUE[ADDRESS_BITS-1:0];
  localparam integer COLUMN_BITS = (ROW_WORDS > 1) ? $clog2(ROW_WORDS) : 1;
  localparam integer COLUMN_LAST_VALUE = ROW_WORDS - 1;
  localparam [COLUMN_BITS-1:0] COLUMN_LAST = COLUMN_LAST_VALUE[COLUMN_BITS-1:0];
  localparam [COUNT_BITS-1:0] FULL = ROWS[COUNT_BITS-1:0];

  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [BITS*WORD-1:0]    memory[0:DEPTH-1];
  reg [ADDRESS_BITS-1:0] write_address;
  reg [COLUMN_BITS-1:0]  column;

  wire               accept = in_valid && in_ready;
  wire               word_done;
  wire [BITS*WORD-1:0] word;
  wire               row_done = word_done && column == COLUMN_LAST;

  assign in_ready = held != FULL;

  generate
    if (WORD == 1) begin : gen_element
      assign word_done = accept;
      assign word = in_data;
    end else begin : gen_pack
      localparam integer LANE_BITS = $clog2(WORD);
      localparam integer LANE_LAST_VALUE = WORD - 1;
      localparam [LANE_BITS-1:0] LANE_LAST = LANE_LAST_VALUE[LANE_BITS-1:0];
      reg [BITS*(WORD-1)-1:0] earlier;  // the first element of the word ends up lowest
      reg [LANE_BITS-1:0] lane;

      assign word_done = accept && lane == LANE_LAST;
      assign word = {in_data, earlier};
      always @(posedge clk) begin
        if (rst) lane <= {LANE_BITS{1'b0}};
        else if (accept) lane <= word_done ? {LANE_BITS{1'b0}} : lane + 1'b1;
        if (accept) earlier <= word[BITS*WORD-1:BITS];
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) begin
      write_address <= {ADDRESS_BITS{1'b0}};
      column        <= {COLUMN_BITS{1'b0}};
      held          <= {COUNT_BITS{1'b0}};
    end else begin
      if (word_done) begin
        write_address <= write_address == ADDRESS_LAST ? {ADDRESS_BITS{1'b0}} : write_address + 1'b1;
        column        <= row_done ? {COLUMN_BITS{1'b0}} : column + 1'b1;
      end
      if (row_done && !drop) held <= held + 1'b1;
      else if (drop && !row_done) held <= held - 1'b1;
    end
  end

  always @(posedge clk) if (word_done) memory[write_address] <= word;

  always @(posedge clk) if (read_enable) read_data <= memory[read_address];
endmodule

`default_nettype wire
