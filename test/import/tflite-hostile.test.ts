/** TensorFlow Lite files built to mislead the table reader. */
import { Builder } from "flatbuffers";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.js";
import { smallTflite } from "../helpers/small-tflite.js";

describe("hostile tables end as a diagnostic", () => {
  it("a field that its table's size does not cover", () => {
    const bytes = smallTflite().bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const root = view.getUint32(0, true);
    const vtable = root - view.getInt32(root, true);
    view.setUint16(vtable + 2, 4, true); // the table is said to hold nothing but its vtable's distance
    expect(() => compile(bytes)).toThrow(/QC1001 .*field 0 lies outside of its table/);
  });

  it("many references to one big table end the reading, not the memory", () => {
    // 20,000 tensors that are one tensor of 20,000 dimensions: 160 KB that ask for 400 million numbers.
    const count = 20_000;
    const builder = new Builder(4 * count);
    const table = (fields: readonly (readonly [number, number])[]) => {
      builder.startObject(5);
      for (const [field, offset] of fields) builder.addFieldOffset(field, offset, 0);
      return builder.endObject();
    };
    const offsets = (offset: number, times: number) => {
      builder.startVector(4, times, 4);
      for (let k = 0; k < times; k++) builder.addOffset(offset);
      return builder.endVector();
    };
    builder.startVector(4, count, 4);
    for (let k = 0; k < count; k++) builder.addInt32(1);
    const tensor = table([[0, builder.endVector()]]);
    const graph = table([[0, offsets(tensor, count)]]);
    const buffers = offsets(table([]), 1);
    const graphs = offsets(graph, 1);
    builder.startObject(5);
    builder.addFieldInt32(0, 3, 0);
    builder.addFieldOffset(2, graphs, 0);
    builder.addFieldOffset(4, buffers, 0);
    builder.finish(builder.endObject(), "TFL3");
    expect(() => compile(builder.asUint8Array())).toThrow(/QC1001 .*more than 256 times/);
  });
});
