from __future__ import annotations

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

from digits.io.result import UNSURE, Reading, Rejected
from digits.reading.page.unread import FAINT, ink_contrast, why_unread

Ink = tuple[int, int, int]


def unread(pixels: NDArray[np.uint8] | None, rejected: int = 0) -> str:
    """The words for a page on which nothing was read."""
    many = (Rejected((4, 4, 9, 16), UNSURE),) * rejected
    return why_unread(Reading("", (), many, 0, 40, 30, model="m", fingerprint="f", source=pixels))


@pytest.mark.parametrize("level", [242, 235, 228])
@pytest.mark.parametrize("rejected", [0, 3])
def test_faint_ink(level: int, rejected: int) -> None:
    words = unread(pictures.digit_page("7", ink=(level,) * 3, paper=(250,) * 3), rejected)
    assert words.startswith("its ink is faint, ")
    assert abs(int(words.split()[4]) - (250 - level)) <= 3


def test_faint_ink_in_a_shadow() -> None:
    page = pictures.page("2024", ink=(225, 225, 225)).pixels
    assert unread(pictures.photographed(page, noise=1)).startswith("its ink is faint, ")


def test_what_resembles_no_digits() -> None:
    page = pictures.digit_page("Word")
    assert unread(page) == "what is on it resembles no digits: letters or drawings only"
    assert unread(page, rejected=2) == ""


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (28, 28), (600, 2000)])
def test_blank_paper(shape: tuple[int, int]) -> None:
    assert unread(np.full(shape, 240, np.uint8)) == ""
    grain = np.random.default_rng(0).normal(240, 5, shape).clip(0, 255).astype(np.uint8)
    assert shape[0] < 28 or ink_contrast(grain) < FAINT // 2


def test_a_reading_without_its_picture() -> None:
    assert unread(None) == ""
