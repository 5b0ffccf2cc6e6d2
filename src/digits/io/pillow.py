"""Images of Pillow as samples, without importing Pillow: whoever has one has imported it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.exif import ORIENTATION, UPRIGHT

_AS_THEY_ARE = ("L", "RGB", "RGBA", "I", "F")  # and I;16, whose other names tell the byte order


def is_pillow_image(source: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(source, pillow.Image)


def frame_count(image: Any) -> int:
    """How many pages or frames the file of an image holds; 1 unless it is the first of them.

    Raises PictureError for an image that Pillow cannot load.
    """
    try:
        return int(getattr(image, "n_frames", 1)) if image.tell() == 0 else 1
    except Exception as error:  # a file behind it may fail in any way
        raise _unloadable(error) from error


def pillow_samples(image: Any, frame: int | None = None) -> tuple[npt.NDArray[Any], int]:
    """Return (samples, EXIF orientation) of a `PIL.Image.Image`.

    frame: which of several, from 0 on; the image is at its first one again afterwards. None for
    the one that it is at. samples: as `to_rgb` takes them. orientation: 1 to 8, still to be
    applied. Raises PictureError for an image that Pillow cannot load.
    """
    try:
        if frame is not None:
            image.seek(frame)
        image.load()  # before the orientation is asked for: Pillow turns a TIFF as it loads it
        orientation = image.getexif().get(ORIENTATION, UPRIGHT)
        samples = np.asarray(_plain(image))
        if frame:
            image.seek(0)
        return samples, orientation
    except Exception as error:  # the same
        raise _unloadable(error) from error


def _unloadable(error: Exception) -> PictureError:
    return PictureError(
        f"cannot be loaded by Pillow ({type(error).__name__}); give its file itself"
    )


def _plain(image: Any) -> Any:
    """Return `image` in a mode whose samples are light: no palette, no inks, no single bits."""
    if image.mode == "La":  # Pillow converts it to nothing else
        image = image.convert("LA")
    if image.mode in ("LA", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in _AS_THEY_ARE or image.mode.startswith("I;16"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")
