from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pictures
import pytest

from digits.model.bundle import open_bundle
from digits.model.detector import Detections
from digits.model.parameters import Single
from digits.model.spec import CLASSES
from digits.reading.single.choose import (
    ANSWER,
    PLACE,
    agreement,
    answer_features,
    place_features,
    weights_of,
)
from digits.reading.single.components import Candidate, find_candidates, find_components
from digits.reading.single.ink import find_inks

NONE = Detections(np.zeros((0, 4), np.float32), np.zeros((0, CLASSES), np.float32))
SINGLE = open_bundle().parameters.single


def candidates(text: str) -> list[Candidate]:
    [ink, *_] = find_inks(pictures.page(text).pixels, 400)
    return find_candidates(find_components(ink), NONE.boxes)


def feature(name: str, some: list[Candidate]) -> np.ndarray:
    agreed = agreement(np.array([each.box for each in some]), NONE)
    return place_features(some, agreed)[:, PLACE.index(name)]


def test_every_weight_has_a_feature_and_every_feature_a_weight() -> None:
    names = {field.name for field in fields(Single)} - {"prior"}
    assert names == {*PLACE, *ANSWER}
    some = candidates("305")
    agreed = agreement(np.array([each.box for each in some]), NONE)
    assert place_features(some, agreed).shape == (len(some), len(PLACE))
    rows = np.full((len(some), CLASSES), 0.1, np.float32)
    answer = answer_features(rows, np.full(len(some), 0.5, np.float32), agreed)
    assert answer.shape == (len(some), CLASSES, len(ANSWER))


def test_weights_come_in_the_order_asked_for() -> None:
    parameters = replace(SINGLE, contrast=2.5, detector=-1.0)
    assert weights_of(parameters, ("detector", "contrast")).tolist() == [-1.0, 2.5]


def test_a_candidate_that_leaves_ink_out_nearby_counts_less() -> None:
    some = candidates("88")
    whole = max(some, key=lambda each: each.mass)
    share = feature("ink_nearby", some)
    assert share[some.index(whole)] == pytest.approx(0, abs=0.05)
    assert min(share) < -0.3
    assert (share <= 0).all()


def test_the_detector_agrees_with_a_box_as_far_as_it_overlaps() -> None:
    logits = np.full((1, CLASSES), -3.0, np.float32)
    logits[0, 4] = 2.0
    detections = Detections(np.array([[10, 10, 20, 40]], np.float32), logits)
    same, half, none = agreement(
        np.array([[10, 10, 20, 40], [10, 10, 20, 20], [100, 10, 20, 40]]), detections
    )
    assert same.argmax() == 4
    np.testing.assert_allclose(half, same / 2, rtol=1e-5)
    assert not none.any()
    assert not agreement(np.array([[10, 10, 20, 40]]), NONE).any()
