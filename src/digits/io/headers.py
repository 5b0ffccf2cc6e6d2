"""What a picture file says of itself, found without decoding it.

The size is known, and refused where it is too large, before a decoder allocates anything for it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from digits.errors import PictureError
from digits.io.exif import ORIENTATION, UPRIGHT, exif_orientation, tags
from digits.io.foreign import describe_foreign

# A page of A4 scanned at 1,000 dpi has 97 megapixels; as RGB it takes 290 MB.
MAXIMUM_PIXELS = 100_000_000
# The most that JPEG, the commonest format, can say (libjpeg's JPEG_MAX_DIMENSION).
MAXIMUM_SIDE = 65_500
# A progressive JPEG has about ten; each goes over the whole picture, however little it holds.
MAXIMUM_SCANS = 100

SAVE_AGAIN = "open it in a picture program and save it again as PNG or JPEG"


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file before it is decoded.

    width, height: in pixels, as stored. Raises PictureError where they are beyond the limits.
    encoded: what to decode: the file without the parts that a decoder could stumble over.
    orientation: EXIF 1 to 8, still to be applied to what `encoded` decodes to.
    white: the sample value that means full light, where the file states it and `encoded`
        decodes to samples that are not scaled yet.
    """

    kind: str
    width: int
    height: int
    encoded: bytes
    orientation: int = UPRIGHT
    white: int | None = None

    def __post_init__(self) -> None:
        check_size(self.width, self.height)


def check_size(width: int, height: int) -> None:
    """Raise PictureError where a picture has no pixels or more than we decode."""
    if width <= 0 or height <= 0:
        raise PictureError(f"has no pixels: it is {width} x {height}; expected at least 1 x 1")
    if max(width, height) > MAXIMUM_SIDE or width * height > MAXIMUM_PIXELS:
        raise PictureError(
            f"is too large: {width:,} x {height:,} pixels; expected at most "
            f"{MAXIMUM_PIXELS // 1_000_000} megapixels and {MAXIMUM_SIDE:,} a side; scale it down"
        )


def read_header(data: bytes) -> Header:
    """Find format, size and orientation of the picture file whose whole content is `data`.

    Raises PictureError for what is no picture of a format that we read, is cut off, or is beyond
    the limits of size.
    """
    for start, kind, parse in _FORMATS:
        if re.match(start, data, re.DOTALL):
            try:
                return parse(data)
            except (struct.error, IndexError):
                raise PictureError(
                    f"is cut off or damaged: its {kind} header is not whole ({len(data):,} bytes); "
                    "copy or download it again"
                ) from None
    raise PictureError(describe_foreign(data))


def _png(data: bytes) -> Header:
    if data[12:16] != b"IHDR":
        raise PictureError(f"is damaged: a PNG that does not begin with its header; {SAVE_AGAIN}")
    width, height = struct.unpack_from(">II", data, 16)
    header = Header("PNG", width, height, encoded=b"")
    kept = [data[:8]]
    orientation = UPRIGHT
    for kind, chunk in _png_chunks(data):
        if kind in _PNG_PIXELS:
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
                raise PictureError(
                    f"is damaged: the checksum of its {kind.decode()} part is wrong; "
                    "copy or download it again"
                )
            kept.append(chunk)
        elif kind == b"eXIf":
            orientation = exif_orientation(chunk[8:-4])
    return replace(header, encoded=b"".join(kept), orientation=orientation)


# The parts that hold the (first) picture; the others (colour profiles, texts, further frames) only
# give a decoder reasons to warn or fail.
_PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, whole chunk) of a PNG up to its end chunk."""
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        yield kind, data[at:end]
        if kind == b"IEND":
            return
        at = end
    raise PictureError(_cut_off("PNG", data))


def _jpeg(data: bytes) -> Header:
    header: Header | None = None
    orientation: int | None = None
    scans = 0
    for marker, segment in _jpeg_segments(data):
        if marker in _FRAMES and header is None:
            height, width = struct.unpack_from(">HH", segment, 1)
            header = Header("JPEG", width, height, encoded=data)
        elif marker == 0xE1 and segment.startswith(b"Exif\0\0") and orientation is None:
            orientation = exif_orientation(segment)
        scans += marker == _START_OF_SCAN
    if scans > MAXIMUM_SCANS:
        raise PictureError(
            f"is a JPEG of {scans:,} scans; expected at most {MAXIMUM_SCANS}; {SAVE_AGAIN}"
        )
    if header is None:
        raise PictureError(f"is damaged: a JPEG without a frame header; {SAVE_AGAIN}")
    return replace(header, orientation=orientation or UPRIGHT)


_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, ITU-T T.81 table B.1
_START_OF_SCAN = 0xDA
_END = 0xD9
_WITHOUT_SEGMENT = frozenset([0x01, *range(0xD0, 0xD9)])


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, segment) of a JPEG up to its end mark, passing over the coded pixels.

    What follows the end mark (a phone's further pictures) is not looked at.
    """
    at = 2
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == _END:
            return
        if marker in _WITHOUT_SEGMENT:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        yield marker, data[at + 2 : at + length]
        at += length
    raise PictureError(_cut_off("JPEG", data))


def _gif(data: bytes) -> Header:
    width, height = struct.unpack_from("<HH", data, 6)
    return Header("GIF", width, height, encoded=data)


def _bmp(data: bytes) -> Header:
    short = data[14] == 12  # the OS/2 header
    width, height = struct.unpack_from("<HH" if short else "<ii", data, 18)
    return Header("BMP", width, abs(height), encoded=data)  # negative: rows from the top


def _webp(data: bytes) -> Header:
    if 8 + int.from_bytes(data[4:8], "little") > len(data):
        raise PictureError(_cut_off("WebP", data))
    if data[12:16] == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    elif data[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return Header("WebP", width, height, encoded=data, orientation=_webp_orientation(data))


def _webp_orientation(data: bytes) -> int:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"EXIF":
            return exif_orientation(data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return UPRIGHT


_EXTRA_SAMPLES = 338
_BYTE_ORDER: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}


def _tiff(data: bytes) -> Header:
    values = {tag: (value, position) for tag, value, position in tags(data)}
    width, height = (values.get(tag, (0, 0))[0] for tag in (256, 257))
    samples, _ = values.get(277, (1, 0))
    if samples not in (1, 3, 4):
        raise PictureError(
            f"is a TIFF of {samples} samples a pixel; expected 1, 3 or 4; save as PNG"
        )
    orientation, _ = values.get(ORIENTATION, (UPRIGHT, 0))
    # OpenCV would turn a TIFF itself, and multiply its colours by alpha; we treat all formats alike
    encoded = bytearray(data)
    for tag, neutral in ((ORIENTATION, UPRIGHT), (_EXTRA_SAMPLES, 0)):
        if tag in values:
            _, position = values[tag]
            encoded[position : position + 2] = neutral.to_bytes(2, _BYTE_ORDER[data[:2]])
    return Header("TIFF", width, height, encoded=bytes(encoded), orientation=orientation)


_PNM_SPACE = rb"(?:\s|#[^\n]*\n)+"
_PNM_SIZE = rb"P[1-6]%b(\d{1,9})%b(\d{1,9})" % (_PNM_SPACE, _PNM_SPACE)
_PNM_WHITE = rb"%b(\d{1,5})\s" % _PNM_SPACE


def _pnm(data: bytes) -> Header:
    # black and white pictures (1 and 4) state no white
    found = re.match(_PNM_SIZE + (b"()" if data[1:2] in b"14" else _PNM_WHITE), data)
    if not found:
        raise PictureError(f"is cut off or damaged: its PNM header is not whole; {SAVE_AGAIN}")
    width, height, white = (int(number or 255) for number in found.groups())
    if data[1:2] in b"123":
        data += b"\n"  # OpenCV wants a character after the last number
        white = max(white, 255)  # and scales the short ones itself
    return Header("PNM", width, height, encoded=data, white=white or 255)


# Patterns of the first bytes.
_FORMATS: tuple[tuple[bytes, str, Callable[[bytes], Header]], ...] = (
    (rb"\x89PNG\r\n\x1a\n", "PNG", _png),
    (rb"\xff\xd8", "JPEG", _jpeg),
    (rb"GIF8[79]a", "GIF", _gif),
    # the length of the second header stands in byte 14; a text may begin with BM
    (rb"BM.{12}[\x0c-\x7f]\0\0\0", "BMP", _bmp),
    (rb"RIFF.{4}WEBP", "WebP", _webp),
    (rb"II\*\0|MM\0\*", "TIFF", _tiff),
    (rb"P[1-6][\s#]", "PNM", _pnm),
)


def _cut_off(kind: str, data: bytes) -> str:
    return (
        f"is cut off: the end mark of its {kind} data is missing ({len(data):,} bytes); "
        "copy or download it again"
    )
