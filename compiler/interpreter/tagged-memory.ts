/** Memory in which every byte knows the tensor and the place in it that it holds. */
import { fail } from "../diagnostics.js";
import type { IntegerTensor } from "../ir/integer-graph.js";
import { fromBytes, toBytes } from "../verify/codes.js";

/** Bytes that belong to nobody. */
const nobody = -1;

export class TaggedMemory {
  readonly #bytes: Uint8Array;
  /** Tensor id, or a scratch's negative owner; and the byte of it. */
  readonly #owners: Int32Array;
  readonly #places: Int32Array;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#owners = new Int32Array(bytes).fill(nobody);
    this.#places = new Int32Array(bytes);
  }

  /** Throws QC3004 when bytes leave the memory. */
  #require(at: number, bytes: number, who: string): void {
    if (at >= 0 && at + bytes <= this.#bytes.length) return;
    fail("QC3004", `bytes ${at} to ${at + bytes} leave the arena of ${this.#bytes.length}.`, who);
  }

  /** Stores codes as bytes `from` and on of a tensor. */
  write(at: number, tensor: IntegerTensor, owner: number, from: number, codes: ArrayLike<number>): void {
    const bytes = toBytes(codes, tensor);
    this.#require(at, bytes.length, tensor.name);
    this.#bytes.set(bytes, at);
    this.#claim(at, bytes.length, owner, from);
  }

  /** Marks bytes as a scratch's, with values that nobody should rely on. */
  scribble(at: number, bytes: number, owner: number, who: string): void {
    this.#require(at, bytes, who);
    this.#bytes.fill(0xaa, at, at + bytes);
    this.#claim(at, bytes, owner, 0);
  }

  #claim(at: number, bytes: number, owner: number, from: number): void {
    for (let k = 0; k < bytes; k++) {
      this.#owners[at + k] = owner;
      this.#places[at + k] = from + k;
    }
  }

  /** Throws QC3004 unless the bytes are those of `owner` from byte `from` on. */
  check(at: number, bytes: number, owner: number, from: number, who: string): void {
    this.#require(at, bytes, who);
    for (let k = 0; k < bytes; k++) {
      if (this.#owners[at + k] === owner && this.#places[at + k] === from + k) continue;
      const found = `byte ${this.#places[at + k]} of ${this.#owners[at + k]}`;
      fail("QC3004", `arena byte ${at + k} should hold byte ${from + k} of ${owner}, but holds ${found}.`, who);
    }
  }

  /** Codes of a tensor from its byte `from` on, checked. */
  read(at: number, bytes: number, tensor: IntegerTensor, owner: number, from: number, who: string): Int32Array {
    this.check(at, bytes, owner, from, who);
    return fromBytes(this.#bytes.subarray(at, at + bytes), tensor);
  }

  /** Moves bytes with their owners. */
  move(to: number, from: number, bytes: number): void {
    for (const array of [this.#bytes, this.#owners, this.#places]) array.copyWithin(to, from, from + bytes);
  }
}
