// Runs the npm package @yowasp/clang in a worker thread, which alone can be given the stack that large inputs need.
import { parentPort, workerData } from "node:worker_threads";

const { runClang } = await import("@yowasp/clang");

let messages = "";
const collect = (bytes) => {
  if (bytes) messages += Buffer.from(bytes).toString();
};

try {
  const options = { stdout: collect, stderr: collect, fetchProgress: () => {} };
  const tree = await runClang(workerData.arguments, workerData.files, options);
  parentPort.postMessage({ result: tree[workerData.result], messages });
} catch (error) {
  parentPort.postMessage({ messages: messages || String(error) });
}
