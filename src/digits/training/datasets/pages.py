"""Synthetic pages and lines for training and validation, made when a training starts."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from digits.errors import DataError
from digits.files import write_atomically
from digits.synth.line import make_line
from digits.synth.page import make_pages
from digits.synth.pool import make_many
from digits.synth.sources import Sources
from digits.training.datasets.crops import LabelledPage
from digits.training.datasets.lines import Labelled, LabelledLine
from digits.training.recipe import Pages

VALIDATION_SEED = 1_000_000  # added to the seed for validation pages
LINES_SEED = 2_000_000  # added for lines
KEPT = ".labelled"  # file of a run folder that holds what was made

Made = TypeVar("Made")


def labelled_pages(
    pages: Pages, seed: int, data: Path | None, out: Path
) -> tuple[Labelled, Labelled]:
    """Pages and lines for training, and for validation by other writers.

    They are kept in the run folder `out` until the run ends: a resumed run does not make them
    again. Raises DataError without MNIST, and for lines without pen strokes.
    """
    kept = out / KEPT
    if not kept.exists():
        write_atomically(kept, pickle.dumps(_make(pages, seed, data)))
    parts: tuple[Labelled, Labelled] = pickle.loads(kept.read_bytes())
    return parts


def _make(pages: Pages, seed: int, data: Path | None) -> tuple[Labelled, Labelled]:
    counts = pages.made, pages.lines
    validation = pages.validation, min(pages.lines, 10 * pages.validation)
    return (
        _labelled("train", *counts, seed, data),
        _labelled("validation", *validation, seed + VALIDATION_SEED, data),
    )


def _labelled(part: str, count: int, lines: int, seed: int, data: Path | None) -> Labelled:
    sources = Sources.open(part, data)
    if lines and sources.people is None:
        raise DataError(
            "this recipe needs pen strokes, which are missing; `digits data strokes` says how to "
            "get them"
        )
    processes = os.cpu_count() or 1
    pages = make_pages(count, seed, sources, processes=processes)
    written = make_many(make_line, lines, seed + LINES_SEED, sources, processes)
    return Labelled(
        [LabelledPage.from_page(page) for page in _with_progress(pages, count, "pages")],
        [LabelledLine.from_written(each) for each in _with_progress(written, lines, "lines")],
        sources.people is not None,
    )


def _with_progress(made: Iterable[Made], count: int, things: str) -> Iterator[Made]:
    title = f"making {count:,} {things}"
    if count and not sys.stderr.isatty():
        print(title, file=sys.stderr)
    yield from tqdm(made, title, count, leave=False, disable=not sys.stderr.isatty())
