// Any function of one 8-bit code: y = table[x], addressed by the byte.
`default_nettype none

module qc_table #(
    parameter TABLE_FILE = ""
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] in_data,
    input  wire       in_valid,
    output wire       in_ready,
    output wire [7:0] out_data,
    output reg        out_valid,
    input  wire       out_ready
);
  wire enable = !out_valid || out_ready;
  assign in_ready = enable;

  qc_rom #(
      .WIDTH       (8),
      .DEPTH       (256),
      .ADDRESS_BITS(8),
      .FILE        (TABLE_FILE)
  ) values (
      .clk    (clk),
      .enable (enable),
      .address(in_data),
      .data   (out_data)
  );

  always @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (enable) out_valid <= in_valid;
  end
endmodule

`default_nettype wire
