"""Colours → grey levels."""

from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest

from digits.reading.page.greyscale import greyscale, with_paper_around, within

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
    grey = greyscale(page.pixels)
    assert grey.min() < float(np.median(grey)) - 20
    assert grey.max() <= np.median(grey) + 5


def test_light_on_dark_is_seen_as_dark_on_light() -> None:
    assert np.array_equal(greyscale(255 - PAGE.pixels), greyscale(PAGE.pixels))


def test_an_empty_page_keeps_its_light() -> None:
    assert (greyscale(np.full((90, 120, 3), 40, np.uint8)) == 40).all()


def test_a_page_on_a_dark_table_keeps_its_light() -> None:
    table = np.full((400, 500, 3), 30, np.uint8)
    part = PAGE.pixels[:300, :350]
    table[50 : 50 + len(part), 60 : 60 + part.shape[1]] = part
    assert greyscale(table)[:40].max() <= 40


def test_a_coloured_pen_as_light_as_the_paper_is_seen_along_its_colour() -> None:
    page = pictures.page("2024\n17 305", height=30, ink=(200, 60, 60), paper=(60, 127, 60))
    grey = greyscale(page.pixels)
    assert float(np.median(grey)) - grey.min() > 100


def test_a_dark_pen_is_seen_by_its_light_and_a_little_colour_changes_nothing() -> None:
    page = pictures.page("2024\n17 305", height=30, ink=(20, 20, 90), paper=(250, 250, 245))
    assert np.array_equal(greyscale(page.pixels), cv2.cvtColor(page.pixels, cv2.COLOR_RGB2GRAY))


def test_noise_of_colour_is_no_pen() -> None:
    noise = np.random.default_rng(0).integers(-6, 7, (200, 300, 3))
    paper = (200 + noise).astype(np.uint8)
    assert np.array_equal(greyscale(paper), cv2.cvtColor(paper, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize("low", [2, 9])
def test_faint_grain_is_neither_pen_nor_paper(low: int) -> None:
    grain = np.full((120, 160, 3), 100, np.uint8)
    grain[::9, ::7] += 1  # few pixels a little lighter
    grain[low] = 100
    assert greyscale(grain).max() <= 101


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
    grey = greyscale(np.dstack([tile if light_ink else 255 - tile] * 3))
    assert grey[tile > 200].mean() < 60 < 180 < grey[tile < 50].mean()
