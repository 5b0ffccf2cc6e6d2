"""Frames → texts: against all paths, spelled out."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.model.ctc import align, likeliest, log_likelihoods
from digits.model.spec import BLANK


def frames_of(path: list[int], sure: float = 0.97, classes: int = 4) -> NDArray[np.float64]:
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
    best = likeliest(frames_of(path))[0]
    assert best.tokens == text
    assert best.probability > 0.8


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_probabilities_are_those_of_all_paths(seed: int, count: int) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(3), count)
    whole: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(3), repeat=count):
        whole[spelled(path)] += float(np.prod(probabilities[np.arange(count), path]))
    best = likeliest(probabilities)[0]
    assert best.probability <= whole[best.tokens] + 1e-9
    if count <= 3:  # the beam holds every text
        assert best.probability == pytest.approx(whole[best.tokens], abs=1e-3)
        assert whole[best.tokens] >= max(whole.values()) - 1e-3


def test_nothing_said_is_an_empty_text() -> None:
    assert likeliest(np.zeros((0, 4)))[0].tokens == ()


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ([0, 1, 1, 0, 2, 0], [(1, 3), (4, 5)]),
        ([1, 0, 1], [(0, 1), (2, 3)]),
        ([1, 1, 2, 3, 3], [(0, 2), (2, 3), (3, 5)]),
        ([0, 0], []),
    ],
)
def test_tokens_are_aligned_with_the_frames_that_show_them(
    path: list[int], segments: list[tuple[int, int]]
) -> None:
    assert align(frames_of(path), spelled(tuple(path))) == segments


def test_tokens_that_are_not_the_likeliest_are_aligned_too() -> None:
    frames = frames_of([0, 1, 1, 0, 0, 0, 2, 0])
    frames[4, 3] = 0.2
    assert align(frames, (1, 3, 2)) == [(1, 3), (4, 5), (6, 7)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_an_alignment_is_a_best_path(seed: int, count: int) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(3), count)
    tokens = likeliest(probabilities)[0].tokens
    path = np.zeros(count, int)
    for token, (first, end) in zip(tokens, align(probabilities, tokens), strict=True):
        path[first:end] = token
    assert spelled(tuple(path.tolist())) == tokens
    best = max(
        np.prod(probabilities[np.arange(count), every])
        for every in product(range(3), repeat=count)
        if spelled(every) == tokens
    )
    assert np.prod(probabilities[np.arange(count), path]) == pytest.approx(best)


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="2 frames cannot spell 2 tokens"):
        align(frames_of([1, 1]), (1, 1))


@given(st.integers(0, 2**32 - 1))
def test_likelihoods_are_sums_over_all_paths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = [rng.dirichlet(np.ones(3), int(count)) for count in rng.integers(1, 6, 4)]
    texts = [(), (1,), (1, 1), (2, 1, 2)]
    for each, found in zip(frames, np.exp(log_likelihoods(frames, texts)), strict=True):
        text = texts[[each is other for other in frames].index(True)]
        paths = product(range(3), repeat=len(each))
        whole = sum(
            np.prod(each[np.arange(len(each)), path]) for path in paths if spelled(path) == text
        )
        assert found == pytest.approx(whole, abs=1e-12)


def test_likelihoods_of_long_lines_do_not_vanish() -> None:
    frames = np.full((2000, 3), 1 / 3)
    [found] = log_likelihoods([frames], [(1, 2) * 50])
    assert -2000 * np.log(3) < found < -1000
