// quotient = numerator / denominator rounded half to even, for 0 < denominator and numerator <= 256 * denominator:
// qc_quotient_half_even of qc_scalar.vh, one quotient bit per cycle. done is high for one cycle, 11 cycles after start.
`default_nettype none

module qc_quotient #(
    parameter integer BITS = 32
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            start,
    input  wire [BITS-1:0] numerator,
    input  wire [BITS-1:0] denominator,
    output reg             done,
    output reg  [8:0]      quotient
);
  reg              busy;
  reg  [3:0]       step;
  reg  [BITS-1:0]  remainder;
  reg  [BITS+7:0]  divisor;      // denominator << 8 - step
  wire [BITS+8:0]  difference = {9'b0, remainder} - {1'b0, divisor};
  wire             fits = !difference[BITS+8];
  wire [BITS:0]    twice = {remainder, 1'b0};
  wire             up = twice > {1'b0, denominator} || (twice == {1'b0, denominator} && quotient[0]);
  wire             unused = &{1'b0, difference[BITS+7:BITS]};

  always @(posedge clk) begin
    if (rst) begin
      busy <= 1'b0;
      done <= 1'b0;
    end else begin
      if (start) busy <= 1'b1;
      else if (step == 4'd9) busy <= 1'b0;
      done <= busy && step == 4'd9;
    end
    if (start) begin
      step      <= 4'd0;
      remainder <= numerator;
      divisor   <= {denominator, 8'b0};
      quotient  <= 9'd0;
    end else if (busy && step != 4'd9) begin
      step      <= step + 4'd1;
      remainder <= fits ? difference[BITS-1:0] : remainder;
      divisor   <= divisor >> 1;
      quotient  <= {quotient[7:0], fits};
    end else if (busy) begin
      quotient <= quotient + {8'b0, up};
    end
  end
endmodule

`default_nettype wire
