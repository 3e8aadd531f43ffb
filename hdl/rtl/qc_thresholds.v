// Requantization by binary search: y = first + number of thresholds <= acc, 2*STEPS + 2 cycles per element.
// Words of one index: 0 is `first`, n >= 1 is the threshold at node n of a complete search tree (children 2n and 2n+1), so
// that after STEPS comparisons the node's number is 2^STEPS plus the count.
`default_nettype none

module qc_thresholds #(
    parameter integer ACC_BITS = 24,
    parameter integer OUT_BITS = 8,
    parameter integer DEPTH = 2,
    parameter integer INDEX_BITS = 1,
    parameter integer WORD_BITS = 25,
    parameter integer STEPS = 8,
    parameter FILE = ""
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [ACC_BITS-1:0]   in_acc,
    input  wire [INDEX_BITS-1:0] in_index,
    input  wire                  in_valid,
    output wire                  in_ready,
    output reg  [OUT_BITS-1:0]   out_data,
    output reg                   out_valid,
    input  wire                  out_ready
);
  localparam integer ADDRESS_BITS = (DEPTH > 1) ? INDEX_BITS + STEPS : STEPS;

  reg  [ACC_BITS-1:0]         acc;
  reg  [STEPS:0]              node;
  reg                         busy;
  reg                         compare;   // the word of `node` has been read
  wire signed [WORD_BITS-1:0] word;
  wire signed [WORD_BITS-1:0] extended = {{WORD_BITS - ACC_BITS{acc[ACC_BITS-1]}}, acc};
  wire                        found = node[STEPS];
  wire [STEPS-1:0]            at = found ? {STEPS{1'b0}} : node[STEPS-1:0];
  wire [OUT_BITS:0]           total = {1'b0, word[OUT_BITS-1:0]} + {{OUT_BITS + 1 - STEPS{1'b0}}, node[STEPS-1:0]};
  wire                        unused = &{1'b0, total[OUT_BITS]};  // codes of unsigned and signed types alike wrap

  wire [ADDRESS_BITS-1:0]     address;

  generate
    if (DEPTH > 1) begin : gen_index
      reg [INDEX_BITS-1:0] index;
      always @(posedge clk) if (in_valid && in_ready) index <= in_index;
      assign address = {index, at};
    end else begin : gen_shared
      wire unused_index = &{1'b0, in_index};
      assign address = at;
    end
  endgenerate

  assign in_ready = !busy && (!out_valid || out_ready);

  qc_rom #(
      .WIDTH       (WORD_BITS),
      .DEPTH       (DEPTH << STEPS),
      .ADDRESS_BITS(ADDRESS_BITS),
      .FILE        (FILE)
  ) tree (
      .clk    (clk),
      .enable (busy && !compare),
      .address(address),
      .data   (word)
  );

  always @(posedge clk) begin
    if (rst) begin
      busy      <= 1'b0;
      compare   <= 1'b0;
      out_valid <= 1'b0;
    end else begin
      if (out_ready) out_valid <= 1'b0;
      if (in_valid && in_ready) busy <= 1'b1;
      else if (busy && compare && found) begin
        busy      <= 1'b0;
        out_valid <= 1'b1;
      end
      compare <= busy && !compare;
    end
  end

  always @(posedge clk) begin
    if (in_valid && in_ready) begin
      acc  <= in_acc;
      node <= {{STEPS{1'b0}}, 1'b1};
    end else if (busy && compare) begin
      if (found) out_data <= total[OUT_BITS-1:0];
      else node <= {node[STEPS-1:0], extended >= word};
    end
  end
endmodule

`default_nettype wire
