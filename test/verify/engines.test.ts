/** Every C engine on one hand-written project: equal bytes, equal traces, sound measurements. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Engine, EngineResult } from "../../compiler/verify/engines/engine.js";
import { hostC } from "../../compiler/verify/engines/host-c.js";
import { qemu } from "../../compiler/verify/engines/qemu.js";
import { wasmC } from "../../compiler/verify/engines/wasm-c.js";
import { type Core, findTarget, isCore } from "../../targets/index.js";
import { tinyInputs, tinyModel, tinyOutput } from "./tiny-model.js";

const timeout = 300_000;

function core(name: string): Core {
  const target = findTarget(name);
  if (!isCore(target)) throw new Error(name);
  return target;
}

const emulated = ["cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc"].map(core);
const engines: Engine[] = [hostC(), hostC({ sanitize: false }), wasmC(), ...emulated.map(qemu)];

async function run(
  engine: Engine,
  options: {
    inputs?: Uint8Array[];
    trace?: boolean;
    profile?: boolean;
    edit?: (files: Map<string, string>) => void;
  } = {},
): Promise<EngineResult> {
  const files = tinyModel();
  options.edit?.(files);
  const workDir = await mkdtemp(join(tmpdir(), "qcompile-test-"));
  try {
    const inputs = options.inputs ?? tinyInputs(3);
    const { trace = false, profile = false } = options;
    return await engine.run({ files, inputs, outputBytes: 4, workDir, trace, profile });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Replaces text that must be there. */
function replace(file: string, from: string, to: string): (files: Map<string, string>) => void {
  return (files) => {
    const text = files.get(file)!;
    expect(text).toContain(from);
    files.set(file, text.replace(from, to));
  };
}

describe.each(engines.map((engine, k) => ({ label: `${engine.name}${k === 1 ? " without sanitizers" : ""}`, engine })))(
  "$label",
  ({ engine }) => {
    it("computes the expected bytes", { timeout }, async () => {
      const inputs = tinyInputs(7);
      const { outputs } = await run(engine, { inputs });
      expect(outputs).toEqual(inputs.map((input) => tinyOutput(input).output));
    });

    it("traces every layer of every inference", { timeout }, async () => {
      const inputs = tinyInputs(2);
      const { trace, outputs } = await run(engine, { inputs, trace: true });
      expect(outputs).toEqual(inputs.map((input) => tinyOutput(input).output));
      const expected = inputs.map(tinyOutput).map(({ hidden, output }) => [
        { tensor: 1, bytes: hidden },
        { tensor: 2, bytes: output },
      ]);
      expect(trace).toEqual(expected);
    });

    it("reports a write after the arena", { timeout }, async () => {
      const edit = replace(
        "model.c",
        "negate(memory + 16, memory + 20);",
        "negate(memory + 16, memory + 20); memory[24] = 1;",
      );
      await expect(run(engine, { edit })).rejects.toThrow(/^QC5004 .*(outside its arena|AddressSanitizer)/s);
    });
  },
);

describe.each([hostC(), qemu(core("cortex-m4")), wasmC()])("$name reports", (engine) => {
  it("an arena that the model refuses", { timeout }, async () => {
    const edit = replace("model.c", "bytes < MODEL_ARENA_BYTES", "bytes < MODEL_ARENA_BYTES + 1");
    await expect(run(engine, { edit })).rejects.toThrow(/^QC5004 .*model_init refused/s);
  });

  it("what the compiler says", { timeout }, async () => {
    const edit = replace("model.c", "int8_t copy[4];", "int8_t copy[4] = nothing;");
    await expect(run(engine, { edit })).rejects.toThrow(/^QC5002 .*nothing/s);
  });
});

describe.each(emulated)("$name measures", (target) => {
  it("instructions, stack and flash, repeatably", { timeout }, async () => {
    const first = await run(qemu(target));
    const second = await run(qemu(target));
    expect(second).toEqual(first);
    // 64 multiply-accumulates of 64 bits; at least a load, a multiplication and a sum, at most a few dozen instructions each.
    expect(first.instructions).toBeGreaterThan(3 * 64);
    expect(first.instructions).toBeLessThan(100 * 64);
    expect(first.stackBytes).toBeGreaterThan(0);
    expect(first.stackBytes).toBeLessThan(256);
    const { bytes, unknown } = first.stackBound!;
    expect(unknown).toEqual([]);
    expect(bytes).toBeGreaterThanOrEqual(first.stackBytes!);
    expect(bytes).toBeLessThan(256);
    expect(first.codeBytes).toBeGreaterThan(100);
    expect(first.codeBytes).toBeLessThan(1024);
    expect(first.weightBytes).toBe(64);
  });
});

describe.each(["cortex-m4", "rv32imc"].map(core))("$name", (target) => {
  const engine = qemu(target);

  it("counts and weighs the very instructions that are added", { timeout }, async () => {
    const nops = (count: number) =>
      replace("model.c", "negate(memory + 16", `${'__asm__ volatile("nop");'.repeat(count)} negate(memory + 16`);
    const few = await run(engine, { edit: nops(1) });
    const many = await run(engine, { edit: nops(41) });
    expect(many.instructions! - few.instructions!).toBe(40);
    expect(many.codeBytes! - few.codeBytes!).toBe(80);
  });

  it("measures the stack of a deeper frame", { timeout }, async () => {
    const frame = "volatile int8_t deep[512]; deep[0] = 1; deep[511] = deep[0];";
    const flat = await run(engine);
    const deep = await run(engine, { edit: replace("model.c", "int8_t copy[4];", `int8_t copy[4]; ${frame}`) });
    expect(deep.stackBytes! - flat.stackBytes!).toBeGreaterThanOrEqual(400);
    expect(deep.stackBytes! - flat.stackBytes!).toBeLessThan(600);
    expect(deep.stackBound!.bytes).toBeGreaterThanOrEqual(deep.stackBytes!);
    expect(deep.stackBound!.bytes - deep.stackBytes!).toBeLessThan(64);
  });

  it("reports a fault", { timeout }, async () => {
    const edit = replace("model.c", "negate(memory + 16", "__builtin_trap(); negate(memory + 16");
    await expect(run(engine, { edit })).rejects.toThrow(/^QC5004 .*faulted/s);
  });

  it("reports a stack that overflows", { timeout }, async () => {
    const frame = "volatile int8_t deep[65536]; int i; for (i = 0; i < 65536; i++) { deep[i] = deep[0]; }";
    const edit = replace("model.c", "int8_t copy[4];", `int8_t copy[4]; ${frame}`);
    await expect(run(engine, { edit })).rejects.toThrow(/^QC5004 .*more stack/s);
  });
});

it("cortex-m0plus refuses instructions beyond Armv6-M", { timeout }, async () => {
  const divide = "0xfb90, 0xf0f1"; // SDIV r0, r0, r1
  const edit = replace(
    "model.c",
    "negate(memory + 16",
    `__asm__ volatile(".short ${divide}" ::: "r0"); negate(memory + 16`,
  );
  await expect(run(qemu(core("cortex-m0plus")), { edit })).rejects.toThrow(/^QC5004 .*faulted/s);
  await expect(run(qemu(core("cortex-m33")), { edit })).resolves.toBeDefined();
});

it("rv32imc's memory functions do what the host's do", { timeout }, async () => {
  // Lengths and offsets come from volatile variables, so that the functions are called and not expanded in place.
  const check = `
    unsigned char from[40], to[40];
    volatile size_t length, offset;
    uint32_t sum = 0;
    size_t i;
    for (length = 0; length < 20; length++) {
        for (offset = 0; offset < 5; offset++) {
            for (i = 0; i < 40; i++) { from[i] = (unsigned char)(i * 7 + length); to[i] = (unsigned char)i; }
            memcpy(to + offset, from + (length & 4), length);
            memmove(from + offset + 1, from + 2, length);
            memmove(from + 20, from + 20 + offset, length - length / 4);
            memset(to + 20 + offset, (int)(length * 31), length / 2);
            sum = sum * 3 + (uint32_t)(memcmp(from, to, length) < 0) + 2 * (uint32_t)(memcmp(to, to + 40 - 20, length) > 0);
            for (i = 0; i < 40; i++) { sum = sum * 31 + from[i]; sum = sum * 31 + to[i]; }
        }
    }
    output[0] = (int8_t)(sum & 127u); output[1] = (int8_t)(sum >> 8 & 127u);
    output[2] = (int8_t)(sum >> 16 & 127u); output[3] = (int8_t)(sum >> 24 & 127u);
    (void)input;`;
  const edit = (files: Map<string, string>): void => {
    const source = files.get("model.c")!;
    const start = source.indexOf("    int8_t copy[4];");
    const end = source.indexOf("void model_run");
    files.set("model.c", `${source.slice(0, start)}${check}\n}\n${source.slice(end)}`);
  };
  const inputs = tinyInputs(1);
  const expected = await run(hostC(), { edit, inputs });
  expect((await run(qemu(core("rv32imc")), { edit, inputs })).outputs).toEqual(expected.outputs);
});

describe("host-c under sanitizers reports", () => {
  it("a read before the arena", { timeout }, async () => {
    const edit = replace(
      "model.c",
      "dense(memory, memory + 16);",
      "dense(memory, memory + 16); memory[16] = memory[-1];",
    );
    await expect(run(hostC(), { edit })).rejects.toThrow(/^QC5004 .*AddressSanitizer/s);
  });

  it("a signed overflow", { timeout }, async () => {
    const edit = replace(
      "model.c",
      "int8_t copy[4];",
      "int8_t copy[4]; volatile int top = 2147483647; top += 1 + (input == 0);",
    );
    await expect(run(hostC(), { edit })).rejects.toThrow(/^QC5004 .*signed integer overflow/s);
  });
});

describe("a missing tool", () => {
  const withPath = async <Result>(path: string, work: () => Promise<Result>): Promise<Result> => {
    const before = process.env.PATH;
    process.env.PATH = path;
    try {
      return await work();
    } finally {
      process.env.PATH = before;
    }
  };

  it("is named with the package that has it", async () => {
    const answer = await withPath("/nowhere", () => qemu(core("rv32imc")).available());
    expect(answer).toEqual({
      ok: false,
      reason: "riscv64-unknown-elf-gcc, qemu-system-riscv32, gcc not found on PATH",
      install: "apt-get install -y --no-install-recommends gcc-riscv64-unknown-elf qemu-system-misc gcc libc6-dev",
    });
  });

  it("stops a run", async () => {
    const message = /^QC5001 'host-c' .*gcc not found on PATH.*apt-get install/;
    await expect(withPath("/nowhere", () => run(hostC()))).rejects.toThrow(message);
  });

  it("is not reported when everything is there", async () => {
    expect(await qemu(core("cortex-m4")).available()).toEqual({ ok: true });
  });
});

describe("a profile", () => {
  it.each(["cortex-m4", "rv32imc"])(
    "on %s gives each layer its instructions, without costing any",
    { timeout },
    async (name) => {
      const engine = qemu(core(name));
      const whole = await run(engine);
      const { layers, instructions, estimatedCycles } = await run(engine, { profile: true });
      expect(layers!.map(({ tensor }) => tensor)).toEqual([1, 2]);
      const sum = layers!.reduce((total, layer) => total + layer.instructions, 0);
      // Outside of layers: the call and the return.
      expect(instructions! - sum).toBeLessThan(10);
      expect(Math.abs(instructions! - whole.instructions!)).toBeLessThan(10);
      if (name === "rv32imc") expect(estimatedCycles).toBeNull();
      else expect(estimatedCycles).toBeGreaterThan(instructions!);
    },
  );
});
