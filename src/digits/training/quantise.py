"""ONNX graph → the same graph with 8-bit weights and activations: a quarter of the size, faster."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

BATCH = 256


class _Tiles(quantization.CalibrationDataReader):
    """What the graph is shown to learn the range of its activations."""

    def __init__(self, tiles: NDArray[np.float32]) -> None:
        self._batches = iter(np.array_split(tiles, -(-len(tiles) // BATCH)))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"tiles": batch}


def quantise(graph: bytes, tiles: NDArray[np.float32]) -> bytes:
    """The graph with weights in int8, one scale a channel, and activations in uint8.

    graph: ONNX from `tiles` to `logits`. tiles: (N, 28, 28) float32 in [0, 1], of all kinds that
    it will meet. The last layer stays in 32 bits: scores in 256 steps would tie. Scheme: Jacob et
    al. 2018, "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference".
    """
    with tempfile.TemporaryDirectory() as folder:
        whole, folded, small = (Path(folder) / f"{name}.onnx" for name in "abc")
        whole.write_bytes(graph)
        quant_pre_process(whole, folded, skip_symbolic_shape=True)
        logging.disable(logging.WARNING)  # it warns of the step that was just made
        try:
            quantization.quantize_static(
                folded,
                small,
                _Tiles(tiles),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                nodes_to_exclude=_last_layer(folded),
            )
        finally:
            logging.disable(logging.NOTSET)
        return small.read_bytes()


def _last_layer(path: Path) -> list[str]:
    """Names of the product that gives the scores, and of the sum with its bias."""
    nodes = onnx.load(path).graph.node
    made_by = {output: node for node in nodes for output in node.output}
    last = made_by["logits"]
    before = [made_by[name] for name in last.input if name in made_by]
    return [last.name, *(node.name for node in before if node.op_type == "MatMul")]
