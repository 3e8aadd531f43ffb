/** Files of the graph's inputs and outputs on the command line: in graph order, or each as name=file. */
import type { Compilation } from "../compile.js";
import { fail } from "../diagnostics.js";
import { type CodeSet, transposed } from "../verify/codes.js";
import { readVectors } from "../verify/vectors.js";

/** For commander: collects the values of an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** The file of each port. `option` is shown in messages. Throws QC6001 unless every port gets exactly one. */
export function portFiles(
  ports: readonly { readonly name: string }[],
  values: readonly string[],
  option: string,
): string[] {
  const files = new Array<string | undefined>(ports.length).fill(undefined);
  const unnamed: string[] = [];
  for (const value of values) {
    const port = ports.findIndex(({ name }) => value.startsWith(`${name}=`));
    if (port < 0) unnamed.push(value);
    else if (files[port] !== undefined) fail("QC6001", `'${ports[port]!.name}' got two files with ${option}.`);
    else files[port] = value.slice(ports[port]!.name.length + 1);
  }
  for (let port = 0; port < ports.length; port++) files[port] ??= unnamed.shift();
  if (unnamed.length > 0 || files.includes(undefined)) {
    const names = ports.map(({ name }) => `'${name}'`).join(", ");
    fail(
      "QC6001",
      `got ${values.length} files with ${option}, expected ${ports.length}, for ${names}: give the option once for each, in this order or as name=file.`,
    );
  }
  return files as string[];
}

/** The inferences that the files of all inputs hold. Throws QC6003 where they hold different numbers of them. */
export function readInputs({ graph, integerGraph }: Compilation, values: readonly string[], option: string): CodeSet[] {
  const files = portFiles(integerGraph.inputs, values, option);
  const vectors = files.map((file, i) => readVectors(file, integerGraph.inputs[i]!, graph.inputs[i]!));
  const other = vectors.findIndex(({ length }) => length !== vectors[0]!.length);
  if (other > 0) {
    fail("QC6003", `got ${vectors[other]!.length} inferences, but ${vectors[0]!.length} in ${files[0]}.`, files[other]);
  }
  return transposed(vectors);
}
