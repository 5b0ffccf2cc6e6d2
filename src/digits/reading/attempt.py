"""Pages → outcomes: whatever is wrong with one, others are read."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TypeVar

from digits.errors import DigitsError, PagesWarning, PictureError
from digits.files import printable
from digits.io.pages import MAXIMUM_PAGES
from digits.io.picture import Document, Picture, open_document
from digits.io.result import Outcome, Reading
from digits.io.sources import Page, first_page, left_out, page_of

Read = Callable[[Page], Reading]

_Result = TypeVar("_Result")


def first_outcome(source: Picture, read: Read) -> Outcome:
    """What becomes of the first page of a source. Warns of others with PagesWarning."""
    begin = time.perf_counter()
    reading, error = _tried(lambda: read(first_page(source)))
    return Outcome(source, 1, reading, error, time.perf_counter() - begin)


def page_outcomes(
    source: Picture, read: Read, *, frames: bool = False, first: int = 1
) -> Iterator[Outcome]:
    """What becomes of every page of a source from the first on, each when it is asked for.

    frames: whether those of an animation are pages, too; otherwise PagesWarning tells of them.
    """
    begin = time.perf_counter()
    document, error = _tried(lambda: open_document(source))
    if document is None:
        yield Outcome(source, 1, None, error, time.perf_counter() - begin)
        return
    with closing(document):
        pages = document.count
        if document.are_frames and not frames and pages > 1:
            warnings.warn(left_out(document), PagesWarning, stacklevel=2)
            pages = 1
        # the one beyond the last that is read says how many are left out
        for page in range(first, min(pages, MAXIMUM_PAGES + 1) + 1):
            reading, error = _tried(partial(_read_page_of, document, page, read))
            yield Outcome(source, page, reading, error, time.perf_counter() - begin, pages)
            begin = time.perf_counter()


def _read_page_of(document: Document, page: int, read: Read) -> Reading:
    return read(page_of(document, page))


def _tried(attempt: Callable[[], _Result]) -> tuple[_Result | None, str | None]:
    """What an attempt at a picture gives, or what was wrong with it; of both one is None."""
    try:
        return attempt(), None
    except PictureError as problem:
        return None, str(problem)
    except DigitsError:
        raise
    except Exception as defect:  # one picture of a million shall not stop the others
        return None, (
            f"the picture could not be read ({type(defect).__name__}: {printable(str(defect))})"
            "; this is a defect of the package: report it with the picture"
        )
