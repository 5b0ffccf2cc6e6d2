"""Contrast: the same for the same ink, whatever the light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from pictures import digit_page

from digits.model.inputs import local_contrast


@pytest.fixture(scope="module")
def grey() -> np.ndarray:
    return cv2.cvtColor(digit_page("42", height=80, width=160), cv2.COLOR_RGB2GRAY)


def test_ink_is_positive_and_paper_is_not(grey: np.ndarray) -> None:
    seen = local_contrast(grey)
    assert seen.shape == (80, 160, 3)
    assert seen.dtype == np.float32
    ink = grey < 100
    assert (seen[ink][:, :2] > 0.5).mean() > 0.95
    assert (seen[~ink][:, :2] < 0.3).mean() > 0.9


def test_half_the_light_changes_little(grey: np.ndarray) -> None:
    dark = (grey * 0.5).astype(np.uint8)
    near = slice(0, 2)
    apart = np.abs(local_contrast(grey)[..., near] - local_contrast(dark)[..., near])
    assert apart.mean() < 0.05


def test_beside_a_black_gutter_ink_still_shows(grey: np.ndarray) -> None:
    with_gutter = grey.copy()
    with_gutter[:, :20] = 0
    ink = grey < 100
    assert (local_contrast(with_gutter)[ink][:, 0] > 0.5).mean() > 0.9


def test_zeros_fill_up_to_the_grain(grey: np.ndarray) -> None:
    odd = grey[:75, :150]
    seen = local_contrast(odd, 16)
    assert seen.shape == (80, 160, 3)
    assert np.array_equal(seen[:75, :150], local_contrast(odd))
    assert not seen[75:].any()
    assert not seen[:, 150:].any()


def test_a_blank_picture_has_none() -> None:
    assert not local_contrast(np.full((40, 50), 200, np.uint8))[..., :2].any()
