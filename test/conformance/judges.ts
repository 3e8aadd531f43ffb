/** A process that judges; it is replaced when a case takes too long or takes it down. */
import { type ChildProcess, fork } from "node:child_process";
import { packagePath } from "../../targets/package-root.js";
import type { Case, Outcome } from "./case.js";

/** Far beyond what any file needs. */
const limitMilliseconds = 180_000;

export class Judges {
  private child: ChildProcess | undefined;

  /** One case's outcome; a case without an answer counts as crashed. */
  async judge({ corpus, name }: Case): Promise<Outcome> {
    this.child ??= fork(packagePath("test", "conformance", "judge-process.ts"), { serialization: "advanced" });
    const { child } = this;
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        child.off("message", settle).off("exit", onExit);
        resolve(outcome);
      };
      const crashed = (reason: string) => {
        this.child = undefined;
        settle({ corpus, name, verdict: "crashed", reason, runtime: "not run", comparisons: [] });
      };
      const onExit = (code: number | null, signal: string | null) => crashed(`the process ended: ${code ?? signal}`);
      const timer = setTimeout(() => {
        child.off("exit", onExit);
        crashed("no answer within the time limit");
        child.disconnect();
        child.kill("SIGKILL");
      }, limitMilliseconds);
      child.on("message", settle).on("exit", onExit);
      child.send({ corpus, name });
    });
  }

  /** Ends the process. */
  close(): void {
    this.child?.disconnect();
    this.child = undefined;
  }
}
