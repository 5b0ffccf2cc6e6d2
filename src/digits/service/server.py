"""uvicorn, with a time limit for the heads of requests."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from digits.errors import DigitsError
from digits.service.settings import Limits

BACKLOG = 2048  # connections that the system holds before they are accepted


class Protocol(H11Protocol):
    """HTTP/1.1 that closes a connection on which no head of a request is whole in time.

    uvicorn limits only the silence after an answer: any byte begins it anew, and before the first
    request there is no limit, so that slow clients could hold all connections.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        timer, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:  # still no request
            self.timeout_keep_alive_task = timer
        elif timer is not None:
            timer.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 stands for a free one. Raises DigitsError."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        reason = error.strerror or error
        raise DigitsError(
            f"cannot listen on {host}, port {port}: {reason}; name another with --port"
        ) from error


def make_server(app: FastAPI, limits: Limits) -> uvicorn.Server:
    """A server that at SIGINT or SIGTERM finishes what it took, and ends."""
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=limits.header_seconds,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=round(limits.upload_seconds + limits.read_seconds),
    )
    return uvicorn.Server(config)
