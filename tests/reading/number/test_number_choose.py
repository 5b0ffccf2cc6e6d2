from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from digits.model.bundle import open_bundle
from digits.model.parameters import Number
from digits.reading.number.choose import FEATURES, features, probabilities, weights_of

NUMBER = open_bundle().parameters.number
OTHERS = {"longest_side", "digit", "height", "floor", "empty", "other"}  # that are no weights
TEXTS = [(3, 0, 5), (3, 5)]
SURE, FAINT = np.array([-0.1, -9.0]), np.array([-3.0, -2.0])


def test_every_weight_has_a_feature_and_every_feature_a_weight() -> None:
    assert {field.name for field in fields(Number)} - OTHERS == set(FEATURES)
    assert features(TEXTS, SURE, FAINT, SURE, -8.0).shape == (2, len(FEATURES))


def test_weights_come_in_the_order_of_the_features() -> None:
    changed = replace(NUMBER, **{name: float(place) for place, name in enumerate(FEATURES)})
    assert weights_of(changed).tolist() == [0, 1, 2, 3]


def test_no_line_speaks_more_against_a_text_than_the_floor() -> None:
    rows = features(TEXTS, SURE, np.array([-np.inf, -1.0]), FAINT, -8.0)
    assert rows[1].tolist() == [-8.0, -1.0, -2.0, -4.0]
    assert rows[0, 1] == -8.0


def test_probabilities_leave_room_for_any_other_text() -> None:
    rows = features(TEXTS, SURE, FAINT, SURE, NUMBER.floor)
    found = probabilities(rows, NUMBER)
    assert found.argmax() == 0
    assert 0 < found.sum() < 1
    humble = probabilities(rows, replace(NUMBER, other=50.0))
    assert humble.sum() < 1e-6
    assert humble[0] / humble[1] == pytest.approx(found[0] / found[1])
