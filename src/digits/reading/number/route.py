"""Crops that hold exactly one number each → the number of each.

1. find the text line, and take the whole crop for one too (`lines`);
2. recognise all lines of all crops, and fuse the candidates of detected lines, at once;
3. list the texts that a line may be, and how likely each line and the candidates find them
   (`texts`);
4. choose, by a conditional logit (`choose`);
5. find the digits of the likeliest in its line, and their signs (`answer`, `signs`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from digits.geometry import nms
from digits.io.number import Number
from digits.model.bundle import Bundle
from digits.model.classifier import Classifier
from digits.model.ctc import log_likelihoods
from digits.model.inputs import local_contrast
from digits.model.parameters import Parameters
from digits.model.recogniser import Recogniser
from digits.model.spec import CLASSES, DIGIT_TOKENS, LINE_SIZE_MULTIPLE, TILE, TOKENS
from digits.reading.expect import Expectation
from digits.reading.number.answer import Hypotheses, answer, no_number
from digits.reading.number.choose import features, probabilities
from digits.reading.number.lines import Lines, find_lines
from digits.reading.number.texts import (
    HARD,
    USUAL,
    Breadth,
    Text,
    digits_alone,
    likely_texts,
    log_likelihood_of_candidates,
    text_of_candidates,
)
from digits.reading.page.accept import are_beside
from digits.reading.page.fuse import features as fusion_features
from digits.reading.page.fuse import weights_of as fusion_weights
from digits.reading.page.greyscale import prepare, within
from digits.reading.page.recognise import Candidates, are_legible, candidates_on, ctc_segments

Frames = NDArray[np.float64]  # (T, TOKENS) probabilities
Scores = NDArray[np.float64]  # (M, 10) log-odds of each digit at M candidates, from left to right


def read_numbers(
    pictures: Iterable[NDArray[np.uint8]], bundle: Bundle, expect: Expectation | None = None
) -> list[Number]:
    """The number of each crop (H, W, 3) uint8 RGB; recogniser and classifier run once for all."""
    shapes, prepared = [], []
    for pixels in pictures:
        shapes.append(pixels.shape)
        prepared.append(prepare(pixels))
    numbers = numbers_of([grey for grey, _ in prepared], bundle, expect)
    return [
        number.moved(partial(within, margin=margin, shape=shape))
        if number.digits
        else no_number(shape)
        for number, (_, margin), shape in zip(numbers, prepared, shapes, strict=True)
    ]


def numbers_of(
    greys: Sequence[NDArray[np.uint8]], bundle: Bundle, expect: Expectation | None = None
) -> list[Number]:
    """The number of each crop (H, W) uint8, its ink dark; of an empty crop, one without digits."""
    lines = [find_lines(grey, bundle.detector, bundle.parameters) for grey in greys]
    found = think_of(lines, bundle, HARD if expect else USUAL)
    return [
        no_number(grey.shape)
        if each is None
        else answer(each, grey.shape, bundle.parameters, expect)
        for each, grey in zip(found, greys, strict=True)
    ]


def think_of(
    lines: Sequence[Lines], bundle: Bundle, breadth: Breadth = USUAL
) -> list[Hypotheses | None]:
    """The texts that each crop may be; None for an empty crop."""
    parameters = bundle.parameters
    frames = _recognised(lines, bundle.recogniser)
    scores = _fused(lines, frames, bundle.classifier, parameters)
    texts = [
        _texts(each, alone, row, parameters, breadth)
        for each, alone, row in zip(lines, frames, scores, strict=True)
    ]
    likelihoods = _likelihoods(frames, texts)
    return [
        _hypotheses(*each, parameters) if each[2] else None
        for each in zip(lines, frames, texts, scores, likelihoods, strict=True)
    ]


def _recognised(lines: Sequence[Lines], recogniser: Recogniser) -> list[list[Frames]]:
    """The frames of each line crop; only crops of one width share a run, so that a number does not
    depend on those read with it."""
    alike: dict[int, list[tuple[int, int]]] = defaultdict(list)
    found: list[list[Frames]] = [[np.zeros((0, TOKENS))] * len(each.crops) for each in lines]
    for index, each in enumerate(lines):
        for place, crop in enumerate(each.crops):
            alike[-(-crop.pixels.shape[1] // LINE_SIZE_MULTIPLE)].append((index, place))
    for places in alike.values():
        crops = [local_contrast(lines[i].crops[place].pixels) for i, place in places]
        for (index, place), frames in zip(places, recogniser.probabilities(crops), strict=True):
            found[index][place] = frames
    return found


def _fused(
    lines: Sequence[Lines],
    frames: Sequence[Sequence[Frames]],
    classifier: Classifier,
    parameters: Parameters,
) -> list[Scores]:
    """The log-odds of each digit against none at the candidates of each detected line, from left
    to right; no prior of a page is known, nor needed."""
    found = [
        _candidates(each, some[0], parameters) if each.detected else None
        for each, some in zip(lines, frames, strict=True)
    ]
    tiles = [each.tiles for each in found if each is not None]
    none = np.zeros((0, TILE, TILE), np.uint8)
    probabilities, is_digit = classifier.classify(np.concatenate([none, *tiles]), tta=False)
    scores, start = [], 0
    for candidates in found:
        if candidates is None:
            scores.append(np.zeros((0, CLASSES)))
            continue
        own = slice(start, start + len(candidates))
        start = own.stop
        rows = fusion_features(candidates, probabilities[own], is_digit[own], parameters.fuse)
        scores.append(
            _without_overlaps(candidates, rows @ fusion_weights(parameters.fuse), parameters)
        )
    return scores


def _candidates(lines: Lines, frames: Frames, parameters: Parameters) -> Candidates:
    assert lines.detected is not None
    segments = ctc_segments(frames[:, DIGIT_TOKENS], parameters.recognise.threshold)
    found = candidates_on(0, lines.detected, frames, segments, lines.levels, parameters.recognise)
    return found.take(are_legible(found, parameters.recognise))


def _without_overlaps(candidates: Candidates, scores: Scores, parameters: Parameters) -> Scores:
    """Those that stay after non-maximum suppression, from left to right."""
    beside = partial(are_beside, candidates, parameters.accept)
    best = np.asarray(scores.max(axis=1, initial=0.0), np.float32)
    kept = nms(candidates.boxes, best, unlikely=np.inf, both_stay=beside)
    return scores[kept[np.argsort(candidates.column[kept], kind="stable")]]


def _texts(
    lines: Lines,
    frames: Sequence[Frames],
    scores: Scores,
    parameters: Parameters,
    breadth: Breadth,
) -> list[Text]:
    """The texts that a crop may be; none if nothing is detected nor recognised in it."""
    texts, any_digit = likely_texts([digits_alone(each) for each in frames], breadth)
    if lines.detected is None and any_digit < parameters.number.empty:
        return []
    fused = text_of_candidates(scores)
    return texts + [fused] * (bool(fused) and fused not in texts)


def _likelihoods(
    frames: Sequence[Sequence[Frames]], texts: Sequence[Sequence[Text]]
) -> list[NDArray[np.float64]]:
    """(L, N) for each crop: the natural logarithm of the probability that each of its L lines is
    each of its N texts."""
    pairs = [
        (digits_alone(line), [digit + DIGIT_TOKENS.start for digit in text])
        for some, own in zip(frames, texts, strict=True)
        for line in some
        for text in own
    ]
    found = iter(log_likelihoods([line for line, _ in pairs], [text for _, text in pairs]))
    shapes = [(len(some), len(own)) for some, own in zip(frames, texts, strict=True)]
    return [np.reshape(list(islice(found, math.prod(shape))), shape) for shape in shapes]


def _hypotheses(
    lines: Lines,
    frames: list[Frames],
    texts: list[Text],
    scores: Scores,
    likelihoods: NDArray[np.float64],
    parameters: Parameters,
) -> Hypotheses:
    detected = likelihoods[0] if lines.detected else np.full(len(texts), -np.inf)
    fused = log_likelihood_of_candidates(scores, texts)
    rows = features(texts, detected, likelihoods[-1], fused, parameters.number.floor)
    chance = probabilities(rows, parameters.number)
    return Hypotheses(lines, frames, texts, likelihoods, rows, chance)
