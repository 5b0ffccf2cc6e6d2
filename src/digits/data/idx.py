"""IDX, the file format of MNIST: arrays behind a header that names type and shape.

Two zero bytes, one for the type, one for the number of dimensions; then every dimension as a
big-endian 32-bit number; then the values, big-endian, last axis fastest.
Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", file formats.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"

_TYPES: dict[int, tuple[str, np.dtype[Any]]] = {
    0x08: ("ubyte", np.dtype(">u1")),
    0x09: ("byte", np.dtype(">i1")),
    0x0B: ("short", np.dtype(">i2")),
    0x0C: ("int", np.dtype(">i4")),
    0x0D: ("float", np.dtype(">f4")),
    0x0E: ("double", np.dtype(">f8")),
}
_CODES = {dtype: code for code, (_, dtype) in _TYPES.items()}
_KIND = re.compile(r"idx(\d)-(ubyte|byte|short|int|float|double)")
_CONTENTS = {"idx1-ubyte": "labels", "idx3-ubyte": "images"}
_MOST_DIMENSIONS = 9
_LARGEST = 1 << 30  # bytes; a small compressed file can claim to hold any amount


def parse(content: bytes, name: str) -> NDArray[Any]:
    """The array that an IDX file holds, plain or gzip-compressed.

    name: of the file, for messages; one that states its kind, as "train-images-idx3-ubyte" does,
    is held to it. Returned in native byte order, writable.
    Raises DataError if the file is damaged, cut short, too long, or of another kind.
    """
    content = decompress(content, name)
    code, dimensions = _kind(content, name)
    kind, dtype = f"idx{dimensions}-{_TYPES[code][0]}", _TYPES[code][1]
    stated = _KIND.search(name)
    if stated and stated[0] != kind:
        raise DataError(f"{name} holds {_described(kind)}; expected {_described(stated[0])}")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DataError(f"{name} is cut short: {len(content)} bytes; its header alone has {start}")
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    size = start + math.prod(shape) * dtype.itemsize
    if size == start:
        raise DataError(f"{name} is empty: its header states the shape {_by(shape)}")
    if len(content) != size:
        fault = "cut short" if len(content) < size else "too long"
        raise DataError(
            f"{name} is {fault}: {len(content):,} bytes; "
            f"its header states {_by(shape)} values of type {_TYPES[code][0]}, {size:,} bytes"
        )
    values: NDArray[Any] = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def encode(array: NDArray[Any]) -> bytes:
    """An array of 1 to 9 dimensions as the contents of an IDX file.

    Raises ValueError if the array is empty, or IDX has no such type or number of dimensions.
    """
    code = _CODES.get(array.dtype.newbyteorder(">"))
    if code is None or not array.size or not 1 <= array.ndim <= _MOST_DIMENSIONS:
        raise ValueError(
            f"{array.dtype} of shape {array.shape} does not go into an IDX file; expected 1 to "
            f"{_MOST_DIMENSIONS} dimensions, none of them 0, of {', '.join(map(str, _CODES))}"
        )
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(_TYPES[code][1], copy=False).tobytes()


def decompress(content: bytes, name: str) -> bytes:
    """Contents without their gzip compression; as they are where they have none.

    Raises DataError if the compression is damaged or hides more than 1 GiB.
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            plain = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} is damaged gzip ({error}); expected a whole .gz file") from error
    if len(plain) > _LARGEST:
        raise DataError(f"{name} unpacks to over {_LARGEST:,} bytes; expected an IDX file")
    return plain


def _kind(content: bytes, name: str) -> tuple[int, int]:
    """Type code and number of dimensions, as the first four bytes state them."""
    magic = content[:4]
    well_formed = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in _TYPES
    if not well_formed or not 1 <= magic[3] <= _MOST_DIMENSIONS:
        found = f"begins with {magic!r}" if magic else "holds no bytes"
        raise DataError(
            f"{name} is no IDX file: it {found}; "
            "expected two zero bytes, a type and a number of dimensions, or a .gz file"
        )
    return magic[2], magic[3]


def _described(kind: str) -> str:
    return f"{_CONTENTS.get(kind, 'an array')} ({kind})"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{length:,}" for length in shape)
