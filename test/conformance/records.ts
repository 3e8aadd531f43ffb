/** Recorded values in other formats than protobuf. */
import { unzipSync } from "fflate";
import { type NpyArray, readNpy } from "../../compiler/verify/npy.js";
import type { DenseTensor } from "./element-types.js";

const typeNames: Readonly<Record<string, string>> = {
  b1: "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  f4: "float",
  f8: "double",
};

/** Arrays of a NumPy archive, in its order. Names without the extension. */
export function readNpz(bytes: Uint8Array, file: string): (DenseTensor & { readonly name: string })[] {
  return Object.entries(unzipSync(bytes)).map(([name, content]) => ({
    name: name.replace(/\.npy$/, ""),
    ...readArray(content, `${file}: ${name}`),
  }));
}

/** One NumPy array. */
export function readArray(bytes: Uint8Array, file: string): DenseTensor {
  const { shape, type, values } = readAnyOrder(bytes, file);
  return { type: typeNames[type]!, dims: shape, values };
}

/** An array in C order; one in Fortran order is read as its transpose and transposed back. */
function readAnyOrder(bytes: Uint8Array, file: string): NpyArray {
  const text = Buffer.from(bytes.subarray(0, 256)).toString("latin1");
  const at = text.indexOf("'fortran_order': True, ");
  if (at < 0) return readNpy(bytes, file);
  const patched = Uint8Array.from(bytes);
  patched.set(Buffer.from("'fortran_order': False,"), at);
  const { shape, type, values } = readNpy(patched, file);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const reordered = values.map((_, k) => {
    let [rest, from] = [k, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return values[from]!;
  });
  return { shape, type, values: reordered };
}

/** A text with a header that may name the shape, then one number per line, as DORY writes them. */
export function readValueText(text: string): DenseTensor {
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const dims = (/shape \[([\d, ]+)\]/.exec(header)?.[1] ?? "").split(",").map(Number);
  const values = Float64Array.from(
    lines.map((line) => Number.parseFloat(line)).filter((value) => !Number.isNaN(value)),
  );
  return { type: "float", dims, values };
}
