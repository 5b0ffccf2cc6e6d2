"""The engine in a real browser: Chromium, on a site that a server of its own serves."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

TYPES = {
    "js": "text/javascript",
    "mjs": "text/javascript",
    "wasm": "application/wasm",
    "css": "text/css",
    "html": "text/html",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
BLANK = b'<!doctype html><title>engine</title><link rel="icon" href="data:,">'
START = """async () => {
  window.engine = await import('/page/engine/engine.js');
  window.bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}"""
READ = "([picture, options]) => engine.read(new Blob([bytes(picture)]), options)"
CLASSIFY = """(text) => {
  const all = bytes(text), tiles = [];
  for (let at = 0; at < all.length; at += 784) tiles.push(all.subarray(at, at + 784));
  return engine.classify(tiles);
}"""
PATIENCE = 120_000  # milliseconds; a busy machine is slow


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, bytes], *given: Any) -> None:
        self.files = files
        super().__init__(*given)

    def do_GET(self) -> None:
        name = unquote(self.path.partition("?")[0]).lstrip("/")
        if not name or name.endswith("/"):
            name += "index.html"
        content = self.files.get(name)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", TYPES.get(name.rpartition(".")[2], "text/plain"))
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server of these files, by their paths."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, files))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Engine:
    """The engine's module on a blank page. complaints: what the browser found wrong."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def started(cls, browser: Browser, url: str) -> Engine:
        """The engine on a blank page at this address, whose server has the engine's files."""
        engine = cls(browser.new_page())
        engine.page.set_default_timeout(PATIENCE)
        engine.page.on("pageerror", lambda error: engine.complaints.append(str(error)))
        engine.page.on("requestfailed", lambda request: engine.complaints.append(request.url))
        engine.page.goto(url)
        engine.page.evaluate(START)
        return engine

    def read(self, pixels: NDArray[np.uint8], **options: Any) -> dict[str, Any]:
        """What it reads in a picture (H, W, 3) uint8 RGB, sent as PNG."""
        encoded = cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
        return self.read_file(encoded, **options)

    def read_file(self, content: bytes, **options: Any) -> dict[str, Any]:
        """What it reads in a file."""
        found: dict[str, Any] = self.page.evaluate(READ, [_text(content), options])
        return found

    def classify(self, tiles: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Probabilities (N, 10) and is_digit (N,) of tiles (N, 28, 28) uint8."""
        found = self.page.evaluate(CLASSIFY, _text(tiles.tobytes()))
        return np.array(found["probabilities"]).reshape(-1, 10), np.array(found["is_digit"])


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
