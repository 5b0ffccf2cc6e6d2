"""Negative examples: the same for one seed, of every kind, and never empty."""

from __future__ import annotations

import numpy as np
import pytest

from digits.model.inputs import normalise_tile
from digits.synth.clutter import KINDS, clutter
from digits.synth.signs import LETTERS, SIGNS, strokes


def test_the_same_seed_draws_the_same_clutter() -> None:
    first, again = clutter(60, seed=3), clutter(60, seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_another_seed_draws_other_clutter() -> None:
    pairs = zip(clutter(30, seed=3), clutter(30, seed=4), strict=True)
    assert not any(np.array_equal(a, b) for a, b in pairs)


def test_a_longer_list_begins_like_a_shorter_one() -> None:
    pairs = zip(clutter(10, seed=5), clutter(40, seed=5), strict=False)
    assert all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_draws_as_many_as_asked_for(count: int) -> None:
    assert len(clutter(count, seed=0)) == count


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_ink_on_a_small_sheet(kind: str) -> None:
    rng = np.random.default_rng(11)
    for _ in range(12):
        ink = KINDS[kind](rng)
        assert ink.dtype == np.uint8
        assert ink.ndim == 2
        assert 30 <= max(ink.shape) <= 120
        assert ink.max() > 127
        assert normalise_tile(ink).max() == 255


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_varies(kind: str) -> None:
    rng = np.random.default_rng(12)
    assert len({normalise_tile(KINDS[kind](rng)).tobytes() for _ in range(8)}) == 8


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"letter", "sign", "printed"}))
def test_nothing_but_writing_shrinks_to_an_upright_bar(kind: str) -> None:
    rng = np.random.default_rng(13)
    for _ in range(25):
        rows, columns = np.nonzero(normalise_tile(KINDS[kind](rng)) > 64)
        assert np.ptp(columns) + 1 >= 7, "as narrow as a 1"
        assert np.ptp(rows) + 1 <= 21


@pytest.mark.parametrize("name", [*LETTERS, *SIGNS])
def test_letters_and_signs_are_lines_on_their_grid(name: str) -> None:
    for points, _ in strokes({**LETTERS, **SIGNS}[name]):
        assert len(points) >= 2
        assert points.shape[1] == 2
        assert 0 <= points.min() <= points.max() <= 9


def test_a_curve_is_told_from_straight_lines() -> None:
    (straight, curved), (arc, also_curved) = strokes("09 00 | ~00 40 62")
    assert (curved, also_curved) == (False, True)
    assert straight.tolist() == [[0, 9], [0, 0]]
    assert arc.tolist() == [[0, 0], [4, 0], [6, 2]]
