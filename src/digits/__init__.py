"""Reads handwritten digits and numbers from pictures.

import digits
digits.read("page.jpg").text
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from digits.errors import DigitsError
from digits.io.number import Digit, Number
from digits.io.picture import Picture
from digits.io.result import Outcome, Reading
from digits.io.sources import Sources
from digits.model.classifier import Classifier
from digits.reading.reader import Reader
from digits.version import __version__ as __version__

__all__ = [
    "Classifier",
    "Digit",
    "DigitsError",
    "Number",
    "Outcome",
    "Reader",
    "Reading",
    "read",
    "read_many",
]


def read(picture: Picture, orientation: int | None = None) -> Reading:
    """Read all numbers of a picture with the shipped model; see Reader.read.

    The model is opened at the first call and kept.
    """
    return _reader().read(picture, orientation)


def read_many(sources: Sources, orientation: int | None = None) -> Iterator[Outcome]:
    """Read many pictures with the shipped model, one after another; see Reader.read_many."""
    return _reader().read_many(sources, orientation)


@cache
def _reader() -> Reader:
    return Reader()


def __getattr__(name: str) -> ModuleType:
    # `digits.data.mnist` without a further import, and without its cost for who only reads
    if name == "data":
        importlib.import_module("digits.data.mnist")
        return importlib.import_module("digits.data")
    raise AttributeError(f"module 'digits' has no attribute {name!r}")
