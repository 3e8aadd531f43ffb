// Constant padding of a stream along four axes, outermost first: of SIZEi positions, INSIDEi from BEFOREi on are inputs.
// A frame begins when its first input is there: without input no output, padded or not.
`default_nettype none

module qc_pad #(
    parameter integer BITS = 8,
    parameter integer CODE = 0,
    parameter integer SIZE0 = 1,
    parameter integer SIZE1 = 1,
    parameter integer SIZE2 = 3,
    parameter integer SIZE3 = 3,
    parameter integer BEFORE0 = 0,
    parameter integer BEFORE1 = 0,
    parameter integer BEFORE2 = 1,
    parameter integer BEFORE3 = 1,
    parameter integer INSIDE0 = 1,
    parameter integer INSIDE1 = 1,
    parameter integer INSIDE2 = 1,
    parameter integer INSIDE3 = 1
) (
    input  wire            clk,
    input  wire            rst,
    input  wire [BITS-1:0] in_data,
    input  wire            in_valid,
    output wire            in_ready,
    output reg  [BITS-1:0] out_data,
    output reg             out_valid,
    input  wire            out_ready
);
  wire enable = !out_valid || out_ready;
  wire inside0, inside1, inside2, inside3;
  wire last0, last1, last2, last3;
  wire held = inside0 && inside1 && inside2 && inside3;
  reg  begun;
  wire step = enable && (in_valid || (begun && !held));
  assign in_ready = enable && held;

  qc_pad_axis #(.SIZE(SIZE0), .BEFORE(BEFORE0), .INSIDE(INSIDE0)) axis0 (
      .clk(clk), .rst(rst), .step(step && last3 && last2 && last1), .held(inside0), .last(last0));
  qc_pad_axis #(.SIZE(SIZE1), .BEFORE(BEFORE1), .INSIDE(INSIDE1)) axis1 (
      .clk(clk), .rst(rst), .step(step && last3 && last2), .held(inside1), .last(last1));
  qc_pad_axis #(.SIZE(SIZE2), .BEFORE(BEFORE2), .INSIDE(INSIDE2)) axis2 (
      .clk(clk), .rst(rst), .step(step && last3), .held(inside2), .last(last2));
  qc_pad_axis #(.SIZE(SIZE3), .BEFORE(BEFORE3), .INSIDE(INSIDE3)) axis3 (
      .clk(clk), .rst(rst), .step(step), .held(inside3), .last(last3));

  always @(posedge clk) begin
    if (rst) begun <= 1'b0;
    else if (step) begun <= !(last0 && last1 && last2 && last3);
    if (rst) out_valid <= 1'b0;
    else if (enable) out_valid <= step;
    if (enable) out_data <= held ? in_data : CODE[BITS-1:0];
  end
endmodule

`default_nettype wire
