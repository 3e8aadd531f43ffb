// Any function of one code, another one in every channel: y = table[channel][x], addressed by its bits.
`default_nettype none

module qc_channel_table #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer CHANNELS = 2,
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
  localparam integer CHANNEL_BITS = (CHANNELS > 1) ? $clog2(CHANNELS) : 1;
  localparam integer LAST_INTEGER = CHANNELS - 1;
  localparam [CHANNEL_BITS-1:0] LAST = LAST_INTEGER[CHANNEL_BITS-1:0];
  localparam [CHANNEL_BITS-1:0] ONE = 1;

  reg  [CHANNEL_BITS-1:0] channel;
  wire                    enable = !out_valid || out_ready;
  assign in_ready = enable;

  qc_rom #(
      .WIDTH       (OUT_BITS),
      .DEPTH       (CHANNELS << IN_BITS),
      .ADDRESS_BITS(CHANNEL_BITS + IN_BITS),
      .FILE        (TABLE_FILE)
  ) values (
      .clk    (clk),
      .enable (enable),
      .address({channel, in_data}),
      .data   (out_data)
  );

  always @(posedge clk) begin
    if (rst) begin
      out_valid <= 1'b0;
      channel   <= {CHANNEL_BITS{1'b0}};
    end else if (enable) begin
      out_valid <= in_valid;
      if (in_valid) channel <= (channel == LAST) ? {CHANNEL_BITS{1'b0}} : channel + ONE;
    end
  end
endmodule

`default_nettype wire
