"""digits doctor: what is installed, what this machine can do, and whether reading works."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec

import cv2

from digits.data import directories, mnist, strokes
from digits.errors import DataError, ModelError
from digits.model.bundle import Bundle, open_bundle, shipped_bundles
from digits.model.session import cores, providers
from digits.model.store import DEFAULT, SHIPPED
from digits.reading.reader import Reader
from digits.version import __version__

CORE = ("numpy", "opencv-python-headless", "onnxruntime")
EXTRAS = {
    "train": ("keras", "tensorflow", "tf2onnx", "onnx", "matplotlib"),
    "report": ("jinja2", "matplotlib"),
    "pages": ("PIL",),
    "serve": ("fastapi", "uvicorn", "prometheus_client", "python_multipart"),
    "notebook": ("notebook", "nbclient", "jupytext", "ipykernel"),
    "documents": ("pypdfium2",),
    "heic": ("pi_heif",),
    "tables": ("openpyxl",),
    "parquet": ("pyarrow",),
    "ray": ("ray",),
}
"""By the name of an optional part: the modules that it brings."""
INSTRUCTIONS = {"AVX2": 11, "AVX-512": 13, "AVX-512 VNNI": 23, "NEON": 100, "NEON DOTPROD": 101}
"""Sets of instructions, by OpenCV's numbers for them (CpuFeatures in its core/cvdef.h)."""
CHECK = SHIPPED / "check.png"
ANSWER = SHIPPED / "check.json"
CONFIDENCE = 0.05  # by which processors may differ


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits doctor`: none."""
    parser.epilog = "Example: digits doctor"


def run(_: argparse.Namespace) -> int:
    """Print what was found, a line each; 1 if reading does not work as it should."""
    problems: list[str] = []
    for part in (_versions(), _extras(), _machine(), _data(), _models(problems), _check(problems)):
        for name, found in part:
            print(f"{name:24}{found}")
    for problem in problems:
        print(f"digits: {problem}", file=sys.stderr)
    return int(bool(problems))


def _versions() -> Iterator[tuple[str, str]]:
    yield "digits", __version__
    yield "Python", f"{platform.python_version()}, {platform.platform()}"
    for package in CORE:
        yield package, version(package)


def _extras() -> Iterator[tuple[str, str]]:
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        found = f'no {", ".join(missing)}: pip install ".[{extra}]"' if missing else "installed"
        yield f"[{extra}]", found


def _machine() -> Iterator[tuple[str, str]]:
    yield "cores", f"{cores()} that this process may use"
    has = [name for name, number in INSTRUCTIONS.items() if cv2.checkHardwareSupport(number)]
    yield "instructions", ", ".join(has) or "the plain ones"
    yield "providers", ", ".join(providers()) + "; CPU is used"


def _data() -> Iterator[tuple[str, str]]:
    home = directories.named_directory() or directories.cache_directory()
    yield "data", str(home)
    is_there = mnist.load_at_hand("test") is not None
    yield "MNIST", "there, sums right" if is_there else "not there: digits data fetch"
    try:
        yield "pen strokes", str(strokes.find())
    except DataError:
        yield "pen strokes", "not there (needed for training the recogniser only)"


def _models(problems: list[str]) -> Iterator[tuple[str, str]]:
    """What is damaged goes to `problems`."""
    yield "models", str(SHIPPED)
    for name in shipped_bundles():
        try:
            bundle: Bundle = open_bundle(name)
            yield f"  {name}", f"sums right, fingerprint {bundle.fingerprint}"
        except ModelError as error:
            yield f"  {name}", "damaged"
            problems.append(str(error))


def _check(problems: list[str]) -> Iterator[tuple[str, str]]:
    """One reading against its stored answer; a difference goes to `problems`."""
    try:
        reading = Reader(DEFAULT).read(CHECK)
    except ModelError:  # told already
        return
    answer = json.loads(ANSWER.read_text("utf-8"))
    off = max(
        (
            abs(number.confidence - confidence)
            for number, confidence in zip(reading.numbers, answer["confidences"], strict=False)
        ),
        default=1.0,
    )
    is_right = reading.text == answer["text"] and off <= CONFIDENCE
    found = f"{reading.text!r}, confidences within {off:.3f} of the stored ones"
    yield "check", found if is_right else f"{reading.text!r}, expected {answer['text']!r}"
    if not is_right:
        problems.append(
            f"{CHECK.name} was read as {reading.text!r}, expected {answer['text']!r} (confidences "
            f"off by {off:.3f}); install the packages anew, and report what is printed above"
        )
