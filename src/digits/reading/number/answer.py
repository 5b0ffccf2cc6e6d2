"""The probabilities of texts → the Number: its digits with boxes and tiles, and the runner-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from digits.io.number import ALTERNATIVES, Digit, Number, number_of
from digits.model.ctc import Segment, align
from digits.model.parameters import Parameters
from digits.model.spec import DIGIT_TOKENS
from digits.reading.expect import Expectation
from digits.reading.number.lines import Lines
from digits.reading.number.signs import Written, with_signs
from digits.reading.number.texts import Text, digits_alone
from digits.reading.page.accept import whole_boxes
from digits.reading.page.recognise import candidates_on, column_of
from digits.reading.page.textline import LineCrop

LEAST = 1e-6  # probability of a digit that no frame shows
NEGLIGIBLE = 1e-4  # of the probability of texts not thought of, below which one is not expected
BEHIND = 0.999  # of the probability of a digit in the text, that of any other at most


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """N texts that the number of a crop may be.

    frames: (T, TOKENS) of each of the L crops of `lines`. likelihoods: (L, N) natural logarithm of
    the probability that each crop is a text. features: (N, F) of `digits.reading.number.choose`.
    probabilities: (N,) of the texts.
    """

    lines: Lines
    frames: list[NDArray[np.float64]]
    texts: list[Text]
    likelihoods: NDArray[np.float64]
    features: NDArray[np.float64]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A text where a line crop shows it: its index, the frames (T, TOKENS) of the crop and those of
    each digit, and its signs. probability: of the text with these signs."""

    index: int
    crop: LineCrop
    frames: NDArray[np.float64]
    segments: list[Segment]
    written: Written
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """One way to read a crop: a text with its signs, its probability, and where it is shown."""

    text: str
    probability: float
    shown: _Shown


def answer(
    found: Hypotheses,
    shape: tuple[int, ...],
    parameters: Parameters,
    expect: Expectation | None = None,
) -> Number:
    """The likeliest text as the number of a crop (height, width), of those that are as expected.

    Then texts that are not have no share in the confidence. Where it is likelier that the number is
    a text that was not thought of, it stays as it was read.
    """
    others = max(1 - float(found.probabilities.sum()), 0.0)  # texts that were not thought of
    order = np.argsort(-found.probabilities, kind="stable")
    count = int((found.probabilities > NEGLIGIBLE * others).sum()) if expect else 2
    order = order[: max(count, 2)]
    shown = [_shown(found, k, parameters.number.floor) for k in order.tolist()]
    ways = sorted((way for each in shown for way in _ways(each)), key=lambda way: -way.probability)
    alternatives = _merged(ways)
    held = [way for way in ways if expect and expect.holds(way.text)]
    # texts that were not thought of are as expected as often as those that were
    rest = others * len(held) / len(ways)
    is_expected = sum(way.probability for way in held) > rest
    if is_expected:
        found, ways = _given(found, held, rest)
    best = ways[0]
    digits = _digits(found, best.shown, shape, parameters)
    return replace(
        number_of(digits, best.probability),
        text=best.text,
        alternatives=alternatives,
        is_expected=is_expected if expect else None,
    )


def _ways(shown: _Shown) -> Iterator[_Way]:
    """A text with its likeliest signs, and with the most doubtful of them the other way."""
    written = shown.written
    yield _Way(written.text, shown.probability, shown)
    if written.odds > 0:
        yield _Way(written.other, shown.probability * written.odds, shown)


def _merged(ways: Sequence[_Way]) -> tuple[tuple[str, float], ...]:
    """The likeliest texts; one that is read in several ways has the sum of their probabilities."""
    total: dict[str, float] = defaultdict(float)
    for way in ways:
        total[way.text] += way.probability
    return tuple(sorted(total.items(), key=lambda each: -each[1])[:ALTERNATIVES])


def _given(found: Hypotheses, held: Sequence[_Way], rest: float) -> tuple[Hypotheses, list[_Way]]:
    """Hypotheses and ways, once it is known that one of these ways holds, or another text with this
    probability."""
    total = sum(way.probability for way in held) + rest
    probabilities = np.zeros(len(found.texts))
    for way in held:
        probabilities[way.shown.index] += way.probability / total
    ways = [replace(way, probability=way.probability / total) for way in held]
    return replace(found, probabilities=probabilities), ways


def no_number(shape: tuple[int, ...]) -> Number:
    """The answer to an empty crop (height, width)."""
    return Number("", 0.0, (0, 0, shape[1], shape[0]), (), ())


def _shown(found: Hypotheses, index: int, floor: float) -> _Shown:
    """A text in the crop that shows it most surely; in the first, where detections tell the boxes
    of digits, if that shows it at all."""
    likelihood = found.likelihoods[:, index]
    place = 0 if likelihood[0] > floor else int(likelihood.argmax())
    text, frames = found.texts[index], found.frames[place]
    tokens = [digit + DIGIT_TOKENS.start for digit in text]
    segments = align(digits_alone(frames), tokens)
    written = with_signs(text, frames, segments)
    chance = float(found.probabilities[index]) * written.probability
    return _Shown(index, found.lines.crops[place], frames, segments, written, chance)


def _digits(
    found: Hypotheses, shown: _Shown, shape: tuple[int, ...], parameters: Parameters
) -> list[Digit]:
    """The digits of a text."""
    candidates = candidates_on(
        0, shown.crop, shown.frames, shown.segments, found.lines.levels, parameters.recognise
    )
    columns = candidates.column.tolist()
    index = [columns.index(column_of(segment)) for segment in shown.segments]
    boxes = whole_boxes(candidates.boxes[index], shape)
    read = np.maximum(candidates.recogniser[index], LEAST)
    likely, is_digit = digit_probabilities(
        found.texts, found.probabilities, shown.index, read / read.sum(axis=1, keepdims=True)
    )
    return [
        Digit.likeliest(row, float(there), box, tile)
        for row, there, box, tile in zip(
            likely, is_digit, boxes, candidates.tiles[index], strict=True
        )
    ]


def digit_probabilities(
    texts: Sequence[Text],
    probabilities: NDArray[np.float64],
    best: int,
    read: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """(M, 10) float32 of each digit at the M places of the best text, given that there is one; and
    (M,) that there is one: as the texts have them, with their probabilities (N,).

    What these lack of 1 goes to the digits as they were read there, `read` (M, 10).
    """
    text, rest = texts[best], max(1 - float(probabilities.sum()), 0.0)
    mass = rest * read
    for other, probability in zip(texts, probabilities.tolist(), strict=True):
        for place, digit in _matched(text, other):
            mass[place, digit] += probability
    is_digit = np.minimum(mass.sum(axis=1), 1.0)
    own = mass[np.arange(len(text)), list(text)]
    mass = np.minimum(mass, BEHIND * own[:, None])  # the number decides, not the place alone
    mass[np.arange(len(text)), list(text)] = own
    return np.asarray(mass / mass.sum(axis=1, keepdims=True), np.float32), is_digit


def _matched(text: Text, other: Text) -> list[tuple[int, int]]:
    """The places of a text at which another has a digit, and which."""
    if len(text) == len(other):
        return list(enumerate(other))
    pairs: list[tuple[int, int]] = []
    for _, low, high, start, end in SequenceMatcher(None, text, other, False).get_opcodes():
        pairs += zip(range(low, high), other[start:end], strict=False)
    return pairs
