/** Zeros between pixels as a qc_interior_pad2d stage. */
import { elementwiseFoldings } from "../../../targets/verilog/elementwise.js";
import type { VerilogLowering } from "../../../targets/verilog/lowering.js";
import type { InteriorPad2dAttributes } from "./interior-pad2d.types.js";

export const verilog: VerilogLowering<InteriorPad2dAttributes> = {
  foldings: ({ output }) => elementwiseFoldings(output),
  stage({ inputs: [input], output, attributes: { strides, code } }) {
    const [, height, width, channels] = input!.shape as [number, number, number, number];
    const [, rows, columns] = output.shape as [number, number, number];
    // Input elements up to output element `index`, itself included.
    const elements = (index: number) => {
      const pixel = Math.floor(index / channels);
      const [row, column] = [Math.floor(pixel / columns), pixel % columns];
      const [y, x] = [Math.floor(row / strides[0]), Math.floor(column / strides[1])];
      const here = row % strides[0] === 0 && column % strides[1] === 0 && y < height && x < width;
      if (here) return (y * width + x) * channels + (index % channels) + 1;
      const whole = Math.min(y + (row % strides[0] === 0 ? 0 : 1), height);
      const part = whole === y && y < height ? Math.min(x + 1, width) : 0;
      return (whole * width + part) * channels;
    };
    return {
      module: "qc_interior_pad2d",
      parameters: {
        BITS: output.type.bits,
        CODE: code,
        HEIGHT: height,
        WIDTH: width,
        CHANNELS: channels,
        OUT_HEIGHT: rows,
        OUT_WIDTH: columns,
        STRIDE_Y: strides[0],
        STRIDE_X: strides[1],
      },
      memories: [],
      needs: elements,
      taken: elements,
    };
  },
};
