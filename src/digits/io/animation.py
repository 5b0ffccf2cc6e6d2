"""Frames of animated GIF, WebP, PNG and AVIF files → pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.colour import to_rgb
from digits.io.exif import upright
from digits.io.headers import MAXIMUM_DECODED_BYTES, SAVE_AGAIN, Header
from digits.io.quiet import quiet_opencv

_CANVAS = 4  # bytes a pixel of a frame


def frames(content: bytes, header: Header) -> Callable[[int], npt.NDArray[Any]]:
    """What decodes a frame of an animation by its number, from 1 on.

    Decoders begin at the first frame, whichever is asked for; so as many as memory is granted for
    are decoded at once, and kept until another is asked for.
    """
    kept: dict[int, npt.NDArray[Any]] = {}
    size = header.width * header.height * _CANVAS
    count = max(1, MAXIMUM_DECODED_BYTES // (2 * size))

    def decode(number: int) -> npt.NDArray[Any]:
        if number not in kept:
            kept.clear()
            kept.update(enumerate(_decoded(content, number, count), number))
        if number not in kept:
            raise PictureError(f"is damaged: its {header.kind} data end before it; {SAVE_AGAIN}")
        return upright(to_rgb(kept[number], blue_first=True), header.orientation)

    return decode


def _decoded(content: bytes, first: int, count: int) -> list[npt.NDArray[Any]]:
    """Up to `count` frames (H, W, 4) uint8 BGRA, from the `first` on."""
    try:
        with quiet_opencv():
            encoded = np.frombuffer(content, np.uint8)
            _, animation = cv2.imdecodeanimation(encoded, start=first - 1, count=count)
    except cv2.error:
        return []
    return list(animation.frames)
