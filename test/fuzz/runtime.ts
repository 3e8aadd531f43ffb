/** ONNX Runtime as a witness of random graphs: one process that serves many models. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import type { Tensor } from "../../compiler/ir/index.js";
import { type CodeSet, fromBytes, toBytes } from "../../compiler/verify/codes.js";
import type { Compiled } from "./case.js";
import type { RandomGraph } from "./random-graph.js";

type Level = "all" | "disabled";

interface Answer {
  readonly outputs?: readonly Readonly<Record<string, string>>[];
  readonly error?: string;
}

/** How the codes compare: equal, at most one apart, or more; `refused` where the runtime does not take the model. */
export type Verdict = "equal" | "near" | "different" | "refused";

export class RuntimeWitness {
  private readonly process: ChildProcess = spawn("node", ["test/oracle/serve.mjs"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  private readonly lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();

  close(): void {
    this.process.kill();
  }

  private async ask(request: object): Promise<Answer> {
    this.process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value } = await this.lines.next();
    return value === undefined ? { error: "the process ended" } : (JSON.parse(value) as Answer);
  }

  /** The runtime's fused operators against --numerics onnxruntime; where they differ, its plain ones against exact. */
  async judge(random: RandomGraph, { inputs }: Compiled): Promise<{ verdict: Verdict; level: Level; detail: string }> {
    const fused = await this.compare(random, inputs, "all", "onnxruntime");
    if (fused.verdict === "equal" || fused.verdict === "refused") return { ...fused, level: "all" };
    const plain = await this.compare(random, inputs, "disabled", "exact");
    return { ...plain, level: "disabled" };
  }

  private async compare(
    { bytes, types, outputs: names }: RandomGraph,
    sets: readonly CodeSet[],
    level: Level,
    numerics: string,
  ): Promise<{ verdict: Verdict; detail: string }> {
    const { graph, integerGraph } = compile(bytes, { numerics });
    const inputs = sets.map((set) => graph.inputs.map((input, i) => feed(input, types.get(input.name)!, set[i]!)));
    const { outputs, error } = await this.ask({ model: Buffer.from(bytes).toString("base64"), level, inputs });
    if (!outputs) return { verdict: "refused", detail: error ?? "" };
    let largest = 0;
    let detail = "";
    sets.forEach((set, k) => {
      outputsOf(integerGraph, set).forEach((codes, i) => {
        const name = names[i]!;
        const got = received(graph.outputs[i]!, types.get(name)!, Buffer.from(outputs[k]![name]!, "base64"));
        codes.forEach((code, at) => {
          const distance = Math.abs(code - got[at]!);
          if (distance <= largest) return;
          largest = distance;
          detail = `inference ${k}, output ${name}, element ${at}: ${got[at]} in ONNX Runtime, ${code} here`;
        });
      });
    });
    return { verdict: largest === 0 ? "equal" : largest <= 1 ? "near" : "different", detail };
  }
}

/** What the runtime gets for these codes: the codes, or the reals that they stand for. */
function feed(input: Tensor, type: string, codes: Int32Array): object {
  const { name, shape, quantization } = input;
  const [scale, zeroPoint] = [quantization.scales[0]!, quantization.zeroPoints[0]!];
  const bytes =
    type === "float"
      ? Buffer.from(Float32Array.from(codes, (code) => scale * (code - zeroPoint)).buffer)
      : toBytes(codes, input);
  return { name, type: type === "float" ? "float32" : type, dims: shape, data: Buffer.from(bytes).toString("base64") };
}

/** Codes of an output, from codes or reals. */
function received(output: Tensor, type: string, bytes: Uint8Array): ArrayLike<number> {
  // Indices and sums have a wider type in ONNX than the codes that hold them.
  if (type === "int64") return Float64Array.from(new BigInt64Array(Uint8Array.from(bytes).buffer), Number);
  if (type === "int32") return new Int32Array(Uint8Array.from(bytes).buffer);
  if (type !== "float") return fromBytes(bytes, output);
  const [scale, zeroPoint] = [output.quantization.scales[0]!, output.quantization.zeroPoints[0]!];
  return Float32Array.from(
    new Float32Array(Uint8Array.from(bytes).buffer),
    (real) => Math.round(real / scale) + zeroPoint,
  );
}
