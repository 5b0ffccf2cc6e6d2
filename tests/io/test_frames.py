from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.io.frames import MARGIN, REACH, framed
from digits.io.number import Box
from digits.io.picture import open_picture

# but a table, whose ruled lines are ink that joins digits
SAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "samples").glob("*.jpg"))
    if not path.stem.endswith("_table")
]


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def holds(frame: Box, box: Box, slack: int = 0) -> bool:
    low = frame[0] <= box[0] + slack and frame[1] <= box[1] + slack
    right, bottom = (frame[i] + frame[i + 2] - box[i] - box[i + 2] + slack for i in (0, 1))
    return low and right >= 0 and bottom >= 0


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("cut", [(0.2, 0, 0, 0), (0, 0.2, 0, 0), (0, 0, 0.2, 0), (0, 0, 0, 0.2)])
def test_a_frame_holds_the_ink_that_a_box_cuts(cut: tuple[float, ...], inverted: bool) -> None:
    page = pictures.page("127", height=60)
    sides = [round(60 * each) for each in cut]
    boxes = [
        (x + sides[0], y + sides[1], max(w - sides[0] - sides[2], 4), h - sides[1] - sides[3])
        for x, y, w, h in page.boxes
    ]
    level = 255 - grey(page.pixels) if inverted else grey(page.pixels)
    for frame, box in zip(framed(level, boxes), page.boxes, strict=True):
        assert holds(frame, box)


def test_a_frame_is_no_wider_than_the_ink_and_its_margin() -> None:
    page = pictures.page("38", height=60)
    for frame, (x, y, width, height) in zip(
        framed(grey(page.pixels), page.boxes), page.boxes, strict=True
    ):
        margin = round(MARGIN * 60) + 3  # soft edges of ink
        assert holds((x - margin, y - margin, width + 2 * margin, height + 2 * margin), frame)


def test_a_frame_follows_a_long_line_only_so_far() -> None:
    level = np.full((200, 400), 250, np.uint8)
    level[80:120, 180:200] = 20
    level[98:102, :] = 20
    [(x, _, width, _)] = framed(level, [(180, 80, 20, 40)])
    reach = round(REACH * 40) + round(MARGIN * 40)
    assert (x, width) == (180 - reach, 20 + 2 * reach)


def test_a_frame_takes_no_ink_out_of_another_box() -> None:
    level = np.full((100, 200), 250, np.uint8)
    level[30:70, 50:110] = 20  # two digits that touch
    left, right = framed(level, [(50, 30, 30, 40), (80, 30, 30, 40)])
    margin = round(MARGIN * 40)
    assert left == (50 - margin, 30 - margin, 30 + 2 * margin, 40 + 2 * margin)
    assert right == (80 - margin, 30 - margin, 30 + 2 * margin, 40 + 2 * margin)


@pytest.mark.parametrize("box", [(0, 0, 9, 9), (0, 0, 1, 1), (8, 8, 1, 1)])
def test_boxes_anywhere_on_blank_paper_get_a_margin_alone(box: Box) -> None:
    [frame] = framed(np.full((9, 9), 200, np.uint8), [box])
    assert frame == (box[0] - 1, box[1] - 1, box[2] + 2, box[3] + 2)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_frames_of_the_sample_photos_hold_all_ink(path: Path) -> None:
    reading = digits.read(path)
    level = grey(open_picture(path))
    paper = cv2.blur(level, (101, 101)).astype(float)
    ink = (level < 0.72 * paper).astype(np.uint8)
    frames = framed(level, [digit.box for n in reading.numbers for digit in n.digits])
    _, _, parts, _ = cv2.connectedComponentsWithStats(ink)
    held = 0
    for x, y, width, height, _ in parts[1:].tolist():
        touching = [f for f in frames if pictures.overlap(f, (x, y, width, height)) > 0]
        if touching and height > 20:
            held += 1
            assert any(holds(frame, (x, y, width, height), slack=1) for frame in touching)
    assert held >= len(frames)
