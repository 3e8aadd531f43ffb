/** Several graph inputs and outputs: the interface, and every engine, on a graph whose outputs are of every kind. */
import { describe, expect, it } from "vitest";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { runPlan } from "../../compiler/interpreter/run-plan.js";
import { elementCount, int8, uint8 } from "../../compiler/ir/index.js";
import { makePlan } from "../../compiler/plan/make-plan.js";
import { setToBytes } from "../../compiler/verify/codes.js";
import { hostC } from "../../compiler/verify/engines/host-c.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { wasmC } from "../../compiler/verify/engines/wasm-c.js";
import { emitC } from "../../targets/c/emit.js";
import { addTable } from "./elementwise-graphs.js";
import { addDense, GraphBuilder } from "./graphs.js";
import { Random } from "./random.js";
import { core, inFolder, inputSets } from "./run.js";

/** Outputs: a result that is read again, an input, a last result, an input's alias, and the first one once more. */
function everyKind() {
  const random = new Random(8);
  const builder = new GraphBuilder();
  const a = builder.input([1, 6], int8);
  const b = builder.input([1, 2, 4], uint8);
  const first = addTable(builder, random, a, uint8);
  const second = addDense(builder, random, first, 3, { outputType: int8, rounding: "plain" });
  const alias = builder.node("reshape", [b], {}, [8], uint8);
  builder.outputs.push(first, a, addTable(builder, random, second, int8), alias, first);
  addTable(builder, random, addTable(builder, random, a, int8), int8);
  return builder.graph();
}

const graph = everyKind();
const plan = makePlan(graph);
const sets = inputSets(graph, new Random(9), 4);
const expected = sets.map((codes) => Buffer.from(setToBytes(outputsOf(graph, codes), graph.outputs)));

describe("several inputs and outputs", () => {
  it("have numbers in the interface, and names in its comments", () => {
    const header = emitC(plan, core("host")).get("model.h")!;
    for (const [port, bytes, element] of [
      ["INPUT_0", 6, "int8_t"],
      ["INPUT_1", 8, "uint8_t"],
      ["OUTPUT_0", 6, "const uint8_t"],
      ["OUTPUT_4", 6, "const uint8_t"],
    ] as const) {
      expect(header).toMatch(new RegExp(`/\\* t\\d+: u?int8 \\[.*\\*/\n#define MODEL_${port}_BYTES ${bytes}u\n`));
      expect(header).toContain(`\n${element} *model_${port.toLowerCase()}(`);
    }
    expect(header).toContain("#define MODEL_INPUT_BYTES 14u\n");
    expect(header).toContain("#define MODEL_OUTPUT_BYTES 29u\n");
  });

  it("are alive as long as they have to be", () => {
    for (const codes of sets) expect(runPlan(plan, codes)).toEqual(outputsOf(graph, codes));
  });

  it.each([
    { engine: hostC(), target: "host" },
    { engine: wasmC(), target: "host" },
    { engine: qemu(core("cortex-m4")), target: "cortex-m4" },
    { engine: qemu(core("rv32imc")), target: "rv32imc" },
  ])(
    "$engine.name takes and gives them one after the other",
    async ({ engine, target }) => {
      const outputBytes = graph.outputs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      const inputs = sets.map((codes) => setToBytes(codes, graph.inputs));
      const { outputs } = await inFolder((workDir) =>
        engine.run({ files: emitC(plan, core(target)), inputs, outputBytes, workDir }),
      );
      expect(outputs.map((bytes) => Buffer.from(bytes))).toEqual(expected);
    },
    120_000,
  );
});
