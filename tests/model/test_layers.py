"""What the layers of a classifier give: its own answers, and sums that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from pictures import digit_ink

from digits.errors import ModelError
from digits.model.classifier import Classifier
from digits.model.graph import Graph, with_outputs
from digits.model.inputs import normalise_tile
from digits.model.layers import Layers, cell, feature_tensor
from digits.model.store import open_model

NAMES = ("default", "large")


@cache
def layers(name: str) -> Layers:
    return Layers(open_model(name))


def seven() -> np.ndarray:
    return normalise_tile(digit_ink("7"))


@pytest.mark.parametrize("name", NAMES)
def test_the_last_layer_gives_the_very_logits_of_the_classifier(name: str) -> None:
    tiles = np.stack([normalise_tile(digit_ink(c)) for c in "0123456789"])
    logits = Classifier(name).logits(tiles)
    for tile, expected in zip(tiles, logits, strict=True):
        assert np.array_equal(layers(name).of(tile)[-1].maps.ravel(), expected)


@pytest.mark.parametrize("name", NAMES)
def test_layers_come_in_order_from_the_tile_to_the_logits(name: str) -> None:
    found = layers(name).of(seven())
    names = [layer.name for layer in found]
    assert names[0] == "tiles"
    assert names[1] == "convolution 1"
    assert names[-2:] == ["mean 1", "logits"]
    assert len(set(names)) == len(names)
    assert np.allclose(found[0].maps[0], seven() / 255, atol=1e-6)
    assert all(layer.maps.ndim == 3 and layer.maps.dtype == np.float32 for layer in found)


@pytest.mark.parametrize("name", NAMES)
def test_every_convolution_is_the_sum_that_its_kernel_says(name: str) -> None:
    found = layers(name).of(seven())
    rng = np.random.default_rng(1)
    for layer in found:
        if layer.kernel is None:
            continue
        places = [[int(rng.integers(size)) for size in layer.maps.shape] for _ in range(40)]
        places += [[0, 0, 0], [size - 1 for size in layer.maps.shape]]
        for place in places:
            worked = cell(found, layer.name, *place)
            assert worked.total == pytest.approx(
                float((worked.inputs.astype(float) * worked.weights).sum()) + worked.bias
            )
            step = layer.kernel.step
            assert abs(worked.result - layer.maps[tuple(place)]) < 1e-4 or (
                # a tie is rounded to either side
                abs(worked.total / step % 1 - 0.5) < 1e-3
            )


def test_sums_and_means_are_those_of_other_layers() -> None:
    found = {layer.name: layer for layer in layers("default").of(seven())}
    last = found["sum 4"].maps
    assert np.allclose(found["mean 1"].maps.ravel(), last.mean(axis=(1, 2)), atol=1e-5)
    total = found["convolution 4"].maps + found["convolution 3"].maps
    step = np.unique(found["sum 1"].maps)
    assert (
        np.abs(np.maximum(total, 0) - found["sum 1"].maps).max() <= np.diff(step).min() / 2 + 1e-5
    )


def test_a_float_tile_gives_what_its_uint8_gives() -> None:
    grey, unit = layers("default").of(seven()), layers("default").of(seven() / np.float32(255))
    assert all(np.array_equal(a.maps, b.maps) for a, b in zip(grey, unit, strict=True))


def test_what_is_no_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="expected \\(28, 28\\)"):
        layers("default").of(np.zeros((2, 28, 28), np.uint8))


@pytest.mark.parametrize("place", [(48, 0, 0), (0, 14, 0), (0, 0, -1)])
def test_a_cell_that_is_not_there_is_refused(place: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no cell"):
        cell(layers("default").of(seven()), "convolution 1", *place)


@pytest.mark.parametrize("name", ["logits", "nothing"])
def test_a_layer_without_a_kernel_has_no_cells(name: str) -> None:
    with pytest.raises(ValueError, match="no convolution"):
        cell(layers("default").of(seven()), name, 0, 0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_features_times_the_last_weights_are_the_logits(name: str) -> None:
    model = open_model(name)
    classifier = Classifier(model)
    features = classifier.classify_features(seven()[None])[2]
    last = next(node for node in Graph(model.network).nodes if "logits" in node.outputs)
    weights, bias = (Graph(model.network).constants[each] for each in last.inputs[1:])
    assert last.inputs[0] == feature_tensor(model)
    assert np.allclose(features @ weights + bias, classifier.logits(seven()[None]), atol=1e-4)


def test_a_network_that_does_not_end_in_a_dense_layer_has_no_features() -> None:
    model = open_model("default", "detector")
    with pytest.raises(ModelError, match="dense layer"):
        feature_tensor(model)


@pytest.mark.parametrize("network", [b"", b"\xff" * 40, b"no network"])
def test_a_damaged_network_is_refused(network: bytes) -> None:
    with pytest.raises(ModelError):
        Layers(replace(open_model("default"), network=network))


def test_a_graph_cut_off_anywhere_is_a_graph_or_an_error() -> None:
    network = open_model("default").network
    for size in [*range(40), *range(1000, len(network), 100_003)]:
        try:
            Graph(network[:size])
        except (ValueError, UnicodeDecodeError):
            continue
        assert size == 0 or Graph(network[:size]).nodes == ()


def test_a_graph_is_read_as_the_package_onnx_reads_it() -> None:
    onnx = pytest.importorskip("onnx")
    network = open_model("default").network
    theirs, ours = onnx.load_from_string(network).graph, Graph(network)
    assert [(n.kind, n.inputs, n.outputs) for n in ours.nodes] == [
        (n.op_type, tuple(n.input), tuple(n.output)) for n in theirs.node
    ]
    assert set(ours.constants) == {each.name for each in theirs.initializer}
    for each in theirs.initializer:
        assert np.array_equal(ours.constants[each.name], onnx.numpy_helper.to_array(each))
    for mine, node in zip(ours.nodes, theirs.node, strict=True):
        known = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        for name, value in mine.attributes.items():
            assert value == (tuple(known[name]) if isinstance(value, tuple) else known[name])


def test_appended_outputs_are_outputs() -> None:
    network = open_model("default").network
    assert Graph(with_outputs(network, ["a", "b" * 300])).outputs == ("logits", "a", "b" * 300)
