"""The network as a table of steps, and the PyTorch module that trains it."""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Step:
    """One ONNX operation; its output tensor carries the step's name. `inputs` are earlier names."""

    name: str
    op: str
    inputs: tuple
    channels: tuple = (0, 0)  # in, out
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    activation: str = ""  # "", "Relu" or "Clip" (to 0..6)

    @property
    def has_weights(self):
        return self.op in ("Conv", "Gemm")


def conv(name, source, channels, kernel, activation, stride=1, groups=1):
    return Step(name, "Conv", (source,), channels, kernel, stride, groups, activation)


def separable(name, source, channels, activation, stride=1):
    """A depthwise 3x3 convolution with ReLU6 and a pointwise one: MobileNet's block."""
    depthwise, pointwise = f"{name}_depthwise", f"{name}_pointwise"
    return [
        conv(depthwise, source, (channels[0], channels[0]), 3, "Clip", stride, channels[0]),
        conv(pointwise, depthwise, channels, 1, activation),
    ]


def residual(name, source, channels, activation):
    return [
        *separable(name, source, (channels, channels), ""),
        Step(name, "Add", (source, f"{name}_pointwise"), (channels, channels), activation=activation),
    ]


INPUT = "image"
STEPS = [
    conv("stem", INPUT, (1, 16), 3, "Relu"),
    Step("pool", "MaxPool", ("stem",), (16, 16), 2, 2),
    conv("features", "pool", (16, 32), 3, "Relu"),
    *residual("block1", "features", 32, "Relu"),
    *separable("down", "block1", (32, 64), "Relu", stride=2),
    # No activation after this sum: the next block pads a tensor whose zero point is not its lowest code.
    *residual("block2", "down_pointwise", 64, ""),
    *residual("block3", "block2", 64, "Relu"),
    conv("head", "block3", (64, 128), 1, "Relu"),
    Step("average", "GlobalAveragePool", ("head",), (128, 128)),
    Step("flat", "Flatten", ("average",), (128, 128)),
    Step("logits", "Gemm", ("flat",), (128, 10)),
    Step("probabilities", "Softmax", ("logits",), (10, 10)),
]


def linear(step, inputs, weight=None, bias=None):
    """The real-valued result of one step, before batch normalization and activation."""
    x = inputs[0]
    if step.op == "Conv":
        return functional.conv2d(x, weight, bias, step.stride, step.kernel // 2, 1, step.groups)
    if step.op == "Gemm":
        return functional.linear(x, weight, bias)
    if step.op == "MaxPool":
        return functional.max_pool2d(x, step.kernel, step.stride)
    if step.op == "Add":
        return x + inputs[1]
    if step.op == "GlobalAveragePool":
        return x.mean((2, 3), keepdim=True)
    if step.op == "Flatten":
        return x.flatten(1)
    if step.op == "Softmax":
        return x.softmax(1)
    raise ValueError(f"unknown op {step.op}")


def activate(step, x):
    if step.activation == "Relu":
        return x.clamp(min=0)
    return x.clamp(0, 6) if step.activation == "Clip" else x


class Network(nn.Module):
    """STEPS with float parameters; a batch normalization follows every convolution until `fold`."""

    def __init__(self):
        super().__init__()
        self.weights, self.biases, self.norms = nn.ParameterDict(), nn.ParameterDict(), nn.ModuleDict()
        for step in filter(lambda step: step.has_weights, STEPS):
            inputs, outputs = step.channels
            kernel = (step.kernel, step.kernel) if step.op == "Conv" else ()
            weight = torch.empty(outputs, inputs // step.groups, *kernel)
            self.weights[step.name] = nn.Parameter(nn.init.kaiming_normal_(weight, nonlinearity="relu"))
            self.biases[step.name] = nn.Parameter(torch.zeros(outputs))
            if step.op == "Conv":
                self.norms[step.name] = nn.BatchNorm2d(outputs)

    def forward(self, x, observe=lambda name, x: None):
        """Logits [n, 10] of images [n, 1, 28, 28] in 0..1 (the loss applies the softmax itself).

        `observe(name, tensor)` is shown the result of every step.
        """
        values = {INPUT: x}
        for step in STEPS[:-1]:
            parameters = (self.weights[step.name], self.biases[step.name]) if step.has_weights else ()
            y = linear(step, [values[name] for name in step.inputs], *parameters)
            if step.name in self.norms:
                y = self.norms[step.name](y)
            values[step.name] = activate(step, y)
            observe(step.name, values[step.name])
        return values["logits"]

    @torch.no_grad()
    def fold(self):
        """Folds every batch normalization into its convolution: w' = w*g/sqrt(v+e), b' = (b-m)*g/sqrt(v+e) + beta."""
        for name, norm in self.norms.items():
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            self.weights[name].mul_(factor.reshape(-1, 1, 1, 1))
            self.biases[name].sub_(norm.running_mean).mul_(factor).add_(norm.bias)
        self.norms.clear()
