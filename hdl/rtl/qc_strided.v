// A strided copy of a stream: digit i of an output index counts to SIZEi, and one step of it moves STEPi input elements.
// Inputs wait in a ring of 2**ADDRESS_BITS elements from the base on, the first element that the current value of digit 0
// may still need; FIRST is the base of digit 0 = 0, START the place of output element 0 behind it. STEP0 is positive
// where SIZE0 is more than 1, so the base only moves forward.
`default_nettype none

module qc_strided #(
    parameter integer BITS = 8,
    parameter integer IN_COUNT = 4,
    parameter integer ADDRESS_BITS = 3,
    parameter integer FIRST = 0,
    parameter integer START = 0,
    parameter integer SIZE0 = 4,
    parameter integer SIZE1 = 1,
    parameter integer SIZE2 = 1,
    parameter integer SIZE3 = 1,
    parameter integer SIZE4 = 1,
    parameter integer SIZE5 = 1,
    parameter integer STEP0 = 1,
    parameter integer STEP1 = 0,
    parameter integer STEP2 = 0,
    parameter integer STEP3 = 0,
    parameter integer STEP4 = 0,
    parameter integer STEP5 = 0
) (
    input  wire            clk,
    input  wire            rst,
    input  wire [BITS-1:0] in_data,
    input  wire            in_valid,
    output wire            in_ready,
    output wire [BITS-1:0] out_data,
    output reg             out_valid,
    input  wire            out_ready
);
  localparam integer AB = ADDRESS_BITS;
  localparam integer DEPTH = 1 << AB;
  localparam integer FB = $clog2((IN_COUNT > DEPTH ? IN_COUNT : DEPTH) + 1) + 2;
  localparam integer B0 = (SIZE0 > 1) ? $clog2(SIZE0) : 1;
  localparam integer B1 = (SIZE1 > 1) ? $clog2(SIZE1) : 1;
  localparam integer B2 = (SIZE2 > 1) ? $clog2(SIZE2) : 1;
  localparam integer B3 = (SIZE3 > 1) ? $clog2(SIZE3) : 1;
  localparam integer B4 = (SIZE4 > 1) ? $clog2(SIZE4) : 1;
  localparam integer B5 = (SIZE5 > 1) ? $clog2(SIZE5) : 1;
  localparam integer LAST0 = SIZE0 - 1;
  localparam integer LAST1 = SIZE1 - 1;
  localparam integer LAST2 = SIZE2 - 1;
  localparam integer LAST3 = SIZE3 - 1;
  localparam integer LAST4 = SIZE4 - 1;
  localparam integer LAST5 = SIZE5 - 1;

  // What the address changes by when digit i advances and the inner digits return to 0, modulo 2^AB; the base moves by
  // STEP0, and by NEXT to that of the next frame.
  localparam integer INNER4 = LAST5 * STEP5;
  localparam integer INNER3 = INNER4 + LAST4 * STEP4;
  localparam integer INNER2 = INNER3 + LAST3 * STEP3;
  localparam integer INNER1 = INNER2 + LAST2 * STEP2;
  localparam integer INNER0 = INNER1 + LAST1 * STEP1;
  localparam integer NEXT = IN_COUNT - LAST0 * STEP0;
  localparam integer ADD4 = STEP4 - INNER4;
  localparam integer ADD3 = STEP3 - INNER3;
  localparam integer ADD2 = STEP2 - INNER2;
  localparam integer ADD1 = STEP1 - INNER1;
  localparam integer ADD0 = STEP0 - INNER0;
  localparam integer ADD_NEXT = NEXT - INNER0;
  localparam signed [FB-1:0] FULL = DEPTH[FB-1:0];
  localparam integer EMPTY = -FIRST;
  localparam integer ORIGIN = FIRST + START;

  // Elements from the base on; negative while elements in front of it are still to come and to be passed over.
  reg signed [FB-1:0] filled;
  reg        [AB-1:0] write_address;
  reg        [AB-1:0] read_address;
  reg        [AB-1:0] place;  // of the next element behind the base
  reg        [B0-1:0] i0;
  reg        [B1-1:0] i1;
  reg        [B2-1:0] i2;
  reg        [B3-1:0] i3;
  reg        [B4-1:0] i4;
  reg        [B5-1:0] i5;
  wire end5 = i5 == LAST5[B5-1:0];
  wire end4 = end5 && i4 == LAST4[B4-1:0];
  wire end3 = end4 && i3 == LAST3[B3-1:0];
  wire end2 = end3 && i2 == LAST2[B2-1:0];
  wire end1 = end2 && i1 == LAST1[B1-1:0];
  wire end0 = end1 && i0 == LAST0[B0-1:0];

  wire signed [FB-1:0] place_signed = {{(FB - AB) {1'b0}}, place};
  wire write = in_valid && in_ready;
  wire read = place_signed < filled && (!out_valid || out_ready);
  assign in_ready = filled < FULL;

  wire [AB-1:0] add = end4 ? (end3 ? (end2 ? ADD1[AB-1:0] : ADD2[AB-1:0]) : ADD3[AB-1:0]) : end5 ? ADD4[AB-1:0] : STEP5[AB-1:0];
  wire [FB-1:0] passed = !(read && end1) ? {FB{1'b0}} : end0 ? NEXT[FB-1:0] : STEP0[FB-1:0];

  always @(posedge clk) begin
    if (rst) begin
      filled        <= EMPTY[FB-1:0];
      write_address <= {AB{1'b0}};
      read_address  <= ORIGIN[AB-1:0];
      place         <= START[AB-1:0];
      i0            <= {B0{1'b0}};
      i1            <= {B1{1'b0}};
      i2            <= {B2{1'b0}};
      i3            <= {B3{1'b0}};
      i4            <= {B4{1'b0}};
      i5            <= {B5{1'b0}};
      out_valid     <= 1'b0;
    end else begin
      filled <= filled + {{(FB - 1) {1'b0}}, write} - passed;
      if (write) write_address <= write_address + 1'b1;
      if (read) begin
        i5 <= end5 ? {B5{1'b0}} : i5 + 1'b1;
        if (end5) i4 <= end4 ? {B4{1'b0}} : i4 + 1'b1;
        if (end4) i3 <= end3 ? {B3{1'b0}} : i3 + 1'b1;
        if (end3) i2 <= end2 ? {B2{1'b0}} : i2 + 1'b1;
        if (end2) i1 <= end1 ? {B1{1'b0}} : i1 + 1'b1;
        if (end1) i0 <= end0 ? {B0{1'b0}} : i0 + 1'b1;
        place <= end1 ? START[AB-1:0] : place + add;
        read_address <= read_address + (end0 ? ADD_NEXT[AB-1:0] : end1 ? ADD0[AB-1:0] : add);
      end
      if (read) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
  end

  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [BITS-1:0] memory[0:DEPTH-1];
  reg [BITS-1:0] data;
  assign out_data = data;
  always @(posedge clk) if (write) memory[write_address] <= in_data;
  always @(posedge clk) if (read) data <= memory[read_address];
endmodule

`default_nettype wire
