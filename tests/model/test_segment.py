"""The ink of one digit in a strip."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.inputs import DARK, segment_digit

BOX = np.array([30.0, 12, 14, 26])


def crop(ink: int, paper: int) -> NDArray[np.uint8]:
    """A bar of 10×22 pixels at (32, 14) on a strip."""
    pixels = np.full((48, 100), paper, np.uint8)
    pixels[14:36, 32:42] = ink
    return pixels


@pytest.mark.parametrize(("ink", "paper"), [(20, 230), (230, 20), (120, 160)])
def test_the_box_is_around_the_ink_whatever_is_darker(ink: int, paper: int) -> None:
    found = segment_digit(crop(ink, paper), BOX)
    assert found.box.tolist() == [32, 14, 10, 22]
    assert found.tile.max() == 255
    assert found.contrast == pytest.approx(abs(ink - paper) / (max(ink, paper) + DARK), abs=0.004)


def test_ink_has_the_same_contrast_in_shadow_and_grain_in_the_dark_has_none() -> None:
    light, dark = (segment_digit(crop(*levels), BOX).contrast for levels in ((40, 240), (10, 60)))
    assert dark == pytest.approx(light, abs=0.1)
    assert segment_digit(crop(0, 2), BOX).contrast < 0.2


def test_a_neighbour_that_reaches_into_the_box_is_left_out() -> None:
    pixels = crop(20, 230)
    pixels[14:30, 44:60] = 20
    assert segment_digit(pixels, BOX).box.tolist() == [32, 14, 10, 22]


def test_a_loose_cap_belongs_to_the_digit() -> None:
    pixels = crop(20, 230)
    pixels[14:36, 32:42] = 230
    pixels[18:36, 32:38] = 20
    pixels[14:16, 33:42] = 20
    assert segment_digit(pixels, BOX).box.tolist() == [32, 14, 10, 22]


@pytest.mark.parametrize("x", [-20.0, 0.0, 95.0, 200.0])
def test_a_box_may_lie_anywhere(x: float) -> None:
    found = segment_digit(crop(20, 230), np.array([x, -5, 14, 70]))
    assert found.tile.shape == (28, 28)
