/** Stack bounds from call graphs: the deepest path, what inline assembly pushes, and refusals where there is no bound. */
import { describe, expect, it } from "vitest";
import { type CompiledUnit, stackBound } from "../../compiler/verify/engines/call-graph.js";
import { libraryFrames } from "../../compiler/verify/engines/library-frames.js";

/** A unit with these frames, calls and assembly. */
function unit(frames: Record<string, string>, calls: Record<string, string[]>, assembly = ""): CompiledUnit {
  const nodes = Object.entries(frames).map(
    ([title, frame]) => `node: { title: "${title}" label: "${title}\\nmodel.c:1:1\\n${frame}" }`,
  );
  const edges = Object.entries(calls).flatMap(([source, targets]) =>
    targets.map((target) => `edge: { sourcename: "${source}" targetname: "${target}" label: "model.c:2:1" }`),
  );
  return { graph: ['graph: { title: "model.c"', ...nodes, ...edges, "}"].join("\n"), assembly };
}

const frames = {
  model_run: "16 bytes (static)",
  "model.c:few": "40 bytes (static)",
  "model.c:much": "24 bytes (dynamic,bounded)",
};

describe("a stack bound", () => {
  it("is the deepest path's, over several objects", () => {
    const calls = { model_run: ["model.c:few", "model.c:much"], "model.c:much": ["copy"] };
    const copy = unit({ copy: "100 bytes (static)" }, {});
    expect(stackBound([unit(frames, calls), copy], "model_run")).toEqual({ bytes: 16 + 24 + 100, unknown: [] });
  });

  it("names the functions without a frame", () => {
    const calls = { model_run: ["model.c:few", "memset", "memcpy"] };
    expect(stackBound([unit(frames, calls)], "model_run")).toEqual({ bytes: 56, unknown: ["memcpy", "memset"] });
  });

  it("has the most that one statement of assembly pushes, and not the compiler's own pushes", () => {
    const text = [
      "\t.type\tfew, %function",
      "\tpush\t{r4, r5, r6, lr}",
      '@ 10 "kernel.h" 1',
      "\tpush {r4-r7, lr}",
      "\tsub sp, #48",
      "\tpop {r4-r7, lr}",
      '@ 0 "" 2',
      '@ 20 "kernel.h" 1',
      "\tpush {r0}",
      '@ 0 "" 2',
      "\t.type\tmuch, @function",
      "#APP",
      "\taddi sp, sp, -32",
      "#NO_APP",
      "\taddi\tsp,sp,-16",
    ].join("\n");
    const from = (entry: string) => stackBound([unit(frames, {}, text)], entry).bytes;
    expect(from("model.c:few")).toBe(40 + 20 + 48);
    expect(from("model.c:much")).toBe(24 + 32);
    expect(from("model_run")).toBe(16);
  });

  it("names the helpers of the compiler's own library", () => {
    const text = ["\t.type\tmodel_run, %function", "\tbl\t__aeabi_lmul", "\tbl\tother", "\tcall\t__divdi3"].join("\n");
    expect(stackBound([unit(frames, {}, text)], "model_run").unknown).toEqual(["__aeabi_lmul", "__divdi3"]);
  });

  it("is refused for recursion and for frames that grow", () => {
    const calls = { model_run: ["model.c:few"], "model.c:few": ["model.c:much"], "model.c:much": ["model.c:few"] };
    expect(() => stackBound([unit(frames, calls)], "model_run")).toThrow(
      /^QC5004 'model_run' .*'model.c:few' calls itself/,
    );
    const grown = { ...frames, "model.c:few": "40 bytes (dynamic)" };
    expect(() => stackBound([unit(grown, {})], "model_run")).toThrow(/frame of 'model.c:few' has no bound/);
  });

  it("has the frame of the function whose code another one shares", () => {
    const calls = { model_run: ["model.c:twin"] };
    for (const line of ["\t.thumb_set twin,few", "\t.set\ttwin,few"])
      expect(stackBound([unit(frames, calls, line)], "model_run")).toEqual({ bytes: 16 + 40, unknown: [] });
  });

  it("has what library functions push in the linked program, under each of their names", () => {
    const program = [
      "00008100 g     F .text\t00000010 memcpy",
      "00008120 g     F .text\t00000010 .hidden __divdi3",
      "00008120 g     F .text\t00000010 .hidden __aeabi_ldiv",
      "",
      "00008100 <memcpy>:",
      "    8100:\tpush\t{r4, r5, lr}",
      "    8102:\tbne.n\t8102 <memcpy+0x2>",
      "    8104:\tb.w\t8110 <copy>",
      "00008110 <copy>:",
      "    8110:\tstmdb\tsp!, {r4, r5, r6, r7, r8, r9, sl, fp, ip, lr}",
      "    8114:\tvpush\t{d8-d9}",
      "    8118:\tstr.w\tlr, [sp, #-4]!",
      "00008120 <__divdi3>:",
      "    8120:\tsub\tsp, #8",
      "00008130 <memset>:",
      "    8130:\tblx\tr3",
      "00008140 <memmove>:",
      "    8140:\tsub.w\tsp, sp, r3",
    ].join("\n");
    const boundOf = (...called: string[]) =>
      stackBound([unit(frames, { model_run: called })], "model_run", libraryFrames(program));
    expect(boundOf("memcpy")).toEqual({ bytes: 16 + 12 + 40 + 16 + 4, unknown: [] });
    expect(boundOf("__aeabi_ldiv")).toEqual({ bytes: 16 + 8, unknown: [] });
    expect(boundOf("memset", "memmove").unknown).toEqual(["memmove", "memset"]);
    expect(boundOf("replaced")).toEqual({ bytes: 16, unknown: [] });
  });
});
