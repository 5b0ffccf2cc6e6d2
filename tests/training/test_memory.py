from __future__ import annotations

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource
from digits.training.memory import keep_freed_memory
{call}
def step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    del tensors[:]
    tensors.extend(b"x" * (40 << 20) for _ in range(2))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
tensors = []
step()
print(max(step() for _ in range(4)))
"""


def pages_taken_anew(call: str) -> int:
    command = [sys.executable, "-c", STEPS.format(call=call)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_a_step_does_not_ask_the_system_for_the_memory_of_the_last_one() -> None:
    assert pages_taken_anew("") > 10_000
    assert pages_taken_anew("keep_freed_memory()") < 100
