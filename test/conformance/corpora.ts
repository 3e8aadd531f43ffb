/** The corpora: folders of models with what was recorded beside them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dataPath } from "../helpers/data.js";
import type { Case, Recorded } from "./case.js";
import { ModelFile, readTensor } from "./protobuf.js";
import { readArray, readNpz, readValueText } from "./records.js";

/** Where Debian's package libonnx-testdata puts the vectors of an older release of the standard. */
const debianFolder = "/usr/share/libonnx-testdata/data";

interface Corpus {
  readonly name: string;
  readonly folder: string;
  /** Record beside the model file `path`; undefined when there is none. */
  readonly recordOf: (folder: string, path: string) => Case["recorded"];
}

const none = () => undefined;
const shared = (name: string, recordOf: Corpus["recordOf"] = none): Corpus => ({
  name,
  folder: dataPath(name),
  recordOf,
});

export const corpora: readonly Corpus[] = [
  shared("onnx-conformance", testDataSets),
  { name: "libonnx-testdata", folder: debianFolder, recordOf: testDataSets },
  shared("onnx2c", testDataSets),
  shared("tract", archive),
  shared("deeploy", archives),
  shared("dory", layerTexts),
  shared("match"),
  shared("qonnx", inputAndOutput),
  shared("ort-testdata"),
  shared("layers"),
  shared("models"),
  shared("mlperf-tiny"),
];

/** Every case whose `corpus/name` starts with `prefix`, in a fixed order. */
export function casesOf(prefix: string): Case[] {
  return corpora.flatMap(({ name: corpus, folder, recordOf }) =>
    modelFiles(folder).flatMap((path) => {
      const name = path.replace(/\/(model|network)\.onnx$/, "");
      if (!`${corpus}/${name}`.startsWith(prefix)) return [];
      const recorded = recordOf(folder, path);
      const file = () => readFileSync(join(folder, path));
      const read = corpus === "dory" ? () => withoutSigmoid(file()) : file;
      const lowered = corpus === "qonnx" ? loweredNames[path] : undefined;
      const witness = lowered && (() => readFileSync(join(folder, "lowered-std", lowered)));
      return [{ corpus, name, read, ...(recorded && { recorded }), ...(witness && { witness }) }];
    }),
  );
}

/** DORY's records are of integer layers: a Sigmoid at the end is the host's. */
function withoutSigmoid(bytes: Uint8Array): Uint8Array {
  const model = new ModelFile(bytes);
  model.dropLast("Sigmoid");
  return model.bytes();
}

/** Paths of the model files below a folder, sorted; without the big float networks of libonnx-testdata's `real`. */
function modelFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => /\.(onnx|tflite)$/.test(path) && !path.startsWith("lowered-std/")).sort();
}

const beside = (folder: string, path: string) => join(folder, path, "..");

/** test_data_set_N/input_K.pb and output_K.pb, as the ONNX project lays them out. */
function testDataSets(folder: string, path: string): Case["recorded"] {
  const home = beside(folder, path);
  const sets = readdirSync(home)
    .filter((entry) => entry.startsWith("test_data_set_"))
    .sort();
  if (sets.length === 0) return undefined;
  return () =>
    sets.flatMap((set) => {
      const tensors = (prefix: string) => {
        const count = readdirSync(join(home, set)).filter((file) => file.startsWith(prefix)).length;
        return Array.from({ length: count }, (_, i) => readTensor(readFileSync(join(home, set, `${prefix}${i}.pb`))));
      };
      const [inputs, outputs] = [tensors("input_"), tensors("output_")];
      if (![...inputs, ...outputs].every((tensor) => tensor !== undefined)) return [];
      return [{ inputs, outputs } as Recorded];
    });
}

/** The same network in standard operators, for a witness that does not know QONNX. */
const loweredNames: Readonly<Record<string, string>> = {
  "fastmachinelearning__QONNX_model_zoo/TFC_1W1A.onnx": "TFC__TFC_1W1A.onnx",
  "fastmachinelearning__QONNX_model_zoo/TFC_2W2A.onnx": "TFC__TFC_2W2A.onnx",
  "fastmachinelearning__example-models/bnn_model_fc_1layer.onnx": "onnx__bnn_model_fc_1layer.onnx",
  "fastmachinelearning__qonnx/espcn_nn_resize_quant.onnx": "nn_resize__quant_model.onnx",
  "mlcommons__tiny_results_v0.7/KWS-W3A3_QONNX_model.onnx": "training_checkpoint__QONNX_model.onnx",
};

/** inputs.npz and outputs.npz. */
function archives(folder: string, path: string): Case["recorded"] {
  const read = (file: string) => readNpz(readFileSync(join(beside(folder, path), file)), file);
  return () => [{ inputs: read("inputs.npz"), outputs: read("outputs.npz") }];
}

/** input.npy and expected_output.npy, as FINN has them. */
function inputAndOutput(folder: string, path: string): Case["recorded"] {
  const read = (file: string) => readArray(readFileSync(join(beside(folder, path), file)), file);
  if (!existsSync(join(beside(folder, path), "expected_output.npy"))) return undefined;
  return () => [{ inputs: [read("input.npy")], outputs: [read("expected_output.npy")] }];
}

/** One io.npz with arrays named input and output. */
function archive(folder: string, path: string): Case["recorded"] {
  return () => {
    const arrays = readNpz(readFileSync(join(beside(folder, path), "io.npz")), "io.npz");
    return [
      {
        inputs: arrays.filter(({ name }) => name.startsWith("input")),
        outputs: arrays.filter(({ name }) => name.startsWith("output")),
      },
    ];
  };
}

/** input.txt and out_layerN.txt: one value per line; the last layer's are the network's outputs. */
function layerTexts(folder: string, path: string): Case["recorded"] {
  const home = beside(folder, path);
  const number = (file: string) => Number(/\d+/.exec(file));
  const last = readdirSync(home)
    .filter((file) => file.startsWith("out_layer"))
    .sort((a, b) => number(a) - number(b))
    .at(-1);
  if (last === undefined) return undefined;
  const read = (file: string) => readValueText(readFileSync(join(home, file), "utf8"));
  return () => [{ inputs: [read("input.txt")], outputs: [read(last)] }];
}
