"""Processes that read pictures, one picture at a time each; outcomes come in the order of pictures.

Processes, though a Reader serves many threads: the decoders are native code whose fault ends its
process, a picture may need more memory than there is, and a thread cannot be stopped when its time
is over. A new process takes the place of one that is lost.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any

import cv2

from digits.batch.rows import Rows, failure, rows_of
from digits.batch.shards import Item, readable
from digits.errors import DigitsError
from digits.reading.reader import Reader

CONTEXT = multiprocessing.get_context("spawn")  # forked ones would share locks of our threads
START_SECONDS = 300.0  # until a new process has opened the networks, however busy the machine
STARTS = 3  # of processes one after another that end before they are ready
WAITING = 1000  # pictures that may be read while an earlier one is not
# A picture is sent to a worker that still reads another only if it is small: it fits in the pipe's
# buffer with the one before, so that neither side waits for the other.
SMALL_BYTES = 8192


@dataclass(frozen=True, slots=True)
class How:
    """How pictures are read: the arguments of Reader, the form of rows, and what is known of the
    pictures, as arguments of `Reader.read_many`."""

    model: str
    form: str
    min_confidence: float = 0.0
    signs: bool = True
    profile: str | None = None
    known: Mapping[str, Any] = field(default_factory=dict)

    def reader(self) -> Reader:
        """Open the networks, on one thread. Raises ModelError."""
        return Reader(
            self.model, self.min_confidence, signs=self.signs, threads=1, profile=self.profile
        )


def outcomes(reader: Reader, item: Item, how: How) -> Iterator[Rows]:
    """Read an item: the rows of each of its pages, one by one."""
    if item.problem:
        yield failure(item.name, item.problem, how.form)
        return
    for outcome in reader.read_many([readable(item)], **how.known):
        yield rows_of(replace(outcome, source=item.name), how.form)


def work(connection: Connection, how: How) -> None:
    """The life of a worker: open the networks, say so, then read until the pipe is closed.

    It sends the rows of each page, and None after the last one of a picture.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; our parent ends us
    cv2.setNumThreads(1)  # there is a process for each core
    warnings.simplefilter("ignore")  # of pages left out; the answer has the page that was read
    reader = how.reader().warm_up()
    with contextlib.suppress(EOFError, OSError):
        connection.send(None)
        while True:
            item = connection.recv()
            for rows in outcomes(reader, item, how):
                connection.send(rows)
            connection.send(None)


@dataclass(slots=True, eq=False)
class Task:
    """An item, and what has come of it so far."""

    item: Item
    rows: list[Rows] = field(default_factory=list)
    is_done: bool = False

    def fail(self, problem: str, form: str) -> None:
        """Give it up; pages that were read before stay."""
        self.rows.append(failure(self.item.name, problem, form, len(self.rows) + 1))
        self.is_done = True


class Worker:
    """One process, the pipe to it, and the tasks that were sent; it works on the first one."""

    def __init__(self, how: How) -> None:
        self._how = how
        self.tasks: deque[Task] = deque()
        self._starts = 0
        self._start()

    def _start(self) -> None:
        self._starts += 1
        self.connection, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=work, args=(theirs, self._how), daemon=True)
        self.process.start()
        theirs.close()
        self.is_ready = False
        self.since = time.monotonic()  # of its last message, or of the task it was given

    def takes(self, item: Item) -> bool:
        """Whether it may be sent this item now."""
        is_small = len(item.content) <= SMALL_BYTES
        return not self.tasks or (len(self.tasks) == 1 and is_small)

    def send(self, task: Task) -> None:
        """Send a task; a process that is gone is noticed by `lost`."""
        if not self.tasks:
            self.since = time.monotonic()
        self.tasks.append(task)
        with contextlib.suppress(OSError):
            self.connection.send(task.item)

    def receive(self) -> None:
        """Take one message. Raises EOFError or OSError if the process is gone."""
        rows = self.connection.recv()
        self.since = time.monotonic()
        if not self.is_ready:
            self.is_ready, self._starts = True, 0
        elif rows is None:
            self.tasks.popleft().is_done = True
        else:
            self.tasks[0].rows.append(rows)

    def deadline(self, seconds: float) -> float:
        """Until when a message is due, on the monotonic clock."""
        if not self.is_ready:
            return self.since + START_SECONDS
        return self.since + seconds if self.tasks else float("inf")

    def replace(self, problem: str) -> None:
        """A new process in the place of this one, which failed the task it worked on."""
        self.stop()
        if self.is_ready and self.tasks:
            self.tasks.popleft().fail(problem, self._how.form)
        if self._starts >= STARTS:
            raise DigitsError(
                f"processes that read end as soon as they start ({STARTS} times; exit code "
                f"{self.process.exitcode}); is there memory for another one? try fewer --jobs"
            )
        waiting, self.tasks = self.tasks, deque()
        self._start()
        for task in waiting:
            self.send(task)

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.process.kill()
        self.process.join()


class Pool:
    """Processes that read, kept until the pool is left."""

    def __init__(self, how: How, jobs: int, seconds: float) -> None:
        """jobs: processes. seconds: that a page may take; one that takes longer is an error of
        class "time", one that ends its process an error of class "crash", and the others go on."""
        self._seconds = seconds
        self._workers: list[Worker] = []
        try:
            self._workers += (Worker(how) for _ in range(jobs))
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            worker.stop()

    def read(self, items: Iterable[Item]) -> Iterator[tuple[Item, list[Rows]]]:
        """Read items, and give them back in order, each with the rows of its pages.

        Items are taken as there is room: at most WAITING are between taken and given back. Raises
        DigitsError if no process can be started.
        """
        rest, tasks = iter(items), deque[Task]()
        following = next(rest, None)
        while following or tasks:
            while following and len(tasks) < WAITING and (worker := self._idle(following)):
                tasks.append(Task(following))
                worker.send(tasks[-1])
                following = next(rest, None)
            while tasks and tasks[0].is_done:
                task = tasks.popleft()
                yield task.item, task.rows
            if tasks:
                self._hear()

    def _idle(self, item: Item) -> Worker | None:
        """The worker with the least to do, if it takes the item."""
        worker = min(self._workers, key=lambda each: len(each.tasks))
        return worker if worker.takes(item) else None

    def _hear(self) -> None:
        """Wait until a worker says something, ends, or has taken too long."""
        first = min(worker.deadline(self._seconds) for worker in self._workers)
        timeout = None if first == float("inf") else max(0.0, first - time.monotonic())
        by_connection: dict[Any, Worker] = {each.connection: each for each in self._workers}
        for connection in wait(list(by_connection), timeout):
            _receive(by_connection[connection])
        for worker in self._workers:
            if time.monotonic() > worker.deadline(self._seconds):
                worker.replace(f"took longer than {self._seconds:g} s to read; scale it down")


def _receive(worker: Worker) -> None:
    try:
        worker.receive()
    except (EOFError, OSError):
        worker.process.join(1)
        code = worker.process.exitcode
        worker.replace(f"ended the process that read it (exit code {code}); report it")
