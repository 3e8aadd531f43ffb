/** The four MLPerf Tiny models on emulated cores: exact, and with less code, memory and instructions than TensorFlow Lite Micro. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compile, outputsOf } from "../../compiler/index.js";
import { elementCount } from "../../compiler/ir/index.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { emitC } from "../../targets/c/emit.js";
import { dataPath, describeWithData } from "../helpers/data.js";
import { Random } from "../runtime-c/random.js";
import { bytesOf, core, inFolder, inputSets } from "../runtime-c/run.js";

/**
 * Instructions per inference of TensorFlow Lite Micro 90b983c2 at -O3, counted in QEMU as here: with CMSIS-NN 4ab83cc3 on
 * Cortex-M4, with muRISCV-NN 4eb6a1f on RV32IMC; and its arena with the reference kernels.
 */
const models = [
  { name: "ad01_int8", arena: 2260, instructions: { "cortex-m4": 582317, rv32imc: 1341607 } },
  { name: "ic01_resnet8_int8", arena: 54340, instructions: { "cortex-m4": 29874412, rv32imc: 54718180 } },
  { name: "kws01_dscnn_int8", arena: 22772, instructions: { "cortex-m4": 7844787, rv32imc: 14920971 } },
  { name: "vww01_mobilenetv1_025_int8", arena: 100660, instructions: { "cortex-m4": 24720344, rv32imc: 44756621 } },
] as const;

const numerics = ["exact", "tflite"] as const;
const cases = models.flatMap((model) =>
  (["cortex-m4", "rv32imc"] as const).flatMap((target) => numerics.map((family) => ({ ...model, target, family }))),
);

describeWithData("MLPerf Tiny in C", () => {
  it.each(cases)("$name on $target with $family numerics", async ({ name, target, family, arena, instructions }) => {
    const { plan } = compile(readFileSync(dataPath("mlperf-tiny", `${name}.onnx`)), { numerics: family });
    const files = emitC(plan, core(target));
    const inputs = inputSets(plan.graph, new Random(11), 4).slice(2);
    const outputBytes = elementCount(plan.graph.outputs[0]!.shape);
    const result = await inFolder((workDir) =>
      qemu(core(target)).run({ files, inputs: inputs.map(bytesOf), outputBytes, workDir }),
    );
    const expected = inputs.map((set) => bytesOf(outputsOf(plan.graph, set)));
    expect(result.outputs.map((bytes) => Buffer.from(bytes))).toEqual(expected);
    expect(result.instructions).toBeLessThan(instructions[target]);
    expect(plan.arenaBytes).toBeLessThan(arena);
    expect(result.codeBytes).toBeLessThan(24 * 1024);
  });
});
