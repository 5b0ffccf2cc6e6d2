"""Which cells of photographed sudokus are read right?

.venv/bin/python benchmarks/sudoku.py FOLDER

FOLDER  holds labels.csv with columns file and text, and the pictures it names. text: nine rows of
        nine cells, separated by "/": a digit, 0 for an empty cell, c for one of small candidates,
        which is left out

Prints for each picture what was read wrong, and for all of them the fraction of the cells with a
digit that are read right, and of the empty cells in which nothing is read.
"""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.io.picture import open_picture
from digits.reading.page.greyscale import greyscale

SIDE = 9  # cells
SMALLEST = 0.05  # fraction of the picture that a grid takes up
FULL = 0.7  # fraction of its bounding box that it fills


def grid_of(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(4, 2) corners of the largest square outline, from the upper left clockwise. Raises
    SystemExit if there is none."""
    smooth = cv2.GaussianBlur(grey, (5, 5), 0)
    method, kind = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV
    lines = cv2.dilate(cv2.adaptiveThreshold(smooth, 255, method, kind, 31, 7), np.ones((3, 3)))
    outlines, _ = cv2.findContours(lines, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True):
        hull, area = cv2.convexHull(outline), cv2.contourArea(outline)
        corners = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True)[:, 0]
        _, _, wide, high = cv2.boundingRect(corners)
        if area < SMALLEST * grey.size:
            break
        if len(corners) == 4 and 0.7 < wide / high < 1.4 and area > FULL * wide * high:
            total, apart = corners.sum(axis=1), corners[:, 1] - corners[:, 0]
            order = [total.argmin(), apart.argmin(), total.argmax(), apart.argmax()]
            return np.asarray(corners[order], np.float32)
    raise SystemExit("no square outline in this picture; expected a sudoku")


def cells_of(reader: Reader, path: Path) -> list[list[str]]:
    """What is read in each cell, row by row."""
    picture = open_picture(path)
    square = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    way = cv2.getPerspectiveTransform(grid_of(greyscale(picture)), square)
    cells = [[""] * SIDE for _ in range(SIDE)]
    for number in reader.read(picture).numbers:
        for digit in number.digits:
            x, y, wide, high = digit.box
            middle = np.array([[[x + wide / 2, y + high / 2]]], np.float32)
            column, row = np.floor(cv2.perspectiveTransform(middle, way)[0, 0]).astype(int)
            if 0 <= row < SIDE and 0 <= column < SIDE:
                cells[row][column] += str(digit.digit)
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    reader = Reader()
    right = {True: 0, False: 0}  # of cells with a digit, and of empty ones
    asked = dict(right)
    for entry in csv.DictReader((folder / "labels.csv").read_text("utf-8").splitlines()):
        wrong = []
        cells = cells_of(reader, folder / entry["file"])
        for row, wanted in enumerate(entry["text"].split("/")):
            for column, digit in enumerate(wanted):
                if digit == "c":
                    continue
                found = cells[row][column]
                is_right = found == digit.replace("0", "")
                asked[digit != "0"] += 1
                right[digit != "0"] += is_right
                if not is_right:
                    wrong.append(f"row {row + 1}, column {column + 1}: {digit}, read {found!r}")
        print(entry["file"], "; ".join(wrong) or "all right")
    for has_digit, name in ((True, "with a digit"), (False, "empty")):
        fraction = right[has_digit] / max(asked[has_digit], 1)
        print(f"cells {name}: {right[has_digit]} of {asked[has_digit]} right, {fraction:.1%}")


if __name__ == "__main__":
    main()
