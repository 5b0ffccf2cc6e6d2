"""The probabilities of texts → the Number: its digits with boxes and tiles, and the runner-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from digits.io.result import Digit, Number, number_of
from digits.model.ctc import Segment, align
from digits.model.parameters import Parameters
from digits.model.spec import DIGIT_TOKENS
from digits.reading.number.lines import Lines
from digits.reading.number.signs import Written, with_signs
from digits.reading.number.texts import Text, digits_alone
from digits.reading.page.accept import whole_boxes
from digits.reading.page.recognise import candidates_on, column_of
from digits.reading.page.textline import LineCrop

LEAST = 1e-6  # probability of a digit that no frame shows
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


def answer(found: Hypotheses, shape: tuple[int, ...], parameters: Parameters) -> Number:
    """The likeliest text as the number of a crop (height, width)."""
    two = np.argsort(-found.probabilities, kind="stable")[:2].tolist()
    shown = [_shown(found, index, parameters.number.floor) for index in two]
    # with their signs, the second may be the likelier
    shown.sort(key=lambda each: -each.probability)
    best, others = shown[0], [(each.written.text, each.probability) for each in shown[1:]]
    if best.written.odds > 0:
        others.append((best.written.other, best.probability * best.written.odds))
    digits = _digits(found, best, shape, parameters)
    number = replace(number_of(digits, best.probability), text=best.written.text)
    if not others:
        return number
    return replace(number, runner_up=max(others, key=lambda each: each[1]))


def no_number(shape: tuple[int, ...]) -> Number:
    """The answer to an empty crop (height, width)."""
    return Number("", 0.0, (0, 0, shape[1], shape[0]), (), ("", 0.0))


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
