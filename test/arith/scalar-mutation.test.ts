/** The vectors and oracle must notice small mistakes in scalar.ts; each mutant here is one that people have made. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";
import { oracle } from "./scalar-oracle.js";
import { scalarFunctions, scalarPath, vectorsFor } from "./scalar-vectors.js";

/** Function whose vectors must differ, text to replace, replacement. */
const mutants = [
  ["quotientHalfEven", "(quotient & 1n) > d", "(quotient & 1n) >= d"],
  ["roundQuotient", "+ (quotient & 1n)", "+ 1n - (quotient & 1n)"],
  ["saturatingRoundingDoublingHighMul", "a * b + 1073741824n", "a * b + 1073741823n"],
  ["saturatingRoundingDoublingHighMul", "rounded > 2147483647n ? 2147483647n : rounded", "rounded"],
  ["roundingDivideByPot", "+ (x < 0n ? 1n : 0n)", ""],
  ["reciprocalInitial", "-1010580540n", "-1010580541n"],
  ["softmaxReciprocal", "1515870810n", "1515870010n"],
  ["reciprocalNewtonStep", "536870912n -", "536870911n -"],
  ["requantParity", "^ odd) & 1n", "^ 1n) & 1n"],
  ["requantParity", "? u - correction : u", "? u : u - correction"],
  ["requantSign", "acc < 0n ? offset", "acc <= 0n ? offset"],
] as const;

const source = readFileSync(scalarPath, "utf8");
async function mismatches(name: string, text: string): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), "qc-mutant-"));
  try {
    const stub = "const range = (value) => value;\n";
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
    });
    const file = join(place, "mutant.mjs");
    writeFileSync(file, stub + outputText.replace(/^import .*$/gm, ""));
    const mutant = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<
      string,
      (...values: bigint[]) => bigint
    >;
    const scalarFunction = scalarFunctions.find((one) => one.name === name)!;
    return vectorsFor(scalarFunction, 4000).filter((values) => mutant[name]!(...values) !== oracle[name]!(...values))
      .length;
  } finally {
    rmSync(place, { recursive: true });
  }
}

it.each(mutants)("%s: '%s' -> '%s' is caught", async (name, from, to) => {
  expect(source.split(from).length, "the text to mutate occurs once").toBe(2);
  expect(await mismatches(name, source)).toBe(0);
  expect(await mismatches(name, source.replace(from, to))).toBeGreaterThan(0);
});
