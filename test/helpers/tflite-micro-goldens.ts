/** Outputs of the MLPerf Tiny models that TFLite Micro recorded for seeded inputs (mlperf-tiny/tflm_goldens.txt). */
import { readFileSync } from "node:fs";
import { dataPath } from "./data.js";

/** FNV-1a, 32 bits, as the goldens state it (hexadecimal without leading zeros). */
export function fnv1a(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}

/** Seeds and hashes that TFLite Micro recorded for a model family (`ad`, `ic`, `kws`, `vww`). */
export function goldens(family: string): { seed: number; hash: string }[] {
  const text = readFileSync(dataPath("mlperf-tiny", "tflm_goldens.txt"), "utf8");
  const section = text
    .split(/^## /m)
    .find((part) => part.startsWith(`${family} `))!
    .split(/^--/m)[0]!;
  return [...section.matchAll(/^SEED (\w{8}) OUT \S* ?FNV1A (\w+)/gm)].map(([, seed, hash]) => ({
    seed: Number.parseInt(seed!, 16),
    hash: hash!,
  }));
}
