"""Processes that read pictures, one picture at a time each, and the bounded queue before them.

Processes, though a Reader serves many threads: the decoders are native code whose fault ends its
process, a picture may need more memory than there is, and a thread cannot be stopped when its time
is over. Each costs one client its answer, and a new process takes the place of the lost one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import multiprocessing
import signal
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import cv2

from digits.errors import ModelError
from digits.reading.reader import Reader
from digits.service.jobs import Job, answer, failed

CONTEXT = multiprocessing.get_context("spawn")  # forked ones would share locks of our threads
LOG = logging.getLogger("digits.service")
START_SECONDS = 120.0  # until a new process has opened the networks, however busy the machine


class QueueFullError(Exception):
    """As many requests wait as may. retry_after: whole seconds until there may be room."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the queue is full; try again in {retry_after} s")
        self.retry_after = retry_after


class WorkerLostError(Exception):
    """The process that read a picture has ended."""


def work(connection: Connection, open_reader: Callable[[], Reader]) -> None:
    """The life of a worker: open the networks, say so, then read until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; the service ends us
    cv2.setNumThreads(1)  # there is a worker for each core
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
        self.is_ready = False

    def wait_until_ready(self) -> None:
        """Until the networks are open. Raises EOFError if they cannot be."""
        if not self.is_ready:
            if not self._connection.poll(START_SECONDS):
                raise EOFError
            self._connection.recv()
            self.is_ready = True

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
        return failed(job, problem) | {"milliseconds": 1000 * seconds}

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
        """Whether the workers have opened their networks, or those that can."""
        has_started = all(start.done() for start in self._starts)
        return has_started and any(worker.is_ready for worker in self._workers)

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
        try:
            worker.wait_until_ready()
        except (EOFError, OSError):  # its first picture starts it again
            LOG.error("a process that reads did not start (exit code %s)", worker.process.exitcode)
        self._idle.put(worker)

    def stop(self) -> None:
        """Finish what was taken, then end the workers."""
        self._threads.shutdown()
        for worker in self._workers:
            worker.stop()
