/** ONNX Runtime as a long-lived child process that survives its own crashes: the next request gets a new process. */
import { type ChildProcess, fork } from "node:child_process";
import { packagePath } from "../../targets/package-root.js";
import { type DenseTensor, fromRaw, toRaw } from "./element-types.js";

/** `disabled` keeps every node its own float kernel; `all` fuses quantized operators. */
export type OptimizationLevel = "disabled" | "all";

export type OracleAnswer =
  | { readonly kind: "runs"; readonly outputs: readonly (DenseTensor & { readonly name: string })[] }
  | { readonly kind: "rejects" | "crashes"; readonly reason: string };

interface Reply {
  readonly id: number;
  readonly error?: string;
  readonly outputs?: { name: string; type: string; dims: number[]; raw: Uint8Array }[];
}

/** ONNX Runtime's JavaScript names of element types, where they differ from ONNX's. */
const jsNames: Readonly<Record<string, string>> = { float: "float32", double: "float64" };
const onnxNames: Readonly<Record<string, string>> = { float32: "float", float64: "double" };

export class Oracle {
  private child: ChildProcess | undefined;
  private next = 1;

  constructor(private readonly timeoutMilliseconds = 120_000) {}

  /** Runs a model once. Feeds are by input name; superfluous ones are ignored. */
  async run(
    model: Uint8Array,
    feeds: ReadonlyMap<string, DenseTensor>,
    level: OptimizationLevel,
  ): Promise<OracleAnswer> {
    const child = await this.process();
    const id = this.next++;
    const inputs = Object.fromEntries(
      [...feeds].map(([name, tensor]) => [
        name,
        { type: jsNames[tensor.type] ?? tensor.type, dims: tensor.dims, raw: toRaw(tensor) },
      ]),
    );
    const reply = await new Promise<Reply | string>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), this.timeoutMilliseconds);
      const settle = (value: Reply | string) => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        resolve(value);
      };
      const onMessage = (message: unknown) => {
        if ((message as Reply).id === id) settle(message as Reply);
      };
      const onExit = (code: number | null, signal: string | null) => settle(`exit ${code ?? signal}`);
      child.on("message", onMessage).on("exit", onExit);
      child.send({ id, model, feeds: inputs, level });
    });
    if (typeof reply === "string") {
      this.child = undefined;
      return { kind: "crashes", reason: reply };
    }
    if (reply.error !== undefined) return { kind: "rejects", reason: reply.error };
    const outputs = reply.outputs!.map(({ name, type, dims, raw }) => ({
      name,
      ...fromRaw(onnxNames[type] ?? type, dims, raw),
    }));
    return { kind: "runs", outputs };
  }

  /** Ends the process. */
  close(): void {
    this.child?.disconnect();
    this.child = undefined;
  }

  private process(): Promise<ChildProcess> {
    if (this.child) return Promise.resolve(this.child);
    const child = fork(packagePath("test", "oracle", "serve-ipc.mjs"), {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
    });
    this.child = child;
    return new Promise((resolve, reject) => {
      child.once("exit", () => reject(new Error("ONNX Runtime does not start; is test/oracle installed?")));
      child.once("message", () => {
        child.removeAllListeners("exit");
        resolve(child);
      });
    });
  }
}
