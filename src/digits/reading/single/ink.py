"""Pixels → ink: what is paper, what is pen, and how dark the pen is at each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile
from digits.model.polarity import MEAN, chance_of_light_pen

SMALL = 64  # pictures of at most this side are drawings or tiles: even paper, no grain
EVEN = 0.06  # of the contrast, by which even paper may vary
SOLID = 0.2  # of all light, the least contrast at which that can be told
MOST_INK = 0.38  # of such a picture; where two parts are nearly as large, one is in the shadow
FAINTEST = 0.05  # contrast of pen to paper, below which a picture counts as blank
PLAIN = 0.15  # below this chance a polarity is not looked at, unless the other shows no ink
LEAST_CHANCE = 0.01  # of a polarity
DARKEST_PAPER = 16  # of 255; what is darker than this differs by noise alone
BLANK = 6  # where nothing stands out of the grain by so many standard deviations, there is no ink
SPECKS = 0.0005  # share of lone pixels above which a picture suffers from salt and pepper noise
DENSEST = 3  # medians that it may take to be rid of it
FINE = 32  # pixels a side, from which a frame is told from a stroke
NEAR_RIM = 5  # a printed frame lies in the outer fifth of a cell
LINE = 0.3  # of full ink, the palest printed line
WHOLE_LINE = 0.98  # of a side, over which a frame is inked
BESIDE_LINE = 0.4  # of a side, at most inked beside it: a line is thin
TINY = 96  # pixels a side, enough to see light and shadow
GRAINS = 1  # ink stands out of the paper's grain by this many standard deviations


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a picture, on a grid of its own.

    level: (h, w) uint8, 0 paper to 255 the darkest pen. floor: the level up to which it may be
    grain of the paper. scale: how many pixels of the picture one pixel of the grid is wide.
    darkest: the share of the paper's light that the pen takes at level 255. chance: how likely
    this is the ink and not the paper between it, in [0, 1]. roomy: whether paper, and with it
    ruling, may surround the digits; a digit may as well fill a small picture, unless it shows a
    printed frame.
    """

    level: NDArray[np.uint8]
    floor: float
    scale: float
    darkest: float
    chance: float
    roomy: bool


def find_inks(picture: NDArray[np.uint8], longest: int) -> list[Ink]:
    """Tell pen from paper, under uneven light, whatever their colours.

    picture: (H, W, 3) uint8 RGB. longest: the longest side of the grid in pixels; a larger
    picture is shrunk to it. Returns one ink where it is plain whether ink is darker than paper,
    else both that it may be; none for a blank picture.
    """
    small, scale = _shrink(picture, longest)
    if max(small.shape[:2]) > SMALL:
        small = _without_specks(small)
    even = is_even(small)
    paper = None if even else _uneven_paper(_tiny(small), small.shape)
    light = chance_of_light_pen(small, paper)
    sides = sorted([(1 - light, small), (light, 255 - small)], key=lambda side: -side[0])
    inks: list[Ink] = []
    for chance, side in sides:
        if chance > PLAIN or not inks:  # a frame all along the border makes paper look like ink
            ink = _ink(side, scale, max(chance, LEAST_CHANCE), even)
            inks += [] if ink is None else [ink]
    return inks


def is_even(picture: NDArray[np.uint8]) -> bool:
    """Whether all paper has one brightness, as in drawings, cleaned scans and small tiles.

    picture: (H, W, 3) uint8. Told by the larger of the two parts that Otsu's threshold makes
    (Otsu 1979, DOI 10.1109/TSMC.1979.4310076): shadows, patterns and photographed desks spread it.
    Grain does not count, nor does the soft edge of the ink.
    """
    if max(picture.shape[:2]) <= SMALL:
        return True
    grey = np.asarray(cv2.medianBlur(cv2.transform(picture, MEAN), 3), np.uint8)
    _, bright = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)
    if bright.min() == bright.max():
        return False
    contrast = cv2.mean(grey, mask=bright)[0] - cv2.mean(grey, mask=1 - bright)[0]
    share = cv2.countNonZero(bright) / grey.size
    is_paper = bright if share >= 0.5 else 1 - bright
    paper = grey[cv2.erode(is_paper, np.ones((5, 5), np.uint8)) > 0]
    if contrast < SOLID * 255 or max(share, 1 - share) < 1 - MOST_INK or not len(paper):
        return False
    return quantile(paper, 0.95) - quantile(paper, 0.05) <= EVEN * contrast


def _ink(picture: NDArray[np.uint8], scale: float, chance: float, even: bool) -> Ink | None:
    """The ink of a picture in which it is darker than paper; None if there is none."""
    taken = _light_taken(picture, even)
    tile = max(taken.shape) <= SMALL
    grain = 0.0 if tile else 1.4826 * quantile(np.abs(taken - quantile(taken, 0.5)), 0.5)
    peak = float(taken.max() if even else quantile(taken, 0.9995))
    if peak < max(FAINTEST, BLANK * grain):
        return None
    if even and not tile:  # a small digit is a few pixels of very many
        peak = float(quantile(taken[taken > peak / 2], 0.9))
    darkest = peak if even else max(float(quantile(taken, 0.998)), FAINTEST)
    level = np.clip(taken * (255 / darkest), 0, 255).astype(np.uint8)
    floor = 255 * min(1.0, GRAINS * grain / darkest)
    return Ink(level, floor, scale, darkest, chance, roomy=not tile or is_framed(level))


def is_framed(level: NDArray[np.uint8]) -> bool:
    """Whether a thin straight line runs along a side of the picture, from end to end.

    level: (h, w) uint8, 0 paper to 255 ink. So the cells of forms look that are cut out roughly; a
    digit's own strokes do not reach both ends, or not as straight. False below FINE pixels, where
    they do by chance.
    """
    if min(level.shape) < FINE:
        return False
    for inwards in (level, level[::-1], level.T, level.T[::-1]):
        near = inwards[: len(inwards) // NEAR_RIM]
        inked = (np.maximum(near[:-1], near[1:]) > 255 * LINE).mean(axis=1)  # may step once
        if inked.max() >= WHOLE_LINE and inked[inked.argmax() :].min() < BESIDE_LINE:
            return True
    return False


def _shrink(picture: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    scale = max(1.0, max(picture.shape[:2]) / longest)
    if scale == 1:
        return picture, 1.0
    height, width = (max(1, round(side / scale)) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def _without_specks(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Medians of 3×3 pixels for as long as salt and pepper noise lies over the picture.

    Specks are lone pixels far off their neighbours; a hairline is as thin and goes on.
    """
    for _ in range(DENSEST):
        median = np.asarray(cv2.medianBlur(picture, 3), np.uint8)
        off = _strongest(cv2.absdiff(picture, median))
        _, odd = cv2.threshold(off, (int(picture.max()) - int(picture.min())) / 3, 1, 0)
        near = cv2.boxFilter(odd, -1, (3, 3), normalize=False)
        lone = np.count_nonzero(odd & (near == 1))
        if lone <= SPECKS * odd.size or lone <= cv2.countNonZero(odd) / 3:
            break
        picture = median
    return picture


def _light_taken(picture: NDArray[np.uint8], even: bool) -> NDArray[np.float32]:
    """How much of the paper's light is missing, up to 1, weighed by the pen's own colour.

    Below 0 where a pixel is lighter than the paper around it.
    """
    paper = _paper(picture, even)
    taken = np.subtract(paper, picture, dtype=np.float32)  # (h, w, 3): in each channel
    taken /= np.maximum(paper, DARKEST_PAPER)
    strongest = _strongest(taken)
    pen = np.maximum(taken[strongest >= quantile(strongest, 0.99)].mean(axis=0), 0)
    level = cv2.transform(taken, pen[None] / max(float(pen.sum()), 1e-6))
    if not even:
        level = cv2.GaussianBlur(level, (5, 5), 0)
    return np.asarray(level, np.float32)


def _strongest(colours: NDArray[Any]) -> NDArray[Any]:
    """(h, w): the highest of three channels (h, w, 3), in a third of the time of `max`."""
    strongest = np.asarray(np.maximum(colours[..., 0], colours[..., 1]))
    np.maximum(strongest, colours[..., 2], out=strongest)
    return strongest


def _paper(picture: NDArray[np.uint8], even: bool) -> NDArray[np.float32]:
    """The light that paper alone would send, where it is brighter than the ink."""
    if even:
        light = [quantile(picture[..., channel], 0.75) for channel in range(3)]
        return np.broadcast_to(np.array(light, np.float32), picture.shape)
    return _uneven_paper(_without_blots(_tiny(picture)), picture.shape)


def _tiny(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(TINY, TINY, 3): small, and still with all light and shadow."""
    return np.asarray(cv2.resize(picture, (TINY, TINY), interpolation=cv2.INTER_AREA), np.uint8)


def _uneven_paper(tiny: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The median over a quarter of the picture, in its shape (H, W, 3): it sees through strokes,
    not through broad ones, and follows the edges of shadows."""
    paper = cv2.GaussianBlur(cv2.medianBlur(tiny, TINY // 4 + 1), (0, 0), 2)
    return np.asarray(cv2.resize(paper, (shape[1], shape[0])), np.float32)


def _without_blots(tiny: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is dark and touches no side filled from around it: shadows come in from outside."""
    _, dark = cv2.threshold(
        cv2.transform(tiny, MEAN), 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU
    )
    _, labels = cv2.connectedComponents(dark)
    outer = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    blots = (dark > 0) & ~np.isin(labels, outer)
    grown = cv2.dilate(blots.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.inpaint(tiny, grown, 3, cv2.INPAINT_TELEA), np.uint8)
