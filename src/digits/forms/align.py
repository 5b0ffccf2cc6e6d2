"""Where is each place of a blank form on a scan or photo of it?

1. features (SIFT, Lowe 2004, DOI 10.1023/B:VISI.0000029664.99615.94) of both, matched, give a
   homography by RANSAC;
2. corners of the form's print are tracked on from there (Lucas and Kanade 1981, with pyramids), and
   give a better one;
3. what a fold or a curl moves beyond that is the median shift of the tracked corners nearby.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import PictureError
from digits.forms.lines import Grey, paper_of

Points = NDArray[np.float32]  # (N, 2) x, y
Matrix = NDArray[np.float64]  # (3, 3) homography

SEEN = 800  # pixels of the longer side at which features are found
FEATURES = 1500
RATIO = 0.8  # of the distance to the second-best match, below which a match is one
OFF = 4.0  # pixels at which a match still agrees
FEWEST = 15  # matches that agree
CORNERS = 300  # of the form's print, that are tracked
WINDOW = 31  # pixels around a corner that are compared
ALIKE = 0.6  # correlation of such windows, from which on the corner is found
LEAST_MATCH = 0.5  # of the corners: what has fewer is another form, or a part of it
INK = 0.01  # of all pixels: the darkest of these tell how dark ink is
NEIGHBOURS = 8  # corners that tell the local shift


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """view: from pixels of the blank form to those of the picture. match: share of the form's
    corners found. corners: (N, 2) these, on the blank form, and shifts: (N, 2) by how many of its
    pixels each is off the view."""

    view: Matrix
    match: float
    corners: Points
    shifts: Points

    def shift_at(self, x: float, y: float) -> tuple[float, float]:
        """By how much what is at a place of the blank form is off the view, in its pixels."""
        near = np.argsort(np.hypot(*(self.corners - (x, y)).T))[:NEIGHBOURS]
        across, down = np.median(self.shifts[near], axis=0)
        return float(across), float(down)


class Target:
    """A blank form to align pictures to; its features are found once."""

    def __init__(self, blank: Grey) -> None:
        """blank: (H, W) uint8."""
        self.level = evened(blank)
        self.soft = _soft(self.level)
        self.size = (blank.shape[1], blank.shape[0])

    @cached_property
    def features(self) -> tuple[Points, NDArray[np.float32]]:
        """Places and descriptors of its features."""
        return _features(self.level)

    @cached_property
    def corners(self) -> Points:
        """Corners of its print, spread over it."""
        apart = max(self.size) / 60
        found = cv2.goodFeaturesToTrack(self.soft, CORNERS, 0.05, apart)
        return np.zeros((0, 2), np.float32) if found is None else _points(found)

    def align(self, grey: Grey) -> Aligned:
        """Find the form on a picture (H, W) uint8. Raises PictureError, saying why it is not
        on it."""
        level = evened(grey)
        view = self._first_view(level)
        _check(view, self.size, grey.shape)
        found, points = self._tracked(level, view)
        if found.sum() >= FEWEST:
            better, _ = cv2.findHomography(points[found], self.corners[found], cv2.RANSAC, OFF)
            if better is not None:  # the corners seen, brought to where they are on the form
                view = view @ np.linalg.inv(better)
                found, points = self._tracked(level, view)
        match = float(found.mean()) if len(found) else 0.0
        if match < LEAST_MATCH:
            raise PictureError(
                f"does not show this form: {100 * match:.0f} % of its print is where it should be; "
                f"expected {100 * LEAST_MATCH:.0f} % or more; check that it is the right form, and "
                "wholly on it"
            )
        shifts = points[found] - self.corners[found]
        return Aligned(view, match, self.corners[found], shifts)

    def _first_view(self, level: Grey) -> Matrix:
        """From the form to a picture, by features."""
        own, descriptors = self.features
        points, others = _features(level)
        pairs = _matches(descriptors, others)
        agree = 0
        if len(pairs) >= 4:
            view, mask = cv2.findHomography(
                own[pairs[:, 0]], points[pairs[:, 1]], cv2.RANSAC, OFF * max(level.shape) / SEEN
            )
            agree = 0 if view is None else int(mask.sum())
        if agree < FEWEST:
            raise PictureError(
                f"does not show this form: {agree} of its {len(own)} features agree; expected "
                f"{FEWEST} or more; check that it is the right form, sharp and wholly on it"
            )
        return np.asarray(view, np.float64)

    def _tracked(self, level: Grey, view: Matrix) -> tuple[NDArray[np.bool_], Points]:
        """Which corners are found on a picture (N,), and where, (N, 2) on the blank form."""
        warped = cv2.warpPerspective(
            level, view, self.size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=255
        )
        here, there = self.soft, _as_dark(_soft(np.asarray(warped, np.uint8)), self.soft)
        flow: Any = cv2.calcOpticalFlowPyrLK  # its types ask for points to begin at
        points, status, _ = flow(
            here, there, self.corners, None, winSize=(WINDOW, WINDOW), maxLevel=2
        )
        alike = _correlation(here, there, self.corners, points)
        far = np.abs(points - self.corners).max(axis=1) > WINDOW
        return (status.ravel() > 0) & (alike >= ALIKE) & ~far, points


def evened(grey: Grey) -> Grey:
    """The picture with its paper evenly white."""
    paper = np.maximum(paper_of(grey), 1)
    return np.asarray(cv2.divide(grey, paper, scale=255), np.uint8)


def _points(found: Any) -> Points:
    return np.asarray(found, np.float32).reshape(-1, 2)


def _as_dark(level: Grey, other: Grey) -> Grey:
    """A picture whose ink is as dark as that of another, if it was fainter: tracking compares grey
    levels."""
    own, wanted = (255 - float(np.quantile(each, INK)) for each in (level, other))
    factor = min(max(wanted / max(own, 1.0), 1.0), 10.0)
    return np.asarray(255 - np.minimum(factor * (255.0 - level), 255.0), np.uint8)


def _soft(level: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(level, (0, 0), 1.5), np.uint8)


def _features(level: Grey) -> tuple[Points, NDArray[np.float32]]:
    scale = min(1.0, SEEN / max(level.shape))
    small = cv2.resize(level, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found, descriptors = cv2.SIFT.create(FEATURES).detectAndCompute(small, None)
    points = np.array([each.pt for each in found], np.float32).reshape(-1, 2) / scale
    if descriptors is None:
        descriptors = np.zeros((0, 128), np.float32)
    return points, np.asarray(descriptors, np.float32)


def _matches(own: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.intp]:
    """(N, 2) indices of features that are each other's best match, clearly before any other."""
    if min(len(own), len(others)) < 2:
        return np.zeros((0, 2), np.intp)
    likeness = own @ others.T / (512.0**2)  # SIFT descriptors have a length of 512
    best = likeness.argmax(axis=1)
    rows = np.arange(len(own))
    first = likeness[rows, best]
    likeness[rows, best] = -1
    second = likeness.max(axis=1)
    likeness[rows, best] = first
    is_clear = (1 - first) < RATIO**2 * (1 - second)
    is_mutual = likeness.argmax(axis=0)[best] == rows
    chosen = rows[is_clear & is_mutual]
    return np.stack([chosen, best[chosen]], axis=1)


def _correlation(here: Grey, there: Grey, corners: Points, points: Points) -> NDArray[np.float64]:
    """(N,) the correlation of the windows around corners (N, 2) and around points (N, 2)."""
    found = np.zeros(len(corners))
    size = (WINDOW, WINDOW)
    for index, (corner, point) in enumerate(zip(corners, points, strict=True)):
        one = cv2.getRectSubPix(here, size, corner.tolist()).astype(np.float32)
        other = cv2.getRectSubPix(there, size, point.tolist()).astype(np.float32)
        one, other = one - one.mean(), other - other.mean()
        length = math.sqrt(float((one**2).sum()) * float((other**2).sum()))
        found[index] = float((one * other).sum()) / length if length else 0.0
    return found


def _check(view: Matrix, size: tuple[int, int], shape: tuple[int, ...]) -> None:
    """Raise PictureError if no camera can see a sheet so."""
    width, height = size
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)
    seen = cv2.perspectiveTransform(corners, view)[0]
    sides = np.hypot(*(np.roll(seen, -1, axis=0) - seen).T) / (width, height, width, height)
    is_flat = cv2.isContourConvex(np.rint(seen).astype(np.int32))
    is_mirrored = cv2.contourArea(seen, oriented=True) <= 0
    if not is_flat or is_mirrored or sides.max() > 3 * sides.min() or sides.max() < 0.1:
        raise PictureError(
            "does not show this form: its features agree on a view that no camera has "
            f"({sides.min():.2f} to {sides.max():.2f} times as long sides); check that it is the "
            "right form, and flat"
        )
