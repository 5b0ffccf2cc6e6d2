"""Typefaces, which packages of the extra `pages` bring: printed text and fonts of handwriting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from digits.synth.writing import Glyph, Ink, Random

PRINTED = (
    "bitter",
    "inconsolata",
    "libre_baskerville",
    "lora",
    "oswald",
    "playfair_display",
    "pt_serif",
    "roboto",
    "source_code_pro",
)
WRITTEN = (
    "caveat",
    "comfortaa",
    "dancing_script",
    "delius",
    "great_vibes",
    "indie_flower",
    "kalam",
    "permanent_marker",
    "satisfy",
    "shadows_into_light",
    "yellowtail",
    "zeyada",
)
SIZE = 80  # pixels at which letters are rendered before they are scaled


@dataclass(frozen=True, slots=True)
class TypeWriter:
    """A writer whose glyphs are those of a font; file: of the font."""

    file: Path

    @classmethod
    def sample(cls, families: tuple[str, ...], rng: Random) -> TypeWriter:
        """A random font of one of these families."""
        folder = resources.files(f"fontpkg_{rng.choice(families)}") / "files"
        return cls(Path(str(rng.choice(sorted(str(file) for file in folder.iterdir())))))

    def write(self, character: str, height: int, rng: Random) -> Glyph:
        """See Writer; `height` is that of a 0 of this face."""
        return self.word(character, height)

    def word(self, text: str, height: int) -> Glyph:
        """A line of text as one glyph; `height` is that of a 0."""
        ink, top, digit = _rendered(self.file, text)
        scale = height / digit
        size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
        return Glyph(scaled, round(top * scale), text)


@lru_cache(4096)
def _rendered(file: Path, text: str) -> tuple[Ink, int, int]:
    """Ink of a text, pixels from the top of a 0 down to it, height of a 0."""
    font = _font(file)
    _, zero_top, _, zero_bottom = font.getbbox("0")
    top = font.getbbox(text)[1]
    mask = font.getmask(text, mode="L")
    ink = np.array(mask, np.uint8).reshape(mask.size[1], mask.size[0])
    if not ink.size:
        ink = np.zeros((1, 1), np.uint8)
    return ink, round(top - zero_top), max(1, round(zero_bottom - zero_top))


@lru_cache(64)
def _font(file: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), SIZE)
