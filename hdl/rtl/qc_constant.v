// Hands out the COUNT words of a memory, over and over.
`default_nettype none

module qc_constant #(
    parameter integer BITS = 8,
    parameter integer COUNT = 2,
    parameter CONSTANT_FILE = ""
) (
    input  wire            clk,
    input  wire            rst,
    output wire [BITS-1:0] out_data,
    output reg             out_valid,
    input  wire            out_ready
);
  localparam integer ADDRESS_BITS = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer LAST_INTEGER = COUNT - 1;
  localparam [ADDRESS_BITS-1:0] LAST = LAST_INTEGER[ADDRESS_BITS-1:0];
  localparam [ADDRESS_BITS-1:0] ONE = 1;

  reg  [ADDRESS_BITS-1:0] address;
  wire                    enable = !out_valid || out_ready;

  qc_rom #(
      .WIDTH       (BITS),
      .DEPTH       (COUNT),
      .ADDRESS_BITS(ADDRESS_BITS),
      .FILE        (CONSTANT_FILE)
  ) words (
      .clk    (clk),
      .enable (enable),
      .address(address),
      .data   (out_data)
  );

  always @(posedge clk) begin
    if (rst) begin
      out_valid <= 1'b0;
      address   <= {ADDRESS_BITS{1'b0}};
    end else if (enable) begin
      out_valid <= 1'b1;
      address   <= (address == LAST) ? {ADDRESS_BITS{1'b0}} : address + ONE;
    end
  end
endmodule

`default_nettype wire
