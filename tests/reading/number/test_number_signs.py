from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.ctc import align
from digits.model.spec import BLANK, DIGIT_TOKENS, SIGN_TOKENS, SIGNS, TOKENS
from digits.reading.number.signs import Written, with_signs
from digits.reading.number.texts import Text, digits_alone


def line(text: str, sure: float = 0.98) -> NDArray[np.float64]:
    """Frames of a line, one for each character, blanks around it."""
    tokens = [
        DIGIT_TOKENS.start + int(each) if each.isdigit() else SIGN_TOKENS.start + SIGNS.index(each)
        for each in text
    ]
    path = [BLANK, *(each for token in tokens for each in (token, BLANK))]
    frames = np.full((len(path), TOKENS), 1e-6)
    frames[np.arange(len(path)), path] = sure
    frames[:, BLANK] += 1 - frames.sum(axis=1)
    return frames


def written(frames: NDArray[np.float64], text: Text) -> Written:
    tokens = [digit + DIGIT_TOKENS.start for digit in text]
    return with_signs(text, frames, align(digits_alone(frames), tokens))


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("305", "305"),
        ("-3", "-3"),
        ("8,0", "8,0"),
        ("1.234,50", "1.234,50"),
        ("$12.500,-", "12.500"),
        ("=700-/", "700"),
        ("-700-", "700"),
        ("-20.5", "-20.5"),
        ("12-34", "1234"),
        ("4.", "4"),
    ],
)
def test_minus_and_decimal_marks_are_kept(shown: str, text: str) -> None:
    digits = tuple(int(each) for each in shown if each.isdigit())
    found = written(line(shown), digits)
    assert found.text == text
    assert found.probability > 0.9


def test_a_doubtful_mark_is_in_the_other_text() -> None:
    faint, strong = (written(line("8,0", sure), (8, 0)) for sure in (0.4, 0.7))
    assert (faint.text, faint.other) == ("80", "8,0")
    assert (strong.text, strong.other) == ("8,0", "80")
    assert faint.probability == pytest.approx(0.6, abs=0.01)
    assert strong.probability == pytest.approx(0.7, abs=0.01)
    assert strong.odds == pytest.approx(3 / 7, abs=0.02)
