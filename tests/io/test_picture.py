from __future__ import annotations

import io
import os
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digits.errors import PictureError
from digits.io.picture import open_picture

PAGE = pictures.digit_page("7")
GREY = np.ascontiguousarray(PAGE[..., 1])
PNG = pictures.png(PAGE)
JPEG = pictures.encode(".jpg", PAGE)


def contrast(pixels: np.ndarray) -> int:
    return int(pixels.max()) - int(pixels.min())


# One picture, every kind of source


def test_every_source_gives_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(PNG)
    with path.open("rb") as file:
        sources = [
            str(path),
            path,
            PNG,
            bytearray(PNG),
            memoryview(PNG),
            io.BytesIO(PNG),
            file,
            PAGE,
        ]
        for source in sources:
            pixels = open_picture(source)
            assert pixels.dtype == np.uint8
            np.testing.assert_array_equal(pixels, PAGE)


@pytest.mark.parametrize("name", ["two words.png", "größe 数字 ٧.png", "no suffix", "wrong.jpg"])
def test_any_file_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PNG)
    np.testing.assert_array_equal(open_picture(tmp_path / name), PAGE)


def test_file_object_is_read_from_its_position() -> None:
    file = io.BytesIO(b"preamble" + PNG)
    file.seek(8)
    np.testing.assert_array_equal(open_picture(file), PAGE)
    with pytest.raises(PictureError, match=r"file object given is empty .* seek\(0\)"):
        open_picture(file)


def test_file_object_may_read_less_than_asked() -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 7, 7))

    np.testing.assert_array_equal(open_picture(Trickle(PNG)), PAGE)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(GREY, id="grey"),
        pytest.param(GREY[..., None], id="grey plane"),
        pytest.param(GREY.astype(np.uint16) * 257, id="16 bit"),
        pytest.param((GREY.astype(np.uint16) * 257).astype(">u2"), id="16 bit, big-endian"),
        pytest.param(GREY / 255, id="float64"),
        pytest.param((GREY / 255).astype(np.float32), id="float32"),
        pytest.param(np.repeat(GREY[::-1, ::-1, None], 3, 2)[::-1, ::-1, ::-1], id="strided"),
        pytest.param(np.dstack([GREY, GREY, GREY, np.full_like(GREY, 255)]), id="opaque"),
    ],
)
def test_arrays(array: np.ndarray) -> None:
    array.setflags(write=False)
    np.testing.assert_array_equal(open_picture(array), np.dstack([GREY] * 3))


def test_array_of_bool_and_of_the_file_agree() -> None:
    bright = GREY > 128
    from_file = open_picture(pictures.png_of_two_colours(bright))
    np.testing.assert_array_equal(open_picture(bright), from_file)
    assert set(np.unique(from_file)) == {0, 255}


# As a viewer shows it


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "jpeg big-endian", "png", "webp", "tiff", "tiff 16 bit"])
def test_exif_orientation(kind: str, orientation: int) -> None:
    stored = pictures.as_stored(PAGE, orientation)
    height, width = stored.shape[:2]
    if kind.startswith("jpeg"):
        plain = pictures.encode(".jpg", stored, cv2.IMWRITE_JPEG_QUALITY, 100)
        data = pictures.jpeg_with_exif(plain, orientation, ">" if "big" in kind else "<")
    elif kind == "png":
        data = pictures.png(
            stored, before_pixels=pictures.png_chunk(b"eXIf", pictures.exif(orientation))
        )
    elif kind == "webp":
        lossless = pictures.encode(".webp", stored, cv2.IMWRITE_WEBP_QUALITY, 101)
        data = pictures.webp_with_exif(lossless, width, height, orientation)
    else:
        deep = stored.astype(np.uint16) * 257
        data = pictures.tiff(
            deep if "16" in kind else stored,
            orientation=orientation,
            order=">" if "16" in kind else "<",
        )
    tolerance = 40 if kind.startswith("jpeg") else 0  # of lossy edges
    np.testing.assert_allclose(open_picture(data).astype(int), PAGE, atol=tolerance)


@pytest.mark.parametrize("block", [b"", b"II*\0\xff\xff\xff\xff", pictures.exif(99), b"x" * 40])
def test_broken_exif_is_no_hindrance(block: bytes) -> None:
    data = pictures.png(PAGE, before_pixels=pictures.png_chunk(b"eXIf", block))
    np.testing.assert_array_equal(open_picture(data), PAGE)


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".bmp", ".webp", ".ppm"])
def test_lossless_formats(suffix: str) -> None:
    quality = (cv2.IMWRITE_WEBP_QUALITY, 101) if suffix == ".webp" else ()
    np.testing.assert_array_equal(open_picture(pictures.encode(suffix, PAGE, *quality)), PAGE)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_first_frame_of_an_animation(suffix: str) -> None:
    still = np.where(PAGE > 128, np.uint8(255), np.uint8(0))
    frames = [still, 255 - still, np.zeros_like(still)]
    pixels = open_picture(pictures.animation(suffix, frames))
    # the GIF writer dithers and the WebP writer loses some; the other frames are far off
    assert np.abs(pixels.astype(int) - still).mean() < 5


def test_cmyk_jpeg() -> None:
    pixels = open_picture(pictures.CMYK_JPEG)
    assert pixels.shape == (16, 16, 3)
    np.testing.assert_allclose(pixels[8, 8].astype(int), (200, 0, 0), atol=12)
    np.testing.assert_allclose(pixels[0, 0].astype(int), (255, 255, 255), atol=12)


def test_palette_png() -> None:
    bright = GREY > 128
    pixels = open_picture(pictures.png_of_two_colours(bright, [10, 20, 90, 240, 230, 220]))
    assert pixels[bright].tolist()[0] == [240, 230, 220]
    assert pixels[~bright].tolist()[0] == [10, 20, 90]


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("write", [pictures.png, pictures.tiff])
def test_deep_samples_keep_their_contrast(write: object, bits: int) -> None:
    samples = GREY.astype(np.uint16) << (bits - 8)
    np.testing.assert_array_equal(open_picture(write(samples))[..., 0], GREY)  # type: ignore[operator]


@pytest.mark.parametrize("white", [1, 15, 100, 255, 1023, 65535])
@pytest.mark.parametrize("binary", [True, False])
def test_pgm_states_its_white(white: int, binary: bool) -> None:
    samples = (GREY > 128).astype(np.uint16) * white
    head = b"P%d # drawn\n%d %d\n%d\n" % (5 if binary else 2, *GREY.shape[::-1], white)
    plain = " ".join(str(sample) for sample in samples.ravel()).encode()
    body = samples.astype(">u2" if white > 255 else np.uint8).tobytes() if binary else plain
    assert set(np.unique(open_picture(head + body))) == {0, 255}


@pytest.mark.parametrize(
    ("scale", "kind"), [(1 / 255, np.float32), (1, np.float32), (1 / 255, np.float64)]
)
def test_float_tiff(scale: float, kind: type) -> None:
    samples = (GREY * scale).astype(kind)
    np.testing.assert_array_equal(open_picture(pictures.tiff(samples))[..., 0], GREY)


def test_float_tiff_of_odd_values() -> None:
    samples = GREY.astype(np.float32) * 1000 - 5
    samples[0, :3] = np.nan, np.inf, -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = open_picture(pictures.tiff(samples))
    assert contrast(pixels) == 255


# A digit drawn in the alpha channel


def drawn_in_alpha(light: int, channels: int) -> np.ndarray:
    ink = pictures.digit_ink("3")
    return np.dstack([np.full_like(ink, light)] * (channels - 1) + [ink])


@pytest.mark.parametrize("light", [0, 255])
@pytest.mark.parametrize("write", ["array", "png", "grey png", "16 bit png", "webp", "tiff"])
def test_digit_in_alpha_is_visible(write: str, light: int) -> None:
    rgba = drawn_in_alpha(light, 4)
    sources = {
        "array": rgba,
        "png": pictures.png(rgba),
        "grey png": pictures.png(drawn_in_alpha(light, 2)),
        "16 bit png": pictures.png(rgba.astype(np.uint16) * 257),
        "webp": pictures.encode(".webp", rgba, cv2.IMWRITE_WEBP_QUALITY, 101),
        "tiff": pictures.tiff(rgba),
    }
    ink = rgba[..., 3]
    expected = ink if light else 255 - ink
    np.testing.assert_array_equal(open_picture(sources[write])[..., 0], expected)


def test_transparent_digit_on_opaque_colour_is_laid_on_white() -> None:
    rgba = np.dstack([PAGE, 255 - pictures.digit_ink()])
    rgba[pictures.digit_ink() == 0] = (120, 60, 60, 255)
    pixels = open_picture(rgba)
    assert pixels[pictures.digit_ink() == 255].min() == 255
    assert pixels[0, 0].tolist() == [120, 60, 60]


def test_fully_transparent_is_blank() -> None:
    assert contrast(open_picture(np.dstack([PAGE, np.zeros_like(GREY)]))) == 0


def test_the_callers_array_is_never_changed() -> None:
    for array in (PAGE.copy(), drawn_in_alpha(0, 4), GREY / 255):
        before = array.copy()
        open_picture(array)
        np.testing.assert_array_equal(array, before)


# Bad input


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"%PDF-1.7\n", r"is damaged: its PDF data cannot be read; open it in a PDF program"),
        (b"\n<!DOCTYPE html><html>", r"is not an image: .* an HTML page"),
        (b'<?xml version="1.0"?>\n<!-- drawn --><svg width="9">', r"is an SVG drawing; .*convert"),
        (b"PK\x03\x04rest", r"is not an image: .* a ZIP archive"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", r"is cut off or damaged: its HEIC header is not whole"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", r"is cut off or damaged: its AVIF header is not whole"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", r"is cut off or damaged: its JPEG 2000 header"),
        (b"\x1f\x8b\x08\0", r"is not an image: .* a gzip archive"),
        (b"\x93NUMPY\x01\0", r"is not an image: .* a NumPy array file"),
        ("BMP: größe 7".encode(), r"is not an image: .* a text file"),
        (b"\x01\x02\xff\xfe", r"is not an image: .* no known kind \(01 02 ff fe\)"),
        (b"\x89PNG\n\x1a\n", r"is not an image: .* changed by a transfer as text"),
        (PNG[:12], r"is damaged: a PNG that does not begin with its header"),
        (b"\xff\xd8", r"is cut off: the end mark of its JPEG data is missing \(2 bytes\)"),
        (b"\xff\xd8\xff\xd9", r"is damaged: a JPEG without a frame header"),
        (b"GIF89a", r"is cut off or damaged: its GIF header is not whole \(6 bytes\)"),
        (b"P5\n10", r"is cut off or damaged: its PNM header is not whole"),
        (b"II*\0\x08\0\0\0", r"is cut off or damaged: its TIFF header is not whole"),
        (b"RIFF\x10\0\0\0WEBP", r"is cut off: the end mark of its WebP data"),
        (PNG[:-12], r"is cut off: the end mark of its PNG data is missing"),
        (PNG[: len(PNG) // 2], r"is cut off: the end mark of its PNG data is missing"),
        (JPEG[:-2], r"is cut off: the end mark of its JPEG data is missing"),
        (JPEG[: len(JPEG) // 2], r"is cut off: the end mark of its JPEG data is missing"),
        (PNG[:60] + b"???" + PNG[63:], r"is damaged: the checksum of its IDAT part is wrong"),
        (pictures.png_file((4, 4, 8, 0)), r"is damaged or of a rare kind: its PNG data"),
        (pictures.tiff(np.dstack([GREY] * 2)), r"is a TIFF of 2 samples a pixel; expected 1, 3 or"),
    ],
)
def test_bad_content(start: bytes, message: str) -> None:
    with pytest.raises(PictureError, match=rf"^the bytes object given {message}") as error:
        open_picture(start)
    assert len(str(error.value).splitlines()) == 1


def test_bad_content_of_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my page.png"
    path.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(PictureError, match=r'^".*my page\.png" is damaged: its PDF data'):
        open_picture(path)
    with path.open("rb") as file, pytest.raises(PictureError, match=r'my page\.png" is damaged'):
        open_picture(file)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "none.png", r'none\.png" does not exist'),
        (lambda folder: folder, r'" is a directory; expected a picture file'),
        (lambda folder: folder / "a\0b.png", r'a\\x00b\.png" cannot be opened: .*null'),
        (lambda folder: folder / ("x" * 5000), r"cannot be opened: file name too long"),
        (lambda folder: folder / "a\nb.png", r'a\\nb\.png" does not exist'),
        (lambda folder: os.devnull, r"is no regular file"),
    ],
)
def test_bad_paths(tmp_path: Path, make: object, message: str) -> None:
    with pytest.raises(PictureError, match=message) as error:
        open_picture(make(tmp_path))  # type: ignore[operator]
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PictureError, match="is no regular file"):
        open_picture(tmp_path / "pipe")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(PNG)
    path.chmod(0)
    with pytest.raises(PictureError, match="may not be read"):
        open_picture(path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            io.StringIO("7"),
            r"the file object given gives str; expected bytes; .*open\(path, \"rb\"",
        ),
        (None, r"the picture given is None; expected a picture; cv2\.imread gives None .*its path"),
        (7, r"the picture given is of type int; expected a path, .* numpy\.asarray\(\) makes"),
        (
            [[0, 255]],
            r"the picture given is of type list; .*numpy\.asarray\(pixels, numpy\.uint8\)",
        ),
        (np.zeros((0, 5), np.uint8), r"the array given has no pixels: it is 5 x 0"),
        (np.zeros(()), r"the array given has shape \(\); expected \(height, width\)"),
        (np.zeros((2, 28, 28), np.uint8), r"has shape \(2, 28, 28\); .* one picture at a time"),
        (np.zeros((8, 8, 2), np.uint8), r"has shape \(8, 8, 2\)"),
        (np.zeros((8, 8), np.int64), r"is of int64; expected uint8, uint16, bool or float"),
        (np.zeros((8, 8), object), r"is of object"),
        (np.full((8, 8), 7.0), r"is of float64 with values from 7 to 7; expected floats in"),
        (np.full((8, 8), np.nan), r"is of float64 with values from nan"),
        (np.broadcast_to(np.uint8(0), (30_000, 30_000)), r"is too large: 30,000 x 30,000 pixels"),
    ],
)
def test_bad_objects(source: object, message: str) -> None:
    with pytest.raises(PictureError, match=message):
        open_picture(source)  # type: ignore[arg-type]


def test_closed_and_garbled_text_files(tmp_path: Path) -> None:
    closed = io.BytesIO(PNG)
    closed.close()
    with pytest.raises(PictureError, match=r"cannot be read: .*closed"):
        open_picture(closed)
    path = tmp_path / "page.png"
    path.write_bytes(PNG)
    with (
        path.open(encoding="utf-8") as text,
        pytest.raises(PictureError, match=r'page\.png" cannot be read: .*expected an open binary'),
    ):
        open_picture(text)  # type: ignore[arg-type]


# What real files carry


def test_bytes_after_the_end_and_thumbnails_are_no_hindrance() -> None:
    whole = open_picture(JPEG)
    thumbnail = pictures.jpeg_segment(0xE1, b"Exif\0\0" + pictures.exif(1) + JPEG)
    for data in (JPEG + b"trailer", JPEG + JPEG[:200], JPEG[:2] + thumbnail + JPEG[2:]):
        np.testing.assert_array_equal(open_picture(data), whole)
    np.testing.assert_array_equal(open_picture(PNG + b"trailer"), PAGE)


def test_needless_png_parts_are_no_hindrance() -> None:
    profile = pictures.png_chunk(b"iCCP", b"x\0\0not a profile")
    data = pictures.png(PAGE, before_pixels=profile, after_pixels=b"\0\0\0\0tEXtbad!")
    np.testing.assert_array_equal(open_picture(data), PAGE)


# Whatever comes


VALID = {
    "png": PNG,
    "png alpha": pictures.png(drawn_in_alpha(0, 4)),
    "png 16 bit": pictures.png(GREY.astype(np.uint16) * 257),
    "png palette": pictures.png_of_two_colours(GREY > 128, [0, 0, 90, 255, 255, 255]),
    "jpeg": pictures.jpeg_with_exif(JPEG, 6),
    "jpeg progressive": pictures.encode(".jpg", PAGE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "jpeg cmyk": pictures.CMYK_JPEG,
    "gif": pictures.animation(".gif", [PAGE[:24, :32], PAGE[24:48, :32]]),
    "bmp": pictures.encode(".bmp", PAGE[:24, :32]),
    "webp": pictures.webp_with_exif(pictures.encode(".webp", PAGE), 128, 96, 6),
    "webp animation": pictures.animation(".webp", [PAGE, 255 - PAGE]),
    "tiff": pictures.tiff(PAGE[:24, :32], orientation=6),
    "tiff compressed": pictures.encode(".tiff", PAGE),
    "tiff float": pictures.tiff(GREY[:24, :32].astype(np.float32)),
    "pgm": pictures.encode(".pgm", GREY[:24, :32]),
    "pbm": b"P1 8 4\n" + b"0 1 " * 16,
}


def reads_or_refuses(data: bytes) -> None:
    start = time.perf_counter()
    try:
        pixels = open_picture(data)
    except PictureError:
        pass
    else:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert pixels.size > 0
    assert time.perf_counter() - start < 5


@given(st.binary(max_size=300))
@example(b"BM" + bytes(200))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    reads_or_refuses(data)


@pytest.mark.parametrize("kind", sorted(VALID))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_files_are_read_or_refused(kind: str, data: st.DataObject) -> None:
    whole = VALID[kind]
    open_picture(whole)
    damaged = bytearray(whole)
    # most of what can go wrong stands in the first bytes
    place = st.one_of(st.integers(0, min(len(whole), 80) - 1), st.integers(0, len(whole) - 1))
    for at, value in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=8)):
        damaged[at] = value
    reads_or_refuses(bytes(damaged[: data.draw(st.integers(0, len(whole)))]))
    reads_or_refuses(bytes(damaged))
