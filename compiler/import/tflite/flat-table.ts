/**
 * FlatBuffers tables, read with bounds checks: the flatbuffers runtime trusts its bytes, this reader does not.
 * Layout (FlatBuffers internals): a table starts with the signed distance back to its vtable; the vtable holds its own
 * size, the table's size and one 16-bit offset per field (0: absent, so the default holds). Strings, vectors and
 * tables are reached by unsigned distances forward, so no cycle exists.
 */
import { ByteBuffer } from "flatbuffers";
import { fail } from "../../diagnostics.js";

/** Vectors may be shared, so that a small file could ask for unbounded work; real files read each byte a few times. */
const readsPerByte = 256;

/** The bytes of a file, and how many may still be read out of its vectors. */
export class FlatBytes {
  readonly buffer: ByteBuffer;
  private budget: number;

  constructor(readonly bytes: Uint8Array) {
    this.buffer = new ByteBuffer(bytes);
    this.budget = bytes.length * readsPerByte;
  }

  /** Checks that `count` bytes lie at `at`. */
  need(at: number, count: number): void {
    if (at < 0 || at + count > this.bytes.length) {
      fail("QC1001", `the file refers to byte ${at + count} but has ${this.bytes.length}. Is it complete?`);
    }
  }

  /** Position of what the unsigned offset stored at `at` refers to. */
  follow(at: number): number {
    this.need(at, 4);
    return at + this.buffer.readUint32(at);
  }

  /** First byte and length of the vector at `at`. */
  vector(at: number, elementBytes: number): { readonly start: number; readonly length: number } {
    this.need(at, 4);
    const length = this.buffer.readUint32(at);
    this.need(at + 4, length * elementBytes);
    this.spend(length * elementBytes);
    return { start: at + 4, length };
  }

  /** Counts bytes that are read. Throws QC1001 when a file uses the same bytes beyond any reason. */
  spend(bytes: number): void {
    this.budget -= bytes;
    if (this.budget < 0) fail("QC1001", `the file's tables share their contents more than ${readsPerByte} times over.`);
  }

  /** The table that the file starts with. */
  root(): FlatTable {
    return new FlatTable(this, this.follow(0));
  }
}

/** One table; fields are numbered as in the schema. Absent fields give the fallback. */
export class FlatTable {
  private readonly vtable: number;
  private readonly fieldsEnd: number;
  private readonly size: number;

  constructor(
    private readonly file: FlatBytes,
    private readonly position: number,
  ) {
    const { buffer } = file;
    file.need(position, 4);
    this.vtable = position - buffer.readInt32(position);
    file.need(this.vtable, 4);
    this.fieldsEnd = buffer.readUint16(this.vtable);
    this.size = buffer.readUint16(this.vtable + 2);
    file.need(this.vtable, this.fieldsEnd);
    file.need(position, this.size);
  }

  int8(field: number, fallback = 0): number {
    return this.scalar(field, 1, fallback, (at) => this.file.buffer.readInt8(at));
  }

  uint8(field: number, fallback = 0): number {
    return this.scalar(field, 1, fallback, (at) => this.file.buffer.readUint8(at));
  }

  int32(field: number, fallback = 0): number {
    return this.scalar(field, 4, fallback, (at) => this.file.buffer.readInt32(at));
  }

  uint32(field: number, fallback = 0): number {
    return this.scalar(field, 4, fallback, (at) => this.file.buffer.readUint32(at));
  }

  float32(field: number, fallback = 0): number {
    return this.scalar(field, 4, fallback, (at) => this.file.buffer.readFloat32(at));
  }

  has(field: number): boolean {
    return this.at(field, 1) !== undefined;
  }

  table(field: number): FlatTable | undefined {
    const target = this.target(field);
    return target === undefined ? undefined : new FlatTable(this.file, target);
  }

  tables(field: number): FlatTable[] {
    return this.elements(field, 4, (at) => new FlatTable(this.file, this.file.follow(at)));
  }

  int32s(field: number): number[] {
    return this.elements(field, 4, (at) => this.file.buffer.readInt32(at));
  }

  float32s(field: number): number[] {
    return this.elements(field, 4, (at) => this.file.buffer.readFloat32(at));
  }

  /** 64-bit integers as numbers; beyond 2^53 they lose their low bits. */
  int64s(field: number): number[] {
    return this.elements(field, 8, (at) => Number(this.file.buffer.readInt64(at)));
  }

  /** A view of the bytes of a vector; empty when absent. */
  bytes(field: number): Uint8Array {
    const target = this.target(field);
    if (target === undefined) return new Uint8Array(0);
    const { start, length } = this.file.vector(target, 1);
    return this.file.bytes.subarray(start, start + length);
  }

  text(field: number): string {
    return new TextDecoder().decode(this.bytes(field));
  }

  private elements<T>(field: number, bytes: number, read: (at: number) => T): T[] {
    const target = this.target(field);
    if (target === undefined) return [];
    const { start, length } = this.file.vector(target, bytes);
    return Array.from({ length }, (_, i) => read(start + i * bytes));
  }

  private scalar(field: number, bytes: number, fallback: number, read: (at: number) => number): number {
    const at = this.at(field, bytes);
    return at === undefined ? fallback : read(at);
  }

  private target(field: number): number | undefined {
    const at = this.at(field, 4);
    return at === undefined ? undefined : this.file.follow(at);
  }

  /** Position of a field of `bytes` bytes; undefined when absent. */
  private at(field: number, bytes: number): number | undefined {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.fieldsEnd) return undefined;
    const offset = this.file.buffer.readUint16(this.vtable + entry);
    if (offset === 0) return undefined;
    if (offset + bytes > this.size)
      fail("QC1001", `field ${field} lies outside of its table at byte ${this.position}.`);
    return this.position + offset;
  }
}
