"""Names the kind of a file that we do not read, by its first bytes, for the error message."""

from __future__ import annotations

import codecs
import re

FORMATS = "PNG, JPEG, GIF, BMP, WebP, TIFF, PNM, PDF, HEIC, AVIF or JPEG 2000"

_PICTURES = (
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (rb"II\+\0|MM\0\+", "a BigTIFF picture"),
    (rb"8BPS", "a Photoshop document"),
    (rb"\x00\x00\x01\x00", "an icon"),
    (rb"(\xef\xbb\xbf)?\s*<(svg|(\?xml|!--|!doctype svg).*?<svg)", "an SVG drawing"),
)
DATA_URI = (
    "is a data URI; expected a path or bytes; give base64.b64decode() of what follows its first "
    "comma"
)
_OTHERS = (
    (rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)", "an HTML page"),
    (rb"PK\x03\x04", "a ZIP archive or office document"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb".{4}ftyp", "a video"),
    (rb"\x93NUMPY", "a NumPy array file"),
    (rb"\x89PNG", "a PNG that was changed by a transfer as text"),
)


def describe_foreign(data: bytes) -> str:
    """Say what `data`, the content of a file that we do not read, is and what to do with it."""
    start = data[:1024]
    if start.startswith(b"data:"):
        return DATA_URI
    picture = _first_match(_PICTURES, start)
    if picture:
        return f"is {picture}; expected {FORMATS}; convert it to PNG or JPEG"
    what = _first_match(_OTHERS, start) or (
        "a text file" if _is_text(start) else f"no known kind ({data[:8].hex(' ')})"
    )
    return (
        f"is not an image: the first bytes are those of {what}; expected {FORMATS}; "
        "give the picture itself, saved as PNG or JPEG"
    )


def _first_match(kinds: tuple[tuple[bytes, str], ...], start: bytes) -> str | None:
    return next(
        (name for form, name in kinds if re.match(form, start, re.DOTALL | re.IGNORECASE)), None
    )


def _is_text(start: bytes) -> bool:
    try:
        # incremental, because `start` may end within a letter
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)
