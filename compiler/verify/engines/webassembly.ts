/** The few parts of the WebAssembly interface that engines use; TypeScript declares them only for browsers. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

type Imports = Readonly<Record<string, Readonly<Record<string, (...values: number[]) => void>>>>;

interface WasmNamespace {
  instantiate(program: Uint8Array, imports: Imports): Promise<{ readonly instance: { readonly exports: unknown } }>;
  readonly RuntimeError: new () => Error;
}

const wasm = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly;

/** Instantiates a program; the caller names the type of its exports. */
export async function instantiate<Exports>(program: Uint8Array, imports: Imports = {}): Promise<Exports> {
  const { instance } = await wasm.instantiate(program, imports);
  return instance.exports as Exports;
}

/** True for the error of a program that trapped, such as an access outside its memory. */
export function isTrap(error: unknown): error is Error {
  return error instanceof wasm.RuntimeError;
}
