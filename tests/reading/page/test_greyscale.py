"""Colours → grey levels."""

from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest

from digits.reading.page.greyscale import grey_of, with_paper_around, within

PAGE = pictures.page("2024\n17 305", height=30)


@pytest.mark.parametrize("height", [12, 30, 90])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((20, 20, 60), (250, 250, 245)),
        ((250, 250, 245), (30, 60, 40)),
        ((150, 150, 150), (120, 120, 120)),
        ((90, 180, 90), (190, 110, 110)),
    ],
)
def test_the_pen_is_darker_than_the_paper(
    height: int, ink: pictures.Colour, paper: pictures.Colour
) -> None:
    page = pictures.page("2024\n17 305", height=height, ink=ink, paper=paper)
    grey = grey_of(page.pixels)
    assert grey.min() < float(np.median(grey)) - 20
    assert grey.max() <= np.median(grey) + 5


def test_light_on_dark_is_seen_as_dark_on_light() -> None:
    assert np.array_equal(grey_of(255 - PAGE.pixels), grey_of(PAGE.pixels))


def test_an_empty_page_keeps_its_light() -> None:
    assert (grey_of(np.full((90, 120, 3), 40, np.uint8)) == 40).all()


def test_a_page_on_a_dark_table_keeps_its_light() -> None:
    table = np.full((400, 500, 3), 30, np.uint8)
    part = PAGE.pixels[:300, :350]
    table[50 : 50 + len(part), 60 : 60 + part.shape[1]] = part
    assert grey_of(table)[:40].max() <= 40


def test_the_paper_goes_on_around_a_picture_and_strokes_end_at_its_borders() -> None:
    grey = np.full((40, 30), 200, np.uint8)
    grey[:, 12:16] = 20
    wide, margin = with_paper_around(grey)
    assert wide.shape == (40 + 2 * margin, 30 + 2 * margin)
    np.testing.assert_array_equal(wide[margin:-margin, margin:-margin], grey)
    wide[margin:-margin, margin:-margin] = 200
    assert (wide == 200).all()


def test_boxes_are_moved_back_into_the_picture() -> None:
    assert within((12, 15, 8, 9), 10, (40, 30)) == (2, 5, 8, 9)
    assert within((4, 0, 60, 70), 10, (40, 30)) == (0, 0, 30, 40)
    assert within((0, 0, 5, 5), 10, (40, 30)) == (0, 0, 1, 1)


@pytest.mark.parametrize("light_ink", [False, True])
def test_a_fat_digit_that_fills_its_tile_is_dark(light_ink: bool) -> None:
    ink = cv2.dilate(pictures.digit_ink("4"), np.ones((7, 7), np.uint8))
    left, top, width, height = cv2.boundingRect(ink)
    cut = ink[top : top + height, left : left + width]
    tile = cv2.resize(cut, (28, 28), interpolation=cv2.INTER_AREA)
    grey = grey_of(np.dstack([tile if light_ink else 255 - tile] * 3))
    assert grey[tile > 200].mean() < 60 < 180 < grey[tile < 50].mean()
