// Takes PE accumulators at once and hands them on one per cycle, lane 0 first.
// load_ready is high when empty or when the last lane leaves in this cycle.
`default_nettype none

module qc_drain #(
    parameter integer PE = 1,
    parameter integer ACC_BITS = 24
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [PE*ACC_BITS-1:0] load_data,
    input  wire                   load_valid,
    output wire                   load_ready,
    output wire [ACC_BITS-1:0]    out_data,
    output wire                   out_valid,
    input  wire                   out_ready
);
  localparam integer COUNT_BITS = $clog2(PE + 1);
  localparam [COUNT_BITS-1:0] ALL = PE[COUNT_BITS-1:0];
  localparam [COUNT_BITS-1:0] ONE = 1;

  reg [COUNT_BITS-1:0]   count;
  reg [PE*ACC_BITS-1:0]  lanes;

  assign out_valid = count != {COUNT_BITS{1'b0}};
  assign out_data = lanes[ACC_BITS-1:0];
  assign load_ready = !out_valid || (count == ONE && out_ready);

  always @(posedge clk) begin
    if (rst) count <= {COUNT_BITS{1'b0}};
    else if (load_valid && load_ready) count <= ALL;
    else if (out_valid && out_ready) count <= count - ONE;
    if (load_valid && load_ready) lanes <= load_data;
    else if (out_valid && out_ready) lanes <= lanes >> ACC_BITS;
  end
endmodule

`default_nettype wire
