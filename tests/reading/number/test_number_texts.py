from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.spec import BLANK, BOUNDARY, DIGIT_TOKENS, LETTER, TOKENS
from digits.reading.number.texts import (
    digits_alone,
    likely_texts,
    log_likelihood_of_candidates,
    text_of_candidates,
)


def frames_of(tokens: list[int], sure: float = 0.99) -> NDArray[np.float64]:
    """A line in which each token has a frame, blanks around it."""
    path = [BLANK, *(each for token in tokens for each in (token, BLANK))]
    frames = np.full((len(path), TOKENS), (1 - sure) / (TOKENS - 1))
    frames[np.arange(len(path)), path] = sure
    return frames


def digit(value: int) -> int:
    return DIGIT_TOKENS.start + value


def test_what_is_no_digit_is_blank() -> None:
    frames = frames_of([digit(3), LETTER, BOUNDARY, digit(5)])
    alone = digits_alone(frames)
    assert alone.shape == (len(frames), 11)
    np.testing.assert_allclose(alone.sum(axis=1), 1, atol=1e-6)
    assert likely_texts([alone])[0][0] == (3, 5)


def test_lines_are_heard_together() -> None:
    one = digits_alone(frames_of([digit(3), digit(7)], sure=0.5))
    other = digits_alone(frames_of([digit(3), digit(9)], sure=0.9))
    texts, any_digit = likely_texts([one, other])
    assert texts[0] == (3, 9)
    assert (3, 7) in texts
    assert 0.5 < any_digit <= 1


def test_blank_lines_hold_no_digit() -> None:
    blank = np.full((20, TOKENS), 1e-7)
    blank[:, BLANK] = 1
    texts, any_digit = likely_texts([digits_alone(blank)])
    assert texts == []
    assert any_digit < 1e-3


@pytest.mark.parametrize("text", [(1,), (1, 2), (2, 2), (0, 1, 2), (5, 5, 5, 5)])
def test_candidates_are_a_text_in_all_ways_to_choose_them(text: tuple[int, ...]) -> None:
    scores = np.random.default_rng(3).normal(0, 2, (3, 10))
    with_none = np.exp(np.concatenate([scores, np.zeros((3, 1))], axis=1))
    shares = with_none / with_none.sum(axis=1, keepdims=True)
    ways = product(range(11), repeat=3)
    whole = sum(
        np.prod(shares[np.arange(3), way])
        for way in ways
        if tuple(each for each in way if each < 10) == text
    )
    [found] = log_likelihood_of_candidates(scores, [text])
    assert np.exp(found) == pytest.approx(whole, abs=1e-12)


def test_candidates_that_are_hardly_digits_are_left_out() -> None:
    scores = np.full((3, 10), -20.0)
    scores[0, 4], scores[1, 8], scores[2, 1] = 3.0, -4.0, -1.5
    assert text_of_candidates(scores) == (4, 1)
    assert text_of_candidates(scores[:0]) == ()
