"""A short run of every target of fuzzing.py; docs/reliability.md has the figures of a long one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import fuzzing
import numpy as np
import pytest
from fuzz_service import SERVICE
from fuzz_targets import Target, targets

CASES = 60
TARGETS = targets()


@pytest.fixture(scope="module", autouse=True)
def _service() -> Iterator[None]:
    """Targets start one when they need it."""
    with SERVICE:
        yield


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_input_is_taken_or_refused_as_promised(name: str) -> None:
    result = fuzzing.fuzz(name, TARGETS[name], range(CASES), seed=7)
    assert result.failures == []


# A checksum, or a file that is not there, keeps samples of these from being taken.
REFUSED = {"profile"}


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - REFUSED))
def test_samples_are_taken(name: str) -> None:
    for sample in TARGETS[name].samples():
        TARGETS[name].decode(sample)


def test_json_becomes_other_json() -> None:
    content = b'{"a": [1, {"b": "c"}]}'
    changed = [fuzzing.mutated(content, np.random.default_rng(seed)) for seed in range(40)]
    assert len({each for each in changed if _is_json(each)}) > 8


def test_what_is_neither_taken_nor_refused_is_a_failure() -> None:
    def decode(content: bytes) -> None:
        if len(content) < 100:
            raise ValueError
        raise KeyError(len(content))

    target = Target(decode, (ValueError,), lambda: [bytes(100)])
    result = fuzzing.fuzz("none", target, range(50), seed=0)
    assert 0 < len(result.failures) < 50
    assert result.refused + len(result.failures) == 50
    assert "KeyError" in result.failures[0][1]


def test_a_case_is_a_function_of_its_index() -> None:
    content = bytes(range(256))
    first, again = (fuzzing.mutated(content, np.random.default_rng(3)) for _ in range(2))
    assert first == again != content


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True
