/** Output folders: complete or absent, and never over a user's files. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseBytes, parseCount } from "../../compiler/cli/options.js";
import { manifestName, writeProject } from "../../compiler/cli/project-folder.js";

let base: string;
let folder: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "qc-folder-"));
  folder = join(base, "out");
});
afterEach(() => rmSync(base, { recursive: true }));

const files = (...names: string[]) => new Map(names.map((name) => [name, `text of ${name}\n`]));
const listed = () => readdirSync(folder, { recursive: true }).map(String).sort();
const text = (name: string) => readFileSync(join(folder, name), "utf8");

describe("writeProject", () => {
  it("writes files, subfolders and a manifest, and leaves no staging folder behind", () => {
    writeProject(folder, files("b.c", "src/a.c"), false);
    expect(listed()).toEqual(["b.c", manifestName, "src", "src/a.c"].sort());
    expect(readdirSync(base)).toEqual(["out"]);
    expect(Object.keys(JSON.parse(text(manifestName)).files)).toEqual(["b.c", "src/a.c"]);
    expect(statSync(folder).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  it("replaces its own unchanged output, and removes what is no longer made", () => {
    writeProject(folder, files("a.c", "b.c"), false);
    writeProject(folder, files("b.c", "d.c"), false);
    expect(listed()).toEqual(["b.c", "d.c", manifestName].sort());
    expect(readdirSync(base)).toEqual(["out"]);
  });

  it("with --force removes its own unchanged files of before, and keeps all others", () => {
    writeProject(folder, files("a.c", "b.c", "c.c"), false);
    writeFileSync(join(folder, "b.c"), "changed");
    writeFileSync(join(folder, "mine.c"), "mine");
    writeProject(folder, files("c.c", "d.c"), true);
    expect(listed()).toEqual(["b.c", "c.c", "d.c", "mine.c", manifestName].sort());
    expect([text("b.c"), text("mine.c")]).toEqual(["changed", "mine"]);
  });

  it("takes an empty folder, and makes parents", () => {
    mkdirSync(folder);
    writeProject(folder, files("a.c"), false);
    writeProject(join(folder, "../deep/er/out"), files("a.c"), false);
    expect(existsSync(join(base, "deep/er/out/a.c"))).toBe(true);
  });

  const refusals: [string, () => void, RegExp][] = [
    [
      "a folder of the user's",
      () => {
        mkdirSync(folder);
        writeFileSync(join(folder, "thesis.tex"), "mine");
      },
      /QC6002 .*was not written by qcompile/,
    ],
    [
      "an extra file beside ours",
      () => {
        writeProject(folder, files("a.c"), false);
        writeFileSync(join(folder, "notes"), "mine");
      },
      /holds a file of yours \('notes'\)/,
    ],
    [
      "an extra file in a subfolder",
      () => {
        writeProject(folder, files("a.c"), false);
        mkdirSync(join(folder, "sub"));
        writeFileSync(join(folder, "sub/notes"), "mine");
      },
      /'sub\/notes'/,
    ],
    [
      "a changed file",
      () => {
        writeProject(folder, files("a.c"), false);
        writeFileSync(join(folder, "a.c"), "tuned");
      },
      /'a\.c' was changed after it was generated/,
    ],
    [
      "a broken manifest",
      () => {
        writeProject(folder, files("a.c"), false);
        writeFileSync(join(folder, manifestName), "{");
      },
      /manifest cannot be read/,
    ],
    [
      "a manifest without files",
      () => {
        writeProject(folder, files("a.c"), false);
        writeFileSync(join(folder, manifestName), "{}");
      },
      /manifest cannot be read/,
    ],
    [
      "a manifest that lists a prototype's name",
      () => {
        writeProject(folder, files("a.c"), false);
        writeFileSync(join(folder, "constructor"), "mine");
      },
      /'constructor'/,
    ],
    ["a path that is a file", () => writeFileSync(folder, "mine"), /is a file; expected a folder/],
  ];
  it.each(refusals)("refuses %s and changes nothing", (_, prepare, message) => {
    prepare();
    const snapshot = () =>
      statSync(folder).isFile()
        ? text("")
        : listed().map((name) => [name, statSync(join(folder, name)).isFile() && text(name)]);
    const read = () => (statSync(folder).isFile() ? readFileSync(folder, "utf8") : snapshot());
    const before = read();
    expect(() => writeProject(folder, files("z.c"), false)).toThrow(message);
    expect(read()).toEqual(before);
    expect(readdirSync(base)).toEqual(["out"]);
  });

  it("--force overwrites generated names and keeps foreign files", () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "mine.txt"), "mine");
    writeFileSync(join(folder, "a.c"), "old");
    writeProject(folder, files("a.c"), true);
    expect([text("a.c"), text("mine.txt")]).toEqual(["text of a.c\n", "mine"]);
    expect(readdirSync(base)).toEqual(["out"]);
  });

  it("a place that cannot be written is QC6002", () => {
    writeFileSync(join(base, "file"), "");
    expect(() => writeProject(join(base, "file", "out"), files("a.c"), false)).toThrow(/^QC6002/);
  });
});

describe("sizes and counts", () => {
  it.each([
    ["65536", 65536],
    ["64K", 65536],
    ["64k", 65536],
    ["64 KB", 65536],
    ["64KiB", 65536],
    ["2M", 2097152],
    ["0", 0],
    ["7B", 7],
  ])("%s", (given, bytes) => {
    expect(parseBytes(given)).toBe(bytes);
  });
  it.each(["", "K", "-1", "1.5K", "64G", "0x10", "many"])("refuses the size '%s'", (given) => {
    expect(() => parseBytes(given)).toThrow(/^QC6001/);
  });
  it("counts are whole and at least the least", () => {
    expect(parseCount("3")).toBe(3);
    expect(parseCount("0", 0)).toBe(0);
    for (const bad of ["0", "-1", "1.5", "", "x"]) expect(() => parseCount(bad)).toThrow(/^QC6001/);
  });
});
