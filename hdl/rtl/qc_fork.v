// Eager fork of a stream's handshake (its data goes to all): each of N consumers takes every element once, as soon as it is ready; the element leaves when all have it.
`default_nettype none

module qc_fork #(
    parameter integer N = 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         in_valid,
    output wire         in_ready,
    output wire [N-1:0] out_valid,
    input  wire [N-1:0] out_ready
);
  reg [N-1:0] done;

  assign out_valid = {N{in_valid}} & ~done;
  assign in_ready = &(out_ready | done);
  always @(posedge clk) begin
    if (rst) done <= {N{1'b0}};
    else if (in_valid) done <= in_ready ? {N{1'b0}} : done | out_ready;
  end
endmodule

`default_nettype wire
