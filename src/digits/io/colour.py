"""Samples as decoders and users give them → 8-bit RGB without transparency."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt


def eight_bits(samples: npt.NDArray[Any], white: int | None) -> npt.NDArray[Any]:
    """Bring samples of any type to uint8, 255 being full light.

    white: the sample that means full light; None where it has to be seen from the samples.
    """
    if samples.dtype == np.uint8 and white in (None, 255):
        return samples
    if samples.dtype.kind == "f":
        return _eight_bits_of_floats(samples)
    if samples.dtype.kind == "b":
        return np.where(samples, np.uint8(255), np.uint8(0))
    light = np.maximum(samples, 0)
    if white:
        scaled: npt.NDArray[Any] = cv2.convertScaleAbs(np.minimum(light, white), alpha=255 / white)
        return scaled
    # scanners write 10, 12 or 14 bits into 16 and leave the upper ones empty
    needed = int(light.max()).bit_length()
    depth = next(bits for bits in (8, 10, 12, 14, 16, 32, 64) if bits >= needed)
    upper: npt.NDArray[Any] = light >> (depth - 8)
    return upper.astype(np.uint8)


def _eight_bits_of_floats(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Floats in [0, 1] or [0, 255] as they are meant; of larger ones the largest becomes white."""
    finite = np.nan_to_num(samples, nan=0, posinf=0, neginf=0)
    largest = float(finite.max())
    white = 1.0 if largest <= 1 else 255.0 if largest <= 255 else largest
    scaled: npt.NDArray[Any] = finite.clip(0, white) / white * 255
    return scaled.round().astype(np.uint8)


def rgb(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bring (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) to (H, W, 3)."""
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if channels == 1:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    if channels == 4:
        return _on_paper(pixels)
    return pixels


# Ink that keeps less than this part of the contrast on white that it has on black is light ink.
_LEAST_CONTRAST = 1 / 4


def _on_paper(rgba: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Lay a picture with transparency on white; light ink, which would vanish there, on black."""
    colour, alpha = np.ascontiguousarray(rgba[..., :3]), rgba[..., 3]
    if alpha.min() == 255:
        return colour
    opacity = cv2.merge([alpha] * 3)
    on_black = cv2.multiply(colour, opacity, scale=1 / 255)
    on_white = cv2.add(on_black, cv2.bitwise_not(opacity))
    contrast_on_black = int(cv2.cvtColor(on_black, cv2.COLOR_RGB2GRAY).max())
    contrast_on_white = 255 - int(cv2.cvtColor(on_white, cv2.COLOR_RGB2GRAY).min())
    return on_white if contrast_on_white >= _LEAST_CONTRAST * contrast_on_black else on_black
