// Concatenation of INPUTS streams: in turn, RUNS[32*i +: 32] elements of each input i.
`default_nettype none

module qc_concat #(
    parameter integer BITS = 8,
    parameter integer INPUTS = 2,
    parameter [32*INPUTS-1:0] RUNS = {INPUTS{32'd1}}
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [BITS*INPUTS-1:0] in_data,
    input  wire [INPUTS-1:0]      in_valid,
    output wire [INPUTS-1:0]      in_ready,
    output reg  [BITS-1:0]        out_data,
    output reg                    out_valid,
    input  wire                   out_ready
);
  localparam integer WB = $clog2(INPUTS);
  localparam integer LAST_VALUE = INPUTS - 1;
  localparam [WB-1:0] LAST = LAST_VALUE[WB-1:0];

  reg [WB-1:0] which;
  reg [31:0]   left;  // of this run, counted down to 1

  // Selected by comparison: INPUTS need not be a power of two.
  reg [31:0]     next_run;
  reg [BITS-1:0] data;
  reg            valid;
  wire [WB-1:0] next = which == LAST ? {WB{1'b0}} : which + 1'b1;
  integer i;
  always @* begin
    next_run = 32'd0;
    data = {BITS{1'b0}};
    valid = 1'b0;
    for (i = 0; i < INPUTS; i = i + 1) begin
      if (next == i[WB-1:0]) next_run = RUNS[32*i+:32];
      if (which == i[WB-1:0]) begin
        data = in_data[BITS*i+:BITS];
        valid = in_valid[i];
      end
    end
  end

  wire enable = !out_valid || out_ready;
  genvar port;
  generate
    for (port = 0; port < INPUTS; port = port + 1) begin : ports
      assign in_ready[port] = enable && which == port;
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) begin
      which     <= {WB{1'b0}};
      left      <= RUNS[31:0];
      out_valid <= 1'b0;
    end else if (enable) begin
      out_valid <= valid;
      if (valid) begin
        which <= left == 32'd1 ? next : which;
        left  <= left == 32'd1 ? next_run : left - 32'd1;
      end
    end
    if (enable) out_data <= data;
  end
endmodule

`default_nettype wire
