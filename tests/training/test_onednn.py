from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

CONVOLUTION = """
import numpy as np
import digits.training
import keras
keras.layers.Conv2D(8, 3)(np.zeros((1, 16, 16, 8), np.float32))
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN is for x86")
@pytest.mark.parametrize(("asked", "expected"), [(None, True), ("1", True), ("0", False)])
def test_convolutions_run_on_onednn_unless_refused(asked: str | None, expected: bool) -> None:
    unset = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"}
    chosen = {} if asked is None else {"TF_ENABLE_ONEDNN_OPTS": asked}
    done = subprocess.run(
        [sys.executable, "-c", CONVOLUTION],
        capture_output=True,
        text=True,
        check=True,
        env=unset | chosen | {"ONEDNN_VERBOSE": "1"},
    )
    assert (",convolution," in done.stdout) == expected
