from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from digits.model.store import SHIPPED, WEIGHTS
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


def test_one_odd_batch_does_not_widen_the_steps_of_all(graph: bytes, training: Digits) -> None:
    tiles = training.images[:300] / np.float32(255)
    usual = [tiles[at : at + 10] for at in range(0, 300, 10)]
    small = quantise(graph, [*usual, 20 * tiles[:10]])
    before, after = open_classifier(graph).logits(tiles), open_classifier(small).logits(tiles)
    assert np.abs(before - after).mean() < 0.1 * before.std()


@pytest.mark.parametrize(
    "path", sorted(SHIPPED.glob(f"*/*/{WEIGHTS}")), ids=lambda p: p.parent.name
)
def test_sums_of_two_products_fit_into_16_bits(path: Path) -> None:
    """So that processors without VNNI instructions compute as all others do."""
    weights = [
        onnx.numpy_helper.to_array(each).astype(int)
        for each in onnx.load(path).graph.initializer
        if each.data_type == onnx.TensorProto.INT8
    ]
    assert weights
    assert max(np.abs(each).max() for each in weights) * 2 * 255 < 2**15
