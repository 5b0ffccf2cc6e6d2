"""What the routes of one service share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from digits.model.bundle import Bundle
from digits.reading.reader import Reader
from digits.service.batches import Batcher
from digits.service.bodies import Bodies, Memory
from digits.service.metrics import Metrics
from digits.service.problems import Problem
from digits.service.settings import Settings
from digits.service.workers import Job, Pool, QueueFullError, WorkerLostError

BATCHES_WAITING = 4  # of the most tiles that one request may have


@dataclass
class Service:
    """The parts of a running service."""

    settings: Settings
    metrics: Metrics
    bodies: Bodies
    bundle: Bundle
    pool: Pool
    batcher: Batcher

    def check_room(self) -> None:
        """Raises Problem 429 where too many requests wait for a worker."""
        try:
            self.pool.check_room()
        except QueueFullError as error:
            raise self.rejected(error, "queue") from error

    def rejected(self, error: QueueFullError, reason: str) -> Problem:
        """The answer to a request that came while a queue was full; it is counted."""
        self.metrics.rejections.labels(reason).inc()
        return Problem(429, "busy", str(error), {"Retry-After": str(error.retry_after)})

    async def read(self, job: Job) -> dict[str, object]:
        """Read one picture. Raises Problem 503 if the process that reads it ends."""
        try:
            content = await self.pool.read(job)
        except WorkerLostError as error:
            self.metrics.pictures.labels("lost").inc()
            raise Problem(503, "worker-lost", str(error), {"Retry-After": "1"}) from error
        self.metrics.pictures.labels("failed" if "error" in content else "read").inc()
        self.metrics.read_seconds.observe(content["milliseconds"] / 1000)
        return content


def open_service(settings: Settings, metrics: Metrics, bundle: Bundle) -> Service:
    """Start the workers. bundle: the one that settings name."""
    limits = settings.limits
    pool = Pool(
        partial(Reader, settings.model, threads=1),
        settings.workers,
        limits.queued,
        limits.read_seconds,
        metrics.restarts.inc,
    )
    metrics.watch_queue(lambda: pool.waiting)
    batcher = Batcher(
        bundle.classifier.classify, BATCHES_WAITING * limits.tiles, metrics.batch_tiles.observe
    )
    bodies = Bodies(limits, Memory(limits.memory_bytes))
    return Service(settings, metrics, bodies, bundle, pool, batcher)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
