"""The nodes and constants of an ONNX graph, and the same graph with more outputs.

Both work on the bytes of a file, in protobuf's wire format (https://protobuf.dev, "Encoding"),
without the package `onnx`, which reading does not need. Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAPH = 7  # of a model
NODE, INITIALIZER, OUTPUT = 1, 5, 12  # of a graph
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
DTYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8"}  # of a tensor, by number


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. attributes: integers, or tuples of them; others are left out."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


class Graph:
    """What an ONNX file holds. Raises ValueError if it is none."""

    def __init__(self, model: bytes) -> None:
        fields = [v for n, v in _fields(memoryview(model)) if n == GRAPH]
        parts = [part for field in fields for part in _fields(field)]
        self.nodes = tuple(_node(value) for number, value in parts if number == NODE)
        self._initializers = [value for number, value in parts if number == INITIALIZER]
        self.outputs = tuple(_text(_first(v, 1)) for n, v in parts if n == OUTPUT)

    @cached_property
    def constants(self) -> dict[str, NDArray[Any]]:
        """The weights and other constants by name."""
        return dict(_tensor(value) for value in self._initializers)

    @cached_property
    def made_by(self) -> dict[str, Node]:
        """The node that makes each tensor."""
        return {name: node for node in self.nodes for name in node.outputs}

    @cached_property
    def used_by(self) -> dict[str, list[Node]]:
        """The nodes that take each tensor."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in node.inputs:
                found.setdefault(name, []).append(node)
        return found


def with_outputs(model: bytes, names: Sequence[str]) -> bytes:
    """The same model, which also gives these inner tensors.

    Parsers merge a message with what is appended to it ("Encoding", "Last One Wins"): here a
    model that holds nothing but a graph with outputs that have nothing but names.
    """
    outputs = b"".join(_field(OUTPUT, _field(1, name.encode())) for name in names)
    return model + _field(GRAPH, outputs)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Number and value of each field: an integer, or bytes."""
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = _read_varint(message, place)
            yield number, value
            continue
        if kind == BYTES:
            size, place = _read_varint(message, place)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"no protobuf message: wire type {kind}")
        if place + size > len(message):
            raise ValueError("no protobuf message: it ends within a field")
        yield number, message[place : place + size]
        place += size


def _read_varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message):
        byte = message[place]
        value |= (byte & 127) << shift
        shift, place = shift + 7, place + 1
        if byte < 128:
            return value, place
    raise ValueError("no protobuf message: it ends within a number")


def _first(message: memoryview, wanted: int) -> Any:
    return next((value for number, value in _fields(message) if number == wanted), b"")


def _text(value: Any) -> str:
    return bytes(value).decode()


def _node(message: memoryview) -> Node:
    fields = list(_fields(message))
    attributes = [_attribute(value) for number, value in fields if number == 5]
    return Node(
        _text(_first(message, 4)),
        tuple(_text(value) for number, value in fields if number == 1),
        tuple(_text(value) for number, value in fields if number == 2),
        {name: value for name, value in attributes if value is not None},
    )


def _attribute(message: memoryview) -> tuple[str, Any]:
    """Name and value: an integer (field 3) or integers (8); None for values of other kinds."""
    fields = list(_fields(message))
    name = _text(_first(message, 1))
    for number, value in fields:
        if number == 3:
            return name, _signed(value)
    many = [_integers(value) for number, value in fields if number == 8]
    return name, tuple(v for some in many for v in some) if many else None


def _integers(value: Any) -> list[int]:
    """Integers of a repeated field, packed or one by one."""
    if isinstance(value, int):
        return [_signed(value)]
    found, place = [], 0
    while place < len(value):
        number, place = _read_varint(value, place)
        found.append(_signed(number))
    return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _tensor(message: memoryview) -> tuple[str, NDArray[Any]]:
    """Name and content of a constant: raw (field 9), or numbers one by one (4, 5, 7)."""
    fields = list(_fields(message))
    shape = [each for number, value in fields if number == 1 for each in _integers(value)]
    dtype = np.dtype(DTYPES.get(_first(message, 2), "V1"))
    raw = b"".join(bytes(value) for number, value in fields if number in (4, 9))
    if raw or dtype.kind == "V":
        values = np.frombuffer(raw, dtype) if dtype.kind != "V" else np.zeros(0, np.float32)
    else:
        some = [each for number, value in fields if number in (5, 7) for each in _integers(value)]
        values = np.array(some, dtype)
    name = _text(_first(message, 8))
    return name, values.reshape(shape) if values.size == np.prod(shape) else values
