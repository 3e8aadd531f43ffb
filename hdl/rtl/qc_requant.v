// Requantization: one certified staircase per index, as a multiply, an add and a shift (SPEC.md, "Staircases").
//   FORM 0  plain       y = (acc*m + b) >> SHIFT
//   FORM 1  sign        y = (acc*m + b - (acc < 0 ? d : 0)) >> SHIFT
//   FORM 2  parity      u = acc*m + b;   y = (u - (((u >> SHIFT) ^ ZERO_POINT) & 1 ? d : 0)) >> SHIFT
//   FORM 3  thresholds  y = first + number of thresholds <= acc
// all clamped to CLAMP_LO .. CLAMP_HI; acc is in_acc, in forms 0 to 2 plus a bias where BIAS_BITS > 0. Constants word, low
// bits first: m (unsigned), b (signed), d (unsigned, not in form 0), bias (signed).
// VALUE_BITS holds u over the accumulator's proved interval.
`default_nettype none

module qc_requant #(
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
    output wire [OUT_BITS-1:0]   out_data,
    output wire                  out_valid,
    input  wire                  out_ready
);
  generate
    if (FORM == 3) begin : gen_thresholds
      qc_thresholds #(
          .ACC_BITS  (ACC_BITS),
          .OUT_BITS  (OUT_BITS),
          .DEPTH     (DEPTH),
          .INDEX_BITS(INDEX_BITS),
          .WORD_BITS (WORD_BITS),
          .STEPS     (SHIFT),
          .FILE      (FILE)
      ) search (
          .clk      (clk),
          .rst      (rst),
          .in_acc   (in_acc),
          .in_index (in_index),
          .in_valid (in_valid),
          .in_ready (in_ready),
          .out_data (out_data),
          .out_valid(out_valid),
          .out_ready(out_ready)
      );
    end else begin : gen_multiply
      qc_multiply_shift #(
          .FORM           (FORM),
          .ACC_BITS       (ACC_BITS),
          .OUT_BITS       (OUT_BITS),
          .DEPTH          (DEPTH),
          .INDEX_BITS     (INDEX_BITS),
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
          .FILE           (FILE)
      ) scale (
          .clk      (clk),
          .rst      (rst),
          .in_acc   (in_acc),
          .in_index (in_index),
          .in_valid (in_valid),
          .in_ready (in_ready),
          .out_data (out_data),
          .out_valid(out_valid),
          .out_ready(out_ready)
      );
    end
  endgenerate
endmodule

`default_nettype wire
