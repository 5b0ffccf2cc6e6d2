"""Many random things, made by several processes, each a function of seed and index alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

import numpy as np

from digits.synth.sources import Sources
from digits.synth.writing import Random

CHUNK = 8  # things that a process makes at a time

Made = TypeVar("Made")


def make_many(
    make: Callable[[Random, Sources], Made],
    count: int,
    seed: int,
    sources: Sources,
    processes: int = 1,
) -> Iterator[Made]:
    """Yield what `make` gives for each of `count` random generators.

    Thing i is a function of seed, i and sources alone, however many processes make them. make: a
    function that can be pickled.
    """
    if processes == 1:
        yield from (_make(make, seed, sources, index) for index in range(count))
        return
    context = get_context("spawn")
    given = (make, seed, sources)  # to each process once: sources are large
    with ProcessPoolExecutor(processes, context, _hold, given) as pool:
        yield from pool.map(_make_held, range(count), chunksize=CHUNK)


_held: list[tuple[Any, int, Sources]] = []


def _hold(*given: Any) -> None:
    _held[:] = [given]
    Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """Wait for the end of the process that started this one, and end this one too."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make_held(index: int) -> Any:
    return _make(*_held[0], index)


def _make(make: Callable[[Random, Sources], Made], seed: int, sources: Sources, index: int) -> Made:
    return make(np.random.default_rng([seed, index]), sources)
