// One output lane: acc = (first ? 0 : acc) + sum over SIMD of x[i] * w[i], modulo 2^ACC_BITS.
// Elements are unsigned: one 8x8 multiplier of look-up tables then takes 157 instead of 203 (yosys 0.23, iCE40).
// Product, sum and accumulator registers; the adder tree has its own register only when there is more than one product.
`default_nettype none

module qc_lane #(
    parameter integer SIMD = 1,
    parameter integer IN_BITS = 8,
    parameter integer WEIGHT_BITS = 8,
    parameter integer ACC_BITS = 24
) (
    input  wire                        clk,
    input  wire                        enable,
    input  wire [IN_BITS*SIMD-1:0]     x,          // unsigned elements
    input  wire [WEIGHT_BITS*SIMD-1:0] w,          // signed weights
    input  wire                        sum_valid,  // the sum of products is that of a word of a window
    input  wire                        sum_first,  // and the word is the window's first
    output reg  [ACC_BITS-1:0]         acc
);
  localparam integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS;
  localparam integer SUM_BITS = PRODUCT_BITS + ((SIMD > 1) ? $clog2(SIMD) : 0);

  reg [PRODUCT_BITS*SIMD-1:0] products;
  wire signed [SUM_BITS-1:0]  sum;

  genvar i;
  generate
    for (i = 0; i < SIMD; i = i + 1) begin : gen_product
      wire signed [IN_BITS:0]        xi = {1'b0, x[IN_BITS*i+:IN_BITS]};
      wire signed [WEIGHT_BITS-1:0]  wi = w[WEIGHT_BITS*i+:WEIGHT_BITS];
      wire signed [PRODUCT_BITS-1:0] product = xi * wi;
      always @(posedge clk) if (enable) products[PRODUCT_BITS*i+:PRODUCT_BITS] <= product;
    end
    if (SIMD == 1) begin : gen_single
      assign sum = products;
    end else begin : gen_tree
      reg signed [SUM_BITS-1:0] total;
      reg signed [SUM_BITS-1:0] total_q;
      integer k;
      always @* begin
        total = {SUM_BITS{1'b0}};
        for (k = 0; k < SIMD; k = k + 1)
          total = total + {{SUM_BITS - PRODUCT_BITS{products[PRODUCT_BITS*k+PRODUCT_BITS-1]}},
                           products[PRODUCT_BITS*k+:PRODUCT_BITS]};
      end
      always @(posedge clk) if (enable) total_q <= total;
      assign sum = total_q;
    end
  endgenerate

  wire [ACC_BITS-1:0] addend;
  generate
    if (ACC_BITS > SUM_BITS) begin : gen_extend
      assign addend = {{ACC_BITS - SUM_BITS{sum[SUM_BITS-1]}}, sum};
    end else begin : gen_keep
      // An accumulator narrower than one sum is proved to hold the total; the high bits repeat its sign.
      wire unused = &{1'b0, sum[SUM_BITS-1:ACC_BITS-1]};
      assign addend = sum[ACC_BITS-1:0];
    end
  endgenerate

  always @(posedge clk)
    if (enable && sum_valid) acc <= (sum_first ? {ACC_BITS{1'b0}} : acc) + addend;
endmodule

`default_nettype wire
