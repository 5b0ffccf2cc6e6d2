"""Draw the sample pictures: `python samples/make_samples.py`.

Everything comes from the project's own pen and from the papers and lights below, so the truth is
known. A file's name begins with what is written on it: `-` separates lines, `+` numbers. Writes
the pictures and README.md beside this script, and img_7.png to the root of the repository.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth.pen import Hand, draw, spline

HERE = Path(__file__).parent
Ink = NDArray[np.float32]  # (H, W), 0 paper to 1 ink
Image = NDArray[np.float32]  # (H, W, 3) RGB, 0 to 255
Colour = tuple[int, int, int]  # RGB

BLACK, WHITE, CREAM = (24, 24, 28), (255, 255, 255), (250, 243, 224)
BLUE, RED, PENCIL = (28, 52, 140), (200, 32, 40), (70, 70, 74)


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture: its file, how it is drawn, whose hand and light (the seed), what it shows."""

    file: str
    picture: Callable[[np.random.Generator], NDArray[np.generic]]
    seed: int
    shows: str

    @property
    def truth(self) -> str:
        """What is written on it, lines separated by a slash."""
        return self.file.split("_")[0].replace("+", " ").replace("-", " / ")


def write(text: str, hand: Hand, rng: np.random.Generator, height: int, pen: float) -> Ink:
    """A line of writing; a blank in `text` separates numbers. pen: width of the line in pixels."""
    sheet = np.zeros((2 * height, height * (len(text) + 2)), np.float32)
    x = height // 2
    for character in text:
        if character == " ":
            x += int(height * rng.uniform(0.8, 1.0))
            continue
        size = round(height * rng.uniform(0.92, 1.04))
        ink = draw(hand.digit(int(character), rng), size, pen).astype(np.float32) / 255
        rows, columns = ink.shape
        y = int(1.5 * height * rng.uniform(0.98, 1.02)) - rows
        region = sheet[y : y + rows, x : x + columns]
        np.maximum(region, ink, out=region)
        x += columns + int(height * rng.uniform(0.12, 0.26))
    return crop(sheet)


def crop(ink: Ink) -> Ink:
    x, y, width, height = cv2.boundingRect((ink > 0).astype(np.uint8))
    return ink[y : y + height, x : x + width]


def place(ink: Ink, size: tuple[int, int], x: int, y: int) -> Ink:
    """`ink` with its top left corner at (x, y) of an empty sheet of `size` (height, width)."""
    sheet = np.zeros(size, np.float32)
    sheet[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return sheet


def middle(ink: Ink, size: tuple[int, int]) -> Ink:
    return place(ink, size, (size[1] - ink.shape[1]) // 2, (size[0] - ink.shape[0]) // 2)


def clouds(size: tuple[int, int], grain: float, rng: np.random.Generator) -> Ink:
    """Smooth noise of standard deviation 1, with spots of about `grain` pixels."""
    noise = rng.standard_normal(size).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.asarray(noise / noise.std(), np.float32)


def plain(size: tuple[int, int], colour: Colour) -> Image:
    return np.full((*size, 3), colour, np.float32)


def paper(size: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Image:
    """Paper with fibres and faint clouds."""
    texture = 1.5 * clouds(size, 0.8, rng) + 1.5 * clouds(size, 12, rng)
    return plain(size, colour) + texture[..., None]


def ruled(sheet: Image, pitch: float, colour: Colour, squared: bool) -> Image:
    """Lines of `colour` every `pitch` pixels: across, and if `squared` also down."""
    lines = np.zeros(sheet.shape[:2], np.uint8)
    height, width = lines.shape
    for y in np.arange(pitch * 0.6, height, pitch) * 16:
        cv2.line(lines, (0, int(y)), (width * 16, int(y)), 255, 1, cv2.LINE_AA, 4)
    for x in np.arange(pitch * 0.4, width, pitch) * 16 if squared else []:
        cv2.line(lines, (int(x), 0), (int(x), height * 16), 255, 1, cv2.LINE_AA, 4)
    return lay(sheet, lines.astype(np.float32) / 255, colour)


def lay(sheet: Image, ink: Ink, colour: Colour) -> Image:
    return sheet + (np.array(colour, np.float32) - sheet) * ink[..., None]


def pencil(ink: Ink, rng: np.random.Generator) -> Ink:
    """Graphite catches on the fibres: paler, and grainy."""
    grain = 0.78 + 0.16 * clouds(ink.shape, 0.7, rng)
    return np.asarray(ink * grain.clip(0, 1), np.float32)


def pool(ink: Ink, rng: np.random.Generator) -> Ink:
    """Ink flows unevenly: a little darker and paler along the line."""
    flow = 0.9 + 0.07 * clouds(ink.shape, 6, rng)
    return np.asarray(ink * flow.clip(0, 1), np.float32)


def light(sheet: Image, rng: np.random.Generator, shadow: float) -> Image:
    """Lamp light from one side, darker corners, and a soft shadow that takes `shadow` of it."""
    height, width = sheet.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    level = 0.84 + 0.12 * (x * np.cos(angle) + y * np.sin(angle)) - 0.1 * (x**2 + y**2)
    edge = x * 0.8 + y * 0.5 + 0.18 * np.sin(2.2 * y + 1) - 0.25
    level *= 1 - shadow / (1 + np.exp(-edge * 14))
    lamp = np.array([1.03, 1.0, 0.93])
    return np.asarray(sheet * level[..., None] * lamp, np.float32)


def camera(sheet: Image, rng: np.random.Generator, blur: float, noise: float) -> Image:
    """Seen a little askew and out of focus, with a small sensor's noise."""
    height, width = sheet.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shift = rng.uniform(-0.025, 0.025, (4, 2)) * (width, height)
    matrix = cv2.getPerspectiveTransform(corners, (corners + shift).astype(np.float32))
    seen = cv2.warpPerspective(sheet, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.GaussianBlur(seen, (0, 0), blur)
    grain = cv2.GaussianBlur(rng.standard_normal(sheet.shape).astype(np.float32), (0, 0), 0.6)
    return np.asarray(seen + noise * grain, np.float32)


def paint_seven(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A 7 as the mouse draws it in a paint program: thin, small, off the middle."""
    bar = np.array([[0.0, 0.08], [0.3, 0.05], [0.62, 0.02], [0.42, 0.44], [0.28, 1.0]], np.float32)
    line = spline(bar, np.array([1, 1, 0, 0.8, 1], np.float32))
    ink = crop(draw((line,), 16, 1.3).astype(np.float32) / 255)
    return (255 * (1 - place(ink, (28, 28), 4, 3))).astype(np.uint8)


def large_three(rng: np.random.Generator) -> Image:
    ink = write("3", Hand.sample(rng), rng, 270, 12)
    return lay(plain((400, 400), WHITE), place(ink, (400, 400), 120, 55), (0, 0, 0))


def red_eight(rng: np.random.Generator) -> Image:
    ink = write("8", Hand.sample(rng), rng, 40, 4.5)
    return lay(plain((64, 64), WHITE), place(ink, (64, 64), 22, 9), RED)


def blue_five(rng: np.random.Generator) -> Image:
    ink = pool(middle(write("5", Hand.sample(rng), rng, 96, 5), (160, 140)), rng)
    return lay(paper((160, 140), CREAM, rng), ink, BLUE)


def chalk_four(rng: np.random.Generator) -> Image:
    size = (256, 220)
    board = (
        plain(size, (38, 62, 52))
        + (3 * clouds(size, 9, rng) + 3 * clouds(size, 30, rng))[..., None]
    )
    ink = middle(write("4", Hand.sample(rng), rng, 150, 11), size)
    dust = (0.72 + 0.3 * clouds(size, 0.9, rng)).clip(0, 1)
    haze = 0.12 * cv2.GaussianBlur(ink, (0, 0), 5)
    return lay(board, np.maximum(ink * dust, haze), (240, 240, 232))


def transparent_two(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Black all over: the digit is in the alpha channel alone."""
    ink = middle(write("2", Hand.sample(rng), rng, 76, 8), (100, 100))
    return np.dstack([np.zeros((100, 100, 3)), 255 * ink]).astype(np.uint8)


def pencil_one(rng: np.random.Generator) -> Image:
    size = (300, 300)
    sheet = ruled(paper(size, (236, 236, 232), rng), 34.5, (168, 184, 212), squared=True)
    ink = pencil(place(write("1", Hand.sample(rng), rng, 92, 3.4), size, 96, 118), rng)
    return camera(light(lay(sheet, ink, PENCIL), rng, 0.15), rng, 0.9, 3)


def shadow_six(rng: np.random.Generator) -> Image:
    size = (320, 300)
    ink = pool(place(write("6", Hand.sample(rng), rng, 120, 6), size, 120, 90), rng)
    sheet = lay(paper(size, (238, 236, 230), rng), ink, BLACK)
    return camera(light(sheet, rng, 0.5), rng, 1.0, 3.5)


def felt_nine(rng: np.random.Generator) -> Image:
    size = (180, 200)
    ink = pool(place(write("9", Hand.sample(rng), rng, 110, 13), size, 70, 30), rng)
    return camera(light(lay(paper(size, WHITE, rng), ink, BLACK), rng, 0.1), rng, 0.7, 2)


def ten_digits(rng: np.random.Generator) -> Image:
    ink = write("0123456789", Hand.sample(rng), rng, 62, 4)
    size = (110, ink.shape[1] + 60)
    return lay(plain(size, WHITE), middle(ink, size), BLACK)


def year(rng: np.random.Generator) -> Image:
    ink = write("2024", Hand.sample(rng), rng, 84, 5)
    size = (150, ink.shape[1] + 90)
    return lay(paper(size, CREAM, rng), pool(middle(ink, size), rng), BLUE)


def two_lines(rng: np.random.Generator) -> Image:
    hand, size = Hand.sample(rng), (250, 420)
    sheet = ruled(paper(size, (252, 251, 246), rng), 92, (170, 190, 220), squared=False)
    ink = np.zeros(size, np.float32)
    for text, bottom in (("1789", 143), ("30561", 235)):
        line = write(text, hand, rng, 58, 3.6)
        ink = np.maximum(ink, place(line, size, 46, bottom - line.shape[0]))
    return lay(sheet, pool(ink, rng), BLACK)


def page(rng: np.random.Generator) -> Image:
    """A page of numbers photographed under a lamp, with somebody's shadow."""
    hand, size = Hand.sample(rng), (620, 800)
    sheet = paper(size, (240, 238, 230), rng)
    ink = np.zeros(size, np.float32)
    for number, text in enumerate(("42 1066", "365 90", "7041 8")):
        line = write(text, hand, rng, 88, 5.2)
        x, y = 90 + int(rng.integers(-12, 12)), 80 + 170 * number
        ink = np.maximum(ink, place(line, size, x, y))
    return camera(light(lay(sheet, pool(ink, rng), BLUE), rng, 0.35), rng, 1.1, 4)


def squared_page(rng: np.random.Generator) -> Image:
    hand, size = Hand.sample(rng), (400, 560)
    sheet = ruled(paper(size, (238, 238, 234), rng), 27.3, (150, 178, 205), squared=True)
    ink = np.zeros(size, np.float32)
    for number, text in enumerate(("58", "17 23")):
        ink = np.maximum(ink, place(write(text, hand, rng, 78, 4.2), size, 96, 66 + 150 * number))
    return camera(light(lay(sheet, pencil(ink, rng), PENCIL), rng, 0.25), rng, 0.9, 3)


def table(rng: np.random.Generator) -> Image:
    """A ruled table of marks, in perspective, darker towards a corner; "." is an empty cell."""
    marks = ("14 87 6 203", "9 75 8 178", "17 92 7 241", "12 . 5 196", "20 68 9 254", "8 79 . 187")
    high, wide, top, left, size = 64, 118, 70, 60, (514, 592)
    sheet, hand = plain(size, (250, 248, 240)), Hand.sample(rng)
    right, bottom = left + 4 * wide, top + len(marks) * high
    for y in range(top, bottom + 1, high):
        cv2.line(sheet, (left, y), (right, y), (120, 125, 130), 2, cv2.LINE_AA)
    for x in range(left, right + 1, wide):
        cv2.line(sheet, (x, top), (x, bottom), (120, 125, 130), 2, cv2.LINE_AA)
    for row, line in enumerate(marks):
        for column, text in enumerate(line.split()):
            if text != ".":
                cell = write_closely(text, hand, rng)
                x = left + column * wide + (wide - cell.shape[1]) // 2 + int(rng.integers(-8, 9))
                y = top + (row + 1) * high - 13 - cell.shape[0]
                sheet = lay(sheet, place(cell, size, x, y), (44, 58, 130))
    corners = np.array([[0, 0], [592, 0], [592, 514], [0, 514]], np.float32)
    seen = corners + np.array([[14, 22], [-6, 4], [-20, -8], [26, -2]], np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    sheet = cv2.warpPerspective(sheet, view, size[::-1], borderValue=(104, 84, 66))
    down, across = np.mgrid[0 : 1 : size[0] * 1j, 0 : 1 : size[1] * 1j]
    shade = (1 - 0.22 * across * down)[..., None]
    return np.asarray(sheet * shade + rng.normal(0, 2.5, sheet.shape), np.float32)


def write_closely(text: str, hand: Hand, rng: np.random.Generator) -> Ink:
    """A number 34 pixels high."""
    inks = [crop(draw(hand.digit(int(each), rng), 34, 3.2)) for each in text]
    widths = [ink.shape[1] + 5 for ink in inks]
    sheet = np.zeros((max(len(ink) for ink in inks), sum(widths)), np.float32)
    for x, ink in zip(np.cumsum([0, *widths]).tolist(), inks, strict=False):
        sheet[-len(ink) :, x : x + ink.shape[1]] = ink.astype(np.float32) / 255
    return sheet[:, :-5]


SAMPLES = (
    Sample("3_large.png", large_three, 5, "400 × 400 pixels, black on white"),
    Sample("8_red_small.png", red_eight, 10, "64 × 64 pixels, red, off the middle"),
    Sample("5_blue_on_cream.png", blue_five, 7, "blue ink on cream paper"),
    Sample("4_chalk.png", chalk_four, 3, "white chalk on a dark board"),
    Sample(
        "2_transparent.png",
        transparent_two,
        11,
        "black, the digit in the alpha channel",
    ),
    Sample("9_felt_pen.jpg", felt_nine, 10, "a photo of thick felt pen"),
    Sample("1_pencil_squared.jpg", pencil_one, 2, "pencil on squared paper, long up-stroke"),
    Sample("6_shadow.jpg", shadow_six, 10, "a photo with a hard shadow beside the digit"),
    Sample("0123456789_row.png", ten_digits, 5, "all ten digits in one hand"),
    Sample("2024_blue.png", year, 8, "one number of four digits"),
    Sample("1789-30561_lines.png", two_lines, 9, "two lines on ruled paper"),
    Sample(
        "58-17+23_squared.jpg",
        squared_page,
        7,
        "three numbers in pencil, photographed",
    ),
    Sample("42+1066-365+90-7041+8_page.jpg", page, 8, "a photo of six numbers, lamp and shadow"),
    Sample(
        "14+87+6+203-9+75+8+178-17+92+7+241-12+5+196-20+68+9+254-8+79+187_table.jpg",
        table,
        21,
        "a table with two empty cells, seen askew",
    ),
    Sample("7_paint.png", paint_seven, 0, "28 × 28, thin, dark on white, off the middle"),
)
README = """# Samples

Drawn by `make_samples.py` with the project's own pen; nobody's handwriting. A file's name begins
with what is written on it: `-` separates lines, `+` numbers. `7_paint.png` is also `img_7.png`
at the root of the repository.

| file | written on it | what it shows |
|---|---|---|
"""


def save(path: Path, picture: NDArray[np.generic]) -> None:
    """PNG or JPEG by its name; grey (H, W), RGB (H, W, 3) or RGBA (H, W, 4)."""
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    if pixels.ndim == 3:
        code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        pixels = np.asarray(cv2.cvtColor(pixels, code), np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 82] if path.suffix == ".jpg" else []
    cv2.imwrite(str(path), pixels, quality)


def main() -> None:
    for sample in SAMPLES:
        save(HERE / sample.file, sample.picture(np.random.default_rng(sample.seed)))
    shutil.copy(HERE / "7_paint.png", HERE.parent / "img_7.png")
    rows = (f"| `{sample.file}` | {sample.truth} | {sample.shows} |\n" for sample in SAMPLES)
    (HERE / "README.md").write_text(README + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
