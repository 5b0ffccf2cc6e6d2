"""Small requests for the classifier that come at once, answered by one run of the network."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digits.service.workers import QueueFullError

Tiles = NDArray[np.float32]
Answer = tuple[NDArray[np.float32], NDArray[np.float32]]  # probabilities (N, 10), is_digit (N,)
BATCH = 256  # tiles at once
RETRY_AFTER = 1


class Batcher:
    """Runs the classifier on whatever has come while it ran before; no request waits for others."""

    def __init__(
        self, classify: Callable[[Tiles], Answer], most: int, on_batch: Callable[[int], None]
    ) -> None:
        """classify: tiles (N, 28, 28) float32 in [0, 1] → answer. most: tiles that may wait.
        on_batch: is told how many tiles each run has."""
        self._classify, self._most, self._on_batch = classify, most, on_batch
        self._waiting: deque[tuple[Tiles, asyncio.Future[Answer]]] = deque()
        self._tiles = 0
        self._runner: asyncio.Task[None] | None = None

    async def classify(self, tiles: Tiles) -> Answer:
        """Raises QueueFullError where too many tiles wait already."""
        if self._tiles >= self._most:
            raise QueueFullError(RETRY_AFTER)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((tiles, future))
        self._tiles += len(tiles)
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch = self._next()
            tiles = np.concatenate([each for each, _ in batch])
            self._tiles -= len(tiles)
            self._on_batch(len(tiles))
            try:
                probabilities, is_digit = await asyncio.to_thread(self._classify, tiles)
            except Exception as error:
                for _, future in batch:
                    if not future.done():  # its client may have gone
                        future.set_exception(error)
                continue
            start = 0
            for some, future in batch:
                part = slice(start, start := start + len(some))
                if not future.done():
                    future.set_result((probabilities[part], is_digit[part]))
        self._runner = None

    def _next(self) -> list[tuple[Tiles, asyncio.Future[Answer]]]:
        batch = [self._waiting.popleft()]
        size = len(batch[0][0])
        while self._waiting and size + len(self._waiting[0][0]) <= BATCH:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0])
        return batch
