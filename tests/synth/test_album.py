from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest

from digits.synth.album import GROUND, save_pages, with_truth
from digits.synth.page import Page, PageNumber

NUMBER = PageNumber("12", ((1, (40.0, 60.0, 8.0, 12.0)), (2, (50.4, 60.0, 8.0, 12.0))))


def page(level: int, *numbers: PageNumber) -> Page:
    return Page(np.full((120, 100, 3), level, np.uint8), numbers, (), "column")


def test_a_dark_page_stays_as_it_is_in_a_frame_that_shows_where_it_ends(tmp_path: Path) -> None:
    save_pages([page(10), page(250), page(45)], tmp_path)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    for level in (10, 250, 45):
        is_page = (sheet == level).all(axis=2).astype(np.uint8)
        _, _, parts, _ = cv2.connectedComponentsWithStats(is_page)
        assert [100, 120, 100 * 120] in parts[1:, 2:].tolist()
    assert (sheet == GROUND).all(axis=2).any()


def test_pages_are_named_on_the_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = pictures.written_texts(monkeypatch)
    save_pages([page(200), page(200, NUMBER)], tmp_path)
    captions = [text for text in written if text != "12"]
    assert [caption.split()[0] for caption in captions] == ["page_00000.png", "page_00001.png"]
    assert captions[1].endswith("column, numbers: 1")


@pytest.mark.parametrize("top", [0.0, 3.0, 60.0, 105.0])
def test_labels_can_be_read_and_hide_no_digit(top: float, monkeypatch: pytest.MonkeyPatch) -> None:
    written = pictures.written_texts(monkeypatch)
    digits = tuple((digit, (x, top, w, h)) for digit, (x, _, w, h) in NUMBER.digits)
    drawn = with_truth(page(200, PageNumber("12", digits)))
    assert written == ["12"]
    first = drawn[int(top) + 2 : int(top) + 11, 42:47]
    assert (first == 200).all()
    plate = (drawn == (200, 30, 30)).all(axis=2) | (drawn == 255).all(axis=2)
    assert (plate.sum(axis=1) > 15).sum() >= 10  # rows of the label: letters of 10 pixels or more


def test_the_page_itself_is_not_drawn_on() -> None:
    plain = page(200, NUMBER)
    with_truth(plain)
    assert (plain.pixels == 200).all()
