/** Programs that put argument vectors through the generated C header and Verilog include file. */
import { formatOf } from "../../scripts/generate/interval.js";
import { type ScalarFunction, targetName } from "../../scripts/generate/ir.js";
import { cTypeName } from "../../scripts/generate/print-c.js";

/** One function with its argument vectors and the results wanted. */
export interface Case {
  readonly scalar: ScalarFunction;
  readonly vectors: readonly bigint[][];
  readonly results: readonly bigint[];
}

/** A C program that reads all arguments from stdin and writes all results to stdout, as little-endian int64. */
export function benchC(cases: readonly Case[], header: string): string {
  const loops = cases.map(({ scalar: { name, parameters }, vectors }) => {
    const values = parameters.map(({ interval }, index) => `(${cTypeName(interval)})v[${index}]`);
    return `  for (long i = 0; i < ${vectors.length}; i++) {
    if (fread(v, 8, ${parameters.length}, stdin) != ${parameters.length}) return 1;
    const int64_t result = ${targetName(name)}(${values.join(", ")});
    fwrite(&result, 8, 1, stdout);
  }`;
  });
  return `#include <stdio.h>\n#include "${header}"\nint main(void) {\n  int64_t v[8];\n${loops.join("\n")}\n  return 0;\n}\n`;
}

export function inputC(cases: readonly Case[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(cases.flatMap(({ vectors }) => vectors.flat())).buffer);
}

/** Results in the order of `cases`, from the program's output. */
export function outputC(output: Uint8Array): bigint[] {
  return [...new BigInt64Array(Uint8Array.from(output).buffer)];
}

const range = (width: number) => `[${width - 1}:0]`;
const ports = ({ name, parameters, result }: ScalarFunction) => [
  ...parameters.map((parameter, index) => ({
    name: `${name}_${index}`,
    ...formatOf(parameter.interval),
    output: false,
  })),
  { name: `${name}_result`, ...formatOf(result), output: true },
];

/** A combinational module that calls every function on ports of its own. */
export function moduleVerilog(functions: readonly ScalarFunction[], include: string): string {
  const declarations = functions
    .flatMap(ports)
    .map(({ name, width, output }) => `  ${output ? "output" : "input"} wire ${range(width)} ${name}`);
  const calls = functions.map((scalar) => {
    const values = scalar.parameters.map((_, index) => `${scalar.name}_${index}`);
    return `  assign ${scalar.name}_result = ${targetName(scalar.name)}(${values.join(", ")});`;
  });
  return [
    "`default_nettype none",
    "module scalar_all (",
    declarations.join(",\n"),
    ");",
    `\`include "${include}"`,
    ...calls,
    "endmodule",
    "`default_nettype wire\n",
  ].join("\n");
}

/** A test bench that reads `<function>.hex` and prints every difference, then "checked <count>". */
export function benchVerilog(cases: readonly Case[]): string {
  const all = cases.flatMap(({ scalar }) => ports(scalar));
  const loops = cases.map(({ scalar, vectors }) => {
    const own = ports(scalar);
    const width = own.reduce((sum, port) => sum + port.width, 0);
    const inputs = own.slice(0, -1).map(({ name }) => name);
    return {
      declaration: `  reg ${range(width)} ${scalar.name}_words [0:${vectors.length - 1}];\n  reg ${range(own.at(-1)!.width)} ${scalar.name}_want;`,
      loop: `    $readmemh("${scalar.name}.hex", ${scalar.name}_words);
    for (i = 0; i < ${vectors.length}; i = i + 1) begin
      {${inputs.join(", ")}, ${scalar.name}_want} = ${scalar.name}_words[i];
      #1 checked = checked + 1;
      if (${scalar.name}_result !== ${scalar.name}_want)
        $display("${scalar.name} %0d: got %h want %h", i, ${scalar.name}_result, ${scalar.name}_want);
    end`,
    };
  });
  return [
    "module bench;",
    ...all.map(({ name, width, output }) => `  ${output ? "wire" : "reg"} ${range(width)} ${name};`),
    "  integer i, checked;",
    ...loops.map(({ declaration }) => declaration),
    `  scalar_all dut (${all.map(({ name }) => `.${name}(${name})`).join(", ")});`,
    "  initial begin",
    "    checked = 0;",
    ...loops.map(({ loop }) => loop),
    '    $display("checked %0d", checked);',
    "  end",
    "endmodule\n",
  ].join("\n");
}

/** The words of a function's `.hex` file: arguments and wanted result side by side. */
export function wordsVerilog({ scalar, vectors, results }: Case): string {
  const formats = ports(scalar);
  const word = (values: readonly bigint[]) =>
    values.reduce((bits, value, index) => {
      const { width } = formats[index]!;
      return (bits << BigInt(width)) | BigInt.asUintN(width, value);
    }, 0n);
  return vectors.map((values, index) => `${word([...values, results[index]!]).toString(16)}\n`).join("");
}
