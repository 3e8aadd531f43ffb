// Larger or smaller of two streams, each through a table of signed 9-bit codes addressed by the byte.
`default_nettype none

module qc_extremum #(
    parameter integer LARGER = 1,
    parameter A_FILE = "",
    parameter B_FILE = ""
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] in_a_data,
    input  wire       in_a_valid,
    output wire       in_a_ready,
    input  wire [7:0] in_b_data,
    input  wire       in_b_valid,
    output wire       in_b_ready,
    output reg  [7:0] out_data,
    output reg        out_valid,
    input  wire       out_ready
);
  wire signed [8:0] a;
  wire signed [8:0] b;
  reg               pair_valid;
  wire              enable = !out_valid || out_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  qc_rom #(
      .WIDTH       (9),
      .DEPTH       (256),
      .ADDRESS_BITS(8),
      .FILE        (A_FILE)
  ) table_a (
      .clk    (clk),
      .enable (enable),
      .address(in_a_data),
      .data   (a)
  );

  qc_rom #(
      .WIDTH       (9),
      .DEPTH       (256),
      .ADDRESS_BITS(8),
      .FILE        (B_FILE)
  ) table_b (
      .clk    (clk),
      .enable (enable),
      .address(in_b_data),
      .data   (b)
  );

  wire [8:0] picked = ((a > b) == (LARGER != 0)) ? a : b;
  wire       unused = &{1'b0, picked[8]};  // codes of unsigned and signed types alike wrap to 8 bits

  always @(posedge clk) begin
    if (rst) begin
      pair_valid <= 1'b0;
      out_valid  <= 1'b0;
    end else if (enable) begin
      pair_valid <= in_a_valid && in_b_valid;
      out_valid  <= pair_valid;
    end
    if (enable) out_data <= picked[7:0];
  end
endmodule

`default_nettype wire
