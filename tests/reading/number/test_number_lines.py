from __future__ import annotations

import numpy as np
import pictures
import pytest

from digits.model.bundle import open_bundle
from digits.reading.number.lines import WIDEST, find_lines
from digits.reading.page.greyscale import prepare

BUNDLE = open_bundle()


def lines_of(pixels: pictures.Pixels):  # type: ignore[no-untyped-def]
    return find_lines(prepare(pixels)[0], BUNDLE.detector, BUNDLE.parameters)


def test_the_detected_line_reaches_from_side_to_side() -> None:
    page = pictures.page("305", height=40)
    wide = np.full((150, 500, 3), page.pixels[0, 0], np.uint8)
    high, across = page.pixels.shape[:2]
    wide[10 : 10 + high, 200 : 200 + across] = page.pixels
    found = lines_of(wide)
    assert found.detected is not None
    assert found.detected.pixels.shape[1] >= 500 * found.detected.line.scale
    assert len(found.detected.boxes) == 3
    assert found.crops == [found.detected, found.whole]


def test_small_digits_of_a_large_crop_are_looked_at_closely() -> None:
    page = pictures.page("91", height=20)
    tall = np.full((420, 240, 3), page.pixels[0, 0], np.uint8)
    high, across = page.pixels.shape[:2]
    tall[150 : 150 + high, 120 : 120 + across] = page.pixels
    found = lines_of(tall)
    assert found.detected is not None
    assert len(found.detected.boxes) == 2
    assert max(each.scale for each in found.levels) >= 1
    large = lines_of(np.asarray(pictures.page("91", height=200).pixels))
    assert max(each.scale for each in large.levels) < 1


def test_paper_alone_has_the_whole_crop_as_its_line() -> None:
    found = lines_of(np.full((80, 200, 3), 255, np.uint8))
    assert found.detected is None
    assert found.crops == [found.whole]
    assert not len(found.whole.boxes)


@pytest.mark.parametrize("text", ["", "7"])
def test_no_crop_of_a_line_is_too_wide(text: str) -> None:
    long = np.full((20, 4000, 3), 255, np.uint8)
    if text:
        long[:, 100:120] = 255 - pictures.digit_page(text, height=20, width=20)
    assert all(each.pixels.shape[1] <= WIDEST + 1 for each in lines_of(long).crops)
