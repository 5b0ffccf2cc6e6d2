"""Samples as decoders and users give them → 8-bit RGB without transparency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[Any]
Convert: TypeAlias = Callable[[Samples], Samples]

_BLOCK_PIXELS = 1 << 18  # converted at once: a few MB, whatever the size of the picture


def to_rgb(samples: Samples, *, white: int | None = None, blue_first: bool = False) -> Samples:
    """Return `samples` as (H, W, 3) uint8 RGB, 255 being white.

    samples: (H, W) or (H, W, 1) grey, (H, W, 3) colour, or (H, W, 4) colour and alpha, of bool,
    integers or floats. Floats are in [0, 1], or in [0, 255] if one is above 1; of larger ones the
    largest is white. white: the integer that means white; None derives it from the largest sample.
    blue_first: the colours are in the order of OpenCV, BGR or BGRA.

    Transparency is composited on white, or on black where white would hide the ink. Blocks of
    rows are converted one after the other, so that only samples and result need memory. RGB of
    uint8 is returned as it is.
    """
    planes = samples if samples.ndim == 3 else samples[..., None]
    height, width, channels = planes.shape
    scale = _scale(planes, white)
    if scale is None and channels == 3 and not blue_first:
        return np.ascontiguousarray(planes)
    step = max(1, _BLOCK_PIXELS // width)
    blocks = [slice(top, top + step) for top in range(0, height, step)]
    eight_bits = partial(_eight_bits, scale=scale, blue_first=blue_first)
    finish = None
    if channels == 4:
        finish = _without_alpha(lambda: (eight_bits(planes[rows]) for rows in blocks))
    result = np.empty((height, width, 3), np.uint8)
    for rows in blocks:
        block = eight_bits(planes[rows])
        if channels == 1:
            block = cv2.cvtColor(block, cv2.COLOR_GRAY2RGB)
        result[rows] = finish(block) if finish else block
    return result


def _eight_bits(block: Samples, scale: Convert | None, blue_first: bool) -> Samples:
    native = np.ascontiguousarray(block, block.dtype.newbyteorder("="))
    scaled = scale(native) if scale else native
    if not blue_first or scaled.shape[2] == 1:
        return scaled
    swap = cv2.COLOR_BGR2RGB if scaled.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return cv2.cvtColor(scaled, swap)


def _scale(samples: Samples, white: int | None) -> Convert | None:
    """Return what brings samples of this kind to uint8; None where they are that already."""
    if samples.dtype == np.uint8 and white in (None, 255):
        return None
    if samples.dtype.kind == "b":
        return lambda block: np.where(block, np.uint8(255), np.uint8(0))
    if samples.dtype.kind == "f":
        largest = max(float(row.max(where=np.isfinite(row), initial=0)) for row in samples)
        return partial(_from_floats, white=_white_of_floats(largest))
    if white:
        return partial(_from_integers, white=white)
    # scanners write 10, 12 or 14 bits into 16 and leave the upper ones empty
    needed = int(samples.max()).bit_length()
    depth = next(bits for bits in (8, 10, 12, 14, 16, 32, 64) if bits >= needed)
    return lambda block: (np.maximum(block, 0) >> (depth - 8)).astype(np.uint8)


def _white_of_floats(largest: float) -> float:
    return 1.0 if largest <= 1 else 255.0 if largest <= 255 else largest


def _from_floats(block: Samples, white: float) -> Samples:
    finite = np.nan_to_num(block, nan=0, posinf=0, neginf=0)
    scaled: Samples = finite.clip(0, white) / white * 255
    return scaled.round().astype(np.uint8)


def _from_integers(block: Samples, white: int) -> Samples:
    light = np.clip(block, 0, white)
    # convertScaleAbs drops an axis of length 1
    return cv2.convertScaleAbs(light, alpha=255 / white).reshape(block.shape)


# Light ink has less than this fraction of the contrast on white that it has on black.
_MIN_CONTRAST = 1 / 4


def _without_alpha(blocks: Callable[[], Iterator[Samples]]) -> Convert:
    """Return what composites a block of this picture, (h, W, 4) RGBA, to (h, W, 3) RGB.

    The background is white; black where the ink is so light that white would hide it.
    """
    if all(block[..., 3].min() == 255 for block in blocks()):
        return lambda block: block[..., :3]
    lightest = darkest = 0
    for block in blocks():
        lightest = max(lightest, int(_grey(_on_black(block)).max()))
        darkest = max(darkest, 255 - int(_grey(_on_white(block)).min()))
    return _on_white if darkest >= _MIN_CONTRAST * lightest else _on_black


def _on_black(rgba: Samples) -> Samples:
    colour, alpha = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), cv2.merge([rgba[..., 3]] * 3)
    return cv2.multiply(colour, alpha, scale=1 / 255)


def _on_white(rgba: Samples) -> Samples:
    return cv2.add(_on_black(rgba), 255 - rgba[..., 3:].repeat(3, axis=2))


def _grey(rgb: Samples) -> Samples:
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
