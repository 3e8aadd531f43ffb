"""Post-training int8 quantization: calibration, weights, and an evaluator on integers."""
from dataclasses import dataclass

import numpy as np
import torch

from network import INPUT, STEPS, activate, linear

# These ops move codes or select among them, so input and output share one scale and zero point.
SAME_SCALE = ("MaxPool", "Flatten")


@dataclass(frozen=True)
class Affine:
    """real = scale * (code - zero_point), int8 codes; the scale is a float32 value."""

    scale: np.float32
    zero_point: int


@dataclass(frozen=True)
class Weights:
    """int8 codes [out, ...] with float32 scales ([out], or [] per tensor); int32 bias, scale = input scale * weight scale."""

    codes: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    bias_scale: np.ndarray


def affine(low, high):
    """The int8 quantization of a range, widened so that the real 0 has a code."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32((high - low) / 255)
    return Affine(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))


@torch.no_grad()
def calibrate(network, images):
    """Scales of all activations, from the extremes of `images` with one value in 10,000 cut off at each end."""
    ranges = {}

    def record(name, x):
        ordered = x.flatten().sort().values
        cut = len(ordered) // 10_000
        ranges[name] = (float(ordered[cut]), float(ordered[-1 - cut]))

    network(images, observe=record)
    result = {INPUT: Affine(np.float32(1 / 255), -128)}  # code = pixel - 128
    for step in STEPS[:-1]:
        result[step.name] = result[step.inputs[0]] if step.op in SAME_SCALE else affine(*ranges[step.name])
    result[STEPS[-1].name] = Affine(np.float32(1 / 256), -128)  # probabilities in 0..1
    return result


def weight_scale(step, weight):
    """Symmetric: per output channel for convolutions, per tensor for the dense layer."""
    magnitude = weight.abs()
    return (magnitude.amax((1, 2, 3)) if step.op == "Conv" else magnitude.max()).clamp(min=1e-8) / 127


def quantize_weights(network, affines):
    """The int8 weights and int32 biases of every layer, by step name."""
    result = {}
    for step in (step for step in STEPS if step.has_weights):
        weight = network.weights[step.name].detach()
        scale = weight_scale(step, weight).numpy()
        broadcast = scale.reshape(-1, *[1] * (weight.ndim - 1)) if scale.ndim else scale
        codes = np.clip(np.rint(weight.numpy() / broadcast), -127, 127).astype(np.int8)
        bias_scale = affines[step.inputs[0]].scale * scale
        bias = np.rint(network.biases[step.name].detach().numpy().astype(np.float64) / bias_scale).astype(np.int32)
        result[step.name] = Weights(codes, scale, bias, bias_scale)
    return result


def tensor(array):
    return torch.from_numpy(np.asarray(array, np.float64))


def input_codes(images):
    """The graph's quantized input, int8 codes as a float64 tensor, of uint8 images."""
    return images.double() - 128


def evaluate_integers(affines, weights, codes):
    """int8 output codes [n, 10] by the ONNX standard's arithmetic on integer codes.

    Sums are exact (integers in float64); each is scaled by the real factor, rounded half to even, then the
    zero point is added and the result saturated.
    """
    values = {INPUT: codes}
    for step in STEPS:
        inputs = [values[name] - affines[name].zero_point for name in step.inputs]
        scales = [float(affines[name].scale) for name in step.inputs]
        if step.has_weights:
            w = weights[step.name]
            shape = (1, -1, 1, 1) if step.op == "Conv" else (1, -1)
            sums = linear(step, inputs, tensor(w.codes))
            real = sums * (scales[0] * tensor(w.scale)).reshape(shape) + (tensor(w.bias) * tensor(w.bias_scale)).reshape(shape)
        else:
            real = linear(step, [x * scale for x, scale in zip(inputs, scales)])
        real = activate(step, real)
        out = affines[step.name]
        values[step.name] = (torch.round(real / float(out.scale)) + out.zero_point).clamp(-128, 127)
    return values[STEPS[-1].name]
