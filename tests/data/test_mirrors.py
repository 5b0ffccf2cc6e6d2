from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest
from mirror_server import TINY, TINY_FILES, closed_address, dead_address, serve

from digits.data import mirrors
from digits.errors import DataError

IMAGES = TINY_FILES[0]
PART = f".{IMAGES.name}.gz.part"


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    # Well apart, as the real ones are: whichever comes first words the error.
    monkeypatch.setattr(mirrors, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(mirrors, "SILENCE_SECONDS", 2.0)


def assert_complete(directory: Path) -> None:
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == TINY


def test_fetch_stores_plain_checked_files(tmp_path: Path) -> None:
    with serve() as mirror:
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert_complete(tmp_path)


def test_a_broken_connection_is_resumed_where_it_broke(tmp_path: Path) -> None:
    with serve(breaks_after=[1000, 2000]) as mirror:
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert [asked for _, asked in mirror.requests[:3]] == [None, "bytes=1000-", "bytes=3000-"]
    assert_complete(tmp_path)


def test_a_server_that_cannot_resume_is_asked_anew(tmp_path: Path) -> None:
    with serve(breaks_after=[1000], resumes=False) as mirror:
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert_complete(tmp_path)


def test_a_silent_transfer_is_resumed(tmp_path: Path) -> None:
    with serve(breaks_after=[1000], stalls=True) as mirror:
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert_complete(tmp_path)


def test_a_connection_that_always_breaks_is_given_up_and_keeps_its_part(tmp_path: Path) -> None:
    with (
        serve(breaks_after=[100] * 20) as mirror,
        pytest.raises(OSError, match="broke after 400 of"),
    ):
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert len(mirror.requests) == mirrors.ATTEMPTS
    assert (tmp_path / PART).stat().st_size == 400


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"the beginning of something else", id="of something else"),
        pytest.param(gzip.compress(TINY[IMAGES.name], mtime=0), id="already whole"),
        pytest.param(bytes(100_000), id="longer than the file"),
    ],
)
def test_any_part_of_an_earlier_attempt_ends_well(tmp_path: Path, part: bytes) -> None:
    (tmp_path / PART).write_bytes(part)

    with serve() as mirror:
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert_complete(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"<html>Log in first</html>", "no IDX file.*<htm", id="web page"),
        pytest.param(b"", "holds no bytes", id="nothing"),
        pytest.param(gzip.compress(TINY[IMAGES.name])[:-9], "damaged gzip", id="cut short"),
        pytest.param(gzip.compress(TINY["tiny-labels-idx1-ubyte"]), "holds labels", id="labels"),
        pytest.param(bytes(IMAGES.size + 5000), "longer than", id="too long"),
        pytest.param(
            gzip.compress(TINY[IMAGES.name][:-1] + b"x"), f"expected {IMAGES.sha256}", id="one byte"
        ),
    ],
)
def test_wrong_contents_leave_nothing_behind(tmp_path: Path, content: bytes, message: str) -> None:
    with (
        serve({f"{IMAGES.name}.gz": content}) as mirror,
        pytest.raises(DataError, match=message),
    ):
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_failed_mirror_is_not_asked_for_the_other_files(tmp_path: Path) -> None:
    with serve({}) as mirror, pytest.raises(OSError, match="404"):
        mirrors.fetch(mirror.address, TINY_FILES, tmp_path)

    assert len(mirror.requests) == 1


def test_a_dead_mirror_costs_its_deadline_once(tmp_path: Path) -> None:
    started = time.monotonic()

    with dead_address() as address, pytest.raises(OSError, match="no answer within 1 seconds"):
        mirrors.fetch(address, TINY_FILES, tmp_path)

    assert time.monotonic() - started < 5


def test_a_refused_connection_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="refused"):
        mirrors.fetch(closed_address(), TINY_FILES, tmp_path)


def test_the_mirrors_are_folders_reached_over_https() -> None:
    assert len(mirrors.MIRRORS) >= 2
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mirrors.MIRRORS)
