// ONNX Runtime as a service over node's IPC: { id, model, feeds, level } gives { id, outputs } or { id, error }.
// One process serves many models; a model that crashes the runtime takes the process down, which the caller notices.
import ort from "onnxruntime-node";

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

async function sessionOf(model, level) {
  const create = (own) =>
    ort.InferenceSession.create(model, {
      extra: { session: { qdqisint8allowed: "1", ...own } },
      graphOptimizationLevel: level,
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    });
  // Without this, kernels for processors before VNNI saturate sums of two int8 products at 16 bits; some models fail with it.
  return create({ x64quantprecision: "1" }).catch(() => create({}));
}

async function run({ model, feeds, level }) {
  const session = await sessionOf(model, level);
  try {
    const inputs = {};
    for (const name of session.inputNames) {
      const { type, dims, raw } = feeds[name] ?? {};
      if (type === undefined) throw new Error(`no value for input ${name}`);
      // A copy is aligned for any element type.
      const { buffer } = Uint8Array.from(raw);
      inputs[name] = new ort.Tensor(type, new arrays[type](buffer), dims);
    }
    const results = await session.run(inputs);
    return session.outputNames.map((name) => {
      const { type, dims, data } = results[name];
      if (arrays[type] === undefined) throw new Error(`output ${name} has type ${type}`);
      return { name, type, dims, raw: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
    });
  } finally {
    await session.release();
  }
}

process.on("message", async (request) => {
  try {
    process.send({ id: request.id, outputs: await run(request) });
  } catch (error) {
    process.send({ id: request.id, error: String(error.message).split("\n")[0].slice(0, 300) });
  }
});
process.send({ id: 0 });
