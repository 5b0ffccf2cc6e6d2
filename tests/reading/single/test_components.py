from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from pictures import overlap

from digits.reading.single.components import Piece, find_pieces
from digits.reading.single.ink import find_inks


def pieces_of(picture: NDArray[np.uint8]) -> list[Piece]:
    return [piece for ink in find_inks(picture, 4000) for piece in find_pieces(ink)]


def best_overlap(box: pictures.Box, pieces: list[Piece]) -> float:
    return max((overlap(box, piece.box) for piece in pieces), default=0.0)


@pytest.mark.parametrize("height", [16, 40, 150])
@pytest.mark.parametrize("text", ["7", "0123456789", "2024\n17 305"])
def test_every_digit_is_a_piece(text: str, height: int) -> None:
    page = pictures.page(text, height=height)
    pieces = pieces_of(page.pixels)
    assert all(best_overlap(box, pieces) > 0.7 for box in page.boxes)


def test_every_digit_is_a_piece_under_uneven_light() -> None:
    page = pictures.page("2024\n17 305")
    pieces = pieces_of(pictures.photographed(page.pixels, shadow=0.4))
    assert all(best_overlap(box, pieces) > 0.7 for box in page.boxes)


def test_pieces_lie_on_the_grid_and_show_their_own_ink() -> None:
    (ink, *_) = find_inks(pictures.page("2024\n17 305").pixels, 1200)
    height, width = ink.level.shape
    for piece in find_pieces(ink):
        x, y, wide, high = piece.box
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height
        assert piece.ink.dtype == np.uint8
        assert piece.ink.shape[0] >= high
        assert piece.ink.shape[1] >= wide
        assert piece.ink.max() > 100
        assert piece.mass > 0
        assert 0 < piece.contrast <= 1


def test_a_digit_shows_none_of_its_neighbours_ink() -> None:
    page = pictures.page("305")
    pieces = pieces_of(page.pixels)
    truth = pictures.page_ink("305")
    for x, y, width, height in page.boxes:
        piece = max(pieces, key=lambda piece: overlap(piece.box, (x, y, width, height)))
        own = truth[y : y + height, x : x + width]
        assert (piece.ink > 127).sum() == pytest.approx((own > 127).sum(), rel=0.2)


def test_loose_parts_of_one_digit_are_joined() -> None:
    page = pictures.page("5", height=80).pixels.copy()
    x, y, width, height = pictures.page("5", height=80).boxes[0]
    gap = y + height // 3
    page[gap : gap + 4] = page[0, 0]  # the pen was lifted between cap and bowl
    assert best_overlap((x, y, width, height), pieces_of(page)) > 0.85


def test_touching_the_rim_is_counted() -> None:
    page = np.full((200, 300, 3), 255, np.uint8)
    cv2.line(page, (150, 0), (150, 120), (0, 0, 0), 8)
    cv2.line(page, (40, 60), (40, 120), (0, 0, 0), 8)
    rims = {round(piece.box[0] / 100): piece.rims for piece in pieces_of(page)}
    assert rims == {0: 0, 1: 1}


def test_no_ink_no_pieces() -> None:
    assert pieces_of(np.full((100, 100, 3), 255, np.uint8)) == []
