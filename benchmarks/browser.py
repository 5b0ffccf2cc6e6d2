"""Does the browser read as Python does, and how soon? Tiles, drawings, first load, milliseconds.

    python benchmarks/browser.py [--tiles 10000] [--drawings 300]
    python benchmarks/browser.py --tiles 0 --drawings 0         # first load and answers alone

Needs Chromium, Playwright's Python package, and what `make page` fetches. Prints one table.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from playwright.sync_api import Browser, sync_playwright
from service.engine.browser import BLANK, Engine, served
from service.engine.comparing import confidence_difference, tile_difference
from service.engine.drawings import Pixels, several_digits, single_digits
from service.page.browsing import DESKTOP, OPTIONS, PATIENCE, Mouse, browser_path, written
from service.serving import running

from digits import Reader
from digits.data import mnist
from digits.service.site import site_files

AT_FIRST = ("examples/", "icon-512")  # what the first load does not need
WRITTEN = ("7", "274", "41", "2047\n365", "90")  # while it is timed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=10_000)
    parser.add_argument("--drawings", type=int, default=300)
    options = parser.parse_args()
    reader = Reader().warm_up()
    site = site_files(reader.bundle)
    with started(site | {"blank/index.html": BLANK}) as engine:
        if options.tiles:
            print_tiles(engine, reader, options.tiles)
        if options.drawings:
            single = single_digits(options.drawings)
            print_drawings(engine, reader, single, "one digit", single=True)
            print_drawings(engine, reader, several_digits(options.drawings), "1 to 6 digits")
    print_first_load(site)
    with running() as service:
        print_answers(service.url, "digits serve")
    with served(site) as url:
        print_answers(url, "the browser itself")
    return 0


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=[*OPTIONS])
        yield browser
        browser.close()


@contextmanager
def started(site: dict[str, bytes]) -> Iterator[Engine]:
    """The engine in Chromium, all networks open."""
    with served(site) as url, chromium() as browser:
        engine = Engine.started(browser, f"{url}blank/")
        begin = time.perf_counter()
        engine.page.evaluate("() => engine.open()")
        print(f"networks open after {time.perf_counter() - begin:.1f} s")
        yield engine


def print_answers(url: str, name: str) -> None:
    """Milliseconds from the end of a stroke to its answer, as the page shows them."""
    times = []
    width, height = DESKTOP
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        for text in ("1", *WRITTEN):  # the first opens what is not open yet
            some: list[int] = []
            for stroke in written(text, page):
                Mouse(page).write([stroke])
                page.locator("#text[aria-busy=false]").wait_for()
                some += map(int, re.findall(r"(\d+) ms", page.locator("#status").inner_text()))
            page.locator("#clear").click()
            times.append(some)
    counted = np.concatenate(times[1:])
    middle, high = np.percentile(counted, [50, 95])
    print(
        f"answers by {name}: {len(counted)} strokes, median {middle:.0f} ms, "
        f"95 % within {high:.0f} ms, slowest {counted.max():.0f} ms",
        flush=True,
    )


def print_first_load(site: dict[str, bytes]) -> None:
    """The bytes of all files but examples, as they are and compressed."""
    try:
        import brotli
    except ImportError:
        brotli = None
    needed = {name: c for name, c in site.items() if not any(each in name for each in AT_FIRST)}
    for ending in (".wasm", ".onnx", ""):
        some = [needed[name] for name in list(needed) if name.endswith(ending)]
        needed = {name: c for name, c in needed.items() if not name.endswith(ending)}
        sizes = [sum(map(len, some)), sum(len(gzip.compress(each, 9)) for each in some)]
        if brotli:
            for quality in (9, 11):
                sizes.append(sum(len(brotli.compress(c, quality=quality)) for c in some))
        kind = ending or "all else"
        print(f"first load, {kind}: bytes, gzip -9, brotli 9, brotli 11: {sizes}", flush=True)


def print_tiles(engine: Engine, reader: Reader, count: int) -> None:
    tiles = mnist.load("test")[0][:count]
    expected, there = reader.classifier.classify(tiles)
    parts = [engine.classify(some) for some in np.array_split(tiles, max(count // 1000, 1))]
    found, is_digit = (np.concatenate(part) for part in zip(*parts, strict=True))
    differ = int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())
    off = np.abs(found - expected).max(), np.abs(is_digit - there).max()
    print(f"{count} MNIST tiles: {differ} answers differ; probabilities by {off[0]:.1e}, ", end="")
    print(f"is_digit by {off[1]:.1e} at most", flush=True)


def print_drawings(
    engine: Engine,
    reader: Reader,
    drawings: Iterable[tuple[Pixels, str]],
    name: str,
    **options: Any,
) -> None:
    read = reader.read_single if options.get("single") else reader.read
    same, tiles, sure, times, ours, theirs, count = 0, [], [], [], 0, 0, 0
    for pixels, text in drawings:
        found, expected = engine.read(pixels, **options), read(pixels)
        count += 1
        times.append(found["milliseconds"])
        ours, theirs = ours + (found["text"] == text), theirs + (expected.text == text)
        if found["text"] == expected.text:
            same += 1
            tiles.append(tile_difference(found, expected))
            sure.append(confidence_difference(found, expected))
        else:
            print(f"  {text!r}: browser {found['text']!r}, Python {expected.text!r}", flush=True)
    alike = sum(each <= 1 for each in tiles)
    print(
        f"{count} drawings, {name}: {same} texts equal; right {ours}, in Python {theirs}; ", end=""
    )
    print(
        f"of the equal {alike} with tiles within 1 level; confidence within {max(sure):.1e} ",
        end="",
    )
    print(f"(median {np.median(sure):.1e}); median {np.median(times):.0f} ms", flush=True)


if __name__ == "__main__":
    sys.exit(main())
