// Softmax over rows of COUNT elements (SPEC.md, "Softmax"), one row at a time, with E[d] from a table, d = maximum - x:
//   TFLITE 0  y = E * LEVELS / (sum of E << LEVELS_SHIFT), rounded half to even
//   TFLITE 1  y = E * reciprocal(sum of E in Q12.19), the reciprocal by Newton steps
// then the zero point is added and the result clamped. Passes: load and maximum, sum, reciprocal, one quotient per element.
`default_nettype none

module qc_softmax #(
    parameter integer IN_BITS = 8,
    parameter integer OUT_BITS = 8,
    parameter integer COUNT = 10,
    parameter integer X_SIGNED = 1,
    parameter integer TFLITE = 0,
    parameter integer EXPONENTIAL_BITS = 24,
    parameter integer SUM_BITS = 28,
    parameter integer QUOTIENT_BITS = 36,  // at least 31
    parameter integer LEVELS = 256,
    parameter integer LEVELS_SHIFT = 0,
    parameter integer ZERO_POINT = -128,
    parameter integer CLAMP_LO = -128,
    parameter integer CLAMP_HI = 127,
    parameter TABLE_FILE = ""
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [IN_BITS-1:0]  in_data,
    input  wire                in_valid,
    output wire                in_ready,
    output reg  [OUT_BITS-1:0] out_data,
    output reg                 out_valid,
    input  wire                out_ready
);
`include "qc_scalar.vh"

  localparam integer INDEX_BITS = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer LAST_VALUE = COUNT - 1;
  localparam [1:0] LOAD = 2'd0, SUM = 2'd1, RECIPROCAL = 2'd2, DIVIDE = 2'd3;

  reg [1:0]            phase;
  reg [2:0]            step;     // of one element: row read, table read, use, wait, hand out
  reg [INDEX_BITS-1:0] index;
  reg [IN_BITS-1:0]    maximum;  // codes are kept with the sign bit turned, so that they compare as unsigned numbers
  reg [SUM_BITS-1:0]   sum;
  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [IN_BITS-1:0]    row[0:COUNT-1];
  reg [IN_BITS-1:0]    element;

  localparam integer SIGN_VALUE = (X_SIGNED != 0) ? 1 << (IN_BITS - 1) : 0;
  wire [IN_BITS-1:0] code = in_data ^ SIGN_VALUE[IN_BITS-1:0];
  wire       take = in_valid && in_ready;
  wire       last = index == LAST_VALUE[INDEX_BITS-1:0];
  wire       use_term = step == 3'd2;
  wire       reciprocal_done;
  wire       quotient_done;
  wire [8:0] quotient;
  wire       handed_out = step == 3'd4 && out_valid && out_ready;

  assign in_ready = phase == LOAD;

  wire [EXPONENTIAL_BITS-1:0] exponential;
  qc_rom #(
      .WIDTH       (EXPONENTIAL_BITS),
      .DEPTH       (1 << IN_BITS),
      .ADDRESS_BITS(IN_BITS),
      .FILE        (TABLE_FILE)
  ) exponentials (
      .clk    (clk),
      .enable (step == 3'd1),
      .address(maximum - element),
      .data   (exponential)
  );

  always @(posedge clk) if (take) row[index] <= code;
  always @(posedge clk) if (step == 3'd0) element <= row[index];

  always @(posedge clk) begin
    if (rst) begin
      phase     <= LOAD;
      step      <= 3'd0;
      index     <= {INDEX_BITS{1'b0}};
      out_valid <= 1'b0;
    end else begin
      case (phase)
        LOAD: begin
          if (take) index <= last ? {INDEX_BITS{1'b0}} : index + 1'b1;
          if (take && last) phase <= SUM;
        end
        SUM: begin
          step <= use_term ? 3'd0 : step + 3'd1;
          if (use_term) index <= last ? {INDEX_BITS{1'b0}} : index + 1'b1;
          if (use_term && last) phase <= RECIPROCAL;
        end
        RECIPROCAL: if (reciprocal_done) phase <= DIVIDE;
        default: begin
          if (step < 3'd3) step <= step + 3'd1;
          else if (step == 3'd3 && quotient_done) begin
            step      <= 3'd4;
            out_valid <= 1'b1;
          end else if (handed_out) begin
            step      <= 3'd0;
            out_valid <= 1'b0;
            index     <= last ? {INDEX_BITS{1'b0}} : index + 1'b1;
            if (last) phase <= LOAD;
          end
        end
      endcase
    end
  end

  wire [SUM_BITS-1:0] term;
  always @(posedge clk) begin
    if (take) maximum <= index == {INDEX_BITS{1'b0}} || code > maximum ? code : maximum;
    if (phase == LOAD) sum <= {SUM_BITS{1'b0}};
    else if (phase == SUM && use_term) sum <= sum + term;
  end

  generate
    if (TFLITE != 0) begin : gen_tflite
      wire [30:0]        exponential31 = {{31 - EXPONENTIAL_BITS{1'b0}}, exponential};
      wire signed [31:0] scaled = qc_rounding_divide_by_pot({1'b0, exponential31}, 5'd12);
      wire [31:0]        sum32 = {{32 - SUM_BITS{1'b0}}, sum};
      wire [5:0]         headroom = qc_count_leading_zeros(sum32);
      wire [31:0]        normalized = sum32 << headroom;
      reg  [2:0]         iteration;
      reg  [30:0]        half_denominator;
      reg  [30:0]        x;
      reg  [4:0]         shift;
      reg                used;
      reg  [8:0]         product;
      wire               unused_bits = &{1'b0, headroom[5:4], normalized[0], scaled[31:SUM_BITS-1]};
      assign term = scaled[SUM_BITS-1:0];
      assign reciprocal_done = iteration == 3'd5;
      assign quotient_done = used;
      assign quotient = product;
      always @(posedge clk) begin
        iteration <= phase == RECIPROCAL ? iteration + 3'd1 : 3'd0;
        used      <= phase == DIVIDE && use_term;
        if (phase == RECIPROCAL)
          case (iteration)
            3'd0: begin
              half_denominator <= normalized[31:1];
              shift            <= qc_softmax_shift(headroom[3:0]);
            end
            3'd1: x <= qc_reciprocal_initial(half_denominator);
            3'd5: x <= qc_reciprocal_result(x);
            default: x <= qc_reciprocal_newton_step(x, half_denominator);
          endcase
        if (use_term) product <= qc_softmax_tflite(exponential31, x, shift);
      end
    end else begin : gen_even
      wire [QUOTIENT_BITS-1:0] exponential_wide = {{QUOTIENT_BITS - EXPONENTIAL_BITS{1'b0}}, exponential};
      wire [QUOTIENT_BITS-1:0] levels = {{QUOTIENT_BITS - 31{1'b0}}, LEVELS[30:0]};
      wire [QUOTIENT_BITS-1:0] sum_wide = {{QUOTIENT_BITS - SUM_BITS{1'b0}}, sum};
      assign term = {{SUM_BITS - EXPONENTIAL_BITS{1'b0}}, exponential};
      assign reciprocal_done = 1'b1;
      qc_quotient #(
          .BITS(QUOTIENT_BITS)
      ) divider (
          .clk        (clk),
          .rst        (rst),
          .start      (phase == DIVIDE && use_term),
          .numerator  (exponential_wide * levels),
          .denominator(sum_wide << LEVELS_SHIFT),
          .done       (quotient_done),
          .quotient   (quotient)
      );
    end
  endgenerate

  wire signed [31:0] zero_point = ZERO_POINT;
  wire signed [31:0] clamped = qc_clamp($signed({23'b0, quotient}) + zero_point, CLAMP_LO, CLAMP_HI);
  wire               unused = &{1'b0, clamped[31:OUT_BITS-1]};
  always @(posedge clk) if (step == 3'd3 && quotient_done) out_data <= clamped[OUT_BITS-1:0];
endmodule

`default_nettype wire
