from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.evaluation.ensemble import Ensemble
from digits.model.classifier import Classifier

EARLIER = Path(__file__).parents[1] / "model" / "folders"


def test_members_weigh_alike(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    tiles = mnist_test[0][:300]
    first, second = Classifier("default"), Classifier(EARLIER / "1")
    ones, others = first.judge(tiles), second.judge(tiles)

    probabilities, is_digit = Ensemble((first, second)).judge(tiles)

    assert np.abs(ones[0] - others[0]).max() > 0.01
    assert probabilities == pytest.approx((ones[0] + others[0]) / 2, abs=1e-6)
    assert is_digit == pytest.approx((ones[1] + others[1]) / 2, abs=1e-6)
    assert (probabilities.dtype, is_digit.dtype) == (np.float32, np.float32)
