"""What each layer of a classifier makes of one tile, from its network as it is.

ONNX Runtime gives inner tensors once they are named as outputs (`digits.model.graph`). Of a network
in 8 bits the maps are those after dequantisation, which the next layer computes with: naming these
changes no answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import ModelError
from digits.model.graph import Graph, Node, with_outputs
from digits.model.session import open_session
from digits.model.spec import TILE
from digits.model.store import Model

KINDS = {
    "Conv": "convolution",
    "Add": "sum",
    "MaxPool": "maximum",
    "ReduceMean": "mean",
    "GlobalAveragePool": "mean",
    "Gemm": "dense",
    "MatMul": "dense",
}
"""The operations that are layers, and how they are called."""
FORM = ("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten")  # the same numbers
WITHIN = ("Relu", "QuantizeLinear", "DequantizeLinear")  # what belongs to the layer before


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """The weights of a convolution, and how its sums become maps.

    weights: (C_out, C_in / groups, h, w) float32. bias: (C_out,) float32. source: name of the layer
    whose maps it is applied to. strides: rows, columns. padding: rows above and columns to the left
    of these maps that count as 0. groups: into so many the maps are parted. step, low, high: sums
    are rounded to multiples of step, if that is not 0, and cut off below low and above high.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    source: str
    strides: tuple[int, int]
    padding: tuple[int, int]
    groups: int
    step: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer's output for one tile.

    name: kind and number, such as "convolution 3"; the first is "tiles", the last "logits". maps:
    (C, h, w) float32, h = w = 1 where there is no place. kernel: of a convolution.
    """

    name: str
    maps: NDArray[np.float32]
    kernel: Kernel | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """How one cell of a convolution's map comes about: (inputs * weights).sum() + bias is total,
    and total, rounded and cut off as its Kernel says, is result.

    inputs, weights: (C_in / groups, h, w) float32.
    """

    inputs: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: float
    total: float
    result: float


class Layers:
    """A classifier's network, opened so that it gives all its layers. One serves many threads."""

    def __init__(self, model: Model) -> None:
        """Raises ModelError if the network cannot be read."""
        graph = read_graph(model)
        inner = _tensors(graph)
        network = with_outputs(model.network, list(inner))
        self._session = open_session(
            replace(model, network=network), ["tiles", "logits", *inner], threads=1
        )
        self._names = inner | {"logits": "logits"}
        self._kernels = _kernels(graph, self._names)

    @property
    def tensors(self) -> dict[str, str]:
        """The layers' names by those of the tensors that they give, in order."""
        return dict(self._names)

    def of(self, tile: NDArray[Any]) -> list[Layer]:
        """The input and each layer's output, in order. tile: (28, 28) uint8, or float32 in [0, 1].

        Raises ValueError for another shape or dtype.
        """
        ink = np.asarray(tile)
        if ink.shape != (TILE, TILE) or not (ink.dtype == np.uint8 or ink.dtype.kind == "f"):
            raise ValueError(
                f"a tile has shape {ink.shape} and dtype {ink.dtype}; "
                "expected (28, 28), uint8 or float32 in [0, 1]"
            )
        grey = ink.astype(np.float32) / np.float32(255 if ink.dtype == np.uint8 else 1)
        given = self._session.run(list(self._names), {"tiles": grey[None]})
        return [
            Layer(name, _maps(values), self._kernels.get(tensor))
            for (tensor, name), values in zip(self._names.items(), given, strict=True)
        ]


def cell(layers: Sequence[Layer], name: str, channel: int, row: int, column: int) -> Cell:
    """How a cell of the layer of that name comes about. layers: as `Layers.of` gives them.

    Raises ValueError if there is no convolution of that name, or no such cell in it.
    """
    by_name = {layer.name: layer for layer in layers}
    layer = by_name.get(name)
    if layer is None or layer.kernel is None:
        raise ValueError(f"no convolution {name!r}; expected one of {', '.join(by_name)}")
    if not all(0 <= i < n for i, n in zip((channel, row, column), layer.maps.shape, strict=True)):
        raise ValueError(f"no cell {channel}, {row}, {column} in maps of {layer.maps.shape}")
    kernel = layer.kernel
    weights = kernel.weights[channel]
    depth, height, width = weights.shape
    first = channel // (len(kernel.weights) // kernel.groups) * depth
    maps = np.pad(
        by_name[kernel.source].maps[first : first + depth],
        [(0, 0), (kernel.padding[0], height), (kernel.padding[1], width)],
    )
    top, left = row * kernel.strides[0], column * kernel.strides[1]
    inputs = maps[:, top : top + height, left : left + width]
    bias = float(kernel.bias[channel])
    total = float((inputs.astype(np.float64) * weights).sum()) + bias
    rounded = round(total / kernel.step) * kernel.step if kernel.step else total
    return Cell(inputs, weights, bias, total, min(max(rounded, kernel.low), kernel.high))


def feature_tensor(model: Model) -> str:
    """The name of the tensor that the last layer computes the logits from.

    Raises ModelError if the network does not end in one dense layer.
    """
    graph = read_graph(model)
    name = graph.outputs[0] if graph.outputs else ""
    while (node := graph.made_by.get(name)) is not None:
        if KINDS.get(node.kind) == "dense":
            return node.inputs[0]
        inner = [each for each in node.inputs if each in graph.made_by]
        name = inner[0] if len(inner) == 1 else ""
    raise ModelError(
        f"model {model.name!r} does not end in one dense layer; expected the features before it"
    )


def read_graph(model: Model) -> Graph:
    """The graph of a model. Raises ModelError if its weights are none."""
    try:
        return Graph(model.network)
    except (ValueError, UnicodeDecodeError) as error:
        raise ModelError(
            f"the weights of model {model.name!r} are no ONNX file ({error}); export it again"
        ) from error


def _tensors(graph: Graph) -> dict[str, str]:
    """The inner tensors that layers give, in order, and the layers' names."""
    found: dict[str, str] = {}
    count: Counter[str] = Counter()
    for node in graph.nodes:
        if node.kind not in KINDS or _is_within(node, graph):
            continue
        for tensor in (node.inputs[0], node.outputs[0]) if node.kind == "Conv" else node.outputs:
            end = _end(tensor, graph)
            if end in found or end in graph.outputs:
                continue
            kind = _kind(tensor, graph)
            count[kind] += 1
            found[end] = kind if kind == "tiles" else f"{kind} {count[kind]}"
    return found


def _is_within(node: Node, graph: Graph) -> bool:
    """Whether a node belongs to the layer before it: a rectifier, a rounding, an added bias."""
    is_bias = node.kind == "Add" and any(name in graph.constants for name in node.inputs)
    return node.kind in WITHIN or is_bias


def _end(tensor: str, graph: Graph) -> str:
    """The tensor that the layer which `tensor` is made in gives to the next ones."""
    while len(users := graph.used_by.get(tensor, [])) == 1 and _is_within(users[0], graph):
        tensor = users[0].outputs[0]
    return tensor


def _kind(tensor: str, graph: Graph) -> str:
    """What made a tensor: a kind of layer, "tiles", or the name of another operation."""
    while (node := graph.made_by.get(tensor)) is not None:
        if not (_is_within(node, graph) or node.kind in FORM):
            return KINDS.get(node.kind, node.kind.lower())
        tensor = node.inputs[0]
    return tensor


def _kernels(graph: Graph, names: dict[str, str]) -> dict[str, Kernel]:
    """The kernel of each convolution, by the tensor of its maps."""
    found = {}
    for node in graph.nodes:
        end = _end(node.outputs[0], graph)
        if node.kind != "Conv" or end not in names:
            continue
        weights = _constant(node.inputs[1], graph)
        bias = _constant(node.inputs[2], graph) if len(node.inputs) > 2 else np.zeros(len(weights))
        strides, pads = node.attributes.get("strides", (1, 1)), node.attributes.get("pads", (0, 0))
        found[end] = Kernel(
            weights.astype(np.float32),
            bias.astype(np.float32),
            names[_end(node.inputs[0], graph)],
            (strides[0], strides[1]),
            (pads[0], pads[1]),
            node.attributes.get("group", 1),
            *_rounding(node.outputs[0], graph),
        )
    return found


def _constant(name: str, graph: Graph) -> NDArray[Any]:
    """A constant, dequantised if it is stored in 8 bits."""
    if name in graph.constants:
        return graph.constants[name]
    node = graph.made_by[name]
    values, scale, *zero = (graph.constants[each] for each in node.inputs)
    shape = [1] * values.ndim
    if scale.ndim:
        shape[node.attributes.get("axis", 1)] = -1
    offset = zero[0].astype(np.int32).reshape(shape) if zero else 0
    return np.asarray((values.astype(np.int32) - offset) * scale.reshape(shape), np.float32)


def _rounding(tensor: str, graph: Graph) -> tuple[float, float, float]:
    """Step, lowest and highest value of what a layer makes of its sums, see Kernel."""
    step, low, high = 0.0, -np.inf, np.inf
    while len(users := graph.used_by.get(tensor, [])) == 1 and _is_within(users[0], graph):
        node = users[0]
        if node.kind == "Relu":
            low = max(low, 0.0)
        elif node.kind == "QuantizeLinear":
            scale, zero = (graph.constants[each] for each in node.inputs[1:3])
            limits, step = np.iinfo(zero.dtype), float(scale)
            low = max(low, (limits.min - int(zero)) * step)
            high = (limits.max - int(zero)) * step
        tensor = node.outputs[0]
    return step, float(low), float(high)


def _maps(values: NDArray[Any]) -> NDArray[np.float32]:
    """One tile's output (1, …) as (C, h, w): a vector has a map of one cell for each number."""
    inner = np.asarray(values[0], np.float32)
    return inner if inner.ndim == 3 else inner.reshape(-1, 1, 1)
