// A staircase of one code: y = requantize(x), for codes too wide for a table.
`default_nettype none

module qc_steps #(
    parameter integer IN_BITS = 16,
    parameter integer OUT_BITS = 8,
    parameter integer X_SIGNED = 1,
    parameter integer FORM = 0,
    parameter integer ACC_BITS = 24,
    parameter integer WORD_BITS = 32,
    parameter integer MULTIPLIER_BITS = 16,
    parameter integer OFFSET_BITS = 16,
    parameter integer CORRECTION_BITS = 1,
    parameter integer BIAS_BITS = 0,
    parameter integer VALUE_BITS = 32,
    parameter integer SHIFT = 8,
    parameter integer ZERO_POINT = 0,
    parameter integer CLAMP_LO = -128,
    parameter integer CLAMP_HI = 127,
    parameter CONSTANTS_FILE = ""
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [IN_BITS-1:0]  in_data,
    input  wire                in_valid,
    output wire                in_ready,
    output wire [OUT_BITS-1:0] out_data,
    output wire                out_valid,
    input  wire                out_ready
);
  wire              sign = (X_SIGNED != 0) && in_data[IN_BITS-1];
  wire [ACC_BITS:0] extended = {{ACC_BITS + 1 - IN_BITS{sign}}, in_data};
  wire              unused = &{1'b0, extended[ACC_BITS]};

  qc_requant #(
      .FORM           (FORM),
      .ACC_BITS       (ACC_BITS),
      .OUT_BITS       (OUT_BITS),
      .DEPTH          (1),
      .INDEX_BITS     (1),
      .WORD_BITS      (WORD_BITS),
      .MULTIPLIER_BITS(MULTIPLIER_BITS),
      .OFFSET_BITS    (OFFSET_BITS),
      .CORRECTION_BITS(CORRECTION_BITS),
      .BIAS_BITS      (BIAS_BITS),
      .VALUE_BITS     (VALUE_BITS),
      .SHIFT          (SHIFT),
      .ZERO_POINT     (ZERO_POINT),
      .CLAMP_LO       (CLAMP_LO),
      .CLAMP_HI       (CLAMP_HI),
      .FILE           (CONSTANTS_FILE)
  ) requant (
      .clk      (clk),
      .rst      (rst),
      .in_acc   (extended[ACC_BITS-1:0]),
      .in_index (1'b0),
      .in_valid (in_valid),
      .in_ready (in_ready),
      .out_data (out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule

`default_nettype wire
