"""Blank forms with exact places of their fields, fillings by hand, and what becomes of the paper.

For `forms.py` beside it; `python benchmarks/blank_forms.py` draws the pictures in samples/form, in
the project's own hands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth import camera, paper
from digits.synth.sources import Sources
from digits.synth.typefaces import TypeWriter
from digits.synth.writing import PenWriter, Writer
from digits.synth.written_number import Habits, write_number

Grey = NDArray[np.uint8]  # (H, W), 0 black
Box = tuple[int, int, int, int]  # x, y, width, height
Random = np.random.Generator

WIDTH, HEIGHT = 1654, 2339  # A4 at 200 dots an inch
MARGIN = 120
WORDS = (
    *("Name", "Date", "of", "birth", "Postal", "code", "Amount", "Total", "Household", "Meter"),
    *("Reading", "Invoice", "Customer", "Points", "Temperature", "Quantity", "Persons"),
    *("Station", "Period", "Account", "Branch", "Votes", "Weight", "Height", "Class", "Room"),
    *("Member", "Number", "Sheet", "Section", "Result", "Group", "Attempt", "Score"),
    *("Kilometres", "Litres", "Hours", "Minutes"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A field as it was drawn: its box, its kind, and the boxes of a comb's cells."""

    box: Box
    kind: str
    cells: tuple[Box, ...] = ()


@dataclass(slots=True, eq=False)
class Blank:
    """A blank form in drawing: its picture (H, W), and the fields on it."""

    face: TypeWriter
    pen: int
    pixels: Grey = field(default_factory=lambda: np.full((HEIGHT, WIDTH), 255, np.uint8))
    places: list[Place] = field(default_factory=list)

    def print(self, text: str, x: int, y: int, height: int) -> int:
        """A text with the top of its digits at y; returns where it ends."""
        glyph = self.face.word(text, height)
        high, wide = glyph.ink.shape
        top = y + glyph.top
        region = self.pixels[top : top + high, x : x + wide]
        np.minimum(region, 255 - glyph.ink[: region.shape[0], : region.shape[1]], out=region)
        return x + wide

    def frame(self, box: Box) -> None:
        x, y, wide, high = box
        cv2.rectangle(self.pixels, (x, y), (x + wide, y + high), 0, self.pen)

    def line(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        cv2.line(self.pixels, start, end, 0, self.pen)


def draw_form(seed: int) -> Blank:
    """A form of rows of labelled fields and a table; another for every seed."""
    rng = np.random.default_rng(seed)
    fonts = [
        file
        for family in ("bitter", "oswald", "roboto")
        for file in sorted((resources.files(f"fontpkg_{family}") / "files").iterdir(), key=str)
    ]
    form = Blank(TypeWriter(Path(str(fonts[rng.integers(len(fonts))]))), int(rng.integers(2, 5)))
    title = " ".join(rng.choice(WORDS, 3))
    form.print(title, MARGIN, 110, 44)
    form.print(" ".join(rng.choice(WORDS, 9)).lower() + ".", MARGIN, 190, 22)
    y = 270
    kinds = [*("box", "line", "comb", "ticks", "boxes"), *rng.choice(["box", "line", "comb"], 2)]
    for kind in rng.permutation(kinds):
        y = _row(form, str(kind), y, rng)
    _table(form, y + 30, rng)
    form.print(" ".join(rng.choice(WORDS, 8)).lower(), MARGIN, HEIGHT - 120, 18)
    return form


def _row(form: Blank, kind: str, y: int, rng: Random) -> int:
    """One or two fields of a kind beside their labels; returns where the next row begins."""
    x, high = MARGIN, int(rng.integers(60, 84))
    for _ in range(2):
        label = str(rng.choice(WORDS))
        x = form.print(label, x, y + high // 2 - 12, 26) + 24
        draw = {"box": _box, "line": _line, "comb": _comb, "ticks": _ticks, "boxes": _boxes}[kind]
        x = draw(form, x, y, high, rng) + 60
        if x > WIDTH - 800:
            break
    return y + high + int(rng.integers(44, 70))


def _box(form: Blank, x: int, y: int, high: int, rng: Random) -> int:
    wide = int(rng.integers(3 * high, 6 * high))
    form.frame((x, y, wide, high))
    form.places.append(Place((x, y, wide, high), "box"))
    return x + wide


def _line(form: Blank, x: int, y: int, high: int, rng: Random) -> int:
    wide = int(rng.integers(4 * high, 7 * high))
    form.line((x, y + high), (x + wide, y + high))
    form.places.append(Place((x, y, wide, high), "line"))
    return x + wide


def _cells(x: int, y: int, high: int, gap: int, rng: Random) -> tuple[Box, ...]:
    wide, count = int(high * rng.uniform(0.75, 0.95)), int(rng.integers(3, 9))
    return tuple((x + k * (wide + gap), y, wide, high) for k in range(count))


def _around(cells: tuple[Box, ...]) -> Box:
    x, y, _, high = cells[0]
    return (x, y, cells[-1][0] + cells[-1][2] - x, high)


def _comb(form: Blank, x: int, y: int, high: int, rng: Random) -> int:
    cells = _cells(x, y, high, 0, rng)
    for cell in cells:
        form.frame(cell)
    form.places.append(Place(_around(cells), "comb", cells))
    return sum(_around(cells)[::2])


def _boxes(form: Blank, x: int, y: int, high: int, rng: Random) -> int:
    cells = _cells(x, y, high, int(rng.integers(8, 16)), rng)
    for cell in cells:
        form.frame(cell)
    form.places.append(Place(_around(cells), "comb", cells))
    return sum(_around(cells)[::2])


def _ticks(form: Blank, x: int, y: int, high: int, rng: Random) -> int:
    cells = _cells(x, y, high, 0, rng)
    x, y, wide, high = _around(cells)
    form.line((x, y + high), (x + wide, y + high))
    for left in [*(cell[0] for cell in cells), x + wide]:
        form.line((left, y + high), (left, y + round(0.62 * high)))
    form.places.append(Place(_around(cells), "comb", cells))
    return x + wide


def _table(form: Blank, y: int, rng: Random) -> None:
    high, columns = int(rng.integers(58, 74)), int(rng.integers(3, 6))
    rows = min(int(rng.integers(4, 8)), (HEIGHT - 190 - y) // high - 1)
    if rows < 2:
        return
    first, wide = 330, (WIDTH - 2 * MARGIN - 330) // columns
    edges = [MARGIN, *(MARGIN + first + k * wide for k in range(columns + 1))]
    for k in range(rows + 2):
        form.line((MARGIN, y + k * high), (edges[-1], y + k * high))
    for edge in edges:
        form.line((edge, y), (edge, y + (rows + 1) * high))
    for left in edges[1:-1]:
        form.print(f"{rng.choice(WORDS)}"[:9], left + 18, y + high // 2 - 11, 22)
        form.places += [
            Place((left, y + row * high, wide, high), "table") for row in range(1, rows + 1)
        ]
    for row in range(1, rows + 1):
        form.print(str(rng.choice(WORDS)), MARGIN + 16, y + row * high + high // 2 - 12, 24)


def number_for(place: Place, rng: Random) -> str:
    """What is written into a field; "" for one that stays empty."""
    if rng.random() < 0.15:
        return ""
    count = len(place.cells) - int(rng.random() < 0.3) if place.cells else 0
    if place.kind == "table":
        return str(rng.integers(21))
    count = count or int(rng.integers(1, 6))
    return "".join(str(rng.integers(10)) for _ in range(count))


def fill(form: Blank, texts: list[str], writer: Writer, rng: Random) -> NDArray[np.float32]:
    """The form (H, W, 3) in [0, 1] with numbers written into its fields, one of each text."""
    habits = Habits.sample(rng)
    pen = np.zeros(form.pixels.shape, np.uint8)
    part = rng.uniform(0.5, 0.72)
    for place, text in zip(form.places, texts, strict=True):
        if not text:
            continue
        height = part * place.box[3]
        if place.cells:
            for cell, digit in zip(place.cells, text, strict=False):
                size = round(min(height, 0.85 * cell[2] / 0.7))
                _write(pen, writer, habits, digit, size, cell, rng)
        else:
            room = place.box[2] - 10
            size = round(min(height, room / (0.75 * len(text) + 0.4)))
            _write(pen, writer, habits, text, size, place.box, rng)
    colour = np.array([(0.1, 0.15, 0.5), (0.1, 0.1, 0.12), (0.25, 0.25, 0.27)])[rng.integers(3)]
    scene = np.repeat((form.pixels.astype(np.float32) / 255)[..., None], 3, axis=2)
    scene = 0.1 + 0.87 * scene
    cover = pen[..., None].astype(np.float32) / 255 * rng.uniform(0.8, 1)
    return np.asarray(scene * (1 - cover * (1 - colour.astype(np.float32))), np.float32)


def _write(
    pen: Grey, writer: Writer, habits: Habits, text: str, size: int, box: Box, rng: Random
) -> None:
    """A number in the middle of a box, or to its left, as people do."""
    ink = write_number(writer, habits, text, max(size, 10), rng).ink
    x, y, wide, high = cv2.boundingRect((ink > 64).astype(np.uint8))
    ink = ink[y : y + high, x : x + wide]
    free = (box[2] - wide, box[3] - high)
    left = box[0] + round(np.clip(rng.normal(0.45, 0.12), -0.05, 1) * max(free[0], 0))
    top = box[1] + round(np.clip(rng.normal(0.55, 0.13), -0.05, 1.1) * max(free[1], -6))
    region = pen[top : top + high, left : left + wide]
    np.maximum(region, ink[: region.shape[0], : region.shape[1]], out=region)


def scanned(scene: NDArray[np.float32], rng: Random) -> NDArray[np.uint8]:
    """By a flatbed scanner: turned up to 3 degrees, 150 to 250 dots an inch, noise, JPEG."""
    high, wide = scene.shape[:2]
    scale = rng.uniform(0.75, 1.25)
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), rng.uniform(-3, 3), scale)
    size = round(wide * scale), round(high * scale)
    matrix[:, 2] += np.array(size) / 2 - (wide / 2, high / 2) + rng.normal(0, 8, 2)
    if scale < 1:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.4 / scale), np.float32)
    turned = cv2.warpAffine(scene, matrix, size, borderValue=(0.95, 0.95, 0.95))
    noise = rng.normal(0, rng.uniform(0.005, 0.03), (*turned.shape[:2], 1))
    pixels = np.clip((turned + noise) * 255, 0, 255).astype(np.uint8)
    code = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 92))])[1]
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def folded(scene: NDArray[np.float32], rng: Random) -> NDArray[np.uint8]:
    """Folded once or twice and unfolded: shading, and each part lies a little otherwise."""
    high, wide = scene.shape[:2]
    shade = paper.fold((high, wide), rng) * paper.fold((high, wide), rng)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    crease = high * rng.uniform(0.35, 0.65)
    lift = rng.uniform(-0.012, 0.012) * np.abs(y - crease)
    bent = cv2.remap(scene, x, y + lift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return scanned(np.asarray(bent * shade[..., None], np.float32), rng)


def photographed(scene: NDArray[np.float32], rng: Random) -> NDArray[np.uint8]:
    """With a phone: perspective, light, shadow, noise; as many pixels as the scan of 200 dpi."""
    lit = scene * paper.light(scene.shape[:2], rng)[..., None]
    view = camera.viewpoint(scene.shape[:2], rng)
    return camera.exposed(camera.seen_from(view, lit, rng), rng)


def faxed(scene: NDArray[np.float32], rng: Random) -> NDArray[np.uint8]:
    """100 dots an inch, black or white."""
    pixels = scanned(scene, rng)
    scale = WIDTH / 2 / pixels.shape[1]
    small = cv2.resize(pixels.mean(axis=2), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.where(small > rng.uniform(150, 185), 255, 0).astype(np.uint8)


CAPTURES: Mapping[str, Callable[[NDArray[np.float32], Random], NDArray[np.uint8]]] = {
    each.__name__: each for each in (scanned, folded, photographed, faxed)
}


def hands(sources: Sources, rng: Random) -> Iterator[Writer]:
    """Writers that no network learned from, without typefaces."""
    while True:
        writer = sources.writer(rng)
        if not isinstance(writer, TypeWriter):
            yield writer


def softened(grey: Grey) -> Grey:
    """The blank form as a printer and scanner would give it."""
    noise = np.random.default_rng(0).normal(0, 3, grey.shape)
    soft = cv2.GaussianBlur(grey, (0, 0), 0.7).astype(np.float32)
    return np.clip(10 + 0.94 * soft + noise, 0, 255).astype(np.uint8)


def draw_sample() -> Blank:
    """The form of the samples: a field of each kind and a table, 1100 x 900 pixels."""
    roboto = resources.files("fontpkg_roboto") / "files"
    fonts = sorted((str(file) for file in roboto.iterdir()), key=len)
    form = Blank(TypeWriter(Path(fonts[0])), 2, np.full((900, 1100), 255, np.uint8))
    form.print("Meter readings", 60, 50, 34)
    form.print("One digit in each cell, please. Leave empty what you do not know.", 60, 112, 16)
    cells = tuple((240 + 44 * k, 160, 44, 54) for k in range(7))
    form.print("Customer", 60, 178, 20)
    for cell in cells:
        form.frame(cell)
    form.places.append(Place(_around(cells), "comb", cells))
    form.print("Persons", 640, 178, 20)
    form.frame((760, 160, 120, 54))
    form.places.append(Place((760, 160, 120, 54), "box"))
    form.print("Serial number", 60, 268, 20)
    form.line((240, 300), (548, 300))
    form.places.append(Place((240, 246, 308, 54), "line"))
    x, y, first, wide, high = 60, 370, 220, 240, 62
    edges = [x, *(x + first + k * wide for k in range(4))]
    for k in range(5):
        form.line((x, y + k * high), (edges[-1], y + k * high))
    for edge in edges:
        form.line((edge, y), (edge, y + 4 * high))
    for left, label in zip(edges[1:], ("Water m³", "Gas m³", "Power kWh"), strict=False):
        form.print(label, left + 18, y + 22, 20)
    for row, label in enumerate(("March", "June", "September"), 1):
        form.print(label, x + 18, y + row * high + 22, 20)
        form.places += [Place((e, y + row * high, wide, high), "table") for e in edges[1:-1]]
    form.print("Send it to the address below by the end of the month. Thank you!", 60, 680, 16)
    form.print("Waterworks and Power, 12 Harbour Street, 20457 Northport", 60, 830, 16)
    return form


SAMPLE_TEXTS = (
    ("4081352", "3", "70516", "412", "1093", "268", "437", "1120", "", "466", "1158", "301"),
    ("4079926", "12", "", "88", "305", "640", "97", "", "712", "104", "316", "785"),
)


def draw_samples(folder: Path) -> None:
    """Write blank.png, scan1.jpg and scan2.jpg."""
    folder.mkdir(exist_ok=True)
    form = draw_sample()
    cv2.imwrite(str(folder / "blank.png"), form.pixels)
    for number, texts in enumerate(SAMPLE_TEXTS, 1):
        rng = np.random.default_rng(40 + number)
        scene = fill(form, list(texts), PenWriter.sample(rng), rng)
        picture = (scanned if number == 1 else photographed)(scene, rng)
        quality = [cv2.IMWRITE_JPEG_QUALITY, 22]
        cv2.imwrite(str(folder / f"scan{number}.jpg"), picture[..., ::-1], quality)


if __name__ == "__main__":
    draw_samples(Path(__file__).parent.parent / "samples" / "form")
