"""How far digits stand out: less in noise, in blur and behind rules; not at all where none is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digits.synth.legibility import LEGIBLE, Layer, legibility

BOX = (12.0, 10.0, 12.0, 18.0)
NONE = np.zeros((40, 40), np.uint8)


@pytest.fixture
def pen() -> Layer:
    ink = NONE.copy()
    cv2.putText(ink, "5", (11, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    return ink


def of(grey: NDArray[np.floating] | Layer, pen: Layer, printed: Layer = NONE) -> float:
    seen = np.clip(grey, 0, 255).astype(np.uint8)
    return float(legibility(seen, pen, printed, [BOX])[0])


def noise(strength: float) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, strength, NONE.shape)


def test_noise_and_blur_make_it_less(pen: Layer) -> None:
    clear, noisy, noisier = (of(200 - 0.4 * pen + noise(each), pen) for each in (1, 20, 60))
    assert clear > noisy > noisier
    blurred = cv2.GaussianBlur(200 - 0.4 * pen, (0, 0), 4.0)
    assert of(blurred + noise(1), pen) < LEGIBLE < clear


def test_contrast_as_such_does_not_matter_nor_which_is_darker(pen: Layer) -> None:
    assert of(120 - 0.1 * pen, pen) > LEGIBLE
    assert of(30 + 0.5 * pen, pen) > LEGIBLE


def test_a_shadow_takes_nothing_away(pen: Layer) -> None:
    slope = np.linspace(1.0, 0.4, 40)
    assert of((200 - 0.6 * pen) * slope, pen) > LEGIBLE


def test_paper_alone_and_rules_alone_are_not_legible(pen: Layer) -> None:
    printed = NONE.copy()
    printed[20:23] = 255
    assert of(200 + noise(5), pen) < LEGIBLE
    assert of(200 - 0.7 * printed + noise(5), pen, printed) < LEGIBLE
    assert of(200 - 0.7 * np.maximum(printed, pen), pen, printed) > LEGIBLE


def test_printed_digits_are_looked_for_in_print(pen: Layer) -> None:
    assert of(200 - 0.6 * pen, NONE, pen) > LEGIBLE


def test_no_boxes_no_answers(pen: Layer) -> None:
    assert legibility(pen, pen, NONE, []).shape == (0,)
