/** Mutations of bytes, of 32-bit words, and of protobuf fields at any depth. */
import type { Random } from "../../test/hdl/graphs.js";

export type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** One of the items. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(0, items.length - 1)]!;
}

/** Integers at which code tends to go wrong. */
export const edges = [
  ...[0n, 1n, 2n, 3n, 5n, 7n, 8n, 16n, 127n, 128n, 255n, 256n, 65535n, 2n ** 20n, 2n ** 24n, 2n ** 31n - 1n],
  ...[2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 31n), -128n, -2n, -1n],
];

const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const place = (bytes: Uint8Array, random: Random) => random.integer(0, Math.max(0, bytes.length - 1));

export const byteMutations: readonly Mutation[] = [
  (bytes, random) => {
    const edited = Uint8Array.from(bytes); // a Buffer's slice would share memory
    for (let k = random.integer(1, 4); k > 0; k--) edited[place(bytes, random)]! ^= 1 << random.integer(0, 7);
    return edited;
  },
  (bytes, random) => {
    const edited = Uint8Array.from(bytes);
    edited[place(bytes, random)] = Number(BigInt.asUintN(8, pick(random, edges)));
    return edited;
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => {
    const start = place(bytes, random);
    return join(bytes.subarray(0, start), bytes.subarray(start + random.integer(1, 40)));
  },
  (bytes, random) => {
    const start = place(bytes, random);
    return join(bytes.subarray(0, start + random.integer(1, 40)), bytes.subarray(start));
  },
  (bytes, random, other) => join(bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))),
  (bytes, random, other) => {
    const [start, from] = [place(bytes, random), place(other, random)];
    return join(bytes.subarray(0, start), other.subarray(from, from + random.integer(1, 64)), bytes.subarray(start));
  },
];

/** An aligned word becomes an edge value or a neighbour of what it was: offsets and sizes of FlatBuffers. */
export const mutateWord: Mutation = (bytes, random) => {
  const edited = Uint8Array.from(bytes);
  const at = 4 * random.integer(0, Math.max(0, Math.floor(bytes.length / 4) - 1));
  if (at + 4 > bytes.length) return edited;
  const view = new DataView(edited.buffer);
  const near = random.next() < 0.5;
  const value = near
    ? view.getInt32(at, true) + random.integer(-8, 8)
    : Number(BigInt.asUintN(32, pick(random, edges)));
  view.setUint32(at, value >>> 0, true);
  return edited;
};

interface Field {
  readonly start: number;
  /** Where the value begins, behind tag and length. */
  readonly value: number;
  readonly end: number;
  readonly number: number;
  readonly wireType: number;
}

/** The fields of a message; undefined when the bytes are none. */
function fieldsOf(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let k = 0; k < 10 && at < bytes.length; k++) {
      const byte = bytes[at++]!;
      value += (byte & 127) * 2 ** (7 * k);
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const wireType = tag % 8;
    let value = at;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      value = at;
      at += length;
    } else at += { 1: 8, 5: 4 }[wireType] ?? Number.NaN;
    if (!(tag >= 8 && at <= bytes.length)) return undefined;
    fields.push({ start, value, end: at, number: Math.floor(tag / 8), wireType });
  }
  return fields;
}

/** Protobuf's base-128 form of a 64-bit integer. */
export function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

const tagBytes = (number: number, wireType: number) => varintBytes(BigInt(number * 8 + wireType));

/** A protobuf message with one field changed somewhere inside; lengths around it are kept true, but for lies on purpose. */
export const mutateField: Mutation = (bytes, random, other) => {
  const fields = fieldsOf(bytes);
  if (!fields || fields.length === 0) return pick(random, byteMutations)(bytes, random, other);
  const field = pick(random, fields);
  const { start, value, end, number, wireType } = field;
  const replaced = (...parts: Uint8Array[]) => join(bytes.subarray(0, start), ...parts, bytes.subarray(end));
  const whole = bytes.subarray(start, end);
  if (wireType === 2 && end - value > 1 && random.next() < 0.75) {
    const inner = mutateField(bytes.subarray(value, end), random, other);
    return replaced(tagBytes(number, 2), varintBytes(BigInt(inner.length)), inner);
  }
  const second = pick(random, fields);
  const choices: (() => Uint8Array)[] = [
    () => replaced(),
    () => replaced(whole, whole),
    () => replaced(bytes.subarray(second.start, second.end)),
    () => replaced(tagBytes(random.integer(1, 30), wireType), bytes.subarray(start + 1, end)),
    () => replaced(tagBytes(number, pick(random, [0, 1, 2, 3, 5, 7])), bytes.subarray(start + 1, end)),
    () => replaced(tagBytes(number, 0), varintBytes(pick(random, edges))),
    () =>
      replaced(
        tagBytes(number, 2),
        varintBytes(BigInt(Math.max(0, end - value + random.integer(-3, 3)))),
        bytes.subarray(value, end),
      ),
    () => replaced(tagBytes(number, 2), varintBytes(pick(random, edges))),
    () => replaced(tagBytes(number, 2), varintBytes(0n)),
  ];
  return pick(random, choices)();
};
