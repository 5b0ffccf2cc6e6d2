"""What a picture file says of itself, found without decoding it.

The size is known, and refused where it is too large, before a decoder allocates anything for it.
Every walk through a file is bounded, in steps or in one pass over its bytes.
"""

from __future__ import annotations

import re
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

from digits.errors import PictureError
from digits.io.boxes import boxes, codestream, heif_facts, jpeg2000_size
from digits.io.exif import FIRST, ORIENTATION, UPRIGHT, directories, exif_orientation, tags
from digits.io.foreign import describe_foreign
from digits.io.jpeg import Jpeg, parse_jpeg, segments

# A page of A4 scanned at 1,000 dpi has 97 megapixels.
MAXIMUM_PIXELS = 100_000_000
# That page in 8-bit RGB. Opening a picture takes at most five times its decoded bytes (measured:
# two for most, five for a progressive JPEG of four inks) and three times those of its file.
MAXIMUM_DECODED_BYTES = 3 * MAXIMUM_PIXELS
# The most that JPEG, the commonest format, can say (libjpeg's JPEG_MAX_DIMENSION).
MAXIMUM_SIDE = 65_500
# Chunks, segments, blocks or directories that one file is made of. GIF has the smallest, of 255
# bytes: a file of 200 MB has 784,314 of them.
MAXIMUM_PARTS = 1_000_000
# Each scan of a JPEG passes over all its pixels, however little it holds. libjpeg writes ten for a
# progressive colour picture.
MAXIMUM_SCANNED_PIXELS = 16 * MAXIMUM_PIXELS

_Part = TypeVar("_Part")

SAVE_AGAIN = "open it in a picture program and save it again as PNG or JPEG"


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file before it is decoded.

    width, height: in pixels, as stored. bytes_per_pixel: that the decoder needs for its result.
    Raises PictureError where these are beyond the limits.
    encoded: what to decode: the file without the parts that make a decoder warn or fail.
    orientation: EXIF 1 to 8, still to be applied to what `encoded` decodes to.
    white: the sample value that means white, where the file states it and `encoded`
        decodes to samples that are not scaled yet.
    pages: how many pages or frames the file holds; `encoded` decodes to the first.
    jpeg: what the markers of a JPEG say.
    """

    kind: str
    width: int
    height: int
    bytes_per_pixel: int
    encoded: bytes | bytearray
    orientation: int = UPRIGHT
    white: int | None = None
    pages: int = 1
    jpeg: Jpeg | None = None

    def __post_init__(self) -> None:
        check_size(self.width, self.height, self.bytes_per_pixel)


def check_size(width: int, height: int, bytes_per_pixel: int = 3) -> None:
    """Raise PictureError where a picture has no pixels or more than we decode."""
    if width <= 0 or height <= 0:
        raise PictureError(f"has no pixels: it is {width} x {height}; expected at least 1 x 1")
    if max(width, height) > MAXIMUM_SIDE or width * height > MAXIMUM_PIXELS:
        raise PictureError(
            f"is too large: {width:,} x {height:,} pixels; expected at most "
            f"{MAXIMUM_PIXELS // 1_000_000} megapixels and {MAXIMUM_SIDE:,} a side; scale it down"
        )
    if width * height * bytes_per_pixel > MAXIMUM_DECODED_BYTES:
        raise PictureError(
            f"is too large: {width:,} x {height:,} pixels of {bytes_per_pixel} bytes; expected at "
            f"most {MAXIMUM_DECODED_BYTES // 1_000_000} MB; scale it down or save it as 8-bit RGB"
        )


def read_header(data: bytes) -> Header:
    """Find format, size, orientation and number of pages of a file whose whole content is `data`.

    Raises PictureError for what is no picture of a format that we read, is cut off, or is beyond
    the limits of size.
    """
    for start, kind, parse in _FORMATS:
        if re.match(start, data, re.DOTALL):
            try:
                return parse(data)
            except (struct.error, IndexError, ValueError):  # ValueError: too few to unpack
                raise PictureError(
                    f"is cut off or damaged: its {kind} header is not whole ({len(data):,} bytes); "
                    "copy or download it again"
                ) from None
    raise PictureError(describe_foreign(data))


def is_picture(start: bytes) -> bool:
    """Whether a file that begins so is a picture of a format that we read."""
    # a text may begin with P1 and a blank
    forms = (_PNM_SIZE if kind == "PNM" else form for form, kind, _ in _FORMATS)
    return any(re.match(form, start, re.DOTALL) for form in forms)


def _png(data: bytes) -> Header:
    if data[12:16] != b"IHDR":
        raise PictureError(f"is damaged: a PNG that does not begin with its header; {SAVE_AGAIN}")
    width, height, bits, colour_type = struct.unpack_from(">IIBB", data, 16)
    # grey with alpha is decoded as colour with alpha
    samples = 4 if colour_type & _PNG_ALPHA else 3
    header = Header("PNG", width, height, samples * (2 if bits == 16 else 1), encoded=b"")
    kept = bytearray(data[:8])
    orientation, frames = UPRIGHT, 0
    for kind, start, end in _bounded("PNG", _png_chunks(data)):
        if kind in _PNG_PIXELS and not (kind == b"IHDR" and start > 8):
            chunk = memoryview(data)[start:end]
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
                raise PictureError(
                    f"is damaged: the checksum of its {kind.decode()} part is wrong; "
                    "copy or download it again"
                )
            kept += chunk
        elif kind == b"eXIf":
            orientation = exif_orientation(data[start + 8 : end - 4])
        frames += kind == b"fcTL"
        samples = 4 if kind == b"tRNS" else samples
    return replace(
        header,
        bytes_per_pixel=samples * (2 if bits == 16 else 1),
        encoded=kept,
        orientation=orientation,
        pages=max(1, frames),
    )


# The parts that hold the (first) picture; the others (colour profiles, texts, further frames) only
# give a decoder reasons to warn or fail.
_PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_ALPHA = 4  # a bit of the colour type


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, start, end) of each chunk of a PNG up to its end chunk."""
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    raise PictureError(_cut_off("PNG", data))


def _jpeg(data: bytes) -> Header:
    jpeg = parse_jpeg(_bounded("JPEG", segments(data)))
    if jpeg.end is None:
        raise PictureError(_cut_off("JPEG", data))
    if jpeg.frame is None:
        raise PictureError(f"is damaged: a JPEG without a frame header; {SAVE_AGAIN}")
    height, width, components = jpeg.frame
    scans = MAXIMUM_SCANNED_PIXELS // max(1, width * height)
    if jpeg.scans > scans:
        raise PictureError(
            f"is a JPEG of {jpeg.scans:,} scans; expected at most {scans:,} for "
            f"{width:,} x {height:,} pixels; {SAVE_AGAIN}"
        )
    orientation = jpeg.orientation or UPRIGHT
    return Header("JPEG", width, height, max(3, components), data, orientation, jpeg=jpeg)


_GIF_FRAME, _GIF_EXTENSION = 0x2C, 0x21  # the bytes that blocks begin with (GIF89a, appendix A)


def _gif(data: bytes) -> Header:
    width, height = struct.unpack_from("<HH", data, 6)
    # OpenCV draws frames on a canvas of 4 bytes a pixel and copies that
    header = Header("GIF", width, height, 8, encoded=data)
    return replace(header, pages=max(1, sum(_bounded("GIF", _gif_blocks(data)))))


def _gif_blocks(data: bytes) -> Iterator[bool]:
    """Yield for every block of a GIF whether a frame begins with it."""
    at = 13 + _gif_colours(data[10])
    while at < len(data) and data[at] in (_GIF_FRAME, _GIF_EXTENSION):
        is_frame = data[at] == _GIF_FRAME
        yield is_frame
        at += 11 + _gif_colours(data[at + 9]) if is_frame else 2
        while at < len(data) and data[at]:
            yield False
            at += 1 + data[at]
        at += 1


def _gif_colours(flags: int) -> int:
    """Return the bytes of the colour table that `flags` announces."""
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


def _bmp(data: bytes) -> Header:
    short = data[14] == 12  # the OS/2 header
    width, height, _, bits = struct.unpack_from("<HHHH" if short else "<iiHH", data, 18)
    # negative: rows from the top
    return Header("BMP", width, abs(height), 4 if bits == 32 else 3, encoded=data)


_WEBP_ALPHA, _WEBP_ANIMATED = 0x10, 0x02  # bits of the flags of an extended WebP


def _webp(data: bytes) -> Header:
    if 8 + int.from_bytes(data[4:8], "little") > len(data):
        raise PictureError(_cut_off("WebP", data))
    samples = 3
    if data[12:16] == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        samples = 4 if data[20] & _WEBP_ALPHA else 3
        if data[20] & _WEBP_ANIMATED:
            samples = 8  # two canvases of 4 bytes a pixel
    elif data[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        samples = 4 if bits >> 28 & 1 else 3
    elif data[12:16] == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise PictureError(f"is damaged: a WebP that does not begin with its header; {SAVE_AGAIN}")
    header = Header("WebP", width, height, samples, encoded=data)
    orientation, frames = UPRIGHT, 0
    for kind, start, end in _bounded("WebP", _webp_chunks(data)):
        if kind == b"EXIF":
            orientation = exif_orientation(data[start:end])
        frames += kind == b"ANMF"
    return replace(header, orientation=orientation, pages=max(1, frames))


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, start, end of the content) of each chunk of a WebP."""
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, at + 8, at + 8 + length
        at += 8 + length + length % 2


# TIFF 6.0, section 8 and 15
_WIDTH, _HEIGHT, _BITS, _SAMPLES, _ROWS_PER_STRIP = 256, 257, 258, 277, 278
_TILE_WIDTH, _TILE_HEIGHT, _EXTRA_SAMPLES = 322, 323, 338
_ALL_ROWS = 0xFFFF_FFFF
_BYTE_ORDER: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}


def _tiff(data: bytes) -> Header:
    pointers = tiff_pointers(data)
    header = tiff_page(data, bytearray(data), pointers[0])
    return replace(header, pages=len(pointers))


def tiff_pointers(data: bytes) -> array[int]:
    """Where a TIFF names the place of each of its pages, which `tiff_page` takes."""
    found = _bounded("TIFF", directories(data))
    return array("I", (place for place, is_page in found if is_page)) or array("I", [FIRST])


def tiff_page(data: bytes, encoded: bytearray, pointer: int) -> Header:
    """One page of the TIFF `data`. encoded: a copy of it, which is changed to begin with the page.

    Raises PictureError, or struct.error where it does not lie in the file.
    """
    found = {tag: (value, position) for tag, value, position in tags(data, pointer)}
    values = {tag: value for tag, (value, _) in found.items()}
    samples = values.get(_SAMPLES, 1)
    if samples not in (1, 3, 4):
        raise PictureError(
            f"is a TIFF of {samples} samples a pixel; expected 1, 3 or 4; save as PNG"
        )
    encoded[FIRST : FIRST + 4] = data[pointer : pointer + 4]
    # OpenCV would turn a TIFF itself, and multiply its colours by alpha; we treat all formats alike
    for tag, neutral in ((ORIENTATION, UPRIGHT), (_EXTRA_SAMPLES, 0)):
        if tag in found:
            _, position = found[tag]
            encoded[position : position + 2] = neutral.to_bytes(2, _BYTE_ORDER[data[:2]])
    header = Header(
        "TIFF",
        values.get(_WIDTH, 0),
        values.get(_HEIGHT, 0),
        max(3, samples * values.get(_BITS, 1) // 8),
        encoded,
        values.get(ORIENTATION, UPRIGHT),
    )
    _check_tiff_blocks(header, values)
    return header


def _check_tiff_blocks(header: Header, values: dict[int, int]) -> None:
    """Refuse a TIFF whose strips or tiles, one of which is decoded whole, take too many bytes."""
    rows = values.get(_ROWS_PER_STRIP, _ALL_ROWS)
    strip = header.width * (header.height if rows == _ALL_ROWS else rows)
    tile = values.get(_TILE_WIDTH, 0) * values.get(_TILE_HEIGHT, 0)
    if max(strip, tile) * header.bytes_per_pixel > MAXIMUM_DECODED_BYTES:
        raise PictureError(
            f"is too large: a TIFF in blocks of {max(strip, tile):,} pixels for "
            f"{header.width:,} x {header.height:,}; {SAVE_AGAIN}"
        )


# Possessive, so that the time and memory of a match are linear in what it passes over.
_PNM_SPACE = rb"(?:\s++|#[^\n]*+\n)++"
_PNM_SIZE = rb"P[1-6]%b(\d{1,9})%b(\d{1,9})" % (_PNM_SPACE, _PNM_SPACE)
_PNM_WHITE = rb"%b(\d{1,5})\s" % _PNM_SPACE


def _pnm(data: bytes) -> Header:
    # black and white pictures (1 and 4) state no white
    found = re.match(_PNM_SIZE + (b"()" if data[1:2] in b"14" else _PNM_WHITE), data)
    if not found:
        raise PictureError(f"is cut off or damaged: its PNM header is not whole; {SAVE_AGAIN}")
    width, height, white = (int(number or 255) for number in found.groups())
    samples = (3 if data[1:2] in b"36" else 1) * (2 if white > 255 else 1)
    if data[1:2] in b"123":
        data += b"\n"  # OpenCV wants a character after the last number
        white = max(white, 255)  # and scales the short ones itself
    return Header("PNM", width, height, max(3, samples), encoded=data, white=white or 255)


def _heif(data: bytes, kind: str) -> Header:
    facts = heif_facts(_bounded(kind, boxes(data)), data)
    bytes_per_pixel = (4 if facts.has_alpha else 3) * (2 if facts.bits > 8 else 1)
    return Header(
        kind,
        facts.width,
        facts.height,
        bytes_per_pixel,
        data,
        facts.orientation,
        pages=facts.frames,
    )


def _jpeg2000(data: bytes) -> Header:
    kind = "JPEG 2000"
    is_bare = data[:2] == b"\xff\x4f"
    start, end = (0, len(data)) if is_bare else codestream(_bounded(kind, boxes(data)))
    if data[end - 2 : end] != b"\xff\xd9":
        raise PictureError(_cut_off(kind, data))
    width, height, components = jpeg2000_size(data, start)
    # the decoder keeps 4 bytes a sample, and gives 1 or 2
    return Header(kind, width, height, 2 * max(3, components), data)


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
    (rb".{4}ftypavi[fs]", "AVIF", partial(_heif, kind="AVIF")),
    (rb".{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", "HEIC", partial(_heif, kind="HEIC")),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000", _jpeg2000),
)


def _cut_off(kind: str, data: bytes) -> str:
    return (
        f"is cut off: the end mark of its {kind} data is missing ({len(data):,} bytes); "
        "copy or download it again"
    )


def _bounded(kind: str, parts: Iterable[_Part]) -> Iterator[_Part]:
    """Yield `parts`; raise PictureError where there are more of them than we walk through."""
    for number, part in enumerate(parts):
        if number == MAXIMUM_PARTS:
            raise PictureError(
                f"is a {kind} of more than {MAXIMUM_PARTS:,} parts; expected fewer; {SAVE_AGAIN}"
            )
        yield part
