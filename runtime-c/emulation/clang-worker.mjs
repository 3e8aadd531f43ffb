// Runs the npm package @yowasp/clang in a worker thread, which alone can be given the stack that large inputs need.
import { parentPort, workerData } from "node:worker_threads";

const { runClang, runLLVM } = await import("@yowasp/clang");

let messages = "";
const collect = (bytes) => {
  if (bytes) messages += Buffer.from(bytes).toString();
};

try {
  // Loads the package's resources; asked for here because runClang would announce it on standard output.
  await runLLVM(null, {}, { fetchProgress: () => {} });
  const options = { stdout: collect, stderr: collect, decodeASCII: false };
  const tree = await runClang(workerData.options, workerData.files, options);
  parentPort.postMessage({ result: tree[workerData.result], messages });
} catch (error) {
  parentPort.postMessage({ messages: messages || String(error) });
}
