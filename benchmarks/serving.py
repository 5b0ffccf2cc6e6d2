"""How much the service carries, what its memory does, and what hostile clients see.

    python benchmarks/serving.py                                # 64 clients, 60 s, 2,000 pictures
    python benchmarks/serving.py --clients 8 --seconds 5 --pictures 50

Starts `digits serve` on this machine. Clients, service and training, if one runs, share its cores:
figures are ratios. The table ends with a handler that does nothing but call ONNX Runtime, asked in
the same run by the same clients.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import httpx
import numpy as np

ROOT = Path(__file__).parents[1]
TILE = {
    "tiles": [[[255 if 12 < x < 16 and 4 < y < 24 else 0 for x in range(28)] for y in range(28)]]
}
BY_DESIGN = {200, 401, 403, 408, 413, 422, 429}
DOCTR = "docTR (mindee/doctr#1889, its maintainer's table): 500 requests, mean 2.3 s"
BARE = """
import json, sys
import numpy as np, uvicorn
from digits.model.classifier import Classifier
from digits.service.server import listen
session = Classifier()._session
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    tiles = np.array(json.loads(body)["tiles"], np.float32) / np.float32(255)
    logits = session.run(["logits"], {"tiles": tiles})[0]
    content = json.dumps(logits.tolist()).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})
with listen("127.0.0.1", 0) as socket:
    print(f"http://127.0.0.1:{socket.getsockname()[1]}/", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run([socket])
"""


@dataclass
class Tally:
    """Statuses and seconds of one kind of request."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def row(self, name: str, wall: float) -> str:
        """A line of the table; durations are of requests answered with 200."""
        p50, p95, p99 = np.percentile(self.seconds or [np.nan], [50, 95, 99]) * 1000
        total = sum(self.statuses.values())
        seen = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        durations = f"{p50:.0f} | {p95:.0f} | {p99:.0f}"
        return f"| {name} | {total} | {total / wall:.1f} | {durations} | {seen} |"


@contextlib.contextmanager
def started(command: list[str]) -> Iterator[tuple[int, str]]:
    """A server, its process id and address; ended with its block."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        found = re.search(r"http://[^/]+", process.stdout.readline())
        assert found, "the server did not start"
        yield process.pid, found[0]
    finally:
        process.terminate()
        process.wait(120)


def pictures() -> list[bytes]:
    """The samples, at 1, 0.5 and 2 times their size."""
    found = []
    for path in sorted((ROOT / "samples").glob("*.[pj]*g")):
        pixels = cv2.imread(str(path))
        for scale in (1, 0.5, 2):
            found.append(
                cv2.imencode(".png", cv2.resize(pixels, None, fx=scale, fy=scale))[1].tobytes()
            )
    return found


def bomb() -> bytes:
    """A small file of a picture of 3,600 megapixels."""
    content = cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1].tobytes()
    return content[:16] + (60_000).to_bytes(4, "big") * 2 + content[24:]


async def timed(tally: Tally, ask: Awaitable[httpx.Response]) -> None:
    """Note how a request ended, and how long it took."""
    begin = time.perf_counter()
    try:
        answer = await ask
    except httpx.HTTPError as error:
        tally.statuses[type(error).__name__] += 1
        return
    tally.statuses[str(answer.status_code)] += 1
    if answer.status_code == 200:
        tally.seconds.append(time.perf_counter() - begin)
    elif answer.status_code == 429:
        await asyncio.sleep(float(answer.headers["retry-after"]))


async def client(
    number: int, url: str, end: float, given: list[bytes], tallies: dict[str, Tally]
) -> None:
    """One client: three of four read or classify, the others are hostile."""
    rng = np.random.default_rng(number)
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        while time.perf_counter() < end:
            if number % 4 == 3:
                await hostile(http, rng, tallies["hostile"])
            elif number % 4 == 2:
                await timed(tallies["classify"], http.post("/api/classify", json=TILE))
            else:
                picture = given[rng.integers(len(given))]
                await timed(tallies["read"], http.post("/api/read", content=picture))


async def hostile(http: httpx.AsyncClient, rng: np.random.Generator, tally: Tally) -> None:
    """What nobody should send."""
    kind = rng.integers(5)
    if kind == 0:
        await timed(tally, http.post("/api/read", content=bomb()))
    elif kind == 1:
        await timed(tally, http.post("/api/read", content=rng.bytes(50_000)))
    elif kind == 2:
        await timed(tally, http.post("/api/classify", content=b'{"tiles": [[['))
    elif kind == 3:
        status = await raw(http.base_url, content_length=99_999_999, sent=b"", is_awaited=True)
        tally.statuses[status] += 1
    else:
        await raw(http.base_url, content_length=1_000_000, sent=b"x" * 9999, is_awaited=False)
        tally.statuses["gone"] += 1


async def raw(url: httpx.URL, content_length: int, sent: bytes, is_awaited: bool) -> str:
    """Announce a picture, send a part of it, and go, with or without the status of the answer."""
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: {content_length}\r\n\r\n"
    writer.write(head.encode() + sent)
    await writer.drain()
    line = await reader.readline() if is_awaited else b"HTTP/1.1 - \r\n"
    writer.close()
    return line.split()[1].decode()


async def storm(
    url: str, clients: int, seconds: float, given: list[bytes]
) -> tuple[dict[str, Tally], float]:
    """All clients at once; what they saw, and how long it took."""
    tallies = {name: Tally() for name in ("read", "classify", "hostile")}
    begin = time.perf_counter()
    end = begin + seconds
    await asyncio.gather(*(client(k, url, end, given, tallies) for k in range(clients)))
    return tallies, time.perf_counter() - begin


async def in_a_row(url: str, count: int, picture: bytes, process: int) -> tuple[Tally, list[float]]:
    """The same picture over and over, two at a time, so that what memory gains is a leak; and the
    memory at each tenth of a second, after the first tenth of them."""
    tally, memory = Tally(), []
    rest = iter(range(count))

    async def one(http: httpx.AsyncClient) -> None:
        for _ in rest:
            await timed(tally, http.post("/api/read", content=picture))

    async def watch() -> None:
        while True:
            if tally.statuses.total() > count / 10:
                memory.append(resident(process))
            await asyncio.sleep(0.1)

    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        watcher = asyncio.create_task(watch())
        await asyncio.gather(one(http), one(http))
        watcher.cancel()
    return tally, memory


async def classify_alone(url: str, path: str, clients: int, seconds: float) -> tuple[Tally, float]:
    """Single tiles from all clients."""
    tally, begin = Tally(), time.perf_counter()

    async def one() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=120) as http:
            while time.perf_counter() < begin + seconds:
                await timed(tally, http.post(path, json=TILE))

    await asyncio.gather(*(one() for _ in range(clients)))
    return tally, time.perf_counter() - begin


def resident(process: int) -> float:
    """MB that a process and those it started hold, found in /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(entry.name)] = int(fields[1])
    ours = [pid for pid, parent in parents.items() if process in (pid, parent)]
    total = 0
    for pid in ours:
        with contextlib.suppress(OSError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pictures", type=int, default=2000)
    options = parser.parse_args()
    given, page = pictures(), (ROOT / "samples" / "58-17+23_squared.jpg").read_bytes()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; "
        f"{options.clients} clients, {options.seconds:g} s, {options.pictures} pictures in a row\n"
    )
    print("| what | requests | a second | p50 ms | p95 ms | p99 ms | answers |")
    print("|---|---|---|---|---|---|---|")
    with started(["-m", "digits", "serve", "--port", "0"]) as (process, url):
        while httpx.get(f"{url}/readyz").status_code != 200:
            time.sleep(0.1)
        tallies, wall = asyncio.run(storm(url, options.clients, options.seconds, given))
        for name, tally in tallies.items():
            print(tally.row(f"{options.clients} clients: {name}", wall))
        begin = time.perf_counter()
        tally, memory = asyncio.run(in_a_row(url, options.pictures, page, process))
        print(tally.row("pictures in a row", time.perf_counter() - begin))
        alone, wall = asyncio.run(classify_alone(url, "/api/classify", 8, options.seconds / 4))
        print(alone.row("one tile: the service", wall))
    with started(["-c", BARE]) as (_, url):
        bare, wall = asyncio.run(classify_alone(url, "/", 8, options.seconds / 4))
        print(bare.row("one tile: ONNX Runtime alone", wall))
    middle = statistics.median(memory)
    print(
        f"\nmemory in a row: median {middle:.0f} MB, max {max(memory):.0f} MB, "
        f"max − median {100 * (max(memory) - middle) / middle:.1f} %"
    )
    errors = sum(
        n for each in (*tallies.values(), tally) for status, n in each.statuses.items()
        if status != "gone" and (not status.isdecimal() or int(status) not in BY_DESIGN)
    )  # fmt: skip
    mean = statistics.mean(tally.seconds) if tally.seconds else float("nan")
    print(f"errors that are none by design: {errors}")
    print(f"mean of a picture in a row: {mean:.2f} s; {DOCTR}")


if __name__ == "__main__":
    main()
