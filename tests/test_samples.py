"""The sample pictures are read, every one, by the network that ships."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

import digits
from digits.cli.demo import sample_pictures, truth_of

ROOT = Path(__file__).parent.parent
PICTURES = sorted((ROOT / "samples").glob("*_*.[pj][np]g"))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_is_read(path: Path) -> None:
    assert digits.read(path).text == truth_of(path)


def test_there_is_a_dozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert len(sample_pictures()) >= 12


def test_img_7_is_as_the_lesson_needs_it() -> None:
    picture = cv2.imread(str(ROOT / "img_7.png"), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (28, 28)
    assert picture[0, 0] == 255
    assert digits.read(ROOT / "img_7.png").text == "7"
