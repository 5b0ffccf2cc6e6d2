"""Frames → texts: against all paths, spelled out."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.model.ctc import BLANK, likeliest


def said(path: list[int], sure: float = 0.97, classes: int = 4) -> NDArray[np.float64]:
    """Frames in which these tokens are likeliest."""
    rows = np.full((len(path), classes), (1 - sure) / (classes - 1))
    rows[np.arange(len(path)), path] = sure
    return rows


def spelled(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(token for token, _ in groupby(path) if token != BLANK)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([0, 0, 0], ()),
        ([0, 1, 1, 0], (1,)),
        ([1, 0, 1], (1, 1)),
        ([1, 1, 2, 2, 0, 2], (1, 2, 2)),
    ],
)
def test_repetitions_count_once_and_blanks_part(path: list[int], text: tuple[int, ...]) -> None:
    best = likeliest(said(path))[0]
    assert best.tokens == text
    assert best.probability > 0.8


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_probabilities_are_those_of_all_paths(seed: int, count: int) -> None:
    chances = np.random.default_rng(seed).dirichlet(np.ones(3), count)
    whole: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(3), repeat=count):
        whole[spelled(path)] += float(np.prod(chances[np.arange(count), path]))
    best = likeliest(chances)[0]
    assert best.probability <= whole[best.tokens] + 1e-9
    if count <= 3:  # the beam holds every text
        assert best.probability == pytest.approx(whole[best.tokens], abs=1e-3)
        assert whole[best.tokens] >= max(whole.values()) - 1e-3


def test_nothing_said_is_an_empty_text() -> None:
    assert likeliest(np.zeros((0, 4)))[0].tokens == ()
