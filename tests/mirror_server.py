"""A mirror on the loopback interface that behaves as well, or as badly, as a test asks."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from digits.data import idx
from digits.data.files import File

TINY = {
    "tiny-images-idx3-ubyte": idx.encode(
        np.random.default_rng(0).integers(0, 256, (64, 28, 28), dtype=np.uint8)
    ),
    "tiny-labels-idx1-ubyte": idx.encode(np.arange(64, dtype=np.uint8)),
}
TINY_FILES = tuple(
    File(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in TINY.items()
)


@dataclass
class Mirror:
    """What a mirror serves, how it fails, and what was asked of it."""

    files: dict[str, bytes]
    resumes: bool = True  # honours Range
    breaks_after: list[int] = field(default_factory=list)  # bytes of the body, answer by answer
    stalls: bool = False  # goes silent instead of closing where it breaks
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # name, Range
    address: str = ""


@contextlib.contextmanager
def serve(
    files: dict[str, bytes] | None = None,
    *,
    resumes: bool = True,
    breaks_after: list[int] | None = None,
    stalls: bool = False,
) -> Iterator[Mirror]:
    """Serve compressed files, by default the tiny ones, until the block ends."""
    if files is None:
        files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in TINY.items()}
    mirror = Mirror(files, resumes, breaks_after or [], stalls)
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, asked = self.path.removeprefix("/"), self.headers["Range"]
            mirror.requests.append((name, asked))
            content = mirror.files.get(name)
            if content is None:
                return self.send_error(404)
            start = int(re.findall(r"\d+", asked)[0]) if asked and mirror.resumes else 0
            if start and start >= len(content):
                return self.send_error(416)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = start + mirror.breaks_after.pop(0) if mirror.breaks_after else None
            self.wfile.write(content[start:end])
            self.wfile.flush()
            if end is not None and mirror.stalls:
                released.wait()
            return None

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        mirror.address = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield mirror
        finally:
            released.set()
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def dead_address() -> Iterator[str]:
    """A mirror that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def closed_address() -> str:
    """A mirror that refuses the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}/"
