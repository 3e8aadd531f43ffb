/**
 * Writing a generated folder: complete or not at all, and never over files that are not qcompile's.
 * A manifest of SHA-256 digests tells our own, unmodified output from a user's files.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fail } from "../diagnostics.js";

export const manifestName = "qcompile-manifest.json";

const digest = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");

/** Writes `files` as folder `path`. An existing folder is replaced only when it is our own unchanged output, or `force`. */
export function writeProject(path: string, files: ReadonlyMap<string, string>, force: boolean): void {
  const target = resolve(path);
  const complete = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const digests = Object.fromEntries([...complete].map(([name, text]) => [name, digest(text)]));
  complete.set(manifestName, `${JSON.stringify({ schema: 1, files: digests }, null, 2)}\n`);
  if (existsSync(target) && !force) requireOwn(target);
  try {
    mkdirSync(dirname(target), { recursive: true });
    const staging = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    chmodSync(staging, 0o777 & ~process.umask()); // mkdtemp makes it private
    try {
      for (const [name, text] of complete) {
        const file = join(staging, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      replace(staging, target, complete, force);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  } catch (error) {
    fail("QC6002", `${(error as Error).message}.`, path);
  }
}

/** Moves the staged folder into place; with `force`, foreign and changed files beside ours are kept. */
function replace(staging: string, target: string, files: ReadonlyMap<string, string>, force: boolean): void {
  if (!existsSync(target)) {
    renameSync(staging, target);
    return;
  }
  if (force) {
    const earlier = ownFiles(target);
    for (const name of files.keys()) {
      mkdirSync(dirname(join(target, name)), { recursive: true });
      renameSync(join(staging, name), join(target, name));
    }
    // What an earlier model needed would be compiled into this one.
    for (const name of earlier) if (!files.has(name)) rmSync(join(target, name));
    return;
  }
  const old = `${staging}-old`;
  renameSync(target, old);
  renameSync(staging, target);
  rmSync(old, { recursive: true, force: true });
}

/** Files of a folder that its manifest lists and nobody changed; none where it has no manifest that can be read. */
function ownFiles(target: string): string[] {
  const digests = digestsOf(target) ?? {};
  return listFiles(target).filter(
    (name) => Object.hasOwn(digests, name) && digests[name] === digest(readFileSync(join(target, name))),
  );
}

/** What the manifest says; undefined where it cannot be read. */
function digestsOf(target: string): Record<string, string> | undefined {
  try {
    const { files } = JSON.parse(readFileSync(join(target, manifestName), "utf8"));
    return typeof files === "object" && files !== null ? files : undefined;
  } catch {
    return undefined;
  }
}

/** Throws QC6002 unless every file in the folder is listed, unchanged, in its manifest. */
function requireOwn(target: string): void {
  if (!statSync(target).isDirectory()) fail("QC6002", "the output path is a file; expected a folder name.", target);
  const present = listFiles(target);
  if (present.length === 0) return;
  const refuse: (reason: string) => never = (reason) =>
    fail(
      "QC6002",
      `the folder exists and ${reason}. Choose another folder, or --force to overwrite generated files only.`,
      target,
    );
  if (!present.includes(manifestName)) refuse("was not written by qcompile");
  const digests = digestsOf(target) ?? refuse("its manifest cannot be read");
  for (const name of present) {
    if (name === manifestName) continue;
    const known = Object.hasOwn(digests, name) ? digests[name] : undefined;
    if (known === undefined) refuse(`holds a file of yours ('${name}')`);
    if (known !== digest(readFileSync(join(target, name)))) refuse(`'${name}' was changed after it was generated`);
  }
}

function listFiles(root: string): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
