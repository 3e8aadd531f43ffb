// Checks fashion-mnist.onnx with parts that share no code with train.py: onnx-proto decodes it and ONNX Runtime runs it on all
// 10,000 test images. Usage: node evaluate.mjs [model.onnx [codes.bin]]; codes.bin is what `train.py --codes` writes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import onnxProto from "onnx-proto";

const ort = createRequire(new URL("../../test/oracle/package.json", import.meta.url))("onnxruntime-node");
const dataFolder = process.env.FASHION_MNIST ?? "/usr/share/datasets/fashion-mnist";
const here = (name) => new URL(name, import.meta.url);
const modelBytes = readFileSync(process.argv[2] ?? here("fashion-mnist.onnx"));
const ownCodes = process.argv[3] && new Int8Array(readFileSync(process.argv[3]));
const pixels = gunzipSync(readFileSync(join(dataFolder, "t10k-images-idx3-ubyte.gz"))).subarray(16);
const labels = gunzipSync(readFileSync(join(dataFolder, "t10k-labels-idx1-ubyte.gz"))).subarray(8);
const imageBytes = 28 * 28;
const classes = 10;

const sessions = {
  // Keeps int8 activations on x86, so that QDQ groups run as the fused integer operators.
  "ONNX Runtime, fused integer operators": { extra: { session: { qdqisint8allowed: "1" } } },
  "ONNX Runtime, default session": {},
  // No fusion at all: DequantizeLinear -> float operator -> QuantizeLinear, node by node as the file says.
  "ONNX Runtime, optimizations off": { graphOptimizationLevel: "disabled" },
};

checkFile();
checkInputCodes();
for (const [name, options] of Object.entries(sessions)) await evaluate(name, options);

/** Counts what the decoded file holds and stops on a name that is used before it is made. */
function checkFile() {
  const { graph, irVersion, opsetImport } = onnxProto.onnx.ModelProto.decode(modelBytes);
  const known = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  const counts = new Map();
  for (const node of graph.node) {
    for (const input of node.input)
      if (!known.has(input)) throw new Error(`${node.name}: ${input} is not defined before`);
    for (const output of node.output) known.add(output);
    counts.set(node.opType, (counts.get(node.opType) ?? 0) + 1);
  }
  const weights = graph.initializer.filter(({ name }) => name.endsWith("_weight_quantized"));
  const weightCount = weights.reduce((sum, { rawData }) => sum + rawData.length, 0);
  console.log(
    `IR ${irVersion}, opset ${opsetImport[0].version}, ${modelBytes.length} bytes, ${weightCount} int8 weights`,
  );
  console.log([...counts].map(([op, count]) => `${op} ${count}`).join(", "));
}

/** The graph's QuantizeLinear turns pixel / 255 into pixel - 128: shown for all 256 pixels, and for images.bin. */
function checkInputCodes() {
  const scale = Math.fround(1 / 255);
  for (let pixel = 0; pixel < 256; pixel++) {
    const ratio = Math.fround(Math.fround(pixel / 255) / scale);
    if (Math.round(ratio) !== pixel || Math.abs(ratio - pixel) > 0.01)
      throw new Error(`pixel ${pixel} becomes ${ratio}`);
  }
  const shipped = new Int8Array(readFileSync(here("images.bin")));
  const shippedLabels = readFileSync(here("labels.bin"));
  if (!shipped.every((code, index) => code === pixels[index] - 128))
    throw new Error("images.bin differs from the test set");
  if (!shippedLabels.every((label, index) => label === labels[index]))
    throw new Error("labels.bin differs from the test set");
}

async function evaluate(name, options) {
  const session = await ort.InferenceSession.create(modelBytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    ...options,
  });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  let right = 0;
  let rightShipped = 0;
  let otherCodes = 0;
  let largest = 0;
  let otherAnswers = 0;
  for (let image = 0; image < labels.length; image++) {
    const data = Float32Array.from(
      pixels.subarray(image * imageBytes, (image + 1) * imageBytes),
      (pixel) => pixel / 255,
    );
    const result = await session.run({ [input]: new ort.Tensor("float32", data, [1, 1, 28, 28]) });
    const codes = Array.from(result[output].data, (probability) => Math.round(probability * 256) - 128);
    const answer = largestIndex(codes);
    if (answer === labels[image]) right++;
    if (answer === labels[image] && image < 100) rightShipped++;
    if (!ownCodes) continue;
    const own = ownCodes.subarray(image * classes, (image + 1) * classes);
    if (largestIndex(own) !== answer) otherAnswers++;
    codes.forEach((code, index) => {
      if (code !== own[index]) otherCodes++;
      largest = Math.max(largest, Math.abs(code - own[index]));
    });
  }
  console.log(`${name}: ${right} of ${labels.length}, first 100: ${rightShipped}`);
  if (ownCodes)
    console.log(
      `  against ${process.argv[3]}: ${otherCodes} of ${ownCodes.length} codes differ (at most by ${largest}), ${otherAnswers} answers`,
    );
}

/** Index of the first largest code. */
function largestIndex(codes) {
  let best = 0;
  for (let index = 1; index < codes.length; index++) if (codes[index] > codes[best]) best = index;
  return best;
}
