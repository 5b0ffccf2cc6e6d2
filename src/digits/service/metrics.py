"""Figures for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TILES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counts and durations of one service."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "digits_requests", "Requests answered", ["route", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "digits_request_seconds", "From head to answer", ["route"], buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.in_progress = Gauge("digits_requests_in_progress", "Under way", registry=registry)
        self.rejections = Counter(
            "digits_rejections", "Requests refused for want of room", ["reason"], registry=registry
        )
        self.pictures = Counter("digits_pictures", "Pictures", ["outcome"], registry=registry)
        self.read_seconds = Histogram(
            "digits_read_seconds", "Reading of one picture", buckets=SECONDS, registry=registry
        )
        self.batch_tiles = Histogram(
            "digits_batch_tiles", "Tiles classified at once", buckets=TILES, registry=registry
        )
        self.restarts = Counter("digits_worker_restarts", "Workers replaced", registry=registry)
        self._queue = Gauge("digits_queue_length", "Requests that wait", registry=registry)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Ask `length` for the queue's length whenever the figures are fetched."""
        self._queue.set_function(length)


class Measured:
    """An application, its requests counted and timed."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, begin = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self.metrics.in_progress.inc()
        try:
            await self.app(scope, receive, noted)
        finally:
            self.metrics.in_progress.dec()
            # the pattern of the address, of which there are few; anybody can invent addresses
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.requests.labels(route, scope["method"], status).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - begin)
