"""Picture → Reading, by one of two routes: a page of numbers, or one digit alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError, PictureError
from digits.files import printable
from digits.geometry import rotated, rotated_back
from digits.io.picture import Picture
from digits.io.result import Box, Digit, Number, Outcome, Reading, Rejected
from digits.io.sources import Sources, expand, open_source
from digits.model.bundle import open_bundle
from digits.model.classifier import Classifier
from digits.model.inputs import normalise_tile
from digits.model.spec import CLASSES, TILE
from digits.reading.page.accept import accept
from digits.reading.page.detect import detect, merge_levels
from digits.reading.page.fuse import fuse
from digits.reading.page.greyscale import greyscale
from digits.reading.page.numbers import Page, group_numbers, number_of, reading_order, text_of
from digits.reading.page.orientation import ORIENTATIONS, upright
from digits.reading.page.recognise import recognise
from digits.reading.page.textline import group_lines
from digits.reading.single.candidates import Candidate, likelihood, most_likely
from digits.reading.single.components import Piece, find_pieces
from digits.reading.single.ink import find_inks

SINGLE = 400  # and at which a lone digit is
BATCH = 64  # pictures of lone digits that the network is asked about at once
JUDGED = 16  # pieces of a lone digit's picture that the network is asked about
COARSE = 60  # pixels of the grid; where a lone digit seems smaller, a closer look is taken


class Reader:
    """Reads the digits and numbers of pictures. Made once, it serves many threads."""

    def __init__(
        self,
        model: str | Path = "default",
        min_confidence: float = 0.0,
        *,
        threads: int | None = None,
    ) -> None:
        """model: a shipped bundle's name, a bundle folder, or the model folder of one network,
        which takes the place of the default bundle's. min_confidence: digits less sure are "?" in
        the text, in [0, 1]. threads: that a network may use; None for as many as this process may.

        Raises ModelError, or ValueError for a confidence or threads out of range.
        """
        if not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence is {min_confidence}; expected 0 to 1")
        if threads is not None and threads < 1:
            raise ValueError(f"threads is {threads}; expected 1 or more, or None")
        self.bundle = open_bundle(model, threads)
        self.min_confidence = min_confidence

    @property
    def classifier(self) -> Classifier:
        """The network that tells which digit a tile shows."""
        return self.bundle.classifier

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with whatever readings depend on: networks, fitted
        parameters, version."""
        return self.bundle.fingerprint

    def warm_up(self) -> Reader:
        """Open all networks and run them once, so that the first picture takes no longer than
        others."""
        self.read(np.full((64, 64), 255, np.uint8))
        return self

    def read(self, picture: Picture, orientation: int | None = None) -> Reading:
        """Read all numbers of a picture, in reading order.

        picture: path, bytes, file object, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
        orientation: by how many degrees it has to be turned clockwise to be read, 0, 90, 180 or
        270; None if that is to be seen from what is written on it. Raises PictureError if it is
        none or cannot be read, ValueError for another orientation.
        """
        _check_orientation(orientation)
        source, pixels = open_source(picture)
        grey = greyscale(pixels)
        if orientation is None:
            orientation, page = upright(grey, self._read_page)
        else:
            page = self._read_page(rotated(grey, orientation))
        back = partial(rotated_back, degrees=orientation, shape=grey.shape)
        rows = [[number.moved(back) for number in row] for row in reading_order(page.numbers)]
        rejected = [replace(each, box=back(each.box)) for each in page.rejected]
        return self._reading(rows, rejected, source, grey.shape, orientation)

    def _read_page(self, grey: NDArray[np.uint8]) -> Page:
        """A picture (H, W) uint8, its ink dark, as it stands → the numbers on it."""
        bundle, parameters = self.bundle, self.bundle.parameters
        levels = detect(grey, bundle.detector, parameters.detect)
        lines = group_lines(merge_levels(levels), grey.shape, parameters.textline)
        candidates, boundaries = recognise(
            grey, lines, levels, bundle.recogniser, parameters.recognise
        )
        fused = fuse(candidates, bundle.classifier, parameters.fuse)
        accepted = accept(candidates, fused, grey.shape, parameters.accept)
        return group_numbers(accepted, boundaries, parameters.textline, parameters.numbers)

    def read_single(self, picture: Picture) -> Reading:
        """Read a picture known to hold exactly one digit, as a Reading of that digit."""
        source, pixels = open_source(picture)
        [digit] = self._digits([pixels])
        number = number_of([digit], digit.confidence)
        return self._reading([[number]], [], source, pixels.shape)

    def digit(self, picture: Picture) -> Digit:
        """Read a picture known to hold exactly one digit; always answers with one.

        Where no ink is found at all, every digit has probability 0.1, and confidence is 0. Raises
        PictureError.
        """
        return self.digits([picture])[0]

    def digits(self, pictures: Iterable[Picture]) -> list[Digit]:
        """Read many pictures that hold exactly one digit each. Raises PictureError."""
        rest = iter(pictures)
        found: list[Digit] = []
        while some := list(islice(rest, BATCH)):
            found += self._digits(open_source(picture)[1] for picture in some)
        return found

    def explain(self, reading: Reading) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB: each digit of a reading, with the ink that spoke for it in blue
        and the ink that spoke for the runner-up in orange.

        Raises DigitsError for a reading from `from_dict`, which has no tiles.
        """
        from digits.io.evidence import draw_explanations

        digits = [digit for number in reading.numbers for digit in number.digits]
        if any(digit.tile is None for digit in digits):
            raise DigitsError("this reading has no tiles to explain; read the picture again")
        whys = [self.classifier.explain(d.tile, d.digit) for d in digits if d.tile is not None]
        path = reading.source if isinstance(reading.source, str | os.PathLike) else ""
        return draw_explanations(reading, whys, Path(path).name)

    def _reading(
        self,
        lines: list[list[Number]],
        rejected: list[Rejected],
        source: Picture,
        shape: tuple[int, ...],
        orientation: int = 0,
    ) -> Reading:
        return Reading(
            text=text_of(lines, self.min_confidence),
            lines=tuple(tuple(line) for line in lines),
            rejected=tuple(rejected),
            orientation=orientation,
            width=shape[1],
            height=shape[0],
            model=self.bundle.name,
            fingerprint=self.fingerprint,
            source=source,
        )

    def _digits(self, pictures: Iterable[NDArray[np.uint8]]) -> list[Digit]:
        """The digit of each picture; the network is asked once for all of them."""
        looks = [_look_closer(pixels) for pixels in pictures]
        judged = iter(self._judge([piece for look in looks for piece in look.pieces]))
        return [
            look.on_picture(most_likely(list(islice(judged, len(look.pieces))))) for look in looks
        ]

    def _judge(self, pieces: list[Piece]) -> list[Candidate]:
        """Ask the network about all pieces at once."""
        tiles = np.array([normalise_tile(piece.ink) for piece in pieces], np.uint8)
        probabilities, is_digit = self.classifier.classify(tiles.reshape(-1, TILE, TILE))
        return [
            Candidate(piece, Digit.likeliest(row, float(sure), _on_picture(piece), tile))
            for piece, tile, row, sure in zip(pieces, tiles, probabilities, is_digit, strict=True)
        ]

    def try_read(
        self, source: Picture, orientation: int | None = None, *, single: bool = False
    ) -> Outcome:
        """Read a picture as `read` does, or as `read_single` if `single`; see Outcome.

        Never raises for a picture, whatever is wrong with it: its outcome says what. Raises
        ModelError, and ValueError for another orientation.
        """
        _check_orientation(orientation)
        reading, error, begin = None, None, time.perf_counter()
        try:
            reading = self.read_single(source) if single else self.read(source, orientation)
        except PictureError as problem:
            error = str(problem)
        except DigitsError:
            raise
        except Exception as defect:  # one picture of a million shall not stop the others
            error = (
                f"the picture could not be read ({type(defect).__name__}: {printable(str(defect))})"
                "; this is a defect of the package: report it with the picture"
            )
        return Outcome(source, 1, reading, error, time.perf_counter() - begin)

    def read_many(
        self, sources: Sources, orientation: int | None = None, *, single: bool = False
    ) -> Iterator[Outcome]:
        """Read pictures one after another as `try_read` does, each when its outcome is asked for.

        sources: many pictures, or one; a folder stands for its picture files, by name, a path with
        wildcards (*, ?, [], ** for folders within) for the files that it matches. None of either is
        an outcome with an error.
        """
        _check_orientation(orientation)
        return (
            each if isinstance(each, Outcome) else self.try_read(each, orientation, single=single)
            for each in expand(sources)
        )


def _check_orientation(orientation: int | None) -> None:
    if orientation not in (None, *ORIENTATIONS):
        raise ValueError(f"orientation is {orientation}; expected 0, 90, 180, 270 or None")


@dataclass(frozen=True, slots=True)
class _Look:
    """What a picture of a lone digit shows within a window.

    pieces: that may be the digit, the likeliest first. window: (left, top, width, height) in pixels
    of the picture.
    """

    pieces: list[Piece]
    window: Box

    def on_picture(self, digit: Digit | None) -> Digit:
        """The digit with its box moved from the window to the picture."""
        left, top, width, height = self.window
        if digit is None:
            return _no_digit((height, width))
        x, y, wide, high = digit.box
        return replace(digit, box=(left + x, top + y, wide, high))


def _look_closer(pixels: NDArray[np.uint8]) -> _Look:
    """Look at a whole picture; where the digit seems small in it, at its surroundings alone."""
    height, width = pixels.shape[:2]
    whole = _look(pixels, (0, 0, width, height))
    if not whole.pieces or whole.pieces[0].source.scale == 1:
        return whole
    likeliest = whole.pieces[0]
    if max(likeliest.box[2:]) >= COARSE:
        return whole
    x, y, wide, high = _on_picture(likeliest)
    reach = max(wide, high)
    left, top = max(x - reach, 0), max(y - reach, 0)
    right, bottom = min(x + wide + reach, width), min(y + high + reach, height)
    closer = _look(pixels, (left, top, right - left, bottom - top))
    return closer if closer.pieces else whole


def _look(pixels: NDArray[np.uint8], window: Box) -> _Look:
    left, top, width, height = window
    inks = find_inks(pixels[top : top + height, left : left + width], SINGLE)
    pieces = [piece for ink in inks for piece in find_pieces(ink)]
    return _Look(sorted(pieces, key=likelihood, reverse=True)[:JUDGED], window)


def _no_digit(size: tuple[int, ...]) -> Digit:
    """The answer where there is no ink: every digit is as likely, and none is there."""
    even = np.full(CLASSES, 1 / CLASSES, np.float32)
    height, width = size[:2]
    return Digit.likeliest(even, 0.0, (0, 0, width, height), np.zeros((TILE, TILE), np.uint8))


def _on_picture(piece: Piece) -> Box:
    """The box of a piece in pixels of the picture."""
    x, y, width, height = piece.box
    scale = piece.source.scale
    left, top = round(x * scale), round(y * scale)
    return (left, top, round((x + width) * scale) - left, round((y + height) * scale) - top)
