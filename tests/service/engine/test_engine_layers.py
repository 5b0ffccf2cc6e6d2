"""What the browser shows of the inside of the classifier is what Python gives."""

from __future__ import annotations

import numpy as np
from pictures import digit_ink
from service.engine.browser import Engine

from digits import Reader
from digits.model.inputs import normalise_tile
from digits.model.layers import Layers


def test_gives_every_layer_and_the_ink_that_spoke(engine: Engine, reader: Reader) -> None:
    tile = normalise_tile(digit_ink("3"))
    found = engine.page.evaluate("(tile) => engine.layers(tile)", tile.tolist())
    expected = Layers(reader.classifier.model).of(tile)
    assert [each["name"] for each in found["layers"]] == [each.name for each in expected]
    for ours, theirs in zip(found["layers"], expected, strict=True):
        maps = np.array(ours["maps"])
        assert maps.shape == theirs.maps.shape
        # a value that lies between two steps of 8 bits may fall to either
        assert np.abs(maps - theirs.maps).mean() <= 0.01
    heatmap = reader.classifier.explain(tile).evidence
    np.testing.assert_allclose(found["heatmap"], heatmap, atol=0.05)
    np.testing.assert_allclose(
        found["probabilities"], reader.classifier.probabilities(tile[None])[0], atol=0.01
    )
