"""Photos as iPhones keep them (HEIC) → pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from digits.errors import PictureError
from digits.io.colour import to_rgb
from digits.io.headers import SAVE_AGAIN, check_size
from digits.io.optional import optional
from digits.io.pages import Pages


def open_heic(content: bytes) -> Pages:
    """The pictures of a HEIC file, the one that viewers show first. Needs the extra "heic".

    The decoder turns them as they are to be shown. Raises PictureError.
    """
    heif = optional("pi_heif", "heic", "a HEIC photo")
    problem = f"is damaged or of a rare kind: its HEIC data cannot be decoded; {SAVE_AGAIN}"
    try:
        pictures = list(heif.open_heif(content))
    except Exception:  # of many kinds, each for a damaged file
        raise PictureError(problem) from None
    order = sorted(range(len(pictures)), key=lambda k: not pictures[k].info["primary"])

    def decode(number: int) -> npt.NDArray[Any]:
        picture = pictures[order[number - 1]]
        check_size(*picture.size)
        try:
            # copied: the memory is the decoder's; cut: its rows may be longer than the picture's
            samples = np.array(picture)[:, : picture.size[0]]
        except Exception:  # the same
            raise PictureError(problem) from None
        return to_rgb(_planes(samples))

    return Pages(len(pictures), decode, are_frames=True)


def _planes(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Grey with alpha as colour with alpha; all others as they are."""
    is_grey_with_alpha = samples.ndim == 3 and samples.shape[2] == 2
    return samples[..., [0, 0, 0, 1]] if is_grey_with_alpha else samples
