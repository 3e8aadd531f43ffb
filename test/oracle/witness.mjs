// Runs ONNX Runtime on one model, with its fused integer operators unless LEVEL is "disabled": a separate process, because
// the package lives apart. usage: node witness.mjs MODEL INPUTS OUTPUTS LEVEL; INPUTS are raw elements of the graph input's type, back to back.
import { readFileSync, writeFileSync } from "node:fs";
import ort from "onnxruntime-node";

const [model, inputs, outputs, graphOptimizationLevel] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model, {
  extra: { session: { qdqisint8allowed: "1" } },
  graphOptimizationLevel,
  logSeverityLevel: 3,
});
const [{ type, shape }] = session.inputMetadata;
const dims = shape.map((dim) => (typeof dim === "number" ? dim : 1));
const count = dims.reduce((a, b) => a * b, 1);
const Elements = { int8: Int8Array, uint8: Uint8Array, float32: Float32Array }[type];
const bytes = readFileSync(inputs);
const all = new Elements(bytes.buffer, bytes.byteOffset, bytes.length / Elements.BYTES_PER_ELEMENT);
const results = [];
for (let at = 0; at < all.length; at += count) {
  const tensor = new ort.Tensor(type, all.slice(at, at + count), dims);
  const { [session.outputNames[0]]: result } = await session.run({ [session.inputNames[0]]: tensor });
  results.push(Buffer.from(result.data.buffer, result.data.byteOffset, result.data.byteLength));
}
writeFileSync(outputs, Buffer.concat(results));
