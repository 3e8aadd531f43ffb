// First-in first-out buffer of DEPTH elements in block memory, plus the element in the read register.
`default_nettype none

module qc_fifo #(
    parameter integer BITS = 8,
    parameter integer DEPTH = 16
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
  localparam integer ADDRESS_BITS = (DEPTH > 1) ? $clog2(DEPTH) : 1;
  localparam integer COUNT_BITS = $clog2(DEPTH + 1);
  localparam integer LAST_VALUE = DEPTH - 1;
  localparam [ADDRESS_BITS-1:0] LAST = LAST_VALUE[ADDRESS_BITS-1:0];

  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [BITS-1:0]         memory[0:DEPTH-1];
  reg [ADDRESS_BITS-1:0] write_address;
  reg [ADDRESS_BITS-1:0] read_address;
  reg [COUNT_BITS-1:0]   count;

  assign in_ready = count != DEPTH[COUNT_BITS-1:0];
  wire write = in_valid && in_ready;
  wire read = count != {COUNT_BITS{1'b0}} && (!out_valid || out_ready);

  always @(posedge clk) begin
    if (rst) begin
      write_address <= {ADDRESS_BITS{1'b0}};
      read_address  <= {ADDRESS_BITS{1'b0}};
      count         <= {COUNT_BITS{1'b0}};
      out_valid     <= 1'b0;
    end else begin
      if (write) write_address <= write_address == LAST ? {ADDRESS_BITS{1'b0}} : write_address + 1'b1;
      if (read) read_address <= read_address == LAST ? {ADDRESS_BITS{1'b0}} : read_address + 1'b1;
      if (write && !read) count <= count + 1'b1;
      else if (read && !write) count <= count - 1'b1;
      if (read) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
  end

  always @(posedge clk) if (write) memory[write_address] <= in_data;

  always @(posedge clk) if (read) out_data <= memory[read_address];
endmodule

`default_nettype wire
