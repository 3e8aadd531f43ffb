/** Compiling with every outcome caught: a value, a refusal, or a crash. */
import { QcError } from "../../compiler/diagnostics.js";

export type Attempt<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" | "crashed"; readonly reason: string };

/** Runs `work`; a QcError is a refusal, anything else a crash. */
export function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { kind: "done", value: work() };
  } catch (error) {
    if (error instanceof QcError) {
      return { kind: "refused", reason: refusalOf(error) };
    }
    const { message, stack = "" } = error as Error;
    const frame = /\((?:.*\/)?((?:compiler|targets)\/[^)]*)\)/.exec(stack)?.[1];
    return { kind: "crashed", reason: `${message}${frame ? ` (${frame})` : ""}`.slice(0, 200) };
  }
}

/** The distinct diagnostics without the names of nodes, so that equal reasons of different files are equal text. */
function refusalOf({ diagnostics }: QcError): string {
  const texts = diagnostics.map(({ code, message }) => `${code} ${message}`);
  return [...new Set(texts)].slice(0, 3).join("; ").slice(0, 300);
}
