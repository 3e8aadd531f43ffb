"""Builds the QDQ graph: QuantizeLinear/DequantizeLinear around every op, NCHW, opset 13."""
import numpy as np

import onnx_writer as onnx
from network import INPUT, STEPS

OPSET = 13


class GraphWriter:
    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, array):
        self.initializers.append(onnx.tensor(name, array))
        return name

    def node(self, op, name, inputs, **attributes):
        """Adds a node whose single output carries the node's name."""
        self.nodes.append(onnx.node(op, name, inputs, [name], **attributes))
        return name

    def quantize(self, real, name, affine, **names):
        """QuantizeLinear and DequantizeLinear; returns the dequantized tensor, named `output` if given."""
        parameters = [
            self.constant(f"{name}_scale", affine.scale),
            self.constant(f"{name}_zero_point", np.int8(affine.zero_point)),
        ]
        codes = self.node("QuantizeLinear", f"{name}_quantized", [real, *parameters])
        return self.node("DequantizeLinear", names.get("output", f"{name}_dequantized"), [codes, *parameters])

    def dequantize_constant(self, name, codes, scale):
        """An integer initializer behind a DequantizeLinear with zero points 0, per index of axis 0 or per tensor."""
        inputs = [
            self.constant(f"{name}_quantized", codes),
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero_point", np.zeros(scale.shape, codes.dtype)),
        ]
        return self.node("DequantizeLinear", name, inputs, **({"axis": 0} if scale.ndim else {}))


def attributes(step):
    if step.op == "Conv":
        return {
            "dilations": [1, 1], "group": step.groups, "kernel_shape": [step.kernel] * 2,
            "pads": [step.kernel // 2] * 4, "strides": [step.stride] * 2,
        }
    if step.op == "MaxPool":
        return {"kernel_shape": [step.kernel] * 2, "strides": [step.stride] * 2}
    return {"Flatten": {"axis": 1}, "Gemm": {"transB": 1}, "Softmax": {"axis": 1}}.get(step.op, {})


def write_model(affines, weights):
    """The bytes of the ONNX file: input float32 [1, 1, 28, 28] in 0..1, output float32 [1, 10]."""
    graph = GraphWriter()
    clip_bounds = [graph.constant("clip_min", np.float32(0)), graph.constant("clip_max", np.float32(6))]
    values = {INPUT: graph.quantize(INPUT, INPUT, affines[INPUT])}
    for step in STEPS:
        inputs = [values[name] for name in step.inputs]
        if step.has_weights:
            w = weights[step.name]
            inputs.append(graph.dequantize_constant(f"{step.name}_weight", w.codes, w.scale))
            inputs.append(graph.dequantize_constant(f"{step.name}_bias", w.bias, w.bias_scale))
        real = graph.node(step.op, f"{step.name}_{step.op.lower()}", inputs, **attributes(step))
        if step.activation:
            bounds = clip_bounds if step.activation == "Clip" else []
            real = graph.node(step.activation, f"{step.name}_{step.activation.lower()}", [real, *bounds])
        last = {"output": step.name} if step is STEPS[-1] else {}
        values[step.name] = graph.quantize(real, step.name, affines[step.name], **last)
    return onnx.model(
        "fashion-mnist", graph.nodes, graph.initializers,
        [onnx.value_info(INPUT, [1, 1, 28, 28])], [onnx.value_info(STEPS[-1].name, [1, 10])], OPSET, "qcompile examples",
    )
