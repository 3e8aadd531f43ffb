// Larger or smaller of two streams, each through a table addressed by its bits; words are signed output codes, one bit
// wider than these so that unsigned ones fit.
`default_nettype none

module qc_extremum #(
    parameter integer A_BITS = 8,
    parameter integer B_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer LARGER = 1,
    parameter A_FILE = "",
    parameter B_FILE = ""
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [A_BITS-1:0]   in_a_data,
    input  wire                in_a_valid,
    output wire                in_a_ready,
    input  wire [B_BITS-1:0]   in_b_data,
    input  wire                in_b_valid,
    output wire                in_b_ready,
    output reg  [OUT_BITS-1:0] out_data,
    output reg                 out_valid,
    input  wire                out_ready
);
  wire signed [OUT_BITS:0] a;
  wire signed [OUT_BITS:0] b;
  reg               pair_valid;
  wire              enable = !out_valid || out_ready;
  assign in_a_ready = enable && in_b_valid;
  assign in_b_ready = enable && in_a_valid;

  qc_rom #(
      .WIDTH       (OUT_BITS + 1),
      .DEPTH       (1 << A_BITS),
      .ADDRESS_BITS(A_BITS),
      .FILE        (A_FILE)
  ) table_a (
      .clk    (clk),
      .enable (enable),
      .address(in_a_data),
      .data   (a)
  );

  qc_rom #(
      .WIDTH       (OUT_BITS + 1),
      .DEPTH       (1 << B_BITS),
      .ADDRESS_BITS(B_BITS),
      .FILE        (B_FILE)
  ) table_b (
      .clk    (clk),
      .enable (enable),
      .address(in_b_data),
      .data   (b)
  );

  wire [OUT_BITS:0] picked = ((a > b) == (LARGER != 0)) ? a : b;
  wire       unused = &{1'b0, picked[OUT_BITS]};  // repeats the sign, or is zero

  always @(posedge clk) begin
    if (rst) begin
      pair_valid <= 1'b0;
      out_valid  <= 1'b0;
    end else if (enable) begin
      pair_valid <= in_a_valid && in_b_valid;
      out_valid  <= pair_valid;
    end
    if (enable) out_data <= picked[OUT_BITS-1:0];
  end
endmodule

`default_nettype wire
