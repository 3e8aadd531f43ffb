/** Progress of long work: one line on stderr, rewritten in place, only on a terminal. */

export interface Progress {
  /** Shows what is being done now. */
  step(text: string): void;
  /** Removes the line. */
  done(): void;
}

/** Progress on a terminal; silent elsewhere. */
export function makeProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { step() {}, done() {} };
  const clear = "\r\u001b[K";
  return {
    step: (text) => void stream.write(`${clear}${text.slice(0, (stream.columns ?? 80) - 1)}`),
    done: () => void stream.write(clear),
  };
}
