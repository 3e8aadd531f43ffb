"""Writes the few messages of onnx.proto3 that a quantized model needs, straight in protobuf's wire format."""
import struct

import numpy as np

# onnx.proto3: TensorProto.DataType
ELEMENT_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}


def varint(value):
    """A base-128 integer; negative ones are their 64-bit two's complement."""
    value &= (1 << 64) - 1
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes([*result, value])


def field(number, value):
    """One field: int (wire type 0), float (5), or str, bytes and embedded messages (2)."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(*fields):
    """A message of (number, value) pairs; a list as value repeats its field."""
    pairs = ((number, item) for number, value in fields for item in (value if isinstance(value, list) else [value]))
    return b"".join(field(number, item) for number, item in pairs)


def tensor(name, array):
    """TensorProto with raw little-endian data."""
    array = np.asarray(array)
    raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return message((1, list(array.shape)), (2, ELEMENT_TYPES[array.dtype.name]), (8, name), (9, raw))


def attribute(name, value):
    """AttributeProto: an integer (type 2) or a list of integers (type 7)."""
    return message((1, name), (8, value), (20, 7)) if isinstance(value, list) else message((1, name), (3, value), (20, 2))


def node(op, name, inputs, outputs, **attributes):
    """NodeProto."""
    return message(
        (1, inputs), (2, outputs), (3, name), (4, op),
        (5, [attribute(key, value) for key, value in sorted(attributes.items())]),
    )


def value_info(name, shape):
    """ValueInfoProto of a float32 tensor."""
    dims = message((1, [message((1, dim)) for dim in shape]))
    return message((1, name), (2, message((1, message((1, ELEMENT_TYPES["float32"]), (2, dims))))))


def model(graph_name, nodes, initializers, inputs, outputs, opset, producer):
    """ModelProto of IR version 7 (ONNX 1.8, the version of opset 13)."""
    graph = message((1, nodes), (2, graph_name), (5, initializers), (11, inputs), (12, outputs))
    return message((1, 7), (2, producer), (7, graph), (8, message((1, ""), (2, opset))))
