// Takes COUNT elements, then hands them out REPEATS times in the same order.
`default_nettype none

module qc_repeat #(
    parameter integer BITS = 8,
    parameter integer COUNT = 2,
    parameter integer REPEATS = 2
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
  localparam integer ADDRESS_BITS = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer TURN_BITS = (REPEATS > 1) ? $clog2(REPEATS) : 1;
  localparam integer LAST_INTEGER = COUNT - 1;
  localparam integer LAST_TURN_INTEGER = REPEATS - 1;
  localparam [ADDRESS_BITS-1:0] LAST = LAST_INTEGER[ADDRESS_BITS-1:0];
  localparam [TURN_BITS-1:0] LAST_TURN = LAST_TURN_INTEGER[TURN_BITS-1:0];
  localparam [ADDRESS_BITS-1:0] ONE = 1;
  localparam [TURN_BITS-1:0] ONE_TURN = 1;

  reg [BITS-1:0]         memory[0:COUNT-1];
  reg [ADDRESS_BITS-1:0] address;
  reg [TURN_BITS-1:0]    turn;
  reg                    full;     // handing out
  wire                   enable = !out_valid || out_ready;
  wire                   step = full ? enable : in_valid;
  wire                   last = address == LAST;
  assign in_ready = !full;

  always @(posedge clk) begin
    if (!full && in_valid) memory[address] <= in_data;
    if (full && enable) out_data <= memory[address];
  end

  always @(posedge clk) begin
    if (rst) begin
      address   <= {ADDRESS_BITS{1'b0}};
      turn      <= {TURN_BITS{1'b0}};
      full      <= 1'b0;
      out_valid <= 1'b0;
    end else begin
      if (enable) out_valid <= full;
      if (step) address <= last ? {ADDRESS_BITS{1'b0}} : address + ONE;
      if (step && last) begin
        if (!full) full <= 1'b1;
        else if (turn == LAST_TURN) full <= 1'b0;
        if (full) turn <= (turn == LAST_TURN) ? {TURN_BITS{1'b0}} : turn + ONE_TURN;
      end
    end
  end
endmodule

`default_nettype wire
