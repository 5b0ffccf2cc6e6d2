"""A real browser before the page, and hands that write on it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pictures import neat_hand
from pictures import page as written_page
from playwright.sync_api import CDPSession, ConsoleMessage, Locator, Page, Request, expect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
)
DESKTOP, PHONE = (1280, 900), (360, 740)
PATIENCE = 60_000  # milliseconds; a busy machine is slow, and nothing here measures time

Point = tuple[float, float]
Strokes = list[list[Point]]

expect.set_options(timeout=PATIENCE)


def browser_path() -> str | None:
    """The Chromium of this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@dataclass
class Watched:
    """What a page must not do, noted as it does it. allowed: statuses of answers by design."""

    page: Page
    host: str
    allowed: Collection[int] = ()
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        by_design = any(f"status of {status} " in message.text for status in self.allowed)
        if message.type in ("error", "warning") and not by_design:
            self.complaints.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.host, "blob:", "data:")):
            self.complaints.append(f"request elsewhere: {request.url}")


class Mouse:
    """Writes with the mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def write(self, strokes: Strokes) -> None:
        mouse = self.page.mouse
        for first, *rest in strokes:
            mouse.move(*first)
            mouse.down()
            for point in rest:
                mouse.move(*point)
            mouse.up()


class Finger:
    """Writes with a finger on a touch screen."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def write(self, strokes: Strokes) -> None:
        for first, *rest in strokes:
            self._send("touchStart", first)
            for point in rest:
                self._send("touchMove", point)
            self.session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _send(self, kind: str, point: Point) -> None:
        points = [{"x": point[0], "y": point[1]}]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


class Pen:
    """Writes with a pen whose pressure rises and falls along each stroke, up to `force` of 1."""

    def __init__(self, page: Page, force: float = 0.6) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.force = force

    def write(self, strokes: Strokes) -> None:
        for stroke in strokes:
            for k, point in enumerate(stroke):
                force = self.force * (0.7 + 0.3 * math.sin(math.pi * k / len(stroke)))
                self._send("mousePressed" if k == 0 else "mouseMoved", point, force)
            self._send("mouseReleased", stroke[-1], 0)

    def _send(self, kind: str, point: Point, force: float) -> None:
        event = {"type": kind, "x": point[0], "y": point[1], "force": force, "pointerType": "pen"}
        self.session.send(
            "Input.dispatchMouseEvent", event | {"button": "left", "buttons": 1, "clickCount": 1}
        )


def written(text: str, page: Page, *, height: float = 0.4) -> Strokes:
    """`text` in a neat hand on the middle of the page's paper, as points of the window.

    height: of a digit, of the paper's. Lines of the text stand below each other.
    """
    # at once: a page that is still scrolling would move the paper away under the pen
    page.locator("#pad").evaluate("pad => pad.scrollIntoView({behavior: 'instant'})")
    box = page.locator("#pad").bounding_box()
    assert box is not None
    size = height * box["height"]
    rng = np.random.default_rng(0)
    lines = text.split("\n")
    strokes: Strokes = []
    y = box["y"] + box["height"] / 2 - size * (1.4 * len(lines) - 0.4) / 2
    for line in lines:
        digits = [neat_hand().digit(int(each), rng) for each in line]
        widths = [float(np.concatenate(digit).max(axis=0)[0]) for digit in digits]
        x = box["x"] + (box["width"] - size * (sum(widths) + 0.3 * (len(line) - 1))) / 2
        for digit, width in zip(digits, widths, strict=True):
            strokes += [_placed(stroke, x, y, size) for stroke in digit]
            x += size * (width + 0.3)
        y += 1.4 * size
    return strokes


def _placed(stroke: NDArray[np.float32], x: float, y: float, size: float) -> list[Point]:
    """Every fifth point of a polyline: as far apart as those of a swift hand."""
    return [(x + size * float(u), y + size * float(v)) for u, v in [*stroke[:-1:5], stroke[-1]]]


Open = Callable[..., Watched]


def numbers(page: Page) -> Locator:
    """The numbers of the answer, in large type."""
    return page.locator("#text .number")


def expect_numbers(page: Page, *texts: str) -> None:
    """Waits until all is read that there is, and these are the numbers."""
    expect(page.locator("#text[aria-busy=false]")).to_be_attached()
    expect(numbers(page)).to_have_text(list(texts))


def on_sheet(text: str, *, width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """`text` in the middle of a sheet, (height, width, 3) uint8 RGB."""
    ink = written_page(text, height=height // 4, ink=(20, 20, 60), paper=(255, 255, 255)).pixels
    sheet = np.full((height, width, 3), 255, np.uint8)
    y, x = (height - ink.shape[0]) // 2, (width - ink.shape[1]) // 2
    sheet[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return sheet


def camera_film(path: Path, pixels: NDArray[np.uint8]) -> None:
    """A film for Chromium's fake camera that shows one picture (H, W, 3), H and W even."""
    height, width = pixels.shape[:2]
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420)
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + 2 * (b"FRAME\n" + planes.tobytes()))


def give_files(page: Page, event: str, files: Sequence[tuple[str, bytes]]) -> None:
    """Lets the page have files by an event of the user's: "paste" or "drop"."""
    page.evaluate(
        """([event, files]) => {
            const transfer = new DataTransfer();
            for (const [name, bytes] of files)
                transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
            const options = { bubbles: true, cancelable: true };
            document.body.dispatchEvent(event === "paste"
                ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
                : new DragEvent(event, { ...options, dataTransfer: transfer }));
        }""",
        [event, [[name, list(content)] for name, content in files]],
    )
