from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.classifier import Classifier
from digits.training import networks
from digits.training.export import export, logits, open_classifier
from digits.training.recipe import Network

SOME = (
    Network("dense", (16,)),
    Network("convolutional", (4, 8, 16)),
    Network("separable", (4, 6, 6, 8)),
    Network("residual", (4, 8, 8, 12, 12)),
)


@pytest.mark.parametrize("network", SOME, ids=lambda network: network.kind)
def test_every_kind_gives_ten_scores_a_tile_and_the_same_in_onnx(
    network: Network, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    built = networks.build(network)
    tiles = mnist_test[0][:20]

    scores = logits(built, tiles)

    assert scores.shape == (20, 10)
    assert np.ptp(scores, axis=0).min() > 0
    exported: Classifier = open_classifier(export(built, "onnx"))
    assert exported.logits(tiles) == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("network", SOME, ids=lambda network: network.kind)
def test_wider_networks_have_more_weights(network: Network) -> None:
    wider = Network(**asdict(network) | {"widths": tuple(2 * width for width in network.widths)})
    assert networks.build(wider).count_params() > 1.4 * networks.build(network).count_params()
