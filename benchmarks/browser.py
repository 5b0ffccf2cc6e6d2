"""Does the browser read as Python does? Tiles, drawings, first load, and milliseconds.

    python benchmarks/browser.py [--tiles 10000] [--drawings 300]

Needs Chromium, Playwright's Python package, and what `make page` fetches. Prints one table.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from playwright.sync_api import sync_playwright
from service.engine.browser import BLANK, Engine, served
from service.engine.comparing import confidence_difference, tile_difference, without_saturation
from service.engine.drawings import Pixels, several_digits, single_digits
from service.page.browsing import OPTIONS, browser_path

from digits import Reader
from digits.data import mnist
from digits.service.site import site_files

AT_FIRST = ("examples/", "icon-512")  # what the first load does not need


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=10_000)
    parser.add_argument("--drawings", type=int, default=300)
    options = parser.parse_args()
    with without_saturation():
        reader = Reader().warm_up()
    site = site_files(reader.bundle)
    with started(site | {"blank/index.html": BLANK}) as engine:
        print_tiles(engine, reader, options.tiles)
        single = single_digits(options.drawings)
        print_drawings(engine, reader, single, "one digit", single=True)
        print_drawings(engine, reader, several_digits(options.drawings), "1 to 6 digits")
    print_first_load(site)
    return 0


@contextmanager
def started(site: dict[str, bytes]) -> Iterator[Engine]:
    """The engine in Chromium, all networks open."""
    with served(site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=[*OPTIONS])
        engine = Engine.started(browser, f"{url}blank/")
        begin = time.perf_counter()
        engine.page.evaluate("() => engine.open()")
        print(f"networks open after {time.perf_counter() - begin:.1f} s")
        yield engine
        browser.close()


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
            sizes.append(sum(len(brotli.compress(each, quality=9)) for each in some))
        print(f"first load, {ending or 'all else'}: bytes, gzip -9, brotli: {sizes}", flush=True)


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
