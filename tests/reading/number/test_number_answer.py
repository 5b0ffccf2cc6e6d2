from __future__ import annotations

import numpy as np
import pytest

from digits.reading.number.answer import digit_probabilities

EVEN = np.full((3, 10), 0.1)


def test_digits_are_as_probable_as_the_texts_that_have_them() -> None:
    texts, chances = [(3, 0, 5), (8, 0, 5)], np.array([0.7, 0.2])
    found, is_digit = digit_probabilities(texts, chances, 0, EVEN)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(is_digit, 1)
    np.testing.assert_allclose(found[0, [3, 8, 1]], [0.71, 0.21, 0.01], atol=1e-6)
    assert found[1, 0] == pytest.approx(0.91)


def test_a_digit_that_a_text_lacks_may_be_none() -> None:
    texts, chances = [(3, 0, 5), (3, 5)], np.array([0.6, 0.4])
    found, is_digit = digit_probabilities(texts, chances, 0, EVEN)
    np.testing.assert_allclose(is_digit, [1, 0.6, 1])
    np.testing.assert_allclose(found.max(axis=1), 1)


def test_the_digits_of_the_text_are_the_likeliest_of_their_places() -> None:
    texts, chances = [(1, 2), (3, 4), (5, 4)], np.array([0.4, 0.3, 0.3])
    found, _ = digit_probabilities(texts, chances, 0, EVEN[:2])
    assert found.argmax(axis=1).tolist() == [1, 2]
