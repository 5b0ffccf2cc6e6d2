"""Boxes, their overlaps and sizes: the one home of box geometry.

A box is x, y, width, height in pixels; arrays of boxes are (N, 4) float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Boxes = NDArray[np.float32]
Pairs = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool_]]
SWEEP = 1024  # boxes of a sweep that are compared at a time, to bound its memory
MAX_IOU = 0.45  # of two boxes of different digits
MAX_PART = 0.7  # fraction of a box within another digit's
FLAT = 0.6  # of its width a digit counts at least as high: a 1 that lies, a flat 2


def centres(boxes: NDArray[Any]) -> NDArray[np.float64]:
    """(N, 2) x and y of the centres of boxes (N, 4)."""
    return np.asarray(boxes[..., :2] + boxes[..., 2:] / 2, np.float64)


def sizes(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """(N,) the size of digits by their boxes (N, 4): the height, or FLAT of a larger width."""
    return np.asarray(np.maximum(boxes[..., 3], FLAT * boxes[..., 2]), np.float32)


def intersection(box: NDArray[Any], boxes: NDArray[Any]) -> NDArray[np.float32]:
    """The area that a box (4,) shares with others (N, 4): (N,); of boxes (M, 1, 4): (M, N)."""
    low = np.maximum(box[..., :2], boxes[:, :2])
    high = np.minimum(box[..., :2] + box[..., 2:], boxes[:, :2] + boxes[:, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=-1), np.float32)


def iou(box: NDArray[Any], boxes: NDArray[Any]) -> NDArray[np.float32]:
    """Intersection over union of a box (4,) with others (N, 4): (N,); of (M, 1, 4): (M, N)."""
    common = intersection(box, boxes)
    union = box[..., 2:].prod(axis=-1) + boxes[:, 2:].prod(axis=1) - common
    return np.asarray(common / union, np.float32)


def quantile(values: ArrayLike, fraction: float) -> float:
    """The value below which about that fraction of the others lies; at least one value.

    Without interpolation, at a tenth of the cost of NumPy's.
    """
    flat: Any = np.asarray(values).ravel()
    rank = round(fraction * (len(flat) - 1))
    if flat.dtype == np.uint8:  # counting is faster than sorting
        return float(np.searchsorted(np.bincount(flat).cumsum(), rank, side="right"))
    return float(np.partition(flat, rank)[rank])


def meeting_pairs(boxes: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices (M,) and (M,) of all pairs of boxes (N, 4) that share an area, each pair once.

    A sweep along x: each box is compared with those alone whose left side lies within its width,
    so that the work stays near linear on pages of many small boxes.
    """
    order = np.argsort(boxes[:, 0], kind="stable")
    x, y, width, height = boxes[order].T
    end = np.searchsorted(x, x + width)
    firsts, seconds = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for start in range(0, len(boxes), SWEEP):
        block = np.arange(start, min(start + SWEEP, len(boxes)))
        count = np.maximum(end[block] - block - 1, 0)
        first = np.repeat(block, count)
        second = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count) + first + 1
        meet = (y[first] < y[second] + height[second]) & (y[second] < y[first] + height[first])
        firsts.append(order[first[meet]])
        seconds.append(order[second[meet]])
    return np.concatenate(firsts), np.concatenate(seconds)


def nms(
    boxes: Boxes,
    scores: NDArray[np.float32],
    *,
    unlikely: float = 0.0,
    both_stay: Pairs | None = None,
) -> NDArray[np.intp]:
    """Non-maximum suppression: indices of the boxes (N, 4) that stay, the highest score first.

    A box goes where a higher one that stays overlaps it by MAX_IOU, or holds MAX_PART of it: the
    loop of a 9 is no 0. It goes too where its score is below `unlikely` and it holds as much of a
    higher one: two digits are not one large one. scores: (N,) logits. both_stay: given indices (M,)
    and (M,), which of these pairs do not compete, (M,) bool.
    """
    order = np.argsort(-scores, kind="stable")
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    first, second = meeting_pairs(boxes)
    low = np.where(rank[first] < rank[second], second, first)
    high = first + second - low
    area = boxes[:, 2:].prod(axis=1)
    pairs = np.stack([boxes[low], boxes[high]])
    corner = np.maximum(*pairs[..., :2])
    common = (np.minimum(*(pairs[..., :2] + pairs[..., 2:])) - corner).prod(axis=1)
    is_same = common >= MAX_IOU * (area[low] + area[high] - common)
    is_part = common >= MAX_PART * area[low]
    is_whole = (scores[low] < unlikely) & (common >= MAX_PART * area[high])
    goes = is_same | is_part | is_whole
    if both_stay is not None:
        goes &= ~both_stay(low, high)
    return _greedy(order, low[goes], high[goes])


def _greedy(
    order: NDArray[np.intp], low: NDArray[np.intp], high: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Those of `order` that stay, where each of `low` goes if its `high`, before it, stays."""
    conflicts: dict[int, list[int]] = {}
    for one, other in zip(low.tolist(), high.tolist(), strict=True):
        conflicts.setdefault(one, []).append(other)
    stays = np.ones(len(order), bool)
    for index in order.tolist():
        if index in conflicts and stays[conflicts[index]].any():
            stays[index] = False
    return order[stays[order]]
