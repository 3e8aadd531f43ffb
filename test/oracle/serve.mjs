// Runs ONNX Runtime on many models: one JSON request per line of standard input, { model, level, inputs }, with the bytes of the
// model and of every input { name, type, dims, data } of each inference in base64; one JSON answer per line of standard
// output, { outputs } with the bytes of each output by name for each inference, or { error }.
import { createInterface } from "node:readline";
import ort from "onnxruntime-node";

const Elements = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
};

const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

function tensorOf({ type, dims, data }) {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return new ort.Tensor(type, new Elements[type](bytes.buffer), dims);
}

/** For an input that the model declares and nothing reads. */
function zeros(type, shape) {
  return new ort.Tensor(type, new Elements[type](shape.reduce((a, b) => a * b, 1)), shape);
}

async function answer({ model, level, inputs }) {
  const session = await ort.InferenceSession.create(Uint8Array.from(Buffer.from(model, "base64")), {
    extra: { session: { qdqisint8allowed: "1" } },
    graphOptimizationLevel: level,
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  });
  const unread = session.inputMetadata.map(({ name, type, shape }) => [name, zeros(type, shape)]);
  const outputs = [];
  for (const set of inputs) {
    const given = set.map((input) => [input.name, tensorOf(input)]);
    const results = await session.run(Object.fromEntries([...unread, ...given]));
    outputs.push(
      Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, bytesOf(data).toString("base64")])),
    );
  }
  await session.release();
  return { outputs };
}

for await (const line of createInterface({ input: process.stdin })) {
  let result;
  try {
    result = await answer(JSON.parse(line));
  } catch (error) {
    result = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
