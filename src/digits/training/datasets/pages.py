"""Synthetic training and validation pages, made when a training starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tqdm import tqdm

from digits.synth.page import make_pages
from digits.synth.sources import Sources
from digits.training.datasets.crops import LabelledPage
from digits.training.recipe import Pages

VALIDATION_SEED = 1_000_000  # added to the seed for validation pages


def labelled_pages(
    pages: Pages, seed: int, data: Path | None
) -> tuple[list[LabelledPage], list[LabelledPage]]:
    """Training pages, and validation pages by other writers. Raises DataError without MNIST."""
    train = _make("train", pages.made, seed, data)
    return train, _make("validation", pages.validation, seed + VALIDATION_SEED, data)


def _make(part: str, count: int, seed: int, data: Path | None) -> list[LabelledPage]:
    pages = make_pages(count, seed, Sources.open(part, data), processes=os.cpu_count() or 1)
    title = f"making {count:,} pages"
    if not sys.stderr.isatty():
        print(title, file=sys.stderr)
    bar = tqdm(pages, title, count, leave=False, disable=not sys.stderr.isatty())
    return [LabelledPage.from_page(page) for page in bar]
