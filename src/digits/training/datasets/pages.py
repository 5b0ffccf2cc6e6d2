"""Pages to learn from, and others to validate on, made up now."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tqdm import tqdm

from digits.synth.page import make_pages
from digits.synth.sources import Sources
from digits.training.datasets.crops import GreyPage
from digits.training.recipe import Pages

UNSEEN = 1_000_000  # added to the seed of pages to validate on


def grey_pages(pages: Pages, seed: int, data: Path | None) -> tuple[list[GreyPage], list[GreyPage]]:
    """Those to learn from and those to validate on, by other writers. Raises DataError without
    MNIST."""
    learn = _made("train", pages.made, seed, data)
    return learn, _made("validation", pages.validation, seed + UNSEEN, data)


def _made(part: str, count: int, seed: int, data: Path | None) -> list[GreyPage]:
    pages = make_pages(count, seed, Sources.open(part, data), processes=os.cpu_count() or 1)
    title = f"making {count:,} pages"
    if not sys.stderr.isatty():
        print(title, file=sys.stderr)
    bar = tqdm(pages, title, count, leave=False, disable=not sys.stderr.isatty())
    return [GreyPage.of(page) for page in bar]
