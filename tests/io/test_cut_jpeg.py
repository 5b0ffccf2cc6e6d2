"""A JPEG whose coded pixels end early is refused, and no whole one ever is."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
import pictures
import pytest

from digits.errors import PictureError
from digits.io.headers import read_header
from digits.io.picture import open_picture

END = b"\xff\xd9"
NOISE = np.random.default_rng(0).integers(-9, 10, (96, 128, 3))
PAGE = (pictures.digit_page("7").astype(int) + NOISE).clip(0, 255).astype(np.uint8)
PROGRESSIVE = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
KINDS = {
    "baseline": (),
    "quality 20": (cv2.IMWRITE_JPEG_QUALITY, 20),
    "quality 100": (cv2.IMWRITE_JPEG_QUALITY, 100),
    "4:4:4": (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    "4:2:0": (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
    "4:1:1": (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411),
    "optimised": (cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    "restart 1": (cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
    "restart 5": (cv2.IMWRITE_JPEG_RST_INTERVAL, 5),
    "progressive": PROGRESSIVE,
    "progressive restart": (*PROGRESSIVE, cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
}


def pixels_of(jpeg: bytes) -> slice:
    """Where the coded pixels of a JPEG stand, those of all its scans."""
    first = jpeg.index(b"\xff\xda")
    return slice(first + 2 + int.from_bytes(jpeg[first + 2 : first + 4]), len(jpeg) - 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", ["colour", "grey"])
def test_cut_with_an_end_mark(kind: str, colour: str) -> None:
    jpeg = pictures.encode(".jpg", PAGE if colour == "colour" else PAGE[..., 1], *KINDS[kind])
    coded = pixels_of(jpeg)
    # of a progressive JPEG the last scan only refines what all others have sent
    parts = (0.1, 0.25, 0.4) if "progressive" in kind else (0.05, 0.2, 0.5, 0.8)
    for part in parts:
        cut = jpeg[: coded.start + int(part * (coded.stop - coded.start))] + END
        with pytest.raises(PictureError, match="is cut off: its JPEG data end before its pixels"):
            open_picture(cut)


def test_cut_jpeg_of_four_inks() -> None:
    jpeg = pictures.CMYK_JPEG
    coded = pixels_of(jpeg)
    with pytest.raises(PictureError, match="is cut off"):
        open_picture(jpeg[: (coded.start + coded.stop) // 2] + END)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("light", [0, 65, 127, 128, 129, 255])
def test_plain_borders_are_no_cut(kind: str, light: int) -> None:
    lower_half, border = PAGE.copy(), np.full((160, 200, 3), light, np.uint8)
    lower_half[48:] = light
    border[:96, :128] = PAGE
    plain = np.full_like(PAGE, light)
    for picture, grey in product((lower_half, border, plain), (False, True)):
        jpeg = pictures.encode(".jpg", picture[..., 1] if grey else picture, *KINDS[kind])
        assert open_picture(jpeg).shape == picture.shape


@pytest.mark.parametrize("light", [100, 128])
def test_scans_that_an_encoder_left_out_are_no_cut(light: int) -> None:
    """Annex G asks for no more than the first scan: finest detail may stay away."""
    picture = PAGE.copy()
    picture[48:] = light
    jpeg = pictures.encode(".jpg", picture, *PROGRESSIVE)
    starts = [at for at in range(len(jpeg)) if jpeg[at : at + 2] == b"\xff\xda"]
    for scan in starts[2:]:
        # the tables of a scan stand before it: those of the scan left out stay, unused
        assert open_picture(jpeg[:scan] + END).shape == picture.shape


def test_ordinary_jpegs_are_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    decode = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda *given: decoded.append(1) or decode(*given))
    for kind in KINDS.values():
        open_picture(pictures.encode(".jpg", PAGE, *kind))
    assert len(decoded) == len(KINDS)


def test_what_a_progressive_jpeg_has_sent_is_known() -> None:
    jpeg = pictures.encode(".jpg", PAGE, *PROGRESSIVE)
    for data, whole in ((jpeg, True), (jpeg[: jpeg.rindex(b"\xff\xda")] + END, False)):
        parsed = read_header(data).jpeg
        assert parsed is not None
        assert parsed.whole is whole
