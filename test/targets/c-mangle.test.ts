/** Names and texts from a model in generated sources. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commentText, mangle, Names } from "../../targets/mangle.js";

describe("mangle", () => {
  it.each([
    ["conv_1", "conv_1"],
    ["model/conv-1:0", "model_conv_1_0"],
    ["1x1", "n1x1"],
    ["_Reserved", "n_Reserved"],
    ["", "n"],
    ["größe", "gr_e"],
    ["int", "int_"],
    ["class", "class_"],
    ["endmodule", "endmodule_"],
    ["a".repeat(80), "a".repeat(63)],
  ])("%s becomes %s", (name, expected) => {
    expect(mangle(name)).toBe(expected);
  });

  it("makes an identifier of any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => /^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(mangle(text))));
  });
});

describe("Names", () => {
  it("never hands out the same name twice, in any case and at the length limit", () => {
    const names = new Names();
    const long = "b".repeat(70);
    const given = ["a", "a", "A", "a/2", "a_2", long, `${long}c`].map((name) => names.unique(name));
    expect(given.slice(0, 5)).toEqual(["a", "a_2", "A_3", "a_2_2", "a_2_3"]);
    expect(given.every((name) => name.length <= 63)).toBe(true);
    expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(given.length);
  });
});

describe("commentText", () => {
  it("cannot end a comment, continue a line, start a macro or leave the line", () => {
    expect(commentText("a */ b /* c \\ d `e")).toBe("a * / b / * c / d 'e");
    expect(commentText("a\nb\r\u2028c\u0000\t")).toBe("a?b??c??");
  });

  it("keeps no comment mark in any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("*", "/", "\\", "?", "\n") }),
        (text) => !/\*\/|\/\*|[\n\\]/.test(commentText(text)),
      ),
    );
  });
});
