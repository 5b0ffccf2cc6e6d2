"""What becomes of pictures that may not be readable, and of many."""

from __future__ import annotations

import pictures

import digits
from digits.io.result import BY_CHANCE, UNSURE

READER = digits.Reader()


def test_what_is_rejected_comes_with_the_true_reason() -> None:
    some = READER.read(pictures.digit_page("SOlZ", height=60, width=240))
    assert some.text
    assert {each.reason for each in some.rejected} == {UNSURE}
    none = READER.read(pictures.digit_page("Bio lOSZ goq", height=60, width=720))
    assert not none.text
    assert {each.reason for each in none.rejected} == {UNSURE, BY_CHANCE}
