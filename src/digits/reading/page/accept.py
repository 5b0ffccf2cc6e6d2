"""Fused candidates → the digits of a page, and what only resembles one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from digits.geometry import nms
from digits.io.number import Box, Digit
from digits.io.result import BY_CHANCE, UNSURE, Rejected
from digits.model.parameters import Accept
from digits.model.spec import LINE_DIGIT
from digits.reading.page.fuse import Fused
from digits.reading.page.recognise import Candidates

BESIDE = 0.3 * LINE_DIGIT  # columns between two digits of a line, at least


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """The digits of a page, each with its candidate; and the rejected candidates."""

    digits: list[Digit]
    candidates: Candidates
    rejected: list[Rejected]


def accept(
    candidates: Candidates, fused: Fused, shape: tuple[int, ...], parameters: Accept
) -> Accepted:
    """The candidates of a page (height, width) that are digits, none of them twice."""
    worthy = np.flatnonzero(fused.is_digit >= parameters.doubtful)
    some, is_digit = candidates.take(worthy), fused.is_digit[worthy]
    beside = partial(are_beside, some, parameters)
    kept = nms(some.boxes, is_digit, unlikely=np.inf, both_stay=beside)
    order = worthy[kept]
    is_digit, boxes = is_digit[kept], whole_boxes(candidates.boxes[order], shape)
    accepted = is_digit >= parameters.threshold
    surest = is_digit * fused.probabilities[order].max(axis=1, initial=0)
    by_chance = _are_by_chance(surest[accepted], len(candidates), parameters)
    digits, rejected = [], []
    for k, (index, box) in enumerate(zip(order.tolist(), boxes, strict=True)):
        if not accepted[k] or by_chance:
            rejected.append(Rejected(box, BY_CHANCE if accepted[k] else UNSURE))
        else:
            tile, probabilities = candidates.tiles[index], fused.probabilities[index]
            digits.append(_tempered(probabilities, is_digit[k], box, tile, parameters.temperature))
    return Accepted(digits, candidates.take(order[accepted & (not by_chance)]), rejected)


def _tempered(
    probabilities: NDArray[np.float32],
    is_digit: np.float32,
    box: Box,
    tile: NDArray[np.uint8],
    temperature: float,
) -> Digit:
    """A digit with its log-odds divided by a temperature: what misleads one network misleads the
    others too, so that together they are too certain."""
    probabilities = probabilities ** np.float32(1 / temperature)
    odds = float(np.exp(_logit(np.array([is_digit]))[0] / temperature))
    return Digit.likeliest(probabilities / probabilities.sum(), odds / (1 + odds), box, tile)


def _logit(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    kept = np.clip(probability, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(kept / (1 - kept)), np.float32)


def are_beside(
    candidates: Candidates,
    parameters: Accept,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """(M,) whether both of each pair were recognised on one line, each in columns of its own:
    digits that lean or touch lie in each other's boxes."""
    is_read = candidates.recogniser.max(axis=1, initial=0) >= parameters.recognised
    apart = np.abs(candidates.column[first] - candidates.column[second]) >= BESIDE
    same_line = candidates.line[first] == candidates.line[second]
    return np.asarray(is_read[first] & is_read[second] & apart & same_line)


def _are_by_chance(confidences: NDArray[np.float32], count: int, parameters: Accept) -> bool:
    """Whether digits are few and none of them is more probable than the best of `count` candidates
    that are none. confidences: (M,) of the digits."""
    expected = 1 - parameters.by_chance / max(count - 1, parameters.by_chance)
    bound = float(np.clip(expected, parameters.min_surest, parameters.max_surest))
    is_few = 0 < len(confidences) <= max(parameters.few, parameters.rare * count)
    return is_few and float(confidences.max()) < bound


def whole_boxes(boxes: NDArray[np.float32], shape: tuple[int, ...]) -> list[Box]:
    """In whole pixels within the page."""
    limit = np.array(shape[1::-1])
    low = np.clip(np.rint(boxes[:, :2]), 0, limit - 1).astype(int)
    high = np.clip(np.rint(boxes[:, :2] + boxes[:, 2:]), low + 1, limit).astype(int)
    return [(x, y, w, h) for x, y, w, h in np.concatenate([low, high - low], axis=1).tolist()]
