// Read-only memory with a registered read: data(t+1) = memory[address(t)] whenever enable is high.
`default_nettype none

module qc_rom #(
    parameter integer WIDTH = 8,
    parameter integer DEPTH = 2,
    parameter integer ADDRESS_BITS = 1,
    parameter FILE = ""
) (
    input  wire                    clk,
    input  wire                    enable,
    input  wire [ADDRESS_BITS-1:0] address,
    output reg  [WIDTH-1:0]        data
);
  reg [WIDTH-1:0] memory[0:DEPTH-1];

  // Yosys elaborates modules with their default parameters as it reads them.
  generate
    if (FILE != "") begin : gen_content
      initial $readmemh(FILE, memory);
    end
  endgenerate

  always @(posedge clk) if (enable) data <= memory[address];
endmodule

`default_nettype wire
