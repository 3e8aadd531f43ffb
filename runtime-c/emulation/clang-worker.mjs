// Runs the npm package @yowasp/clang in a worker thread, which alone can be given the stack that large inputs need.
import { parentPort } from "node:worker_threads";

const { runClang, runLLVM } = await import("@yowasp/clang");

// Loads the package's resources; asked for here because runClang would announce it on standard output.
await runLLVM(null, {}, { fetchProgress: () => {} });

async function run({ options, files, result }) {
  let messages = "";
  const collect = (bytes) => {
    if (bytes) messages += Buffer.from(bytes).toString();
  };
  try {
    const tree = await runClang(options, files, { stdout: collect, stderr: collect, decodeASCII: false });
    return { result: tree[result], messages };
  } catch (error) {
    return { messages: messages || String(error) };
  }
}

parentPort.on("message", async (request) => parentPort.postMessage(await run(request)));
