/** Targets are data: what a JSON file under targets/cores or targets/fpgas says, and nothing else. */
import { z } from "zod";

/** Addresses are written as hexadecimal strings, as in data sheets. */
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{8}$/, "an address is 0x followed by eight hexadecimal digits")
  .transform((text) => Number.parseInt(text, 16));

const region = z.strictObject({ origin: address, length: z.int().positive() });

const emulator = z.strictObject({
  /** QEMU's command, machine, and what else the machine needs. */
  command: z.string().min(1),
  machine: z.string().min(1),
  arguments: z.array(z.string()).default([]),
  /** Where the core reads its vector table, or its first instruction, at reset. */
  vectors: address,
  /** Memory for instructions and constants; its first 256 bytes are kept for the vectors when they are in it. */
  code: region,
  /** Memory for data, arena and stack. */
  ram: region,
});

/**
 * What generated C may rely on. `long-multiply`: 32x32 to 64 bits in at most two instructions. `dsp`: the Armv7E-M
 * packed multiplies (SMLAD, SXTB16). `mve`: Helium vectors. `high-word`: the high word of a product is cheaper than a sum of
 * 64 bits. `lanes`: two products by one multiplication of words pay, because there are no packed multiplies. `halves`: the same
 * where registers are few.
 */
export const coreFeatures = ["long-multiply", "dsp", "mve", "high-word", "lanes", "halves"] as const;

export type CoreFeature = (typeof coreFeatures)[number];

/** Instructions per multiply-accumulate, per input element, per output element, per output pixel (all channels), and per layer. */
const kernelCosts = z.strictObject({
  product: z.number().nonnegative(),
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  pixel: z.number().nonnegative(),
  layer: z.number().nonnegative(),
});

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "a name has lower-case letters, digits and hyphens");

export const coreSchema = z.strictObject({
  name,
  description: z.string().min(1),
  family: z.enum(["arm", "riscv", "host"]),
  /** C compiler command and the flags that select the core. */
  compiler: z.string().min(1),
  flags: z.array(z.string()),
  optimisation: z.enum(["-O1", "-O2", "-O3", "-Os"]),
  features: z.array(z.enum(coreFeatures)),
  /** Expected instructions by kernel (a runtime header without `qc_`), fitted to measured layers by `npm run fit:costs`. */
  costs: z.record(z.string(), kernelCosts).optional(),
  /** Memory of the typical part named in the description; null when there is no limit. */
  sramBytes: z.int().positive().nullable(),
  flashBytes: z.int().positive().nullable(),
  /** The machine that runs this core's programs; null when the host runs them itself. */
  emulator: emulator.nullable(),
});

export const fpgaSchema = z.strictObject({ name, description: z.string().min(1), family: z.literal("fpga") });

export type KernelCosts = z.infer<typeof kernelCosts>;
export type Emulator = z.infer<typeof emulator>;
export type Core = z.infer<typeof coreSchema>;
export type Fpga = z.infer<typeof fpgaSchema>;
export type Target = Core | Fpga;

/** True for targets that get C; false for those that get Verilog. */
export function isCore(target: Target): target is Core {
  return target.family !== "fpga";
}
