/**
 * Tensor data in files beside the model. A model from a stranger must not make the compiler read anything else: the rules are those of
 * docs/ExternalDataSecurity.md in onnx/onnx, with every symbolic link refused, also one that stays inside.
 */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { onnx as Proto } from "onnx-proto";
import { fail } from "../diagnostics.js";

/** More external bytes than any model for a microcontroller has; tensors that share bytes count each time. */
const maximumBytes = 2 ** 28;

const keys = ["location", "offset", "length", "checksum"];

/** Reads the external data of one model, whose file lies in `folder`. */
export class ExternalData {
  private remaining = maximumBytes;
  private readonly digests = new Map<string, string>();

  /** Without a folder every read is refused. */
  constructor(private readonly folder: string | undefined) {}

  /** The `count` bytes that the tensor needs. Throws QC1005 when its description breaks a rule or the file does not hold them. */
  read(proto: Proto.ITensorProto, count: number): Uint8Array {
    const refuse = (reason: string): never => fail("QC1005", reason, proto.name ?? "");
    if (this.folder === undefined) {
      return refuse(
        "the tensor's data lies in another file. Give the model's folder, or save the model with its data inside.",
      );
    }
    const { location, offset, length, checksum } = description(proto, refuse);
    if (length !== undefined && length !== count) refuse(`length is ${length}; the shape needs ${count} bytes.`);
    this.remaining -= count;
    if (this.remaining < 0) refuse(`the model's external data are more than ${maximumBytes} bytes.`);
    const path = safePath(this.folder, location, refuse);
    // Opening must neither follow a link nor wait for a writer to a pipe.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const file = attempt(() => openSync(path, flags), location, refuse);
    try {
      const status = fstatSync(file);
      if (!status.isFile()) refuse(`'${location}' is no regular file.`);
      if (status.nlink > 1) refuse(`'${location}' has ${status.nlink} hard links; expected a file of its own.`);
      const rest = status.size - offset;
      if (length === undefined ? rest !== count : rest < count) {
        refuse(`'${location}' has ${Math.max(0, rest)} bytes from offset ${offset}; the shape needs ${count}.`);
      }
      if (checksum !== undefined && this.digest(file, path, status.size, refuse) !== checksum.toLowerCase()) {
        refuse(`'${location}' does not have the SHA-1 checksum ${checksum}.`);
      }
      return readExactly(file, offset, count, refuse);
    } finally {
      closeSync(file);
    }
  }

  /** SHA-1 of the whole file, in pieces. */
  private digest(file: number, path: string, size: number, refuse: Refuse): string {
    const known = this.digests.get(path);
    if (known !== undefined) return known;
    if (size > maximumBytes) refuse(`a file with a checksum may have at most ${maximumBytes} bytes.`);
    const hash = createHash("sha1");
    for (let at = 0; at < size; at += 2 ** 20) hash.update(readExactly(file, at, Math.min(2 ** 20, size - at), refuse));
    const digest = hash.digest("hex");
    this.digests.set(path, digest);
    return digest;
  }
}

type Refuse = (reason: string) => never;

function description({ externalData, rawData }: Proto.ITensorProto, refuse: Refuse) {
  if (rawData && rawData.length > 0) refuse("the tensor has data inside the model and outside of it.");
  const entries = new Map<string, string>();
  for (const { key, value } of externalData ?? []) {
    if (!keys.includes(key ?? "")) refuse(`key '${key}' is unknown; expected ${keys.join(", ")}.`);
    if (entries.has(key!)) refuse(`key '${key}' is given twice.`);
    entries.set(key!, value ?? "");
  }
  const whole = (key: string) => {
    const text = entries.get(key);
    if (text !== undefined && !/^\d{1,15}$/.test(text))
      refuse(`${key} is '${text}'; expected a whole number of bytes.`);
    return text === undefined ? undefined : Number(text);
  };
  return {
    location: entries.get("location") ?? refuse("the location is missing."),
    offset: whole("offset") ?? 0,
    length: whole("length"),
    checksum: entries.get("checksum"),
  };
}

/** The file's path, whose every part is what it seems: inside the folder, and no link anywhere below it. */
function safePath(folder: string, location: string, refuse: Refuse): string {
  const parts = location.split("/");
  const plain = !/[\\\0]|^[A-Za-z]:/.test(location) && parts.every((part) => part !== "" && part !== "..");
  if (!plain) refuse(`location '${location}' is no relative path inside the model's folder.`);
  return attempt(
    () => {
      const path = join(realpathSync(folder), ...parts);
      if (realpathSync(path) !== path) refuse(`location '${location}' leads through a symbolic link.`);
      return path;
    },
    location,
    refuse,
  );
}

/** System errors as diagnostics that do not tell what lies where. */
function attempt<T>(action: () => T, location: string, refuse: Refuse): T {
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse(`'${location}' cannot be opened (${code}).`);
  }
}

function readExactly(file: number, offset: number, count: number, refuse: Refuse): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let done = 0; done < count; ) {
    const read = readSync(file, bytes, done, count - done, offset + done);
    if (read === 0) refuse("the file ended while it was read.");
    done += read;
  }
  return bytes;
}
