"""Picture → Reading: the whole way in six steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.io.picture import Picture, open_picture
from digits.io.result import Box, Digit, Number, Reading, Rejected
from digits.model.classifier import Classifier
from digits.model.detector import Detector
from digits.model.recogniser import Recogniser
from digits.reading.page.accept import Page, read_page
from digits.reading.page.greyscale import grey_of, is_filled, with_paper_around, within
from digits.reading.page.numbers import lines_of, number_of, text_of
from digits.reading.page.orientation import ORIENTATIONS, turned, turned_back, upright
from digits.reading.single.route import read_digits

BATCH = 64  # pictures of lone digits that the network is asked about at once


class Reader:
    """Reads the digits and numbers of pictures. Made once, it can be used from many threads."""

    def __init__(self, model: str | Path = "default", min_confidence: float = 0.0) -> None:
        """model: a shipped model's name or a model folder. min_confidence: digits less sure are
        "?" in the text, in [0, 1].

        Raises ModelError, or ValueError for a confidence out of range.
        """
        if not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence is {min_confidence}; expected 0 to 1")
        self.classifier = Classifier(model)
        self.min_confidence = min_confidence

    @cached_property
    def _networks(self) -> tuple[Detector, Recogniser]:
        """Those that only pages need."""
        return Detector(), Recogniser()

    def read(self, picture: Picture, orientation: int | None = None) -> Reading:
        """Read all numbers of a picture, in reading order.

        picture: path, bytes, file object, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
        orientation: by how many degrees it has to be turned clockwise to be read, 0, 90, 180 or
        270; None if that is to be seen from what is written on it. Raises PictureError if it is
        none or cannot be read, ValueError for another orientation.
        """
        if orientation not in (None, *ORIENTATIONS):
            raise ValueError(f"orientation is {orientation}; expected 0, 90, 180, 270 or None")
        pixels = open_picture(picture)
        grey, margin = grey_of(pixels), 0
        if is_filled(grey.shape):
            grey, margin = with_paper_around(grey)
        if orientation is None:
            orientation, page = upright(grey, self._read_page)
        else:
            page = self._read_page(turned(grey, orientation))

        def back(box: Box) -> Box:
            lying = turned_back(box, degrees=orientation, shape=grey.shape)
            return within(lying, margin, pixels.shape)

        lines = [[number.moved(back) for number in line] for line in lines_of(page.numbers())]
        rejected = [replace(each, box=back(each.box)) for each in page.rejected]
        return self._reading(lines, rejected, pixels, orientation)

    def _read_page(self, grey: NDArray[np.uint8]) -> Page:
        return read_page(grey, *self._networks, self.classifier)

    def read_single(self, picture: Picture) -> Reading:
        """Read a picture known to hold exactly one digit, as a Reading of that digit."""
        pixels = open_picture(picture)
        [digit] = self._read_digits([pixels])
        return self._reading([[number_of([digit], digit.confidence)]], [], pixels)

    def digit(self, picture: Picture) -> Digit:
        """Read a picture known to hold exactly one digit; always answers with one.

        Where no ink is found at all, every digit has probability 0.1. Raises PictureError.
        """
        return self.digits([picture])[0]

    def digits(self, pictures: Iterable[Picture]) -> list[Digit]:
        """Read many pictures that hold exactly one digit each. Raises PictureError."""
        rest = iter(pictures)
        found: list[Digit] = []
        while some := list(islice(rest, BATCH)):
            found += self._read_digits(open_picture(picture) for picture in some)
        return found

    def explain(self, reading: Reading) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB: each digit of a reading, with the ink that spoke for it in blue
        and the ink that spoke for the runner-up in orange."""
        from digits.io.draw import draw_explanations

        digits = (digit for number in reading.numbers for digit in number.digits)
        return draw_explanations(reading, [self.classifier.explain(each.tile) for each in digits])

    def _reading(
        self,
        lines: list[list[Number]],
        rejected: list[Rejected],
        pixels: NDArray[np.uint8],
        orientation: int = 0,
    ) -> Reading:
        return Reading(
            text=text_of(lines, self.min_confidence),
            lines=tuple(tuple(line) for line in lines),
            rejected=tuple(rejected),
            orientation=orientation,
            picture=pixels,
            model=self.classifier.name,
        )

    def _read_digits(self, pictures: Iterable[NDArray[np.uint8]]) -> list[Digit]:
        return read_digits(pictures, self._networks[0], self.classifier)
