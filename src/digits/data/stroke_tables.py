"""The tables of pen strokes, made of a UNIPEN distribution.

Strokes are brought to one height of each writer's digits and capitals, thinned, and sorted into the
tables of `strokes.py`. Segments whose size cannot be that of their label are left out, as is ink
that is listed twice. People get numbers; no table holds a name.
"""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from digits.data import unipen
from digits.data.strokes import ATTRIBUTION, KINDS, SUMS, WRITERS, Points
from digits.data.unipen import Sample, Stroke
from digits.errors import DataError
from digits.files import write_atomically, write_json

UNITS = dict.fromkeys(KINDS, 1000) | {
    "text": 250
}  # height of a digit; long lines need int16's room
TOLERANCE = 0.004  # of a digit's height, by which thinned strokes may leave the written ones
LONGEST = 240  # characters of a label
SMALL = frozenset(".,'`-_:;\"~^*")  # signs of any small size

TALL = frozenset("0123456789ABCDEFGHIKLMNOPRSTUVWXYZbdfhklt")
LOW = frozenset("acemnorsuvwxz")
DEEP = frozenset("gjpqyJQ")
# Height of what is tall, or deep, in heights of a capital: medians of UNIPEN's letters and words.
RELATIVE = {(True, False): 1.0, (True, True): 1.5, (False, True): 1.15, (False, False): 0.57}
ENOUGH = 5  # samples whose median is trusted as somebody's height

Prepared = list[tuple[Sample, list[Points]]]


def convert(source: Path, folder: Path) -> None:
    """Make the tables of a UNIPEN distribution, with their SHA-256 sums, in a folder.

    source: the unpacked distribution, or a folder with it inside.
    Raises DataError if that is none, or holds no segments.
    """
    root = unipen.find_root(source)
    groups = _bar(unipen.groups(root), "reading", "file")
    samples = [sample for group in groups for sample in unipen.read_group(group, root)]
    tables = prepare(samples)
    people = sorted({sample.person for table in tables.values() for sample, _ in table})
    if not people:
        raise DataError(f"{root} holds no segments of UNIPEN in its folder data")
    number = {person: i for i, person in enumerate(people)}
    contents = {kind: _npz(**pack(tables[kind], UNITS[kind], number)) for kind in KINDS}
    contents[WRITERS] = _npz(contributor=np.array([each.partition("/")[0] for each in people]))
    _store(contents, folder)


def _store(contents: dict[str, bytes], folder: Path) -> None:
    """Write the tables, that of the people last: without it a folder holds no tables."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be made: {error.strerror}") from error
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    write_json(folder / SUMS, {"source": ATTRIBUTION, "sha256": sums})
    for name, content in contents.items():
        write_atomically(folder / f"{name}.npz", content)


def prepare(samples: Sequence[Sample]) -> dict[str, Prepared]:
    """The samples of each kind that can be what they are said to be, scaled and thinned."""
    tables: dict[str, Prepared] = {kind: [] for kind in KINDS}
    seen: set[bytes] = set()
    heights, steps = digit_heights(samples), grid_steps(samples)
    for sample, height in zip(_bar(samples, "thinning", "sample"), heights, strict=True):
        if not height or len(sample.label) > LONGEST:
            continue
        kind = kind_of(sample)
        strokes = scaled(sample.strokes, height, UNITS[kind], steps[sample.ink])
        if not is_plausible(sample.label, strokes, UNITS[kind]):
            continue
        ink = kind.encode() + b"".join(len(s).to_bytes(4, "big") + s.tobytes() for s in strokes)
        if ink in seen and sum(map(len, strokes)) > 3:  # dots are alike
            continue
        seen.add(ink)
        tables[kind].append((sample, [stroke.astype(np.int16) for stroke in strokes]))
    return tables


def kind_of(sample: Sample) -> str:
    """The table of a sample; a word or text of one character is a character."""
    if len(sample.label) > 1:
        return "text" if sample.level == "text" else "words"
    if sample.label in "0123456789":
        return "digits"
    return "letters" if sample.label.isalpha() else "symbols"


def digit_heights(samples: Sequence[Sample]) -> list[float]:
    """The height of digits and capitals where each sample was written, in its strokes' units.

    It is the median over words or characters whose letters tell it, if there are ENOUGH: of the
    same ink, else of the person, else of the contributor; words for words and texts, characters
    for characters, each before the other. Where there are not, a sample tells its own: by its
    letters, or a text by the 80th percentile of its strokes' heights. 0 where nothing tells it.
    """
    told: dict[tuple[str, str], list[float]] = defaultdict(list)
    for sample in samples:
        if sample.level != "text" and (height := _own_height(sample)):
            for scope in (sample.ink, sample.person, sample.contributor):
                told[sample.level, scope].append(height)
    usual = {key: float(np.median(each)) for key, each in told.items() if len(each) >= ENOUGH}
    return [_usual_height(sample, usual) or _own_height(sample) for sample in samples]


def _usual_height(sample: Sample, usual: dict[tuple[str, str], float]) -> float:
    scopes = [sample.ink, sample.person, sample.contributor]
    if sample.level == "text":  # whose own strokes tell more than other people do
        scopes = scopes[:2]
    levels = ("character", "word") if sample.level == "character" else ("word", "character")
    keys = [(level, scope) for scope in scopes for level in levels]
    return next((usual[key] for key in keys if key in usual), 0.0)


def _own_height(sample: Sample) -> float:
    if sample.level == "text":
        return float(np.percentile([np.ptp(stroke[:, 1]) for stroke in sample.strokes], 80))
    relative = relative_height(sample.label)
    return _extent(sample.strokes)[1] / relative if relative else 0.0


def relative_height(label: str) -> float | None:
    """The height of a label's ink in heights of a capital; None where its letters do not tell."""
    letters = frozenset(label) - {" "}
    is_tall, is_deep = bool(letters & TALL), bool(letters & DEEP)
    if not letters <= TALL | LOW | DEEP | {"i"} or not (is_tall or letters & (LOW | DEEP)):
        return None
    if "i" in letters and not is_tall:  # where its dot stands is a matter of taste
        return None
    return RELATIVE[is_tall, is_deep]


def grid_steps(samples: Sequence[Sample]) -> dict[str, float]:
    """The step of the tablet's grid in each ink: the smallest up or down; 0 where there is none."""
    found: dict[str, float] = defaultdict(float)
    for sample in samples:
        steps = np.abs(np.concatenate([np.diff(stroke[:, 1]) for stroke in sample.strokes]))
        steps = steps[steps > 0]
        if len(steps):
            found[sample.ink] = min(found[sample.ink] or np.inf, float(steps.min()))
    return found


def scaled(
    strokes: Sequence[Stroke], height: float, unit: int, step: float
) -> list[NDArray[np.int64]]:
    """Strokes with a digit's height brought to `unit`, thinned, their box beginning at (0, 0)."""
    factor = unit / height
    thinned = [thin(smooth(stroke, step) * factor, TOLERANCE * unit) for stroke in strokes]
    corner = np.concatenate(thinned).min(axis=0)
    return [stroke - corner for stroke in thinned]


def smooth(stroke: Stroke, step: float) -> Stroke:
    """The stroke under a binomial filter of three points; its ends stay.

    No point moves by more than half a step of the grid, as far as rounding to it may have.
    """
    result = stroke.copy()
    bend = (stroke[:-2] + stroke[2:]) / 2 - stroke[1:-1]
    result[1:-1] += np.clip(bend / 2, -step / 2, step / 2)
    return result


def thin(stroke: Stroke, tolerance: float) -> NDArray[np.int64]:
    """The stroke in whole numbers, with fewer points (Douglas and Peucker 1973); its ends stay."""
    points: NDArray[np.int64] = np.rint(stroke).astype(np.int64)
    fresh = np.append(True, (points[1:] != points[:-1]).any(axis=1))
    points = points[fresh]
    if len(points) < 3:
        return points
    kept = cv2.approxPolyDP(points.astype(np.float32)[:, None], tolerance, closed=False)[:, 0]
    is_ring = (points[0] == points[-1]).all()  # of which OpenCV drops the end
    return np.concatenate([np.rint(kept).astype(np.int64), points[-1:] if is_ring else points[:0]])


def is_plausible(label: str, strokes: Sequence[NDArray[np.int64]], unit: int) -> bool:
    """Whether ink of that size can be that label."""
    width, height = np.array(_extent(strokes)) / unit
    if max(width, height) * unit > np.iinfo(np.int16).max:
        return False
    count = len(label.replace(" ", ""))
    if count == 1:
        return bool(max(width, height) <= 3 and (label in SMALL or max(width, height) >= 0.25))
    return bool(0.12 * count <= width <= 3 * count + 3 and height >= 0.2)


def pack(table: Prepared, unit: int, number: dict[str, int]) -> dict[str, Any]:
    """The arrays of a table: the fields of `digits.data.strokes.Strokes`."""
    strokes = [stroke for _, sample in table for stroke in sample]
    samples = [sample for sample, _ in table]
    starts = np.cumsum([0, *map(len, strokes)]), np.cumsum([0, *(len(each) for _, each in table)])
    return {
        "points": np.concatenate([np.zeros((0, 2), np.int16), *strokes]),
        "stroke_start": starts[0].astype(np.int32),
        "sample_start": starts[1].astype(np.int32),
        "label": np.array([sample.label for sample in samples], np.str_),
        "writer": np.array([number[sample.person] for sample in samples], np.int32),
        "cut": np.array([sample.cut for sample in samples], np.bool_),
        "context": np.array([sample.context for sample in samples], np.bool_),
        "unit": np.int32(unit),
    }


def _extent(strokes: Sequence[NDArray[Any]]) -> tuple[float, float]:
    """Width and height of the ink."""
    width, height = np.ptp(np.concatenate(strokes), axis=0).tolist()
    return width, height


def _npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _bar(items: Sequence[Any], description: str, unit: str) -> Any:
    """The items under a progress bar on standard error, drawn on a terminal only."""
    return tqdm(items, desc=description, unit=unit, leave=False, disable=None)
