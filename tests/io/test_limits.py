"""No file, however small, costs more than its size and its pixels: in time, steps and memory."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import cv2
import heic_files
import numpy as np
import pdf_files
import pictures
import pytest

from digits.errors import PictureError
from digits.io import content, headers
from digits.io.picture import open_picture

PAGE = pictures.digit_page("7")
GREY = np.ascontiguousarray(PAGE[..., 1])
PNG = pictures.png(PAGE)
JPEG = pictures.encode(".jpg", PAGE)


def claiming(width: int, height: int) -> dict[str, bytes]:
    """A header of each format that claims this size, with hardly anything behind it."""
    gif, bmp = (pictures.encode(suffix, PAGE) for suffix in (".gif", ".bmp"))
    sides = struct.pack("<HH", width % 65536, height % 65536)
    tiff = pictures.tiff(GREY)
    vp8x = pictures.webp_with_exif(pictures.encode(".webp", PAGE), max(1, width), max(1, height), 1)
    return {
        "PNG": pictures.png_file((width, height, 8, 2)),
        "PNG without checksum": PNG[:16] + struct.pack(">II", width, height) + PNG[24:],
        "JPEG": pictures.jpeg_of_size(JPEG, width % 65536, height % 65536),
        "GIF": gif[:6] + sides + gif[10:],
        "BMP": bmp[:18] + struct.pack("<ii", width, -height) + bmp[26:],
        "WebP": vp8x,
        "TIFF": tiff[:18] + struct.pack("<I", width) + tiff[22:30] + struct.pack("<I", height)
        + tiff[34:],
        "PNM": b"P6 %d %d 255\n" % (width, height),
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(claiming(1, 1)))
def test_huge_claim_is_refused_before_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(PictureError, match=r"is too large: 30,000 x 30,000 pixels; .* megapixels"):
        open_picture(claiming(30_000, 30_000)[kind])


@pytest.mark.parametrize("kind", sorted(set(claiming(1, 1)) - {"WebP"}))
def test_zero_sided_claim(kind: str) -> None:
    with pytest.raises(PictureError, match="has no pixels: it is 0 x 30"):
        open_picture(claiming(0, 30)[kind])


def test_long_side_is_refused() -> None:
    with pytest.raises(PictureError, match=r"is too large: 70,000 x 1 pixels"):
        open_picture(pictures.png_file((70_000, 1, 8, 0)))


def test_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MAXIMUM_BYTES", len(PNG) - 1)
    path = tmp_path / "page.png"
    path.write_bytes(PNG)
    for source in (PNG, memoryview(PNG), path, io.BytesIO(PNG)):
        with pytest.raises(
            PictureError, match=r"is too large: at least .* bytes; expected at most"
        ):
            open_picture(source)


def test_endless_file_object_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    monkeypatch.setattr(content, "MAXIMUM_BYTES", 5_000_000)
    with pytest.raises(PictureError, match="is too large"):
        open_picture(Endless())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("width", "height", "bits", "colour_type", "pixels"),
    [
        (10_000, 10_000, 8, 2, "RGB"),
        (10_000, 10_000, 8, 0, "grey"),
        (10_000, 7_500, 8, 6, "RGBA"),
        (10_000, 5_000, 16, 2, "RGB of 16 bits"),
        (10_000, 3_750, 16, 6, "RGBA of 16 bits"),
    ],
)
def test_pictures_count_by_their_decoded_bytes(
    width: int, height: int, bits: int, colour_type: int, pixels: str
) -> None:
    """The largest is decoded (here to no avail: it has no pixels), one row more is not."""
    with pytest.raises(PictureError, match="cannot be decoded"):
        open_picture(pictures.png_file((width, height, bits, colour_type)))
    with pytest.raises(PictureError, match=r"is too large: 10,000 x .* expected at most"):
        open_picture(pictures.png_file((width, height + 1, bits, colour_type)))


def too_deep() -> dict[str, bytes]:
    """Pictures of few pixels, but of too many bytes for one."""
    deep = np.zeros((4, 4, 4))
    tiff = pictures.tiff(deep)
    webp = pictures.animation(".webp", [PAGE, 255 - PAGE])
    gif = pictures.encode(".gif", PAGE)
    sides = (7_999).to_bytes(3, "little") * 2
    return {
        "GIF": gif[:6] + struct.pack("<HH", 8_000, 8_000) + gif[10:],
        "animated WebP": webp[:24] + sides + webp[30:],
        "TIFF of float64": tiff[:18] + struct.pack("<I", 8_000) + tiff[22:30]
        + struct.pack("<I", 8_000) + tiff[34:],
        "PNM of 16 bits": b"P6 8000 8000 65535\n",
        "transparent palette": pictures.png_file(
            (9_000, 9_000, 8, 3), b"", pictures.png_chunk(b"tRNS", b"\0")
        ),
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(too_deep()))
def test_deep_pictures_are_refused_before_decoding(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(
        PictureError, match=r"is too large: .* pixels of \d+ bytes; expected at most"
    ):
        open_picture(too_deep()[kind])


@pytest.mark.parametrize("tag", ["rows per strip", "tile"])
def test_tiff_of_blocks_larger_than_itself(tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", None)
    extra = {278: 10_000_000} if tag == "rows per strip" else {322: 20_000, 323: 20_000}
    with pytest.raises(PictureError, match=r"is too large: a TIFF in blocks of .* pixels for"):
        open_picture(pictures.tiff(GREY, extra=extra))


def test_tiff_that_states_its_width_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first counts, as for the decoder, also where it is of a kind that we do not read."""
    monkeypatch.setattr(cv2, "imdecode", None)
    data = bytearray(pictures.tiff(GREY))
    data[10:34] = struct.pack("<HHII", 256, 9, 1, 60_000) + struct.pack("<HHII", 256, 4, 1, 8)
    with pytest.raises(PictureError, match="has no pixels: it is 0 x"):
        open_picture(bytes(data))


def test_only_the_first_header_of_a_png_counts() -> None:
    larger = pictures.png_file((60_000, 60_000, 8, 2))[8:33]
    for place in (33, len(PNG) - 12):
        np.testing.assert_array_equal(open_picture(PNG[:place] + larger + PNG[place:]), PAGE)


def test_jpeg_of_many_scans_counts_by_its_pixels() -> None:
    scan = pictures.jpeg_segment(0xDA, b"\x01\x01\x00\x01\x3f\x10")
    bomb = JPEG[:-2] + scan * 99 + JPEG[-2:]
    large = pictures.jpeg_of_size(bomb, 10_000, 10_000)
    with pytest.raises(PictureError, match=r"is a JPEG of 100 scans; expected at most 16 for"):
        open_picture(large)
    assert headers.read_header(bomb).jpeg.scans == 100  # type: ignore[union-attr]


def test_one_pixel_is_a_picture() -> None:
    assert open_picture(pictures.png(np.uint8([[9]]))).tolist() == [[[9, 9, 9]]]
    assert open_picture(np.uint8([[9]])).tolist() == [[[9, 9, 9]]]


# Linear work


def piled(kind: str, size: int) -> bytes:
    """A file of about `size` bytes that is little else than parts without content."""
    png_start, png_end = PNG[:33], PNG[33:]
    comment, restart = b"\xff\xfe\0\2", b"\xff\xd0"
    gif = b"GIF89a" + struct.pack("<HH", 8, 8) + bytes(3)
    tiff_pages = b"".join(struct.pack("<HI", 0, 8 + 6 * number + 6) for number in range(size // 6))
    webp = b"WEBPVP8X\x0a\0\0\0" + bytes(10) + b"ANMF\0\0\0\0" * (size // 8)
    return {
        "JPEG, fill bytes": b"\xff\xd8" + b"\xff" * size,
        "JPEG, fill bytes in a scan": JPEG[:-2] + b"\xff" * size,
        "JPEG, restart marks": JPEG[:-2] + restart * (size // 2),
        "JPEG, stuffed bytes": JPEG[:-2] + b"\xff\0" * (size // 2),
        "JPEG, comments": JPEG[:2] + comment * (size // 4) + JPEG[2:],
        "JPEG, scans": JPEG[:-2] + b"\xff\xda\0\2" * (size // 4) + JPEG[-2:],
        "PNG, empty pixel parts": png_start + pictures.png_chunk(b"IDAT", b"") * (size // 12)
        + png_end,
        "PNG, empty texts": png_start + pictures.png_chunk(b"tEXt", b"") * (size // 12) + png_end,
        "PNM, blanks": b"P5" + b" " * size,
        "PNM, comments": b"P5" + b"#\n" * (size // 2),
        "PNM, one comment": b"P5 #" + b"#" * size,
        "PNM, blanks after a number": b"P5 7" + b" " * size + b"x",
        "GIF, blocks of a byte": gif + b"!\xfe" + b"\1x" * (size // 2) + b"\0;",
        "GIF, empty extensions": gif + b"!\xfe\0" * (size // 3) + b";",
        "TIFF, empty pages": b"II*\0\x08\0\0\0" + tiff_pages,
        "WebP, empty frames": b"RIFF" + struct.pack("<I", len(webp)) + webp,
    }[kind]  # fmt: skip


PILES = [
    "JPEG, fill bytes", "JPEG, fill bytes in a scan", "JPEG, restart marks", "JPEG, stuffed bytes",
    "JPEG, comments", "JPEG, scans", "PNG, empty pixel parts", "PNG, empty texts", "PNM, blanks",
    "PNM, comments", "PNM, one comment", "PNM, blanks after a number", "GIF, blocks of a byte",
    "GIF, empty extensions", "TIFF, empty pages", "WebP, empty frames",
]  # fmt: skip


@pytest.mark.parametrize("kind", PILES)
def test_headers_need_no_more_memory_than_the_file(kind: str) -> None:
    size = 100_000
    data = piled(kind, size)
    tracemalloc.start()
    try:
        headers.read_header(data)
    except PictureError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 15 * size + 50_000


@pytest.mark.parametrize("kind", PILES)
def test_headers_are_read_in_a_bounded_number_of_steps(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either one pass of a pattern, or a walk that ends after so many parts, however many come."""
    monkeypatch.setattr(headers, "MAXIMUM_PARTS", 1_000)
    lines = []

    def trace(frame: object, event: str, argument: object) -> object:
        lines.append(event)
        return trace

    data = piled(kind, 100_000)
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        headers.read_header(data)
    except PictureError:
        pass
    finally:
        sys.settrace(None)
    assert len(lines) < 100 * 1_000


@pytest.mark.parametrize("kind", ["PNG, empty pixel parts", "GIF, blocks of a byte"])
def test_too_many_parts(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "MAXIMUM_PARTS", 1_000)
    with pytest.raises(PictureError, match=r"of more than 1,000 parts; expected fewer; open it in"):
        open_picture(piled(kind, 20_000))


@pytest.mark.parametrize("kind", [kind for kind in PILES if kind.startswith(("JPEG", "PNM"))])
def test_megabytes_of_nothing_end(kind: str) -> None:
    """What was quadratic took hours for these; nothing is measured here."""
    data = piled(kind, 1_000_000)
    with contextlib.suppress(PictureError):
        headers.read_header(data)


# Memory


PEAK = """
import pathlib, sys
from digits.io.picture import open_picture

def peak():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

open_picture(pathlib.Path(sys.argv[1]))
before = peak()
open_picture(pathlib.Path(sys.argv[2]))
print(peak() - before)
"""

EVERY_PAGE = """
from digits.io.picture import open_document
document = open_document(pathlib.Path(sys.argv[2]))
for page in range(1, document.count + 1):
    document.pixels(page)
document.close()
"""

PROGRESSIVE = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
SIDE = 1_500
SCENE = np.full((SIDE, SIDE, 3), 255, np.uint8)
SCENE[::9, ::5] = 0
DEEP = SCENE.astype(np.uint16) * 257


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is Linux's to tell")
@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("png", lambda: pictures.png(SCENE)),
        ("png of 16 bits", lambda: pictures.png(np.dstack([DEEP, DEEP[..., 0]]))),
        ("png with alpha", lambda: pictures.png(np.dstack([SCENE, SCENE[..., 0]]))),
        ("jpeg", lambda: pictures.encode(".jpg", SCENE)),
        ("progressive jpeg", lambda: pictures.encode(".jpg", SCENE, *PROGRESSIVE)),
        ("turned jpeg", lambda: pictures.jpeg_with_exif(pictures.encode(".jpg", SCENE), 6)),
        ("gif", lambda: pictures.animation(".gif", [SCENE, 255 - SCENE] * 2)),
        ("bmp", lambda: pictures.encode(".bmp", SCENE)),
        ("webp", lambda: pictures.encode(".webp", SCENE)),
        ("animated webp", lambda: pictures.animation(".webp", [SCENE, 255 - SCENE] * 2)),
        ("tiff", lambda: pictures.tiff(SCENE)),
        ("tiff of floats", lambda: pictures.tiff(SCENE / 255)),
        ("ppm of 16 bits", lambda: b"P6 %d %d 65535\n" % (SIDE, SIDE) + DEEP.tobytes()),
        ("jpeg 2000", lambda: pictures.encode(".jp2", SCENE)),
        ("avif", lambda: pictures.encode(".avif", SCENE)),
        ("heic", lambda: pytest.importorskip("pi_heif") and heic_files.heic(SCENE[..., 0])),
    ],
)  # fmt: skip
def test_memory_is_bounded_by_decoded_bytes(kind: str, make: object, tmp_path: Path) -> None:
    data = make()  # type: ignore[operator]
    header = headers.read_header(data)
    (tmp_path / "small").write_bytes(PNG)
    (tmp_path / "large").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, tmp_path / "small", tmp_path / "large"],
        capture_output=True,
        check=True,
    )
    decoded = header.width * header.height * header.bytes_per_pixel
    libraries = 30_000_000 if kind in ("avif", "heic") else 5_000_000
    assert int(done.stdout) < 5 * decoded + 3 * len(data) + libraries


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is Linux's to tell")
def test_memory_of_a_document_is_that_of_a_page(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    (tmp_path / "small").write_bytes(pdf_files.pdf([pdf_files.scan(PAGE, 100)]))
    sheet = pdf_files.scan(SCENE, 100)
    (tmp_path / "large").write_bytes(pdf_files.pdf([sheet] * 40))
    program = PEAK.replace("open_picture(pathlib.Path(sys.argv[2]))", EVERY_PAGE)
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "small", tmp_path / "large"],
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) < 6 * SCENE.nbytes + 5_000_000
