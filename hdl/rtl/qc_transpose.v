// Axis permutation of a tensor of up to four axes: output axis i has SIZEi positions, STRIDEi input elements apart.
// Two frame buffers: one fills while the other is read.
`default_nettype none

module qc_transpose #(
    parameter integer SIZE0 = 1,
    parameter integer SIZE1 = 1,
    parameter integer SIZE2 = 2,
    parameter integer SIZE3 = 2,
    parameter integer STRIDE0 = 4,
    parameter integer STRIDE1 = 4,
    parameter integer STRIDE2 = 1,
    parameter integer STRIDE3 = 2
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] in_data,
    input  wire       in_valid,
    output wire       in_ready,
    output wire [7:0] out_data,
    output reg        out_valid,
    input  wire       out_ready
);
  localparam integer COUNT = SIZE0 * SIZE1 * SIZE2 * SIZE3;
  localparam integer AB = (COUNT > 1) ? $clog2(COUNT) : 1;
  localparam integer B0 = (SIZE0 > 1) ? $clog2(SIZE0) : 1;
  localparam integer B1 = (SIZE1 > 1) ? $clog2(SIZE1) : 1;
  localparam integer B2 = (SIZE2 > 1) ? $clog2(SIZE2) : 1;
  localparam integer B3 = (SIZE3 > 1) ? $clog2(SIZE3) : 1;
  localparam integer LAST0 = SIZE0 - 1;
  localparam integer LAST1 = SIZE1 - 1;
  localparam integer LAST2 = SIZE2 - 1;
  localparam integer LAST3 = SIZE3 - 1;

  // What the address changes by when axis i advances and the inner axes return to 0, modulo 2^AB.
  localparam integer STEP2_VALUE = STRIDE2 - LAST3 * STRIDE3;
  localparam integer STEP1_VALUE = STRIDE1 - LAST2 * STRIDE2 - LAST3 * STRIDE3;
  localparam integer STEP0_VALUE = STRIDE0 - LAST1 * STRIDE1 - LAST2 * STRIDE2 - LAST3 * STRIDE3;

  reg           write_bank;
  reg           read_bank;
  reg  [1:0]    full;
  wire          writing_last;
  wire          write = in_valid && in_ready;
  wire          write_end = write && writing_last;
  assign in_ready = !full[write_bank];

  qc_frame #(
      .COUNT(COUNT)
  ) write_frame (
      .clk  (clk),
      .rst  (rst),
      .valid(in_valid),
      .ready(in_ready),
      .last (writing_last)
  );

  reg [AB-1:0] write_address;
  reg [AB-1:0] read_address;
  reg [B0-1:0] i0;
  reg [B1-1:0] i1;
  reg [B2-1:0] i2;
  reg [B3-1:0] i3;
  wire end3 = i3 == LAST3[B3-1:0];
  wire end2 = end3 && i2 == LAST2[B2-1:0];
  wire end1 = end2 && i1 == LAST1[B1-1:0];
  wire end0 = end1 && i0 == LAST0[B0-1:0];
  wire read = full[read_bank] && (!out_valid || out_ready);
  wire read_end = read && end0;

  always @(posedge clk) begin
    if (rst) begin
      write_bank    <= 1'b0;
      read_bank     <= 1'b0;
      full          <= 2'b00;
      write_address <= {AB{1'b0}};
      read_address  <= {AB{1'b0}};
      i0            <= {B0{1'b0}};
      i1            <= {B1{1'b0}};
      i2            <= {B2{1'b0}};
      i3            <= {B3{1'b0}};
      out_valid     <= 1'b0;
    end else begin
      if (write) write_address <= writing_last ? {AB{1'b0}} : write_address + 1'b1;
      if (write_end) begin
        write_bank       <= !write_bank;
        full[write_bank] <= 1'b1;
      end
      if (read) begin
        i3 <= end3 ? {B3{1'b0}} : i3 + 1'b1;
        if (end3) i2 <= end2 ? {B2{1'b0}} : i2 + 1'b1;
        if (end2) i1 <= end1 ? {B1{1'b0}} : i1 + 1'b1;
        if (end1) i0 <= end0 ? {B0{1'b0}} : i0 + 1'b1;
        read_address <= end0 ? {AB{1'b0}}
            : read_address + (end1 ? STEP0_VALUE[AB-1:0] : end2 ? STEP1_VALUE[AB-1:0] : end3 ? STEP2_VALUE[AB-1:0] : STRIDE3[AB-1:0]);
      end
      if (read_end) begin
        read_bank       <= !read_bank;
        full[read_bank] <= 1'b0;
      end
      if (read) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
  end

  (* no_rw_check *)  // no word is read and written in the same cycle
  reg [7:0] memory[0:(2<<AB)-1];
  reg [7:0] data;
  assign out_data = data;
  always @(posedge clk) if (write) memory[{write_bank, write_address}] <= in_data;
  always @(posedge clk) if (read) data <= memory[{read_bank, read_address}];
endmodule

`default_nettype wire
