"""A job of several seeds without training, in a module that starts fast."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FakeJob:
    """The process of seed 1 is killed, seed 2 ends with an error."""

    def train(self, seed: int) -> str:
        if seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return "the training diverged" if seed == 2 else ""
