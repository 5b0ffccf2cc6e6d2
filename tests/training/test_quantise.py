from __future__ import annotations

import keras
import numpy as np
import onnx
import pytest

from digits.training import networks
from digits.training.datasets.tiles import Digits
from digits.training.export import export, open_classifier
from digits.training.quantise import quantise
from digits.training.recipe import Network


@pytest.fixture(scope="module")
def graph() -> bytes:
    keras.utils.set_random_seed(0)  # whatever ran before
    return export(networks.build(Network("residual", (4, 8, 8))), "onnx")


def test_eight_bits_give_nearly_the_same_scores(graph: bytes, training: Digits) -> None:
    tiles = training.images[:600] / np.float32(255)
    small = quantise(graph, [tiles])
    before, after = open_classifier(graph).logits(tiles), open_classifier(small).logits(tiles)
    assert np.abs(before - after).mean() < 0.1 * before.std()
    kinds = {each.data_type for each in onnx.load_from_string(small).graph.initializer}
    assert onnx.TensorProto.INT8 in kinds


def test_the_same_tiles_give_the_same_graph(graph: bytes, training: Digits) -> None:
    tiles = training.images[:300] / np.float32(255)
    assert quantise(graph, [tiles]) == quantise(graph, [tiles])
