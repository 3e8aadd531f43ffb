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

  // Tools elaborate modules with their default parameters as they read them: without a file the memory holds zeros.
  generate
    if (FILE != "") begin : gen_content
      initial $readmemh(FILE, memory);
    end else begin : gen_zeros
      integer i;
      initial for (i = 0; i < DEPTH; i = i + 1) memory[i] = {WIDTH{1'b0}};
    end
  endgenerate

  always @(posedge clk) if (enable) data <= memory[address];
endmodule

`default_nettype wire
