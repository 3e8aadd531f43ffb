// Choice between two streams by a third: y = condition != 0 ? a : b. An operand that is no stream is the same code everywhere.
// Inputs from the lowest bits: the condition, then a, then b, as far as they are streams.
`default_nettype none

module qc_select #(
    parameter integer CONDITION_BITS = 1,
    parameter integer BITS = 8,
    parameter integer A_STREAM = 1,
    parameter integer B_STREAM = 1,
    parameter integer A_CODE = 0,
    parameter integer B_CODE = 0
) (
    input  wire                                               clk,
    input  wire                                               rst,
    input  wire [CONDITION_BITS+(A_STREAM+B_STREAM)*BITS-1:0] in_data,
    input  wire [A_STREAM+B_STREAM:0]                         in_valid,
    output wire [A_STREAM+B_STREAM:0]                         in_ready,
    output reg  [BITS-1:0]                                    out_data,
    output reg                                                out_valid,
    input  wire                                               out_ready
);
  localparam integer STREAMS = 1 + A_STREAM + B_STREAM;
  wire [BITS-1:0] a;
  wire [BITS-1:0] b;
  generate
    if (A_STREAM != 0) begin : a_stream
      assign a = in_data[CONDITION_BITS+:BITS];
    end else begin : a_constant
      assign a = A_CODE[BITS-1:0];
    end
    if (B_STREAM != 0) begin : b_stream
      assign b = in_data[CONDITION_BITS+A_STREAM*BITS+:BITS];
    end else begin : b_constant
      assign b = B_CODE[BITS-1:0];
    end
  endgenerate

  wire all    = &in_valid;
  wire enable = !out_valid || out_ready;
  assign in_ready = {STREAMS{enable && all}};

  always @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (enable) out_valid <= all;
    if (enable) out_data <= |in_data[CONDITION_BITS-1:0] ? a : b;
  end
endmodule

`default_nettype wire
