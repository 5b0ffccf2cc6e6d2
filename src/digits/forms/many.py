"""Many pictures of a form, read by all the processors that there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from digits.errors import DigitsError
from digits.forms.align import Target
from digits.forms.crops import Cutter
from digits.forms.filled import FilledForm
from digits.forms.read import read_form
from digits.forms.template import Form
from digits.io.picture import Picture
from digits.io.result import Outcome
from digits.io.sources import Sources, expand
from digits.reading.reader import Reader

WORTH_IT = 6  # pictures from which on another process pays for its start

_own: tuple[Cutter, Reader] | None = None  # of a process that reads


def read_many_forms(form: Form, pictures: Sources, model: str | Path) -> Iterator[FilledForm]:
    """Read pictures of a form, in order, each when its result is asked for; several at once where
    there are as many processors and pictures.

    Raises ModelError.
    """
    found = list(expand(pictures))
    jobs = min(_processors(), len(found) // WORTH_IT)
    if jobs < 2:
        cutter, reader = Cutter(form, Target(form.blank)), Reader(model)
        yield from (read_form(each, cutter, reader) for each in found)
        return
    Reader(model)  # what is wrong with it is said here, once
    # a fresh start: threads of ONNX Runtime and OpenCV do not live on in a fork
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=_prepare, initargs=(form, model)
    ) as pool:
        try:
            yield from pool.map(_read, found)
        except BrokenProcessPool:
            raise DigitsError(
                "a process that reads was ended from outside, perhaps for want of memory; read "
                "fewer pictures at once"
            ) from None


def _processors() -> int:
    """As many as this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _prepare(form: Form, model: str | Path) -> None:
    global _own
    _own = Cutter(form, Target(form.blank)), Reader(model, threads=1)


def _read(picture: Picture | Outcome) -> FilledForm:
    assert _own is not None
    return read_form(picture, *_own)
