/** What the scalar subset refuses, and where it says so. */
import { describe, expect, it } from "vitest";
import { analyze } from "../../scripts/generate/analyze.js";
import { parseScalarSource } from "../../scripts/generate/parse.js";

/** The message for a function `f(x: i32, n: u5): i32` with this body on line 2, or for a whole source. */
function reject(body: string, head = "export function f(x: i32, n: u5): i32 {"): string {
  try {
    parseScalarSource("some/sample.ts", `${head}\n${body}\n}\n`).forEach(analyze);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("the subset", () => {
  it.each([
    ["while (x > 0n) {} return x;", "sample.ts:2:1: WhileStatement 'while (x > 0n) {}' is outside the scalar subset"],
    ["return x % 3n;", "sample.ts:2:8: BinaryExpression 'x % 3n' is outside the scalar subset"],
    [
      "return BigInt.asIntN(8, x);",
      "sample.ts:2:8: CallExpression 'BigInt.asIntN(8, x)' does not call an earlier function of this file",
    ],
    ["return 1;", "sample.ts:2:8: NumericLiteral '1' is outside the scalar subset"],
    ["return y;", "sample.ts:2:8: Identifier 'y' is not a parameter or a variable declared before"],
    ["x = 1n; return x;", "sample.ts:2:1: BinaryExpression 'x = 1n' does not assign to a let variable"],
    ["const t1 = x; return t1;", "sample.ts:2:7: Identifier 't1' is not a usable name"],
    ["const y: number = x; return y;", "sample.ts:2:10: NumberKeyword 'number' is not a range type"],
    ["let y = x; return y;", "sample.ts:2:5: VariableDeclaration 'y = x' needs a range type"],
    ["if (x < 0n) return 0n; return x;", "sample.ts:2:13: ReturnStatement 'return 0n;' is outside the scalar subset"],
    ["const y = x;", "sample.ts:2:1: VariableStatement 'const y = x;' is not the one return that ends a function"],
    [
      "for (let i = 0n; i < n; i++) {} return x;",
      "sample.ts:2:1: ForStatement 'for (let i = 0n; i < n; i++) {}' is not of the form for (let i = 0n; i < 9n; i++)",
    ],
    ["return x ? 1n : 0n;", "sample.ts:2:8: Identifier 'x' is not a comparison"],
    ["const x = 1n; return x;", "sample.ts:2:7: Identifier 'x' is declared twice"],
    ["return f(x, n);", "sample.ts:2:8: CallExpression 'f(x, n)' does not call an earlier function of this file"],
  ])("rejects %s", (body, message) => {
    expect(reject(body)).toBe(message);
  });

  it("rejects values at the top level", () => {
    expect(reject("", "const table = {")).toContain("sample.ts:1:1: VariableStatement");
  });
});

describe("interval analysis", () => {
  it.each([
    [
      "return x + 1n;",
      "sample.ts:2:8: result of f: value range [-2147483647, 2147483648] does not fit [-2147483648, 2147483647]",
    ],
    [
      "const y: u31 = x; return y;",
      "sample.ts:2:7: y: value range [-2147483648, 2147483647] does not fit [0, 2147483647]",
    ],
    [
      "let y: u5 = n; for (let i = 0n; i < 2n; i++) { y = y + 1n; } return y;",
      "sample.ts:2:48: y: value range [1, 32] does not fit [0, 31]",
    ],
    [
      "return (x * x * x) >> 31n;",
      "sample.ts:2:9: intermediate range [-9903520314283042199192993792, 9903520309671356180765605888] fits neither int64 nor uint64",
    ],
    [
      "let y: i64 = 0n; if (n > 3n) { y = 9n; } else { y = 4294967296n; } return y;",
      "sample.ts:2:75: result of f: value range [9, 4294967296] does not fit [-2147483648, 2147483647]",
    ],
    ["return x >> (n - 1n);", "sample.ts:2:8: shift count [-1, 30] is not within [0, 63]"],
    ["return (x << 1n) >> 1n;", "sample.ts:2:9: left operand of << may be negative: [-2147483648, 2147483647]"],
    ["return x / 3n;", "sample.ts:2:8: left operand of / may be negative: [-2147483648, 2147483647]"],
    ["return n / (n + 1n);", "sample.ts:2:8: division is by positive constants only"],
    ["return range(n, 0n, 31n);", "sample.ts:2:8: range() is not needed: [0, 31] is proved"],
    ["return range(n, 32n, 40n);", "sample.ts:2:8: range() excludes every value of [0, 31]"],
    ["return n < 32n ? 1n : 0n;", "sample.ts:2:8: the condition is always true"],
  ])("rejects %s", (body, message) => {
    expect(reject(body)).toBe(message);
  });

  it("checks arguments against parameters", () => {
    const source = "return x; }\nfunction g(y: u32): i32 { return f(y, 1n);";
    expect(reject(source)).toBe(
      "sample.ts:3:34: argument x of f: value range [0, 4294967295] does not fit [-2147483648, 2147483647]",
    );
  });

  it.each([
    "return x < 0n ? 0n - (x + 1n) : x;",
    "return x < 2147483647n && n > 0n ? x + 1n : x;",
    "return x === -2147483648n ? x : x - 1n;",
    "return x >= 2147483647n || n === 0n ? x : x + n - n + n - n + 1n > x ? 1n : 2n;",
    "let y: i32 = x; if (y > 0n) { y = y - 1n; } else { y = y + 1n; } return y;",
  ])("learns from comparisons in %s", (body) => {
    expect(reject(body)).toBe("accepted");
  });
});
