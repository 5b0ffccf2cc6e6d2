"""A HEIC file made bit by bit: OpenCV writes none, and the extra "heic" only reads.

The picture is one HEVC key frame whose samples are stored as they are (pulse code modulation,
ITU-T H.265, 7.3.8.7), so that each decodes to just what was put in.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

FULL = bytes(4)  # version and flags of a box
BLOCK = 16  # samples a side, of a coding tree block, which holds a single block of raw samples
# Ranges of the less probable symbol by state, where the whole range is 448 or more (table 9-52).
_LESS_PROBABLE = (
    *(240, 227, 216, 205, 195, 185, 175, 166, 158, 150, 142, 135, 128, 122, 116, 110, 104, 99, 94),
    *(89, 85, 80, 76, 72, 69, 65, 62, 59, 56, 53, 50, 48, 45, 43, 41, 39, 37, 35, 33, 31, 30, 28),
    *(27, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9),
)


class _Bits:
    def __init__(self) -> None:
        self.text: list[str] = []
        self.length = 0

    def add(self, text: str) -> None:
        self.text.append(text)
        self.length += len(text)

    def u(self, count: int, value: int) -> None:
        """A number of `count` bits."""
        self.add(f"{value:0{count}b}")

    def ue(self, *values: int) -> None:
        """Exp-Golomb codes (9.2)."""
        for value in values:
            code = f"{value + 1:b}"
            self.add("0" * (len(code) - 1) + code)

    def align(self, first: str = "") -> None:
        self.add(first)
        self.add("0" * (-self.length % 8))

    def payload(self) -> bytes:
        return int("".join(self.text), 2).to_bytes(self.length // 8, "big")


class _Coder:
    """The arithmetic coder (9.3.4.3), as far as raw blocks need it."""

    def __init__(self, bits: _Bits) -> None:
        self.bits = bits
        self.start()

    def start(self) -> None:
        self.low, self.range, self.waiting, self.is_first = 0, 510, 0, True

    def probable(self, state: int) -> None:
        """The more probable symbol."""
        self.range -= _LESS_PROBABLE[state]
        self._renormalise()

    def terminate(self, is_end: bool) -> None:
        self.range -= 2
        if not is_end:
            return self._renormalise()
        self.low, self.range = self.low + self.range, 2
        self._renormalise()
        self._put(self.low >> 9 & 1)
        self.bits.u(2, self.low >> 7 & 3 | 1)
        return None

    def _renormalise(self) -> None:
        while self.range < 256:
            if self.low < 256:
                self._put(0)
            elif self.low >= 512:
                self.low -= 512
                self._put(1)
            else:
                self.low -= 256
                self.waiting += 1
            self.range, self.low = 2 * self.range, 2 * self.low

    def _put(self, bit: int) -> None:
        if not self.is_first:
            self.bits.u(1, bit)
        self.is_first = False
        self.bits.add(str(1 - bit) * self.waiting)
        self.waiting = 0


def heic(
    *pictures: npt.NDArray[Any], quarter_turns: int = 0, coded: tuple[int, int] | None = None
) -> bytes:
    """A HEIC file of grey pictures (H, W) uint8 of one size, padded with their last row and column
    to whole blocks; the last one is what viewers show.

    quarter_turns: anticlockwise, by which a viewer turns it. coded: another (width, height) that
    the coded pictures claim to have.
    """
    sides = [-side % BLOCK for side in pictures[0].shape]
    padded = [np.pad(each, ((0, sides[0]), (0, sides[1])), mode="edge") for each in pictures]
    height, width = padded[0].shape
    sequence_set = _sequence_set(*(coded or (width, height)))
    sets = {32: _video_set(), 33: sequence_set, 34: _picture_set()}
    units = [_unit(19, _slice(each)) for each in padded]
    data = [struct.pack(">I", len(unit)) + unit for unit in units]
    return _file(sets, data, (width, height), quarter_turns)


def _unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit (7.3.1), three bytes in it that would look like a start code kept apart."""
    escaped, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = 0 if byte else zeros + 1
    return bytes([kind << 1, 1]) + bytes(escaped)


def _profile(bits: _Bits) -> None:
    """profile_tier_level of the Main profile (7.3.3)."""
    bits.u(8, 1)
    bits.u(32, 0x6000_0000)
    bits.u(4, 0b1001)
    bits.u(44, 0)
    bits.u(8, 120)


def _video_set() -> bytes:
    bits = _Bits()
    bits.u(32, 0x0C01_FFFF)
    _profile(bits)
    bits.u(1, 1)
    bits.ue(0, 0, 0)
    bits.u(6, 0)
    bits.ue(0)
    bits.u(2, 0)
    bits.align("1")
    return bits.payload()


def _sequence_set(width: int, height: int) -> bytes:
    bits = _Bits()
    bits.u(8, 1)
    _profile(bits)
    bits.ue(0, 1, width, height)  # 4:2:0
    bits.u(1, 0)
    bits.ue(0, 0, 0)
    bits.u(1, 1)
    bits.ue(0, 0, 0)
    bits.ue(0, 1, 0, 2, 0, 0)  # coding blocks of 8 to 16 samples, transforms of 4 to 16
    bits.u(4, 0b0001)  # raw samples, and nothing else that is not needed
    bits.u(8, 0x77)  # of 8 bits
    bits.ue(0, 1)  # in blocks of 8 to 16
    bits.u(1, 1)
    bits.ue(0)
    bits.u(5, 0)
    bits.align("1")
    return bits.payload()


def _picture_set() -> bytes:
    bits = _Bits()
    bits.ue(0, 0)
    bits.u(7, 0)
    bits.ue(0, 0, 0)
    bits.u(3, 0)
    bits.ue(0, 0)
    bits.u(7, 0)
    bits.u(3, 0b101)  # no deblocking
    bits.u(2, 0)
    bits.ue(0)
    bits.u(2, 0)
    bits.align("1")
    return bits.payload()


def _slice(grey: npt.NDArray[Any]) -> bytes:
    bits = _Bits()
    bits.u(2, 0b10)
    bits.ue(0, 2)  # intra
    bits.ue(0)
    bits.align("1")
    coder, state = _Coder(bits), 0
    rows, columns = (side // BLOCK for side in grey.shape)
    for number in range(rows * columns):
        y, x = (BLOCK * each for each in divmod(number, columns))
        coder.probable(state)  # the block is not split
        state = min(state + 1, 62)
        coder.terminate(True)  # its samples are raw
        bits.align()
        block = grey[y : y + BLOCK, x : x + BLOCK].astype(np.uint8).tobytes()
        samples = block + b"\x80" * (BLOCK * BLOCK // 2)
        bits.u(8 * len(samples), int.from_bytes(samples, "big"))
        coder.start()
        coder.terminate(number == rows * columns - 1)
    bits.align()
    return bits.payload()


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _file(sets: dict[int, bytes], data: list[bytes], size: tuple[int, int], turns: int) -> bytes:
    start = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    properties = _properties(sets, size, turns)
    # how long it is does not depend on where the pictures begin
    offset = len(start) + len(_meta(properties, data, 0)) + 8
    return start + _meta(properties, data, offset) + box(b"mdat", *data)


def _properties(sets: dict[int, bytes], size: tuple[int, int], turns: int) -> list[bytes]:
    record = b"\x01\x01" + struct.pack(">I", 0x6000_0000) + b"\x90" + bytes(5) + b"\x78"
    record += b"\xf0\x00\xfc\xfd\xf8\xf8\x00\x00\x0f\x03"
    for kind, payload in sets.items():
        unit = _unit(kind, payload)
        record += struct.pack(">BHH", 0x80 | kind, 1, len(unit)) + unit
    return [
        box(b"hvcC", record),
        box(b"ispe", FULL, struct.pack(">II", *size)),
        box(b"colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 0x80)),
        *([box(b"irot", bytes([turns]))] if turns else []),
    ]


def _meta(properties: list[bytes], data: list[bytes], offset: int) -> bytes:
    items = range(1, len(data) + 1)
    kinds = [
        box(b"infe", b"\2\0\0\0", struct.pack(">HH", item, 0), b"hvc1", b"\0") for item in items
    ]
    marks = bytes([len(properties), *(0x80 | k + 1 for k in range(len(properties)))])
    places = [
        struct.pack(
            ">HHHII", item, 0, 1, offset + sum(map(len, data[: item - 1])), len(data[item - 1])
        )
        for item in items
    ]
    owned = [struct.pack(">H", item) + marks for item in items]
    return box(
        b"meta",
        FULL,
        box(b"hdlr", FULL, bytes(4), b"pict", bytes(13)),
        box(b"pitm", FULL, struct.pack(">H", len(data))),
        box(b"iinf", FULL, struct.pack(">H", len(data)), *kinds),
        box(
            b"iprp",
            box(b"ipco", *properties),
            box(b"ipma", FULL, struct.pack(">I", len(data)), *owned),
        ),
        box(b"iloc", FULL, struct.pack(">BBH", 0x44, 0, len(data)), *places),
    )
