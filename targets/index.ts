/** Loading and listing the targets. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { z } from "zod";
import { fail } from "../compiler/diagnostics.js";
import { coreSchema, fpgaSchema, type Target } from "./core.js";
import { packagePath } from "./package-root.js";

export * from "./core.js";
export { packagePath, packageRoot } from "./package-root.js";

/** Checks the text of one target description; `file` is its name without `.json`. Throws QC4003. */
export function parseTarget(text: string, file: string, schema: z.ZodType<Target>): Target {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail("QC4003", `the file is not JSON: ${(error as Error).message}.`, file);
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const issues = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
    return fail("QC4003", `${issues.join("; ")}. Correct these fields.`, file);
  }
  if (result.data.name !== file) {
    return fail("QC4003", `name: got "${result.data.name}", expected "${file}", the name of its file.`, file);
  }
  return result.data;
}

/** Every known target: cores, then FPGAs, each in order of name. */
export function loadTargets(): Target[] {
  return [...loadFolder("cores", coreSchema), ...loadFolder("fpgas", fpgaSchema)];
}

/** The target called `name`. Throws QC4001, which lists the known names. */
export function findTarget(name: string): Target {
  const targets = loadTargets();
  const target = targets.find((candidate) => candidate.name === name);
  if (target) return target;
  const known = targets.map((candidate) => candidate.name).join(", ");
  return fail("QC4001", `got "${name}", expected one of: ${known}.`);
}

function loadFolder(folder: string, schema: z.ZodType<Target>): Target[] {
  const directory = packagePath("targets", folder);
  const files = readdirSync(directory).filter((file) => file.endsWith(".json"));
  return files
    .sort()
    .map((file) => parseTarget(readFileSync(join(directory, file), "utf8"), basename(file, ".json"), schema));
}
