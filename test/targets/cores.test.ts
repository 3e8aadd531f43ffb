import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { coreSchema, findTarget, isCore, loadTargets, packageRoot, parseTarget } from "../../targets/index.js";

const host = {
  name: "host",
  description: "words",
  family: "host",
  compiler: "gcc",
  flags: [],
  optimisation: "-O2",
  features: [],
  sramBytes: null,
  flashBytes: null,
  emulator: null,
};

describe("targets", () => {
  it("are all read, cores first", () => {
    expect(loadTargets().map((target) => target.name)).toEqual([
      ...["cortex-m0plus", "cortex-m33", "cortex-m4", "cortex-m55", "cortex-m7", "host", "rv32imc"],
      ...["verilog"],
    ]);
  });

  it("are found by name", () => {
    const target = findTarget("cortex-m55");
    expect(isCore(target) && target.features).toEqual(["long-multiply", "dsp", "mve"]);
    expect(isCore(findTarget("verilog"))).toBe(false);
  });

  it("have addresses as numbers and memory that an emulator can hold", () => {
    for (const target of loadTargets().filter(isCore)) {
      if (!target.emulator) continue;
      expect(target.emulator.ram.origin).toBeGreaterThan(0);
      expect(target.emulator.ram.length).toBeGreaterThanOrEqual(2 ** 20);
      expect(target.emulator.ram.origin % 2 ** 20).toBe(0);
    }
    const m33 = findTarget("cortex-m33");
    expect(isCore(m33) && m33.emulator?.ram.origin).toBe(0x38000000);
  });

  it("that are unknown are answered with the known names", () => {
    expect(() => findTarget("cortex-m5")).toThrow(
      /^QC4001 .*got "cortex-m5", expected one of: cortex-m0plus, .*verilog\.$/,
    );
  });
});

describe("a target description", () => {
  const parse = (value: unknown) => parseTarget(JSON.stringify(value), "host", coreSchema);

  it("is accepted as written", () => {
    expect(parse(host)).toEqual(host);
  });

  it.each([
    ["a missing field", { ...host, compiler: undefined }, /compiler: /],
    ["an unknown field", { ...host, speed: 3 }, /speed/],
    ["an unknown feature", { ...host, features: ["neon"] }, /features\.0: /],
    ["a fractional size", { ...host, sramBytes: 1.5 }, /sramBytes: /],
    ["the name of another file", { ...host, name: "guest" }, /got "guest", expected "host"/],
    [
      "an address in decimal",
      { ...host, emulator: { command: "q", machine: "m", vectors: "0", code: {}, ram: {} } },
      /emulator\.vectors: an address is 0x/,
    ],
  ])("is refused with %s", (_, value, message) => {
    expect(() => parse(value)).toThrow(/^QC4003 'host' invalid target description: /);
    expect(() => parse(value)).toThrow(message);
  });

  it("is refused when it is not JSON", () => {
    expect(() => parseTarget("{", "host", coreSchema)).toThrow(/^QC4003 .*not JSON/);
  });
});

describe("the package root", () => {
  it("holds package.json and the targets", () => {
    expect(existsSync(join(packageRoot(), "package.json"))).toBe(true);
    expect(existsSync(join(packageRoot(), "targets", "cores", "host.json"))).toBe(true);
  });
});
