// Any function of one code: y = table[x], addressed by its bits.
`default_nettype none

module qc_table #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
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
  wire enable = !out_valid || out_ready;
  assign in_ready = enable;

  qc_rom #(
      .WIDTH       (OUT_BITS),
      .DEPTH       (1 << IN_BITS),
      .ADDRESS_BITS(IN_BITS),
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
