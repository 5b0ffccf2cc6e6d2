"""Every picture that a test needs, made on the spot."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from digits.synth.forms import FORMS
from digits.synth.pen import Hand, draw

Pixels = npt.NDArray[Any]
Colour = tuple[int, int, int]  # RGB
Box = tuple[int, int, int, int]  # x, y, width, height


def digit_page(
    text: str = "7",
    *,
    height: int = 96,
    width: int = 128,
    ink: tuple[int, int, int] = (20, 20, 60),
    paper: tuple[int, int, int] = (250, 250, 245),
) -> Pixels:
    """A page with `text` drawn large in its middle, (height, width, 3) uint8 RGB."""
    page = np.full((height, width, 3), paper, np.uint8)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(2, height // 24)
    scale = 0.6 * height / cv2.getTextSize(text, font, 1, thickness)[0][1]
    (across, up), _ = cv2.getTextSize(text, font, scale, thickness)
    place = ((width - across) // 2, (height + up) // 2)
    cv2.putText(page, text, place, font, scale, ink, thickness, cv2.LINE_AA)
    return page


def digit_ink(text: str = "7", *, height: int = 96, width: int = 128) -> Pixels:
    """The same drawing as ink alone, (height, width) uint8, 255 where ink is full."""
    black_on_white = digit_page(
        text, height=height, width=width, ink=(0, 0, 0), paper=(255, 255, 255)
    )
    return 255 - black_on_white[..., 0]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Handwriting and the truth about it.

    pixels: (H, W, 3) uint8 RGB. text: its numbers. boxes: of each digit's ink, in reading order.
    """

    pixels: Pixels
    text: str
    boxes: tuple[Box, ...]


def page(
    text: str,
    *,
    height: int = 60,
    ink: Colour = (20, 20, 60),
    paper: Colour = (250, 250, 245),
    seed: int = 0,
) -> Page:
    """`text`, numbers parted by blanks and lines by newlines, in one neat hand.

    height: of a digit in pixels. Digits of a number stand a quarter of it apart, numbers 1.5,
    lines 0.7; the margin is one digit wide.
    """
    level, boxes = _written(text, height, seed)
    cover = level[..., None] / 255
    mixed = (1 - cover) * np.array(paper, float) + cover * np.array(ink, float)
    return Page(np.rint(mixed).astype(np.uint8), text, boxes)


def page_ink(text: str, *, height: int = 60, seed: int = 0) -> Pixels:
    """The same writing as ink alone, (H, W) uint8, 255 where ink is full."""
    return _written(text, height, seed)[0]


def overlap(a: Box, b: Box) -> float:
    """Common area of two boxes over their united area, in [0, 1]."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(across, 0) * max(down, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def photographed(pixels: Pixels, *, shadow: float = 0.5, noise: float = 3, seed: int = 0) -> Pixels:
    """As a photo shows it: light that falls off, the soft edge of a shadow, blur and grain.

    shadow: the light that is left in the darkest corner, of 1. noise: standard deviation of the
    grain in levels of 255.
    """
    height, width = pixels.shape[:2]
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    fall = 1 - (1 - shadow) / 2 * (down + across)
    edge = 1 / (1 + np.exp(-(across - 0.35 - 0.2 * down) * 40))
    light = fall * (0.8 + 0.2 * edge)
    blurred = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 0.8)
    grain = np.random.default_rng(seed).normal(0, noise, pixels.shape)
    return np.rint(blurred * light[..., None] + grain).clip(0, 255).astype(np.uint8)


def written_texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are written into pictures from now on, in order."""
    texts: list[str] = []
    write = cv2.putText

    def noted(picture: Pixels, text: str, *rest: Any) -> Any:
        texts.append(text)
        return write(picture, text, *rest)

    monkeypatch.setattr(cv2, "putText", noted)
    return texts


@cache
def _written(text: str, height: int, seed: int) -> tuple[Pixels, tuple[Box, ...]]:
    """Ink (H, W) uint8 and the boxes of the digits in it."""
    rng = np.random.default_rng(seed)
    placed: list[tuple[int, int, Pixels]] = []
    for row, line in enumerate(text.split("\n")):
        x, y = height, height + round(1.7 * height * row)
        for character in line:
            if character == " ":
                x += round(1.25 * height)
                continue
            digit = _trimmed(draw(neat_hand().digit(int(character), rng), height, 0.09 * height))
            placed.append((x, y, digit))
            x += digit.shape[1] + round(0.25 * height)
    right = max((x + digit.shape[1] for x, _, digit in placed), default=0)
    bottom = max((y + digit.shape[0] for _, y, digit in placed), default=0)
    sheet = np.zeros((bottom + height, right + height), np.uint8)
    for x, y, digit in placed:
        sheet[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    return sheet, tuple((x, y, digit.shape[1], digit.shape[0]) for x, y, digit in placed)


def _trimmed(ink: Pixels) -> Pixels:
    x, y, width, height = cv2.boundingRect((ink > 127).astype(np.uint8))
    return ink[y : y + height, x : x + width]


@cache
def neat_hand() -> Hand:
    """A writer of the commonest form of each digit in its middle proportions, never untidy."""
    skeletons = [forms[0].skeleton(lambda low, high: (low + high) / 2) for forms in FORMS]
    return Hand(
        shapes=tuple((skeleton, skeleton) for skeleton in skeletons),
        slant=0.1,
        width=1.0,
        roundness=1.1,
        softness=0.06,
        jitter=0.01,
        sloppiness=0.005,
        tremor=0.0,
        pen=0.09,
    )


def as_stored(shown: Pixels, orientation: int) -> Pixels:
    """The pixels that a file of this EXIF orientation holds for a viewer to show `shown`."""
    stored = {
        1: shown,
        2: shown[:, ::-1],
        3: shown[::-1, ::-1],
        4: shown[::-1],
        5: shown.swapaxes(0, 1),
        6: np.rot90(shown, 1),
        7: shown[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(shown, -1),
    }
    return np.ascontiguousarray(stored[orientation])


def encode(suffix: str, rgb: Pixels, *parameters: int) -> bytes:
    """A file of the format `suffix` (".jpg") as OpenCV writes it, from grey, RGB or RGBA."""
    swap = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    stored = rgb if rgb.ndim == 2 else cv2.cvtColor(rgb, swap[rgb.shape[2]])
    done, data = cv2.imencode(suffix, stored, parameters)
    assert done
    return data.tobytes()


def exif(orientation: int, order: str = "<") -> bytes:
    """A TIFF directory with the orientation alone, little-endian "<" or big-endian ">"."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    return start + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(samples: Pixels, *, before_pixels: bytes = b"", after_pixels: bytes = b"") -> bytes:
    """A PNG of grey (H, W), grey and alpha, RGB or RGBA (H, W, 2 to 4) of 8 or 16 bits."""
    planes = samples if samples.ndim == 3 else samples[..., None]
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[planes.shape[2]]
    rows = planes.astype(planes.dtype.newbyteorder(">")).reshape(len(planes), -1)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    return png_file(
        (planes.shape[1], planes.shape[0], 8 * planes.itemsize, colour_type),
        lines,
        before_pixels,
        after_pixels,
    )


def png_of_two_colours(bright: Pixels, colours: Sequence[int] | None = None) -> bytes:
    """A PNG of 1 bit a pixel: black and white, or a palette given as six bytes of RGB."""
    lines = b"".join(b"\0" + np.packbits(row).tobytes() for row in bright)
    size = (bright.shape[1], bright.shape[0], 1, 3 if colours else 0)
    return png_file(size, lines, png_chunk(b"PLTE", bytes(colours)) if colours else b"")


def png_file(
    header: tuple[int, int, int, int],
    lines: bytes = b"",
    before_pixels: bytes = b"",
    after_pixels: bytes = b"",
) -> bytes:
    """A PNG from its (width, height, bits, colour type) and filtered lines, true or not."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", *header, 0, 0, 0))
        + before_pixels
        + png_chunk(b"IDAT", zlib.compress(lines))
        + after_pixels
        + png_chunk(b"IEND", b"")
    )


def jpeg_with_exif(jpeg: bytes, orientation: int, order: str = "<") -> bytes:
    return jpeg[:2] + jpeg_segment(0xE1, b"Exif\0\0" + exif(orientation, order)) + jpeg[2:]


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body


def jpeg_of_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG, its frame header claiming another size."""
    frame = jpeg.index(b"\xff\xc0")
    return jpeg[: frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9 :]


def webp_with_exif(webp: bytes, width: int, height: int, orientation: int) -> bytes:
    """A WebP of the extended form around the pixels of a plain one."""
    has_exif = 0x08
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + riff_chunk(b"VP8X", bytes([has_exif, 0, 0, 0]) + sides)
    body += webp[12:] + riff_chunk(b"EXIF", exif(orientation))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def tiff(
    samples: Pixels,
    *,
    orientation: int = 1,
    order: str = "<",
    extra: Mapping[int, int] | None = None,
) -> bytes:
    """An uncompressed TIFF of (H, W) or (H, W, 2 to 4) of any type, the last of 2 or 4 alpha.

    extra: further or other fields, by tag, of whole numbers of 4 bytes.
    """
    planes = samples if samples.ndim == 3 else samples[..., None]
    height, width, channels = planes.shape
    pixels = planes.astype(planes.dtype.newbyteorder(order)).tobytes()
    fields = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [8 * planes.itemsize] * channels),
        259: ("H", [1]),  # not compressed
        262: ("H", [2 if channels > 2 else 1]),  # RGB, or black is zero
        273: ("I", [0]),  # where the pixels begin: filled in below
        274: ("H", [orientation]),
        277: ("H", [channels]),
        278: ("I", [height]),
        279: ("I", [len(pixels)]),
        338: ("H", [2]),  # the extra sample is alpha
        339: ("H", [{"u": 1, "i": 2, "f": 3}[planes.dtype.kind]] * channels),
    }
    if channels in (1, 3):
        del fields[338]
    fields = dict(
        sorted({**fields, **{tag: ("I", [n]) for tag, n in (extra or {}).items()}}.items())
    )
    lists_at = 8 + 2 + 12 * len(fields) + 4
    fields[273] = ("I", [lists_at + (4 * channels if channels > 2 else 0)])
    entries = lists = b""
    for tag, (form, numbers) in fields.items():
        value = struct.pack(f"{order}{len(numbers)}{form}", *numbers)
        if len(value) > 4:
            value, lists = struct.pack(order + "I", lists_at + len(lists)), lists + value
        kind = {"H": 3, "I": 4}[form]
        entries += struct.pack(order + "HHI", tag, kind, len(numbers)) + value.ljust(4, b"\0")
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(fields))
    return start + entries + bytes(4) + lists + pixels


def tiff_of_pages(
    pages: Sequence[Pixels], file_types: Sequence[int] = (), order: str = "<"
) -> bytes:
    """A TIFF of several pages (H, W) or (H, W, 3), with tag 254 where `file_types` are given."""
    written = b"II*\0" if order == "<" else b"MM\0*"
    pointer, kinds = 4, file_types or [0] * len(pages)
    written += bytes(4)
    for samples, kind in zip(pages, kinds, strict=True):
        # each is written as a file of its own, and what it points at is moved to where it comes to
        # stand: its directory, right behind its first 8 bytes, and all fields that hold a place
        one = tiff(samples, order=order, extra={254: kind})
        moved = len(written) - 8
        (count,) = struct.unpack_from(order + "H", one, 8)
        body = bytearray(one)
        for entry in range(10, 10 + 12 * count, 12):
            tag, form, length = struct.unpack_from(order + "HHI", one, entry)
            if tag == 273 or length * {3: 2, 4: 4}[form] > 4:
                (place,) = struct.unpack_from(order + "I", one, entry + 8)
                struct.pack_into(order + "I", body, entry + 8, place + moved)
        start = len(written)
        whole = bytearray(written + body[8:])
        struct.pack_into(order + "I", whole, pointer, start)
        pointer = start + 2 + 12 * count
        written = bytes(whole)
    return written


def animation(suffix: str, frames: Sequence[Pixels]) -> bytes:
    """An animated GIF, WebP or PNG of RGB frames."""
    film = cv2.Animation()
    film.frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGRA) for frame in frames]
    film.durations = np.full(len(frames), 100, np.int32)
    done, data = cv2.imencodeanimation(suffix, film)
    assert done
    return data.tobytes()


# 16 x 16, a red bar (200, 0, 0) in columns 6 to 9 and rows 2 to 13 on white: inks as Adobe stores
# them, inverted. OpenCV writes no such file.
CMYK_JPEG = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2Rjcs"
    "LUBXQUZMTlJTUjI+WmFaUGBKUVJP/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAAG"
    "B//EACAQAAEDBAMBAQAAAAAAAAAAAAECAwQABQYREhMhMYH/2gAOBEMATQBZAEsAAD8A0iY4pqKtaDpQ1o/tWObX"
    "CXasTmzoDvVIa6+C+IVrbiQfCCPhNWObXCXasTmzoDvVIa6+C+IVrbiQfCCPhNadSG4p2KhaztR3s/tMJuEu64nC"
    "nT3e2Q72c18QnenFAeAAfAKYTcJd1xOFOnu9sh3s5r4hO9OKA8AA+AUpMbU7FWhA2o60P2mbW+XdcTmwYDXbId6+"
    "COQTvTiSfSQPgNM2t8u64nNgwGu2Q718EcgnenEk+kgfAaUhtqaioQsaUN7H7TCbfLtWJwoM9rqkNdnNHIK1txRH"
    "oJHwimE2+XasThQZ7XVIa7OaOQVrbiiPQSPhFK//2Q=="
)
