"""What the routes of one service share."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Annotated, Any

from fastapi import Depends, Request

from digits.model.bundle import Bundle, open_bundle
from digits.model.classifier import Classifier
from digits.model.layers import Layers
from digits.reading.reader import Reader
from digits.service.batches import Batcher
from digits.service.bodies import Bodies, Memory
from digits.service.fetch import Pictures
from digits.service.jobs import PAGES, Job, failed
from digits.service.metrics import Metrics
from digits.service.problems import Problem
from digits.service.settings import Settings
from digits.service.teacher import Teacher
from digits.service.workers import Pool, QueueFullError, WorkerLostError

LABEL_STUDIO_KEY = "LABEL_STUDIO_API_KEY"  # as Label Studio's own backends call it
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
    teacher: Teacher | None
    pictures: Pictures

    @property
    def fingerprint(self) -> str:
        """Of all that answers depend on, with the profile that is in use."""
        return replace(self.bundle, classifier=self.classifier).fingerprint

    @property
    def classifier(self) -> Classifier:
        """With the profile that is in use."""
        return self.teacher.classifier if self.teacher else self.bundle.classifier

    @cached_property
    def layers(self) -> Layers:
        """The classifier's network, opened so that it gives all its layers."""
        return Layers(self.bundle.classifier.model)

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

    async def read_pages(self, job: Job, limit: int) -> list[dict[str, Any]]:
        """Read every page of a file, up to a limit; what is left out is an object with `error`.

        Raises Problem 503 as `read` does.
        """
        first = await self._read(job)
        pages = first.pop(PAGES, 1)
        readings = [first]
        for page in range(2, min(pages, limit) + 1):
            readings.append(await self.read(replace(job, page=page)))
        if pages > limit:
            problem = (
                f'"{job.name}" has {pages:,} pages; this service reads {limit} pages and pictures '
                "a request: send the others alone, or read it with the command"
            )
            readings.append(failed(job, problem) | {"milliseconds": 0.0})
        return readings

    async def read(self, job: Job) -> dict[str, Any]:
        """Read one page. Raises Problem 503 if the process that reads it ends."""
        content = await self._read(job)
        content.pop(PAGES, None)
        return content

    async def _read(self, job: Job) -> dict[str, Any]:
        teacher = self.teacher
        if teacher and teacher.profile:
            job = replace(job, profile=(teacher.profile_folder, teacher.profile.fingerprint))
        try:
            content = await self.pool.read(job)
        except WorkerLostError as error:
            self.metrics.pictures.labels("lost").inc()
            raise Problem(503, "worker-lost", str(error), {"Retry-After": "1"}) from error
        self.metrics.pictures.labels("failed" if "error" in content else "read").inc()
        self.metrics.read_seconds.observe(content["milliseconds"] / 1000)
        return content


@dataclass(frozen=True)
class Opened:
    """What is opened from the disk before anything is served."""

    bundle: Bundle
    teacher: Teacher | None

    @classmethod
    def of(cls, settings: Settings) -> Opened:
        """Raises ModelError, or DataError where the folder of corrections cannot be used."""
        bundle = open_bundle(settings.model, threads=1)
        folder = settings.corrections
        return cls(bundle, Teacher(folder, bundle.classifier) if folder else None)


def open_service(settings: Settings, metrics: Metrics, parts: Opened) -> Service:
    """Start the workers."""
    limits, bundle, teacher = settings.limits, parts.bundle, parts.teacher
    pool = Pool(
        partial(Reader, settings.model, threads=1),
        settings.workers,
        limits.queued,
        limits.read_seconds,
        metrics.restarts.inc,
    )
    metrics.watch_queue(lambda: pool.waiting)
    batcher = Batcher(
        lambda tiles: (teacher or bundle).classifier.classify(tiles),
        BATCHES_WAITING * limits.tiles,
        metrics.batch_tiles.observe,
    )
    bodies = Bodies(limits, Memory(limits.memory_bytes, metrics.rejections.labels("memory").inc))
    key = os.environ.get(LABEL_STUDIO_KEY)
    pictures = Pictures(settings.label_studio, key, limits.request_bytes)
    return Service(settings, metrics, bodies, bundle, pool, batcher, teacher, pictures)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
