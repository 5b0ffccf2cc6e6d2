from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from pictures import overlap

from digits.geometry import Boxes
from digits.reading.single.components import Candidate, find_candidates, find_components
from digits.reading.single.ink import find_inks

NONE = np.zeros((0, 4), np.float32)


def candidates_of(picture: NDArray[np.uint8], boxes: Boxes = NONE) -> list[Candidate]:
    return [
        candidate
        for ink in find_inks(picture, 4000)
        for candidate in find_candidates(find_components(ink), boxes)
    ]


def best_overlap(box: pictures.Box, candidates: list[Candidate]) -> float:
    return max((overlap(box, each.box) for each in candidates), default=0.0)


@pytest.mark.parametrize("height", [16, 40, 150])
@pytest.mark.parametrize("text", ["7", "0123456789", "2024\n17 305"])
def test_every_digit_is_a_candidate(text: str, height: int) -> None:
    page = pictures.page(text, height=height)
    candidates = candidates_of(page.pixels)
    assert all(best_overlap(box, candidates) > 0.7 for box in page.boxes)


def test_every_digit_is_a_candidate_under_uneven_light() -> None:
    page = pictures.page("2024\n17 305")
    candidates = candidates_of(pictures.photographed(page.pixels, shadow=0.4))
    assert all(best_overlap(box, candidates) > 0.7 for box in page.boxes)


def test_candidates_lie_on_the_grid_and_show_their_own_ink() -> None:
    (ink, *_) = find_inks(pictures.page("2024\n17 305").pixels, 1200)
    height, width = ink.level.shape
    for candidate in find_candidates(find_components(ink), NONE):
        x, y, wide, high = candidate.box
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height
        assert candidate.ink.dtype == np.uint8
        assert candidate.ink.shape[0] >= high
        assert candidate.ink.shape[1] >= wide
        assert candidate.ink.max() > 100
        assert candidate.mass > 0
        assert 0 < candidate.contrast <= 1


def test_a_digit_shows_none_of_its_neighbours_ink() -> None:
    page = pictures.page("305")
    candidates = candidates_of(page.pixels)
    truth = pictures.page_ink("305")
    for x, y, width, height in page.boxes:
        best = max(candidates, key=lambda each: overlap(each.box, (x, y, width, height)))
        own = truth[y : y + height, x : x + width]
        assert (best.ink > 127).sum() == pytest.approx((own > 127).sum(), rel=0.2)


def test_loose_parts_of_one_digit_are_joined() -> None:
    page = pictures.page("35", height=80)
    pixels, (x, y, width, height) = page.pixels.copy(), page.boxes[1]
    gap = y + height // 3
    pixels[gap : gap + 4, x:] = page.pixels[0, 0]  # the pen was lifted between cap and bowl
    assert best_overlap((x, y, width, height), candidates_of(pixels)) > 0.85


def in_four_pieces() -> tuple[NDArray[np.uint8], pictures.Box]:
    """An 8 beside a 3, cut by a cross of paper into pieces of much the same size."""
    page = pictures.page("38", height=80)
    pixels, (x, y, width, height) = page.pixels.copy(), page.boxes[1]
    pixels[y + height // 2 :][:8, x:] = page.pixels[0, 0]
    pixels[:, x + width // 2 :][:, :8] = page.pixels[0, 0]
    return pixels, (x, y, width, height)


def test_all_ink_in_a_detection_is_a_candidate() -> None:
    pixels, box = in_four_pieces()
    x, y, width, height = box
    detected = np.array([[x - 2, y + 3, width, height]], np.float32)  # not quite around it
    assert best_overlap(box, candidates_of(pixels)) < 0.8
    assert best_overlap(box, candidates_of(pixels, detected)) > 0.9


def test_all_ink_of_a_picture_is_a_candidate() -> None:
    page = pictures.page("305")
    pixels, boxes = page.pixels, np.array(page.boxes)
    (x, y), (right, foot) = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    whole = (int(x), int(y), int(right - x), int(foot - y))
    assert best_overlap(whole, candidates_of(pixels)) > 0.9


def test_ink_is_one_if_it_hangs_together() -> None:
    one, two = (
        find_components(find_inks(pictures.page(text).pixels, 400)[0]) for text in ("3", "33")
    )
    assert all(layer.is_one for layer in one)
    assert not any(layer.is_one for layer in two)


def test_equal_masks_are_one_layer() -> None:
    binary = np.full((60, 60, 3), 255, np.uint8)
    cv2.line(binary, (30, 10), (30, 50), (0, 0, 0), 5)
    [ink] = find_inks(binary, 400)
    assert len(find_components(ink)) == 1


def test_no_ink_no_candidates() -> None:
    assert candidates_of(np.full((100, 100, 3), 255, np.uint8)) == []
