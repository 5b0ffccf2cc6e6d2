"""Mutated input for everything of the package that decodes something.

    .venv/bin/python tests/fuzzing.py [--cases N] [--seed S] [TARGET …]

Each target of fuzz_targets.py takes bytes, and either accepts them or refuses them with the error
that its docstring promises. A case begins with a valid sample; a few random mutations follow:
flipped bits, bytes of extreme values, parts cut out, doubled or moved, numbers in texts made huge;
of JSON every second time a value becomes another one, and all else stays sound. Cases are a
function of target, seed and index alone: a failure is repeated by `--seed S --only INDEX TARGET`.
Prints a row a target, with the share that was refused, and what failed. A case that takes longer
than LIMIT seconds of the processor fails, too.
"""

from __future__ import annotations

import argparse
import collections
import copy
import json
import os
import signal
import sys
import time
import traceback
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from digits.errors import DigitsError

if TYPE_CHECKING:
    from fuzz_targets import Target

LIMIT = 10  # seconds of one case, of the processor: the machine may be busy
EXTREMES = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
HUGE = (
    b"0",
    b"-1",
    b"4294967296",
    b"1e999",
    b"NaN",
    b"99999999999999999999",
    b"null",
    b"[]",
    b'""',
)
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 0.5, 2, 1 << 32, 10**400, float("inf"), float("nan")),
    *("", "7", "305 42", "\n\0\ud800", [], [[]], {}, {"": 0}),
)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes after a few random mutations."""
    if content[:1] in (b"{", b"[") and rng.integers(2):
        changed = _changed_json(content, rng)
        if changed is not None:
            return changed
    data = bytearray(content)
    for _ in range(int(rng.geometric(0.5))):
        if not data:
            return bytes(data)
        at = int(rng.integers(len(data)))
        length = int(rng.integers(1, 1 + min(len(data) - at, 64)))
        match int(rng.integers(7)):
            case 0:
                data[at] ^= 1 << int(rng.integers(8))
            case 1:
                data[at] = int(rng.choice(EXTREMES))
            case 2:
                data[at : at + 4] = int(rng.integers(1 << 32)).to_bytes(4, "big")[: len(data) - at]
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = data[at : at + length]
            case 5:
                del data[at:]
            case 6:
                _enlarge_number(data, at, rng)
    return bytes(data)


def _changed_json(content: bytes, rng: np.random.Generator) -> bytes | None:
    """JSON, or one of the lines of JSON, with an odd value in one place; None for what is none."""
    lines = content.splitlines(keepends=True)
    if lines[0].rstrip()[-1:] not in b"]}":
        lines = [content]
    at = int(rng.integers(len(lines)))
    try:
        value = json.loads(lines[at])
    except ValueError:
        return None
    places = list(_places(value))
    if not places:
        return None
    within, key = places[int(rng.integers(len(places)))]
    match int(rng.integers(4)):
        case 0:
            del within[key]
        case 1:  # the value from another place
            other, there = places[int(rng.integers(len(places)))]
            within[key] = copy.deepcopy(other[there])
        case _:
            within[key] = copy.deepcopy(ODD[int(rng.integers(len(ODD)))])
    lines[at] = json.dumps(value).encode() + b"\n"
    return b"".join(lines)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value within one."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _enlarge_number(data: bytearray, at: int, rng: np.random.Generator) -> None:
    """The next number of a text becomes an extreme one, or something that is none."""
    end = start = next(
        (k for k in range(at, min(at + 64, len(data))) if data[k] in b"0123456789"), at
    )
    while end < len(data) and data[end] in b"0123456789.":
        end += 1
    data[start:end] = HUGE[int(rng.integers(len(HUGE)))]


@contextmanager
def time_limit() -> Iterator[None]:
    """Raises TimeoutError after LIMIT seconds of the processor, where there is SIGPROF."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {LIMIT} s")

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass(frozen=True, slots=True)
class Result:
    """Of the cases of a target: how many, how many were refused, and (index, error) that failed."""

    cases: int
    refused: int
    failures: list[tuple[int, str]]
    seconds: float


def fuzz(name: str, target: Target, indices: range, seed: int) -> Result:
    """Run some cases of a target."""
    samples, refused, failures = target.samples(), 0, []
    begin = time.perf_counter()
    for index in indices:
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), index])
        content = mutated(samples[int(rng.integers(len(samples)))], rng)
        try:
            with time_limit():
                target.decode(content)
        except target.refusals as error:
            refused += 1
            if "\n" in str(error) and issubclass(type(error), DigitsError):
                failures.append((index, f"a message of several lines: {error!r}"))
        except Exception:
            failures.append((index, traceback.format_exc(limit=-3)))
    return Result(len(indices), refused, failures, time.perf_counter() - begin)


def main() -> None:
    # here, or each worker of the service would import them
    from fuzz_service import SERVICE
    from fuzz_targets import targets

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="TARGET")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one case, by its index")
    options = parser.parse_args()
    known = targets()
    indices = range(options.cases)
    if options.only is not None:
        indices = range(options.only, options.only + 1)
    with SERVICE:
        _run(known, options.names or known, indices, options.seed)


def _run(known: dict[str, Target], names: Iterable[str], indices: range, seed: int) -> None:
    """Print a row a target, and end the process."""
    print("| target | cases | refused, % | failed | s |\n|---|---|---|---|---|")
    total: collections.Counter[str] = collections.Counter()
    for name in names:
        result = fuzz(name, known[name], indices, seed)
        share = 100 * result.refused / result.cases
        row = (name, result.cases, f"{share:.0f}", len(result.failures), f"{result.seconds:.0f}")
        print(f"| {' | '.join(map(str, row))} |", flush=True)
        total.update(cases=result.cases, failed=len(result.failures))
        for index, error in result.failures[:3]:
            print(f"{name} {index}: {error}", file=sys.stderr)
    print(f"| together | {total['cases']} | | {total['failed']} | |")
    sys.exit(int(total["failed"] > 0))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
