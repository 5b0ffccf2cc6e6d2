"""Places out of what a network said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.model.detector import Detections, decode, suppress


def quiet(cells: int = 8) -> NDArray[np.float32]:
    said = np.zeros((cells, cells, 14), np.float32)
    said[..., :10] = -5
    return said


def test_where_nothing_is_said_nothing_is_found() -> None:
    assert len(decode(quiet(), score_threshold=0.0)) == 0


def test_a_peak_is_a_place_with_its_box() -> None:
    said = quiet()
    said[3, 5, 7] = 2.0
    said[3, 5, 10:] = np.log(np.array([6.0, 10.0, 4.0, 12.0]) / 8)
    found = decode(said, score_threshold=0.0)
    assert len(found) == 1
    assert found.logits[0].argmax() == 7
    assert np.allclose(found.boxes[0], [22 - 6, 14 - 10, 10, 22], atol=1e-4)


def test_neighbours_of_a_peak_are_not_found_again() -> None:
    said = quiet()
    said[3, 4:7, 7] = (1.0, 2.0, 1.5)
    said[3, 5, 2] = 1.8
    found = decode(said, score_threshold=0.0)
    assert len(found) == 1
    assert found.logits[0].argmax() == 7


def test_the_surest_come_first() -> None:
    said = quiet()
    said[1, 1, 3], said[6, 6, 4] = 1.0, 3.0
    assert decode(said, score_threshold=0.0).logits.argmax(axis=1).tolist() == [4, 3]


def test_of_places_that_overlap_the_surest_stays() -> None:
    boxes = np.array([[0, 0, 10, 20], [2, 0, 10, 20], [9, 0, 10, 20]], np.float32)
    scores = np.eye(10, dtype=np.float32)[[1, 2, 3]]
    assert suppress(Detections(boxes, scores)).logits.argmax(axis=1).tolist() == [1, 3]
    assert len(suppress(Detections(boxes[:0], scores[:0]))) == 0
