from __future__ import annotations

from dataclasses import replace

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from pictures import overlap

from digits.model.classifier import Classifier
from digits.model.detector import Detections, Detector
from digits.reading.single.parameters import SINGLE
from digits.reading.single.route import adjust_prior, read_digits

CLASSIFIER, DETECTOR = Classifier(), Detector()


def read(*many: NDArray[np.uint8]) -> list[int]:
    return [each.digit for each in read_digits(many, DETECTOR, CLASSIFIER)]


def in_two_halves(text: str) -> pictures.Page:
    """A digit whose strokes break all along a line across its middle, as thin pens' do."""
    page = pictures.page(text, height=60)
    pixels, (_, y, _, height) = page.pixels.copy(), page.boxes[0]
    middle = y + height // 2
    pixels[middle : middle + 3] = page.pixels[0, 0]
    return replace(page, pixels=pixels)


@pytest.mark.parametrize("text", "023689")
def test_no_part_of_a_broken_digit_is_dropped(text: str) -> None:
    page = in_two_halves(text)
    [found] = read_digits([page.pixels], DETECTOR, CLASSIFIER)
    assert found.digit == int(text)
    assert overlap(found.box, page.boxes[0]) > 0.8


@pytest.mark.parametrize("side", [32, 73, 121])
@pytest.mark.parametrize("light_ink", [False, True])
def test_a_frame_all_along_the_border_is_no_paper(side: int, light_ink: bool) -> None:
    cell = 255 - pictures.digit_page("4", height=side, width=side)[..., :3]
    cell[[0, -1]] = cell[:, [0, -1]] = 255
    assert read(cell if light_ink else 255 - cell) == [4]


def test_ink_that_hangs_together_needs_no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Detections:
        raise AssertionError("detected")

    monkeypatch.setattr("digits.reading.single.route.detect", refuse)
    assert read(pictures.page("3").pixels) == [3]
    with pytest.raises(AssertionError, match="detected"):
        read(in_two_halves("8").pixels)


def test_parameters_decide() -> None:
    pixels = in_two_halves("8").pixels
    parts = replace(SINGLE, ink_nearby=-50.0)
    [whole], [part] = (
        read_digits([pixels], DETECTOR, CLASSIFIER, each) for each in (SINGLE, parts)
    )
    assert part.box[3] < 0.7 * whole.box[3]


@pytest.mark.parametrize("is_digit", [0.0, 0.2, 0.5, 1.0])
def test_half_as_prior_changes_nothing(is_digit: float) -> None:
    assert adjust_prior(is_digit, 0.5) == pytest.approx(is_digit)
    assert adjust_prior(is_digit, 0.95) >= is_digit


def test_confidence_is_of_a_digit_there_and_of_which() -> None:
    [found] = read_digits([pictures.page("3").pixels], DETECTOR, CLASSIFIER)
    assert found.confidence == pytest.approx(found.is_digit * found.probabilities.max())
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
