"""The engine in a real browser: Chromium, on pages of a server of its own."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
TYPES = {"js": "text/javascript", "mjs": "text/javascript", "wasm": "application/wasm"}
TYPES |= {"json": "application/json", "html": "text/html", "css": "text/css", "svg": "image/svg+xml"}
TYPES |= {"webmanifest": "application/manifest+json", "png": "image/png"}
BLANK = b"<!doctype html><title>test</title>"


@contextlib.contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server of these files, by their paths; / is a blank page without its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            name = self.path.partition("?")[0].lstrip("/")
            if not name or name.endswith("/"):
                name += "index.html"
            content = files.get(name, BLANK if name == "index.html" else None)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", TYPES.get(name.rpartition(".")[2], "text/plain"))
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Chromium by Playwright; skips the test where one of them is not installed."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
