"""Images of Pillow are pictures too, and Pillow is never imported for it."""

from __future__ import annotations

import io
import subprocess
import sys

import cv2
import numpy as np
import pictures
import pytest

from digits.errors import PictureError
from digits.io.picture import open_document, open_picture

Image = pytest.importorskip("PIL.Image")

PAGE = pictures.digit_page("7")
GREY = np.ascontiguousarray(PAGE[..., 1])
INK = pictures.digit_ink("7")
RGBA = np.dstack([np.zeros_like(PAGE), INK])


def opened(data: bytes) -> object:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("mode", ["RGB", "RGBX", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_colour_modes(mode: str) -> None:
    pixels = open_picture(Image.fromarray(PAGE).convert(mode))
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - PAGE).mean() < 8  # of palettes and other colour spaces


@pytest.mark.parametrize("mode", ["L", "LA", "PA", "I", "F"])
def test_grey_modes(mode: str) -> None:
    pixels = open_picture(Image.fromarray(GREY).convert(mode))
    np.testing.assert_array_equal(pixels, np.dstack([GREY] * 3))


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bits_are_as_in_a_file(bits: int, mode: str) -> None:
    deep = GREY.astype(np.uint16) << (bits - 8)
    image = Image.frombytes(
        mode, GREY.shape[::-1], deep.astype("<u2" if mode == "I;16" else ">u2").tobytes()
    )
    np.testing.assert_array_equal(open_picture(image), open_picture(pictures.png(deep)))


def test_palette() -> None:
    pixels = open_picture(Image.fromarray(PAGE).quantize(64))
    assert np.abs(pixels.astype(int) - PAGE).mean() < 2


def test_single_bits() -> None:
    image = Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE)
    np.testing.assert_array_equal(open_picture(image)[..., 0], np.where(GREY > 127, 255, 0))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "La", "RGBa"])
def test_ink_in_alpha_is_visible(mode: str) -> None:
    image = Image.fromarray(RGBA)
    if mode == "La":
        image = image.convert("LA")
    np.testing.assert_array_equal(open_picture(image.convert(mode))[..., 0], 255 - INK)


def test_transparent_colour_of_a_palette() -> None:
    bright = GREY > 128
    data = pictures.png_file(
        (*bright.shape[::-1], 1, 3),
        b"".join(b"\0" + np.packbits(row).tobytes() for row in bright),
        pictures.png_chunk(b"PLTE", bytes([10, 20, 90, 0, 0, 0]))
        + pictures.png_chunk(b"tRNS", b"\xff\0"),
    )
    np.testing.assert_array_equal(open_picture(opened(data)), open_picture(data))
    assert open_picture(opened(data))[bright].min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_exif_orientation(kind: str, orientation: int) -> None:
    stored = pictures.as_stored(PAGE, orientation)
    data = {
        "jpeg": lambda: pictures.jpeg_with_exif(
            pictures.encode(".jpg", stored, cv2.IMWRITE_JPEG_QUALITY, 100), orientation
        ),
        "png": lambda: pictures.png(
            stored, before_pixels=pictures.png_chunk(b"eXIf", pictures.exif(orientation))
        ),
        "tiff": lambda: pictures.tiff(stored, orientation=orientation),
    }[kind]()
    tolerance = 40 if kind == "jpeg" else 0  # of lossy edges
    np.testing.assert_allclose(open_picture(opened(data)).astype(int), PAGE, atol=tolerance)
    loaded = opened(data)
    loaded.load()  # type: ignore[attr-defined]
    np.testing.assert_allclose(open_picture(loaded).astype(int), PAGE, atol=tolerance)


def test_pages_of_its_file() -> None:
    film = [np.where(PAGE > 128, np.uint8(255), np.uint8(0)), 255 - PAGE]
    image = opened(pictures.tiff_of_pages(film))
    first = open_document(image)
    assert first.count == 2
    np.testing.assert_array_equal(first.pixels(), film[0])
    image.seek(1)  # type: ignore[attr-defined]
    second = open_document(image)
    assert second.count == 1
    np.testing.assert_array_equal(second.pixels(), film[1])


def test_errors_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    png = pictures.png(PAGE)
    with pytest.raises(
        PictureError, match=r"^the Pillow image given cannot be loaded by Pillow \("
    ):
        open_picture(opened(png[: len(png) // 2]))
    with pytest.raises(
        PictureError, match=r"^the Pillow image given is too large: 20,000 x 20,000"
    ):
        open_picture(Image.new("1", (20_000, 20_000)))
    with pytest.raises(PictureError, match="has no pixels"):
        open_picture(Image.new("L", (0, 4)))


def test_pillow_is_not_imported() -> None:
    program = (
        "import sys, numpy; from digits.io.picture import open_picture;"
        "open_picture(numpy.zeros((9, 9), numpy.uint8)); assert 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
