"""Processes that read pictures, one picture at a time each, and the bounded queue before them.

Processes, though a Reader serves many threads: the decoders are native code whose fault ends its
process, a picture may need more memory than there is, and a thread cannot be stopped when its time
is over. Each costs one client its answer, and a new process takes the place of the lost one.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import math
import multiprocessing
import signal
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from digits.errors import ModelError, PictureError
from digits.io.headers import read_header
from digits.io.picture import Picture, open_picture
from digits.io.result import SCHEMA, Outcome
from digits.reading.reader import Reader

CONTEXT = multiprocessing.get_context("spawn")  # forked ones would share locks of our threads
START_SECONDS = 120.0  # until a new process has opened the networks, however busy the machine


class QueueFullError(Exception):
    """As many requests wait as may. retry_after: whole seconds until there may be room."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the queue is full; try again in {retry_after} s")
        self.retry_after = retry_after


class WorkerLostError(Exception):
    """The process that read a picture has ended."""


@dataclass(frozen=True)
class Job:
    """One picture, and how it is to be read, as `Reader.try_read` takes it.

    content: of the picture file. name: that answers call it by; never a path. tiles: whether
    digits come with the tile that the network saw. pixels: of the largest picture to be decoded.
    box: x, y, width and height, in percent of the picture, of the part to be read; None for all.
    profile: a profile's folder, and its fingerprint.
    """

    content: bytes
    name: str
    pixels: int
    single: bool = False
    number: bool = False
    signs: bool = True
    tiles: bool = False
    box: tuple[float, float, float, float] | None = None
    profile: tuple[Path, str] | None = None


class _Upload(io.BytesIO):
    """A picture's content under a name that error messages use."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.content)
        self.name = job.name


def answer(reader: Reader, job: Job) -> dict[str, Any]:
    """An object of `digits read --json` for one picture, with the milliseconds it took."""
    begin = time.perf_counter()
    problem = _beyond(job)
    if problem:
        content = _failed(job, problem)
    else:
        picture = _part(job) if job.box else _Upload(job)
        content = _content(reader.try_read(picture, single=job.single, number=job.number), job)
    return content | {"milliseconds": round(1000 * (time.perf_counter() - begin), 1)}


def _failed(job: Job, problem: str) -> dict[str, Any]:
    return {"picture": job.name, "error": problem, "schema": SCHEMA}


def _content(outcome: Outcome, job: Job) -> dict[str, Any]:
    reading = outcome.reading
    if reading and not (job.signs or job.single or job.number):
        reading = reading.without_signs()
    content = replace(outcome, source=job.name, reading=reading).to_dict()
    if reading and job.tiles:
        for number, entry in zip(reading.numbers, content["numbers"], strict=True):
            for digit, place in zip(number.digits, entry["digits"], strict=True):
                place["tile"] = None if digit.tile is None else digit.tile.tolist()
    return content


def _part(job: Job) -> Picture:
    """The pixels of the job's box; the whole picture where it cannot be opened."""
    try:
        pixels = open_picture(job.content)
    except PictureError:
        return _Upload(job)  # try_read says why
    height, width = pixels.shape[:2]
    x, y, across, down = job.box or (0, 0, 100, 100)
    left, top = int(x * width / 100), int(y * height / 100)
    right, bottom = math.ceil((x + across) * width / 100), math.ceil((y + down) * height / 100)
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


def _beyond(job: Job) -> str | None:
    """Why a picture is too large for the service; known before it is decoded."""
    with contextlib.suppress(PictureError):  # try_read says what is wrong with it
        header = read_header(job.content)
        if header.width * header.height > job.pixels:
            return (
                f'"{job.name}" is too large: {header.width:,} x {header.height:,} pixels; this '
                f"service takes {job.pixels // 1_000_000} megapixels; scale it down"
            )
    return None


def work(connection: Connection, open_reader: Callable[[], Reader]) -> None:
    """The life of a worker: open the networks, say so, then read until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; the service ends us
    warnings.simplefilter("ignore")  # of pages left out; the answer has the page that was read
    reader = open_reader().warm_up()

    @lru_cache(maxsize=1)
    def with_profile(profile: tuple[Path, str] | None) -> Reader:
        with contextlib.suppress(ModelError):  # undone meanwhile
            return reader.with_profile(profile and profile[0])
        return reader

    connection.send(None)
    with contextlib.suppress(EOFError, OSError):
        while True:
            job = connection.recv()
            connection.send(answer(with_profile(job.profile), job))


class Worker:
    """One process, and the pipe to it."""

    def __init__(self, open_reader: Callable[[], Reader], on_restart: Callable[[], None]) -> None:
        self._open_reader, self._on_restart = open_reader, on_restart
        self._start()

    def _start(self) -> None:
        self._connection, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(
            target=work, args=(theirs, self._open_reader), daemon=True, name="digits-reader"
        )
        self.process.start()
        theirs.close()
        self._is_ready = False

    def wait_until_ready(self) -> None:
        """Until the networks are open. Raises EOFError if they cannot be."""
        if not self._is_ready:
            if not self._connection.poll(START_SECONDS):
                raise EOFError
            self._connection.recv()
            self._is_ready = True

    def read(self, job: Job, seconds: float) -> dict[str, Any]:
        """Read one picture. One that takes longer is given up, and the process with it.

        Raises WorkerLostError if the process ends while it reads.
        """
        if not self.process.is_alive():  # ended while it had nothing to do
            self.restart()
        try:
            self.wait_until_ready()
            self._connection.send(job)
            if self._connection.poll(seconds):
                content: dict[str, Any] = self._connection.recv()
                return content
        except (EOFError, OSError) as error:
            self.process.join(1)
            code = self.process.exitcode
            self.restart()
            raise WorkerLostError(
                f"the process that read the picture ended (exit code {code}); the service goes "
                "on; send the picture again, and report it with the picture if it ends again"
            ) from error
        self.restart()
        problem = f'"{job.name}" took longer than {seconds:g} s to read; scale it down'
        return _failed(job, problem) | {"milliseconds": 1000 * seconds}

    def restart(self) -> None:
        """A new process in the place of this one."""
        self.stop()
        self._on_restart()
        self._start()

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._connection.close()
        self.process.kill()
        self.process.join()


class Pool:
    """Workers, and the requests that wait for one of them."""

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        workers: int,
        queued: int,
        seconds: float,
        on_restart: Callable[[], None],
    ) -> None:
        self._workers = [Worker(open_reader, on_restart) for _ in range(workers)]
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        # as many threads as workers; all there is to wait for waits in their queue
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="digits-reader")
        self._starts = [self._threads.submit(self._open, worker) for worker in self._workers]
        self._queued, self._seconds = queued, seconds
        self._in_flight = 0
        self._mean_seconds = 0.2  # a first guess; see read

    @property
    def is_ready(self) -> bool:
        """Whether the workers have opened their networks."""
        return all(start.done() for start in self._starts)

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return max(0, self._in_flight - len(self._workers))

    @property
    def process_ids(self) -> list[int]:
        """Of the workers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def check_room(self) -> None:
        """Raises QueueFullError if a further request would wait behind too many."""
        if self.waiting >= self._queued:
            seconds = (self.waiting + 1) * self._mean_seconds / len(self._workers)
            raise QueueFullError(min(60, max(1, math.ceil(seconds))))

    async def read(self, job: Job) -> dict[str, Any]:
        """Read one picture as soon as a worker is idle. Raises WorkerLostError."""
        self._in_flight += 1
        try:
            loop = asyncio.get_running_loop()
            content, seconds = await loop.run_in_executor(self._threads, self._read, job)
        finally:
            self._in_flight -= 1
        self._mean_seconds += 0.1 * (seconds - self._mean_seconds)
        return content

    def _read(self, job: Job) -> tuple[dict[str, Any], float]:
        worker = self._idle.get()
        begin = time.perf_counter()
        try:
            return worker.read(job, self._seconds), time.perf_counter() - begin
        finally:
            self._idle.put(worker)

    def _open(self, worker: Worker) -> None:
        with contextlib.suppress(EOFError, OSError):  # its first picture starts it again
            worker.wait_until_ready()
        self._idle.put(worker)

    def stop(self) -> None:
        """Finish what was taken, then end the workers."""
        self._threads.shutdown()
        for worker in self._workers:
            worker.stop()
