"""Mutated input for everything of the package that decodes something.

    .venv/bin/python tests/fuzzing.py [--cases N] [--seed S] [TARGET …]

Each target takes bytes, and either accepts them or refuses them with the error that its docstring
promises. A case begins with a valid sample; a few random mutations follow: flipped bits, bytes of
extreme values, parts cut out, doubled or moved, numbers in texts made huge. Cases are a function of
target, seed and index alone: a failure is repeated by `--seed S --only INDEX TARGET`. Prints a row
a target, with the share that was refused, and what failed. A case that takes longer than LIMIT
seconds fails, too.
"""

from __future__ import annotations

import argparse
import collections
import functools
import io
import json
import os
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pictures

import digits
from digits.data import corrections, idx, unipen
from digits.errors import DigitsError
from digits.io.picture import open_picture
from digits.model.bundle import open_bundle
from digits.model.profile import open_profile
from digits.model.store import DEFAULT, SHIPPED, open_model
from digits.reading.expect import expectation
from digits.service import kserve, tiles
from digits.service.labelconfig import parse_config
from digits.service.problems import Problem
from digits.training.recipe import parse_recipe, shipped_recipes

LIMIT = 10  # seconds of one case
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


@dataclass(frozen=True, slots=True)
class Target:
    """What decodes bytes, the errors by which it refuses them, and valid samples."""

    decode: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    samples: Callable[[], list[bytes]]


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes after a few random mutations."""
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


def _enlarge_number(data: bytearray, at: int, rng: np.random.Generator) -> None:
    """The next number of a text becomes an extreme one, or something that is none."""
    end = start = next(
        (k for k in range(at, min(at + 64, len(data))) if data[k] in b"0123456789"), at
    )
    while end < len(data) and data[end] in b"0123456789.":
        end += 1
    data[start:end] = HUGE[int(rng.integers(len(HUGE)))]


def in_folder(name: str, decode: Callable[[Path], object], beside: Path | None = None):
    """A target whose bytes are a file of this name in a folder, beside the files of another."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for other in beside.iterdir() if beside else ():
        if other.name != name:
            (folder / other.name).symlink_to(other)

    def decode_bytes(content: bytes) -> object:
        (folder / name).write_bytes(content)
        return decode(folder)

    return decode_bytes


def _pictures() -> list[bytes]:
    pixels = pictures.page("305 42", height=24).pixels[..., ::-1]
    endings = (".png", ".jpg", ".bmp", ".webp", ".tif", ".ppm", ".gif")
    return [cv2.imencode(ending, pixels)[1].tobytes() for ending in endings]


def _idx() -> list[bytes]:
    values = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    return [idx.encode(values), idx.encode(np.arange(9, dtype=np.uint8))]


def _reading() -> list[bytes]:
    reading = digits.read(pictures.page("305 42", height=30).pixels)
    return [json.dumps(reading.to_dict()).encode()]


def _npy() -> list[bytes]:
    file = io.BytesIO()
    np.save(file, np.zeros((2, 28, 28), np.uint8))
    return [file.getvalue()]


def _inference() -> list[bytes]:
    tile = [0.5] * 784
    given = {"name": "tiles", "shape": [1, 28, 28], "datatype": "FP32", "data": tile}
    return [json.dumps({"id": "7", "inputs": [given], "outputs": [{"name": "digits"}]}).encode()]


def _infer(content: bytes) -> object:
    asked, rest = kserve._parts(content, None)
    return [kserve._tensor(given, rest) for given in asked.inputs]


def _corrections(folder: Path) -> object:
    return corrections.Corrections(folder).load()


def _log() -> list[bytes]:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    store = corrections.Corrections(folder)
    first = store.add(np.zeros((28, 28), np.uint8), 7, read=1, confidence=0.5)
    store.add(np.full((28, 28), 9, np.uint8), None)
    store.undo(first.id)
    return [(folder / corrections.LOG).read_bytes()]


@functools.cache
def _reader() -> digits.Reader:
    return digits.Reader(threads=1)


def _read(content: bytes) -> object:
    outcome = _reader().try_read(content)
    if outcome.error and "defect" in outcome.error:
        raise RuntimeError(outcome.error)
    if outcome.error:
        raise digits.errors.PictureError(outcome.error)
    return outcome.reading


def _recipes() -> list[bytes]:
    folder = Path(digits.training.recipe.__file__).parent / "recipes"
    return [(folder / f"{name}.toml").read_bytes() for name in shipped_recipes()]


def _unipen(folder: Path) -> object:
    return [
        unipen.cut(unipen.read_ink(folder / "ink.dat", folder), "0"),
        list(unipen.segments(folder / "ink.dat")),
    ]


UNIPEN = b""".VERSION 1.0
.COORD X Y
.SEGMENT CHARACTER 0:0-0:2 OK "7"
.PEN_DOWN
10 20
30 20
20 60
.PEN_UP
"""
PROFILE = b"""{"schema": 1, "model": "default", "files": {"a.npz": "00"},
"votes": {"neighbours": 3, "floor": 0.5, "strength": 1}, "report": {}}"""
CONFIG = b"""<View><Image name="image" value="$image"/>
<RectangleLabels name="box" toName="image"><Label value="Number"/></RectangleLabels>
<TextArea name="text" toName="image" perRegion="true"/></View>"""
SHIPPED_NETWORK, SHIPPED_BUNDLE = SHIPPED / DEFAULT / "classifier", SHIPPED / DEFAULT


def targets() -> dict[str, Target]:
    """All of them, by name; the folders that some need are made here."""
    model = in_folder("model.json", open_model, SHIPPED_NETWORK)
    weights = in_folder("model.onnx", open_model, SHIPPED_NETWORK)
    bundle = in_folder("bundle.json", open_bundle, SHIPPED_BUNDLE)
    as_text = functools.partial(bytes.decode, errors="replace")
    return {
        "picture": Target(open_picture, (DigitsError,), _pictures),
        "read": Target(_read, (DigitsError,), _pictures),
        "idx": Target(lambda content: idx.parse(content, "images"), (DigitsError,), _idx),
        "model.json": Target(
            model, (DigitsError,), lambda: [(SHIPPED_NETWORK / "model.json").read_bytes()]
        ),
        "model.onnx": Target(
            weights, (DigitsError,), lambda: [(SHIPPED_NETWORK / "model.onnx").read_bytes()]
        ),
        "bundle.json": Target(
            bundle, (DigitsError,), lambda: [(SHIPPED_BUNDLE / "bundle.json").read_bytes()]
        ),
        "profile": Target(
            in_folder("profile.json", open_profile), (DigitsError,), lambda: [PROFILE]
        ),
        "corrections": Target(in_folder(corrections.LOG, _corrections), (DigitsError,), _log),
        "recipe": Target(
            lambda content: parse_recipe("fuzz", as_text(content)), (DigitsError,), _recipes
        ),
        "reading": Target(
            lambda content: digits.Reading.from_dict(json.loads(content)),
            (ValueError, RecursionError),
            _reading,
        ),
        "expectation": Target(
            lambda content: expectation(as_text(content)),
            (ValueError,),
            lambda: [b"0..10/0.5", rb"\d{3}|-?\d+,\d{2}"],
        ),
        "unipen": Target(in_folder("ink.dat", _unipen), (DigitsError,), lambda: [UNIPEN]),
        "API: npy": Target(tiles.from_npy, (Problem,), _npy),
        "API: tiles": Target(
            lambda content: tiles.parse(tiles.Tiles, content),
            (Problem,),
            lambda: [json.dumps({"tiles": [[[0] * 28] * 28]}).encode()],
        ),
        "API: infer": Target(_infer, (Problem,), _inference),
        "API: label config": Target(
            lambda content: parse_config(as_text(content)), (Problem,), lambda: [CONFIG]
        ),
    }


@contextmanager
def time_limit() -> Iterator[None]:
    """Raises TimeoutError after LIMIT seconds, where there is SIGALRM."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {LIMIT} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


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
    print("| target | cases | refused, % | failed | s |\n|---|---|---|---|---|")
    total: collections.Counter[str] = collections.Counter()
    for name in options.names or known:
        result = fuzz(name, known[name], indices, options.seed)
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
    cv2.setNumThreads(1)
    main()
