/** Runs an emitted project in Icarus Verilog: four-valued, and compiled in no time. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { emitVerilog } from "../../targets/verilog/emit.js";
import { type StreamPort, streamPorts } from "../../targets/verilog/ports.js";
import type { Design } from "./bench.js";

const stallPercent = 30;
const idleLimit = 20_000;

/** Elements of every output, all inferences in a row, as the hexadecimal digits of its beats. */
export async function runIcarus(
  design: Design,
  inputs: readonly (readonly Int32Array[])[],
  seed: number,
): Promise<string[][]> {
  const ports = streamPorts(design.graph);
  const folder = await mkdtemp(join(tmpdir(), "qc-icarus-"));
  try {
    const files = new Map(emitVerilog(design.graph, design));
    ports.inputs.forEach((port, i) => {
      const beats = inputs.flatMap((codes) => Array.from(codes[i]!, (code) => digits(code, port)));
      files.set(`${port.name}.hex`, `${beats.join("\n")}\n`);
    });
    files.set("tb.v", testbench(ports, inputs.length, seed));
    for (const [path, text] of files) await writeFile(join(folder, path), text);
    await execa("iverilog", ["-g2005", "-s", "tb", "-o", "tb.vvp", "tb.v", "-f", "model.f"], { cwd: folder });
    const { stdout } = await execa("vvp", ["-n", "tb.vvp"], { cwd: folder });
    if (!/^DONE$/m.test(stdout)) throw new Error(stdout.slice(-400));
    return ports.outputs.map(({ name }) =>
      [...stdout.matchAll(new RegExp(`^${name} ([0-9a-fxz]+)$`, "gm"))].map((match) => match[1]!),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A code as the digits of a beat. */
export function digits(code: number, { bytes }: StreamPort): string {
  return BigInt.asUintN(8 * bytes, BigInt(code))
    .toString(16)
    .padStart(2 * bytes, "0");
}

/** Streams every input from its file and prints every beat of the outputs, under random stalls; tlast must be right. */
function testbench({ inputs, outputs }: ReturnType<typeof streamPorts>, frames: number, seed: number): string {
  const all = [...inputs, ...outputs];
  const chance = `$unsigned($random(seed)) % 100 >= ${stallPercent}`;
  return `\`timescale 1ns/1ns
module tb;
  reg clk = 0, rst = 1;
  integer seed = ${seed}, idle = 0;
${all
  .map(
    ({ name, bytes }) => `  wire [${8 * bytes - 1}:0] ${name}_tdata;
  wire ${name}_tvalid, ${name}_tready, ${name}_tlast;
  integer ${name}_count = 0;
  reg ${name}_open = 0;`,
  )
  .join("\n")}
${inputs
  .map(
    ({ name, bytes, elements }) => `  reg [${8 * bytes - 1}:0] ${name}_beats[0:${elements * frames - 1}];
  initial $readmemh("${name}.hex", ${name}_beats);
  assign ${name}_tdata = ${name}_open ? ${name}_beats[${name}_count] : {${8 * bytes}{1'bx}};
  assign ${name}_tvalid = ${name}_open;
  assign ${name}_tlast = ${name}_count % ${elements} == ${elements - 1};
  always @(negedge clk) if (!rst && ${name}_count < ${elements * frames}) ${name}_open <= ${name}_open || ${chance};
  always @(posedge clk) if (!rst && ${name}_open && ${name}_tready) begin
    ${name}_open <= 0;
    ${name}_count <= ${name}_count + 1;
    idle <= 0;
  end`,
  )
  .join("\n")}
${outputs
  .map(
    ({ name, elements }) => `  assign ${name}_tready = ${name}_open;
  always @(negedge clk) ${name}_open <= !rst && ${chance};
  always @(posedge clk) if (!rst && ${name}_open && ${name}_tvalid !== 1'b0) begin
    $display("${name} %h", ${name}_tdata);
    if (${name}_tlast !== (${name}_count % ${elements} == ${elements - 1})) $display("tlast is wrong");
    ${name}_count <= ${name}_count + 1;
    idle <= 0;
  end`,
  )
  .join("\n")}
  model dut (.clk(clk), .rst(rst), ${all
    .flatMap(({ name }) =>
      ["tdata", "tvalid", "tready", "tlast"].map((signal) => `.${name}_${signal}(${name}_${signal})`),
    )
    .join(", ")});
  wire complete = ${all.map(({ name, elements }) => `${name}_count == ${elements * frames}`).join(" && ")};
  always #5 clk = !clk;
  initial #22 rst = 0;
  always @(negedge clk) begin
    idle <= idle + 1;
    if (idle == 50 && complete) begin
      $display("DONE");
      $finish;
    end
    if (idle == ${idleLimit}) begin
      $display("no beat for ${idleLimit} cycles");
      $finish;
    end
  end
endmodule
`;
}
