// Takes a block of BLOCK elements, then hands out COUNT runs of INNER elements of it, which begin at the places in the memory.
`default_nettype none

module qc_gather #(
    parameter integer BITS = 8,
    parameter integer BLOCK = 2,
    parameter integer INNER = 1,
    parameter integer COUNT = 2,
    parameter PLACES_FILE = ""
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
  localparam integer ADDRESS_BITS = (BLOCK > 1) ? $clog2(BLOCK) : 1;
  localparam integer COUNT_BITS = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer BLOCK_LAST_VALUE = BLOCK - 1;
  localparam integer INNER_LAST_VALUE = INNER - 1;
  localparam integer COUNT_LAST_VALUE = COUNT - 1;

  reg [ADDRESS_BITS-1:0] filled;
  reg                    full;     // handing out
  reg [COUNT_BITS-1:0]   run;
  reg [ADDRESS_BITS-1:0] element;  // within the run
  reg                    located;  // the place of the run and the element are known
  reg [ADDRESS_BITS-1:0] offset;
  wire [ADDRESS_BITS-1:0] place;
  wire enable = !out_valid || out_ready;
  wire take = in_valid && in_ready;
  wire last_in = filled == BLOCK_LAST_VALUE[ADDRESS_BITS-1:0];
  wire last_element = element == INNER_LAST_VALUE[ADDRESS_BITS-1:0];
  wire last_out = last_element && run == COUNT_LAST_VALUE[COUNT_BITS-1:0];
  // The last element is still to be read when the block ends.
  assign in_ready = !full && !located;

  qc_rom #(
      .WIDTH       (ADDRESS_BITS),
      .DEPTH       (COUNT),
      .ADDRESS_BITS(COUNT_BITS),
      .FILE        (PLACES_FILE)
  ) places (
      .clk    (clk),
      .enable (enable),
      .address(run),
      .data   (place)
  );

  always @(posedge clk) begin
    if (rst) begin
      filled    <= {ADDRESS_BITS{1'b0}};
      full      <= 1'b0;
      run       <= {COUNT_BITS{1'b0}};
      element   <= {ADDRESS_BITS{1'b0}};
      located   <= 1'b0;
      out_valid <= 1'b0;
    end else begin
      if (take) filled <= last_in ? {ADDRESS_BITS{1'b0}} : filled + 1'b1;
      if (take && last_in) full <= 1'b1;
      else if (full && enable && last_out) full <= 1'b0;
      if (full && enable) begin
        element <= last_element ? {ADDRESS_BITS{1'b0}} : element + 1'b1;
        if (last_element) run <= last_out ? {COUNT_BITS{1'b0}} : run + 1'b1;
      end
      if (enable) located <= full;
      if (enable) out_valid <= located;
    end
    if (enable) offset <= element;
  end

  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [BITS-1:0] memory[0:BLOCK-1];
  always @(posedge clk) if (take) memory[filled] <= in_data;
  always @(posedge clk) if (enable) out_data <= memory[place + offset];
endmodule

`default_nettype wire
