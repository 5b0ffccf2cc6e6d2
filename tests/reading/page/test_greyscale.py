"""Colours → grey levels."""

from __future__ import annotations

import numpy as np
import pictures
import pytest

from digits.reading.page.greyscale import greyscale

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
