"""Picture → Reading, by one of three routes: a page of numbers, one number, or one digit alone."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError
from digits.io.number import Box, Digit, Number, number_of
from digits.io.picture import Picture
from digits.io.result import Outcome, Reading
from digits.io.sources import Page as OpenPage
from digits.io.sources import Sources, expand, first_page, singles
from digits.model.bundle import Bundle, open_bundle
from digits.model.classifier import Classifier
from digits.reading.attempt import first_outcome, page_outcomes
from digits.reading.expect import Expectation, expectation
from digits.reading.page.accept import accept
from digits.reading.page.detect import detect
from digits.reading.page.fuse import fuse
from digits.reading.page.greyscale import prepare, within
from digits.reading.page.grid import find_grids
from digits.reading.page.numbers import (
    Page,
    group_numbers,
    reading_order,
    signs_by_row,
    text_of,
    transcript_of,
)
from digits.reading.page.orientation import ORIENTATIONS, rotated, rotated_back, upright
from digits.reading.page.recognise import recognise
from digits.reading.page.tables import find_tables
from digits.reading.page.textline import crop_lines
from digits.reading.totals import Totals, with_totals

if TYPE_CHECKING:
    from digits.model.profile import Profile

BATCH = 64  # pictures of one digit or one number each that are read at once


class Reader:
    """Reads the digits and numbers of pictures. Made once, it serves many threads."""

    def __init__(
        self,
        model: str | Path = "default",
        min_confidence: float = 0.0,
        *,
        signs: bool = True,
        threads: int | None = None,
        profile: str | os.PathLike[str] | Profile | None = None,
    ) -> None:
        """model: a shipped bundle's name, a bundle folder, or the model folder of one network,
        which takes the place of the default bundle's. min_confidence: digits less sure are "?" in
        the text, in [0, 1]. signs: whether signs and decimal marks are read; if not, they part
        numbers, and readings have digits alone. threads: that a network may use; None for as many
        as this process may. profile: a profile folder (`digits.model.profile`), what one hand
        taught; None for the network alone.

        Raises ModelError, or ValueError for a confidence or threads out of range.
        """
        if not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence is {min_confidence}; expected 0 to 1")
        if threads is not None and threads < 1:
            raise ValueError(f"threads is {threads}; expected 1 or more, or None")
        self.bundle = _with_profile(open_bundle(model, threads), profile)
        self.min_confidence = min_confidence
        self.signs = signs

    def with_profile(self, profile: str | os.PathLike[str] | Profile | None) -> Reader:
        """A reader of the same networks, opened once, with another profile, or with none.

        Raises ModelError.
        """
        other = copy.copy(self)
        other.bundle = _with_profile(self.bundle, profile)
        return other

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

    def read(
        self,
        picture: Picture,
        orientation: int | None = None,
        *,
        expect: str | Expectation | None = None,
        totals: Totals | None = None,
    ) -> Reading:
        """Read all numbers of a picture, in reading order.

        picture: path, bytes, file object, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
        Of several pages the first is read, and PagesWarning says so; `read_pages` reads all.
        orientation: by how many degrees it has to be turned clockwise to be read, 0, 90, 180 or
        270; None if that is to be seen from what is written on it. expect: what every number is
        like, as `digits.reading.expect.expectation` takes it: of the texts that a number may be,
        the likeliest of those is chosen; where there is none, `is_expected` is False. totals: what
        is the sum of the other numbers, "row" or "column", the last cell of each in a table, or
        "last", the last number of the picture: the likeliest numbers that add up are chosen.
        Raises PictureError if it is none or cannot be read, ValueError for another orientation, an
        expectation that is none, or other totals.
        """
        return self._route(orientation, expect=expect, totals=totals)(first_page(picture))

    def _route(
        self,
        orientation: int | None = None,
        *,
        single: bool = False,
        number: bool = False,
        expect: str | Expectation | None = None,
        totals: Totals | None = None,
    ) -> Callable[[OpenPage], Reading]:
        """How a page is read. Raises ValueError as `read` does."""
        if orientation not in (None, *ORIENTATIONS):
            raise ValueError(f"orientation is {orientation}; expected 0, 90, 180, 270 or None")
        if totals not in (None, *get_args(Totals)):
            raise ValueError(f"totals is {totals!r}; expected 'row', 'column', 'last' or None")
        expected = None if expect is None else expectation(expect)
        if single:
            return self._read_single
        if number:
            return partial(self._read_number, expect=expected)
        return partial(self._read, orientation=orientation, expect=expected, totals=totals)

    def _read(
        self,
        opened: OpenPage,
        orientation: int | None,
        expect: Expectation | None,
        totals: Totals | None,
    ) -> Reading:
        """All numbers of a page."""
        pixels = opened.pixels
        grey, margin = prepare(pixels)
        if orientation is None:
            orientation, page = upright(grey, self._read_page, self.bundle.parameters.orientation)
        else:
            page = self._read_page(rotated(grey, orientation))
        if expect is not None:
            page = self._expected(page, rotated(grey, orientation), expect)
        rows = reading_order(page.numbers)
        tables = find_tables(rows, page.grids, rotated(grey, orientation))
        if totals is not None:
            rows, tables = with_totals(rows, tables, totals)
        signs = signs_by_row(rows, page.signs)

        def back(box: Box) -> Box:
            return within(rotated_back(box, orientation, grey.shape), margin, pixels.shape)

        moved = {id(number): number.moved(back) for row in rows for number in row}
        reading = Reading(
            text_of(rows, self.min_confidence),
            tuple(tuple(moved[id(number)] for number in row) for row in rows),
            tuple(replace(each, box=back(each.box)) for each in page.rejected),
            orientation,
            width=pixels.shape[1],
            height=pixels.shape[0],
            model=self.bundle.name,
            fingerprint=self.fingerprint,
            source=opened.source,
            page=opened.number,
            signs=tuple(replace(each, box=back(each.box)) for row in signs for each in row),
            transcript=transcript_of(rows, signs, self.min_confidence),
            tables=tuple(table.with_numbers(lambda n: moved[id(n)]) for table in tables),
        )
        return reading if self.signs else reading.without_signs()

    def _read_page(self, grey: NDArray[np.uint8]) -> Page:
        """A picture (H, W) uint8, its ink dark, as it stands → the numbers on it."""
        bundle, parameters = self.bundle, self.bundle.parameters
        levels, detections = detect(grey, bundle.detector, parameters.detect)
        lines = crop_lines(grey, detections, parameters.textline)
        recognised = recognise(lines, levels, bundle.recogniser, parameters.recognise)
        fused = fuse(recognised.candidates, bundle.classifier, parameters.fuse)
        accepted = accept(recognised.candidates, fused, grey.shape, parameters.accept)
        grids = find_grids(grey, accepted.candidates.boxes, recognised.candidates.boxes)
        return group_numbers(accepted, recognised, parameters.textline, parameters.numbers, grids)

    def _expected(self, page: Page, grey: NDArray[np.uint8], expect: Expectation) -> Page:
        """A page as it was read, its numbers as they are expected where that can be."""
        from digits.reading.number.again import as_expected  # not worth its import to most pages

        return replace(page, numbers=as_expected(page.numbers, grey, self.bundle, expect))

    def read_single(self, picture: Picture) -> Reading:
        """Read a picture known to hold exactly one digit, as a Reading of that digit."""
        return self._read_single(first_page(picture))

    def _read_single(self, opened: OpenPage) -> Reading:
        [digit] = self._digits([opened.pixels])
        return self._reading_of([number_of([digit], digit.confidence)], opened)

    def read_number(self, picture: Picture, *, expect: str | Expectation | None = None) -> Reading:
        """Read a crop known to hold exactly one number, as a Reading of that number; of an empty
        crop, without any. expect: as in `read`."""
        return self._route(number=True, expect=expect)(first_page(picture))

    def _read_number(self, opened: OpenPage, expect: Expectation | None) -> Reading:
        [number] = self._numbers([opened.pixels], expect)
        return self._reading_of([number] if number.digits else [], opened)

    def _reading_of(self, numbers: list[Number], opened: OpenPage) -> Reading:
        """The reading of a page that holds one number, or none."""
        rows = [numbers] if numbers else []
        return Reading(
            text_of(rows, self.min_confidence),
            tuple(map(tuple, rows)),
            rejected=(),
            orientation=0,
            width=opened.pixels.shape[1],
            height=opened.pixels.shape[0],
            model=self.bundle.name,
            fingerprint=self.fingerprint,
            source=opened.source,
            page=opened.number,
        )

    def digit(self, picture: Picture) -> Digit:
        """Read a picture known to hold exactly one digit; always answers with one.

        Where no ink is found at all, every digit has probability 0.1, and confidence is 0. Raises
        PictureError.
        """
        return self.digits([picture])[0]

    def digits(self, pictures: Sources) -> list[Digit]:
        """Read many pictures that hold exactly one digit each. Raises PictureError.

        pictures: also one alone, or an array of them, (N, H, W) or (N, H, W, 1).
        """
        rest = iter(singles(pictures))
        found: list[Digit] = []
        while some := list(islice(rest, BATCH)):
            found += self._digits(first_page(picture).pixels for picture in some)
        return found

    def number(self, picture: Picture, *, expect: str | Expectation | None = None) -> Number:
        """Read a crop known to hold exactly one number, as form fields, amounts and meters are.

        Always answers with the likeliest number, however unsure: confidence says how much. expect:
        what it is like, as in `read`. Of an empty crop the text is "", there are no digits, and
        confidence is 0. Raises PictureError, and ValueError for an expectation that is none.
        """
        return self.numbers([picture], expect=expect)[0]

    def numbers(
        self, pictures: Sources, *, expect: str | Expectation | None = None
    ) -> list[Number]:
        """Read many crops that hold exactly one number each, as `number` does.

        pictures: also one alone, or an array of them, as of `digits`.
        """
        expected = None if expect is None else expectation(expect)
        rest = iter(singles(pictures))
        found: list[Number] = []
        while some := list(islice(rest, BATCH)):
            found += self._numbers((first_page(picture).pixels for picture in some), expected)
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

    def _digits(self, pictures: Iterable[NDArray[np.uint8]]) -> list[Digit]:
        """The digit of each picture; the classifier runs once for all of them."""
        from digits.reading.single.route import read_digits  # not worth its import to pages

        bundle = self.bundle
        return read_digits(pictures, bundle.detector, bundle.classifier, bundle.parameters.single)

    def _numbers(
        self, pictures: Iterable[NDArray[np.uint8]], expect: Expectation | None
    ) -> list[Number]:
        """The number of each crop; the recogniser runs once for all of them."""
        from digits.reading.number.route import read_numbers  # not worth its import to pages

        return read_numbers(pictures, self.bundle, expect)

    def try_read(
        self,
        source: Picture,
        orientation: int | None = None,
        *,
        single: bool = False,
        number: bool = False,
        expect: str | Expectation | None = None,
        totals: Totals | None = None,
    ) -> Outcome:
        """Read a picture as `read` does, as `read_single` if `single`, or as `read_number` if
        `number`; see Outcome. A picture of one digit has no expectation, one of a number no total.

        Never raises for a picture, whatever is wrong with it: its outcome says what. Raises
        ModelError, and ValueError as `read` does.
        """
        read = self._route(orientation, single=single, number=number, expect=expect, totals=totals)
        return first_outcome(source, read)

    def read_pages(
        self,
        source: Picture,
        orientation: int | None = None,
        *,
        single: bool = False,
        number: bool = False,
        frames: bool = False,
        first: int = 1,
        expect: str | Expectation | None = None,
        totals: Totals | None = None,
    ) -> Iterator[Outcome]:
        """Read every page of a PDF or TIFF file as `try_read` reads the first: an outcome a page.

        Each page is opened when its outcome is asked for, and none is kept. frames: whether the
        frames of an animation are read, too; otherwise the first is, and PagesWarning says so.
        first: the page to begin with.
        """
        read = self._route(orientation, single=single, number=number, expect=expect, totals=totals)
        return page_outcomes(source, read, frames=frames, first=first)

    def read_many(
        self,
        sources: Sources,
        orientation: int | None = None,
        *,
        single: bool = False,
        number: bool = False,
        frames: bool = False,
        expect: str | Expectation | None = None,
        totals: Totals | None = None,
    ) -> Iterator[Outcome]:
        """Read pictures and documents one after another as `read_pages` does, each page when its
        outcome is asked for.

        sources: many, or one; a folder stands for the pictures and documents in it and in folders
        within, by name, a path with wildcards (*, ?, [], ** for folders within) for the files that
        it matches, an array (N, H, W) for N pictures. None of either is an outcome with an error.
        """
        read = self._route(orientation, single=single, number=number, expect=expect, totals=totals)
        pages = partial(page_outcomes, read=read, frames=frames)
        return chain.from_iterable(
            [each] if isinstance(each, Outcome) else pages(each) for each in expand(sources)
        )


def _with_profile(bundle: Bundle, profile: str | os.PathLike[str] | Profile | None) -> Bundle:
    if profile is None and bundle.classifier.profile is None:
        return bundle
    return replace(bundle, classifier=bundle.classifier.with_profile(profile))
