// The multiplying forms of qc_requant, in four stages behind one clock enable: constants | multiply-add | shift | clamp.
// Operands are sign-extended to the scalar functions' widths; synthesis drops what the extension repeats.
`default_nettype none

module qc_multiply_shift #(
    parameter integer FORM = 0,
    parameter integer ACC_BITS = 24,
    parameter integer OUT_BITS = 8,
    parameter integer DEPTH = 2,
    parameter integer INDEX_BITS = 1,
    parameter integer WORD_BITS = 34,
    parameter integer MULTIPLIER_BITS = 16,
    parameter integer OFFSET_BITS = 16,
    parameter integer CORRECTION_BITS = 1,
    parameter integer BIAS_BITS = 0,
    parameter integer VALUE_BITS = 40,
    parameter integer SHIFT = 8,
    parameter integer ZERO_POINT = 0,
    parameter integer CLAMP_LO = -128,
    parameter integer CLAMP_HI = 127,
    parameter FILE = ""
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [ACC_BITS-1:0]   in_acc,
    input  wire [INDEX_BITS-1:0] in_index,
    input  wire                  in_valid,
    output wire                  in_ready,
    output reg  [OUT_BITS-1:0]   out_data,
    output reg                   out_valid,
    input  wire                  out_ready
);
`include "qc_scalar.vh"

  wire enable = !out_valid || out_ready;
  assign in_ready = enable;

  wire [WORD_BITS-1:0] word;
  qc_rom #(
      .WIDTH       (WORD_BITS),
      .DEPTH       (DEPTH),
      .ADDRESS_BITS(INDEX_BITS),
      .FILE        (FILE)
  ) constants (
      .clk    (clk),
      .enable (enable),
      .address(in_index),
      .data   (word)
  );

  reg [ACC_BITS-1:0]   acc;
  reg [VALUE_BITS-1:0] value;
  reg signed [31:0]    quotient;
  reg                  acc_valid;
  reg                  value_valid;
  reg                  quotient_valid;

  localparam integer OFFSET_AT = MULTIPLIER_BITS;
  localparam integer OFFSET_END = OFFSET_AT + OFFSET_BITS;
  wire [30:0]        multiplier = {{31 - MULTIPLIER_BITS{1'b0}}, word[MULTIPLIER_BITS-1:0]};
  wire signed [62:0] offset = {{63 - OFFSET_BITS{word[OFFSET_END-1]}}, word[OFFSET_AT+:OFFSET_BITS]};
  wire signed [63:0] value64 = {{64 - VALUE_BITS{value[VALUE_BITS-1]}}, value};
  wire signed [31:0] acc32;
  wire signed [62:0] addend;     // offset, less the sign form's correction
  wire signed [63:0] corrected;  // value, less the parity form's correction

  generate
    if (BIAS_BITS > 0) begin : gen_bias
      // Of an accumulator that wraps at 32 bits the sum is still right: it is proved to fit them.
      localparam integer BIAS_AT = OFFSET_END + ((FORM == 0) ? 0 : CORRECTION_BITS);
      wire signed [31:0] bias = {{32 - BIAS_BITS{word[BIAS_AT+BIAS_BITS-1]}}, word[BIAS_AT+:BIAS_BITS]};
      assign acc32 = $signed({{32 - ACC_BITS{acc[ACC_BITS-1]}}, acc}) + bias;
    end else begin : gen_no_bias
      assign acc32 = {{32 - ACC_BITS{acc[ACC_BITS-1]}}, acc};
    end
    if (FORM == 1) begin : gen_sign
      wire [61:0] correction = {{62 - CORRECTION_BITS{1'b0}}, word[OFFSET_END+:CORRECTION_BITS]};
      wire        unused_sign = &{1'b0, offset[62]};  // repeats bit 61
      assign addend = qc_sign_offset(acc32, offset[61:0], correction);
    end else begin : gen_no_sign
      assign addend = offset;
    end
    if (FORM == 2) begin : gen_parity
      reg [CORRECTION_BITS-1:0] correction;  // keeps up with value
      always @(posedge clk) if (enable) correction <= word[OFFSET_END+:CORRECTION_BITS];
      assign corrected =
          qc_parity_correct(value64, {{62 - CORRECTION_BITS{1'b0}}, correction}, SHIFT[5:0], ZERO_POINT[0]);
    end else begin : gen_no_parity
      assign corrected = value64;
    end
  endgenerate

  wire signed [63:0] multiplied = qc_multiply_add(acc32, multiplier, addend);
  wire signed [31:0] clamped = qc_clamp(quotient, CLAMP_LO, CLAMP_HI);
  wire               unused = &{1'b0, multiplied[63:VALUE_BITS-1], clamped[31:OUT_BITS-1]};  // repeat the sign

  always @(posedge clk) begin
    if (rst) begin
      acc_valid      <= 1'b0;
      value_valid    <= 1'b0;
      quotient_valid <= 1'b0;
      out_valid      <= 1'b0;
    end else if (enable) begin
      acc_valid      <= in_valid;
      value_valid    <= acc_valid;
      quotient_valid <= value_valid;
      out_valid      <= quotient_valid;
    end
    if (enable) begin
      acc      <= in_acc;
      value    <= multiplied[VALUE_BITS-1:0];
      quotient <= qc_shift_floor(corrected, SHIFT[5:0]);
      out_data <= clamped[OUT_BITS-1:0];
    end
  end
endmodule

`default_nettype wire
