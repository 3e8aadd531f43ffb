/** Two models in one program and one arena, taking turns. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { outputsOf } from "../../compiler/interpreter/interpreter.js";
import { seededSets } from "../../compiler/verify/vectors.js";
import { emitC } from "../../targets/c/emit.js";
import { smallNetwork } from "../helpers/onnx.js";
import { bytesOf, core, inFolder, tool, writeFiles } from "./run.js";

const host = core("host");

const main = `
#include <stdio.h>
#include "first.h"
#include "second.h"

static union {
    uint8_t first[FIRST_ARENA_BYTES];
    uint8_t second[SECOND_ARENA_BYTES];
    uint64_t alignment;
} arena;

int main(void)
{
    first_context first;
    second_context second;

    if (first_init(&first, &arena, sizeof arena) != 0 || second_init(&second, &arena, sizeof arena) != 0) return 1;
    while (fread(first_input(&first), 1, FIRST_INPUT_BYTES, stdin) == FIRST_INPUT_BYTES) {
        first_run(&first);
        fwrite(first_output(&first), 1, FIRST_OUTPUT_BYTES, stdout);
        if (fread(second_input(&second), 1, SECOND_INPUT_BYTES, stdin) != SECOND_INPUT_BYTES) return 2;
        second_run(&second);
        fwrite(second_output(&second), 1, SECOND_OUTPUT_BYTES, stdout);
    }
    return 0;
}
`;

it("models that take turns share an arena of the larger one's size", async () => {
  const models = [smallNetwork(1), smallNetwork(2)].map((model, i) =>
    compile(model.bytes(), { plan: i === 1 ? { optimize: "memory" } : {} }),
  );
  const sets = models.map(({ integerGraph }) => seededSets(integerGraph.inputs, 3, 5));
  const turns = [0, 1, 2].flatMap((turn) => models.map((model, i) => ({ model, codes: sets[i]![turn]! })));
  await inFolder((folder) => {
    models.forEach(({ plan }, i) => {
      const files = emitC(plan, host, { name: ["first", "second"][i]! });
      files.delete("main.c");
      writeFiles(folder, files);
    });
    writeFiles(folder, new Map([["both.c", main]]));
    const sources = ["first", "second"].flatMap((name) => [`${name}.c`, `${name}_weights.c`]);
    const flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"];
    tool(folder, "gcc", [...flags, "both.c", ...sources, "-o", "both"]);
    const outputs = tool(folder, join(folder, "both"), [], Buffer.concat(turns.map(({ codes }) => bytesOf(codes))));
    expect(outputs).toEqual(
      Buffer.concat(turns.map(({ model, codes }) => bytesOf(outputsOf(model.integerGraph, codes)))),
    );
  });
});
