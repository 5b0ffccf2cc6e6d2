"""What clients see when there is too much, too large, too slow, or when something breaks."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pictures
import pytest
from serving import SECONDS, Started, descendants, running, started, until

from digits import Reader
from digits.service.jobs import Job
from digits.service.settings import Limits, Settings
from digits.service.workers import Pool, WorkerLostError

DIGIT = pictures.png(pictures.page("7").pixels)
HEAD = b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
stops = pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")


@pytest.fixture
def service() -> Iterator[Started]:
    limits = Limits(
        request_bytes=300_000,
        memory_bytes=500_000,
        queued=1,
        upload_seconds=1,
        header_seconds=1,
        connections=64,
    )
    with started(Settings(workers=1, limits=limits)) as service:
        yield service


def read(service: Started) -> httpx.Response:
    with service.client() as client:
        return client.post("/api/read", content=DIGIT)


def in_flight(service: Started) -> int:
    """Requests for a picture that are read or wait."""
    return service.service.pool._in_flight


def metric(service: Started, name: str) -> float:
    with service.client() as client:
        found = re.search(f"^{re.escape(name)} (.*)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@stops
def test_who_comes_to_a_full_queue_is_told_when_to_come_again(service: Started) -> None:
    [worker] = service.service.pool.process_ids
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(2) as clients:
        first = clients.submit(read, service)
        until(lambda: in_flight(service) == 1, "the first is read")
        second = clients.submit(read, service)
        until(lambda: in_flight(service) == 2, "the second waits")
        assert metric(service, "digits_queue_length") == 1

        third = read(service)

        os.kill(worker, signal.SIGCONT)
        assert [first.result().status_code, second.result().status_code] == [200, 200]
    assert third.status_code == 429
    assert third.json()["type"] == "/problems/busy"
    assert 1 <= int(third.headers["retry-after"]) <= 60
    assert metric(service, 'digits_rejections_total{reason="queue"}') == 1
    assert read(service).status_code == 200


@stops
def test_a_worker_that_ends_costs_one_answer(service: Started) -> None:
    [worker] = service.service.pool.process_ids
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as clients:
        lost = clients.submit(read, service)
        until(lambda: in_flight(service) == 1, "it is read")
        time.sleep(0.1)  # so that it has been sent
        os.kill(worker, signal.SIGKILL)

        answer = lost.result()

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/worker-lost"
    assert answer.headers["retry-after"] == "1"
    assert read(service).status_code == 200
    assert metric(service, "digits_worker_restarts_total") == 1


@stops
def test_a_worker_that_ends_while_it_waits_costs_nothing(service: Started) -> None:
    [worker] = service.service.pool.process_ids
    os.kill(worker, signal.SIGKILL)
    until(lambda: _is_dead(worker), "its end")

    assert read(service).status_code == 200
    assert service.service.pool.process_ids != [worker]


def _is_dead(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


@stops
def test_a_picture_that_takes_too_long_is_given_up() -> None:
    limits = Limits(read_seconds=0.5)
    with started(Settings(workers=1, limits=limits)) as service:
        [worker] = service.service.pool.process_ids
        os.kill(worker, signal.SIGSTOP)

        answer = read(service)

        assert answer.status_code == 422
        assert "took longer than 0.5 s" in answer.json()["detail"]
        assert service.service.pool.process_ids != [worker]


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_too_large_is_refused(service: Started, is_announced: bool) -> None:
    blocks = [b"\0" * 100_000] * 4
    with service.client() as client:
        answer = client.post(
            "/api/read", content=b"".join(blocks) if is_announced else iter(blocks)
        )

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"
    assert service.service.bodies.memory.used == 0


def test_too_many_bytes_at_once_are_refused(service: Started) -> None:
    service.service.bodies.memory.used = 450_000  # that others are sending
    with service.client() as client:
        answer = client.post("/api/read", content=b"\0" * 100_000)

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    assert service.service.bodies.memory.used == 450_000
    assert metric(service, 'digits_rejections_total{reason="memory"}') == 1


@pytest.mark.parametrize("side", [60_000, 8_000])
def test_a_picture_bomb_is_not_decoded(service: Started, side: int) -> None:
    rows = pictures.png_file((side, side, 8, 0), b"\0" * 1000)
    with service.client() as client:
        answer = client.post("/api/read", content=rows)

    assert answer.status_code == 422
    assert "is too large" in answer.json()["detail"]


def test_a_bomb_among_pictures_stops_no_other(service: Started) -> None:
    bomb = pictures.png_file((50_000, 50_000, 8, 0), b"\0" * 1000)
    files = [("picture", ("bomb.png", bomb)), ("picture", ("7.png", DIGIT))]
    with service.client() as client:
        answer = client.post("/api/read", files=files)

    assert answer.status_code == 200
    assert [each.get("text") for each in answer.json()["readings"]] == [None, "7"]


def test_an_upload_that_stops_is_ended(service: Started) -> None:
    with socket.create_connection(("127.0.0.1", service.port), SECONDS) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + DIGIT[:100])

        answer = _until_closed(connection)

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"/problems/slow" in answer
    assert service.service.bodies.memory.used == 0
    assert read(service).status_code == 200


def test_an_upload_that_breaks_off_costs_nothing(
    service: Started, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), SECONDS) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + DIGIT[:100])
        until(lambda: service.service.bodies.memory.used == 100, "its bytes are held")

    until(lambda: service.service.bodies.memory.used == 0, "its bytes are given back")
    assert not caplog.records
    assert in_flight(service) == 0
    assert read(service).status_code == 200


@pytest.mark.parametrize("is_second", [False, True])
def test_a_head_that_drips_is_ended(service: Started, is_second: bool) -> None:
    """A slow loris, also one that asks properly first."""
    with socket.create_connection(("127.0.0.1", service.port), SECONDS) as connection:
        if is_second:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        until(lambda: not _takes(connection, b"G"), "the end of the connection")
    assert read(service).status_code == 200


def _takes(connection: socket.socket, drop: bytes) -> bool:
    try:
        connection.sendall(drop)
    except OSError:
        return False
    return True


def test_what_is_no_http_is_refused(service: Started) -> None:
    with socket.create_connection(("127.0.0.1", service.port), SECONDS) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\r\n\r\n")

        assert _until_closed(connection).startswith(b"HTTP/1.1 400")


def _until_closed(connection: socket.socket) -> bytes:
    blocks = []
    while block := connection.recv(1 << 16):
        blocks.append(block)
    return b"".join(blocks)


@stops
def test_a_service_that_is_ended_finishes_what_it_took() -> None:
    with running() as service, ThreadPoolExecutor(1) as clients:
        workers = descendants(service.process.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        with service.client() as client:
            taken = clients.submit(client.post, "/api/read", content=DIGIT)
            until(lambda: "in_progress 2.0" in client.get("/metrics").text, "it is taken")
            service.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)  # so that its end has begun
            for worker in workers:
                os.kill(worker, signal.SIGCONT)

            answer = taken.result()

        assert answer.status_code == 200
        service.process.wait(SECONDS)
        until(lambda: not any(map(_exists, workers)), "the workers' end")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.url}/healthz")


@stops
def test_a_service_started_anew_takes_the_place_of_one_killed() -> None:
    """Workers end with the service that is killed, and leave its port."""
    with running() as service:
        workers = descendants(service.process.pid)
        port = service.url.rpartition(":")[2]
        service.process.kill()
        service.process.wait(SECONDS)
        until(lambda: not any(map(_exists, workers)), "the workers' end")
    with running("--port", port) as again:
        assert again.url == service.url


def _exists(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def test_a_service_whose_workers_cannot_start_is_not_ready() -> None:
    pool = Pool(partial(Reader, "no such model"), 1, 1, 1, lambda: None)
    try:
        with pytest.raises(WorkerLostError, match="ended"):
            asyncio.run(pool.read(Job(DIGIT, "7.png", 1_000_000)))
        assert not pool.is_ready
    finally:
        pool.stop()


def test_several_requests_share_the_workers_fairly(service: Started) -> None:
    """A request of many pictures lets others in between its own."""
    files = [("picture", (f"{k}.png", DIGIT)) for k in range(12)]
    with ThreadPoolExecutor(1) as clients, service.client() as client:
        many = clients.submit(client.post, "/api/read", files=files)
        until(lambda: in_flight(service) >= 1, "the first is read")
        assert read(service).status_code == 200
        assert many.result().status_code == 200
    assert np.isclose(metric(service, 'digits_pictures_total{outcome="read"}'), 13)
