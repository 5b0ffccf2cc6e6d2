from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

from digits.reading.single.ink import Ink, find_inks

LONGEST = 1000
COLOURS = {
    "black on white": ((0, 0, 0), (255, 255, 255)),
    "blue on cream": ((30, 50, 160), (250, 240, 210)),
    "red on white": ((200, 30, 30), (255, 255, 255)),
    "pencil": ((140, 140, 140), (235, 235, 235)),
    "faint": ((205, 205, 205), (235, 235, 235)),
    "white on black": ((255, 255, 255), (0, 0, 0)),
    "yellow on blue": ((250, 230, 90), (30, 60, 120)),
    "chalk": ((235, 240, 230), (30, 80, 60)),
    "red on a green as light": ((200, 60, 60), (60, 127, 60)),
    "yellow on white": ((250, 230, 60), (255, 255, 255)),
}
TEXT = "2024\n17 305"


def likeliest(picture: NDArray[np.uint8], longest: int = LONGEST) -> Ink:
    return max(find_inks(picture, longest), key=lambda ink: ink.chance)


def agreement(level: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Common area over united area of two inks, each from half its darkness."""
    found, true = level > 127, truth > 127
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize("text", ["5", "2024\n17 305"])
@pytest.mark.parametrize("colours", COLOURS)
def test_ink_is_told_from_paper_whatever_their_colours(colours: str, text: str) -> None:
    ink, paper = COLOURS[colours]
    found = likeliest(pictures.page(text, ink=ink, paper=paper).pixels)
    assert (found.level.dtype, found.scale) == (np.uint8, 1.0)
    assert agreement(found.level, pictures.page_ink(text)) > 0.8


@pytest.mark.parametrize("shadow", [0.7, 0.5, 0.35])
@pytest.mark.parametrize("colours", ["blue on cream", "chalk"])
def test_ink_is_told_from_shadow(colours: str, shadow: float) -> None:
    ink, paper = COLOURS[colours]
    page = pictures.page(TEXT, ink=ink, paper=paper)
    found = likeliest(pictures.photographed(page.pixels, shadow=shadow))
    assert agreement(found.level, pictures.page_ink(TEXT)) > 0.6


def test_darkness_of_the_pen_is_kept() -> None:
    truth = pictures.page_ink("305").copy()
    truth[:, truth.shape[1] // 2 :] //= 2
    found = likeliest(np.dstack([255 - truth] * 3)).level
    strong, weak = truth > 250, (truth > 120) & (truth < 130)
    assert np.median(found[weak]) == pytest.approx(0.5 * np.median(found[strong]), rel=0.15)


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_a_small_drawing_is_taken_as_it_is(
    light_on_dark: bool, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    for tile in mnist_test[0][:50]:
        grey = tile if light_on_dark else 255 - tile
        np.testing.assert_allclose(likeliest(np.dstack([grey] * 3)).level.astype(int), tile, atol=9)


def test_a_large_picture_is_shrunk() -> None:
    page = pictures.page("305", height=400)
    found = likeliest(page.pixels, longest=300)
    assert max(found.level.shape) == 300
    assert found.scale == pytest.approx(max(page.pixels.shape) / 300)
    shown = cv2.resize(found.level, page.pixels.shape[1::-1])
    assert agreement(shown, pictures.page_ink("305", height=400)) > 0.6


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 3), (28, 28), (200, 300)])
@pytest.mark.parametrize("level", [128, 255])
def test_a_blank_picture_holds_no_ink(level: int, shape: tuple[int, int]) -> None:
    assert not any(ink.level.any() for ink in find_inks(np.full((*shape, 3), level, np.uint8), 100))


def test_the_picture_is_not_changed() -> None:
    pixels = pictures.page("305").pixels
    before = pixels.copy()
    pixels.setflags(write=False)
    find_inks(pixels, LONGEST)
    find_inks(pixels, 50)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("light_on_dark", [False, True])
@pytest.mark.parametrize("text", "023456789")
def test_a_digit_that_fills_its_small_frame_is_the_ink(text: str, light_on_dark: bool) -> None:
    ink = pictures.digit_ink(text)
    left, top, width, height = cv2.boundingRect(ink)
    tile = cv2.resize(
        ink[top : top + height, left : left + width], (16, 16), interpolation=cv2.INTER_AREA
    )
    found = likeliest(np.dstack([tile if light_on_dark else 255 - tile] * 3)).level
    assert agreement(found, tile) > 0.8


@pytest.mark.parametrize("density", [0.005, 0.03, 0.1])
def test_salt_and_pepper_hide_no_ink(density: float) -> None:
    pixels = pictures.page(TEXT).pixels.copy()
    fate = np.random.default_rng(1).random(pixels.shape[:2])
    pixels[fate < density / 2] = 0
    pixels[fate > 1 - density / 2] = 255
    assert agreement(likeliest(pixels).level, pictures.page_ink(TEXT)) > 0.7


def test_a_hairline_is_no_speck() -> None:
    pixels = np.full((300, 300, 3), 255, np.uint8)
    cv2.circle(pixels, (150, 150), 80, (0, 0, 0), 1)
    ring = np.zeros((300, 300), np.uint8)
    cv2.circle(ring, (150, 150), 80, 255, 1)
    assert (likeliest(pixels).level[ring > 0] > 60).all()
