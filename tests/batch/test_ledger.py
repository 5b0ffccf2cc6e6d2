"""A job's folder: what is done stays done, whatever ends the process, and exactly once."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from digits.batch import ledger as module
from digits.batch import local
from digits.batch.ledger import Ledger
from digits.batch.rows import Rows
from digits.batch.shards import Entry, Item
from digits.batch.sinks import join, reading, writing
from digits.batch.workers import How
from digits.errors import DigitsError

MANIFEST = {"fingerprint": "f", "form": "json", "min_confidence": 0.0}
JSON = How("default", "json")
# archives of two pictures each, so that each is a shard
LISTING = [Entry("tar", f"{k}.tar", 100 + k, None) for k in range(4)]


class PowerCut(BaseException):  # no error: nothing may handle it
    """The process ends here."""


class Readings:
    """What takes the place of processes that read: rows that tell which picture they are of."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.names: list[str] = []

    def items(self, shard: Any) -> Iterator[Item]:
        name = shard.entries[0].path
        for position in range(2):
            yield Item(f"{name}/{position}", b"", "", shard.number, position)

    def __call__(self, how: How, jobs: int, seconds: float) -> Readings:
        return self

    def __enter__(self) -> Readings:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, items: Iterable[Item]) -> Iterator[tuple[Item, list[Rows]]]:
        for item in items:
            self.names.append(item.name)
            kind = "damaged" if item.name in self.failing else ""
            # a failing picture has one row, others have two pages
            names = [item.name] if kind else [item.name, f"{item.name} page 2"]
            yield item, [Rows((json.dumps({"picture": n, "error": kind}),), kind) for n in names]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no need to bring anything to a real disk: the power cut here is not."""
    monkeypatch.setattr(os, "fsync", lambda number: None)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    these = Readings()
    monkeypatch.setattr(local, "items", these.items)
    monkeypatch.setattr(local, "Pool", these)
    return these


def run(folder: Path, *, retry: bool = False, listing: list[Entry] = LISTING) -> Ledger:
    """Begin or go on, as `digits read` does."""
    ledger = Ledger(folder, "json")
    try:
        (ledger.go_on if ledger.has_job else ledger.begin)(MANIFEST, listing)
        local.run(ledger, JSON, 1, 1.0, retry=retry, seen=lambda item, rows: None)
    finally:
        ledger.close()
    return ledger


def text(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(folder.glob("part-*")))


def names(folder: Path) -> list[str]:
    return [json.loads(line)["picture"] for line in text(folder).splitlines()]


def test_a_part_is_written_for_each_shard(tmp_path: Path, readings: Readings) -> None:
    ledger = run(tmp_path / "out")
    assert [path.name for path in ledger.parts()] == [f"part-00000{k}.jsonl" for k in range(4)]
    assert names(tmp_path / "out")[:5] == [
        *("0.tar/0", "0.tar/0 page 2", "0.tar/1", "0.tar/1 page 2"), "1.tar/0",
    ]  # fmt: skip
    assert (ledger.pictures, sum(done.rows for done in ledger.done.values())) == (8, 16)


def test_what_is_done_is_not_read_again(tmp_path: Path, readings: Readings) -> None:
    run(tmp_path / "out")
    readings.names.clear()
    run(tmp_path / "out")
    assert readings.names == []


def cut_power(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Let the process end before the call `at` of those that bring something to the disk."""
    calls = 0

    def counted(function: Any) -> Any:
        def instead(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > at:
                raise PowerCut
            return function(*arguments, **options)

        return instead

    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    monkeypatch.setattr(os, "truncate", counted(os.truncate))
    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))
    log = Ledger._log
    monkeypatch.setattr(Ledger, "_log", counted(log))


def test_whenever_the_power_is_cut_the_output_is_that_of_an_uninterrupted_run(
    tmp_path: Path, readings: Readings
) -> None:
    run(tmp_path / "whole")
    expected = text(tmp_path / "whole")
    for at in count():
        folder = tmp_path / str(at)
        with pytest.MonkeyPatch.context() as patch:
            cut_power(patch, at)
            try:
                run(folder)
                break  # it was not cut
            except PowerCut:
                pass
        ledger = run(folder)
        assert text(folder) == expected
        files = {path.name for path in folder.iterdir()}
        assert files == {"_job", *(path.name for path in ledger.parts())}
    assert at > 20  # so many steps there are


def test_so_it_is_while_errors_are_read_again(tmp_path: Path, readings: Readings) -> None:
    run(tmp_path / "whole")
    expected = text(tmp_path / "whole")
    for at in count():
        folder = tmp_path / str(at)
        readings.failing = {"1.tar/0", "3.tar/1"}
        run(folder)
        assert text(folder) != expected
        readings.failing = set()
        with pytest.MonkeyPatch.context() as patch:
            cut_power(patch, at)
            try:
                run(folder, retry=True)
                break
            except PowerCut:
                pass
        ledger = run(folder, retry=True)
        assert text(folder) == expected
        assert not ledger.errors()
    assert at > 8


@pytest.mark.parametrize("size", range(1, 400, 23))
def test_a_journal_cut_off_anywhere_costs_no_more_than_the_parts_behind(
    tmp_path: Path, readings: Readings, size: int
) -> None:
    run(tmp_path / "whole")
    expected = text(tmp_path / "whole")
    journal = tmp_path / "whole" / "_job" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:size])
    run(tmp_path / "whole")
    assert text(tmp_path / "whole") == expected


def test_a_damaged_line_of_the_journal_costs_no_more_than_its_part(
    tmp_path: Path, readings: Readings
) -> None:
    folder = tmp_path / "out"
    run(folder)
    expected = text(folder)
    journal = folder / "_job" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"shard": 1,', b'"shard": -1,'))
    readings.names.clear()
    run(folder)
    assert readings.names == ["1.tar/0", "1.tar/1"]
    assert text(folder) == expected


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("manifest.json", b"{", b"["),
        ("manifest.json", b'"', b"\xff"),
        ("shards.jsonl", b"[[", b"[["[:1]),
        ("shards.jsonl", b'"tar"', b'"rat"'),
        ("shards.jsonl", b'"shards": 4', b'"shards": 3'),
        ("shards.jsonl", b'"files": 4', b'"files": "4"'),
    ],
)
def test_a_damaged_job_is_refused_with_what_to_do(
    tmp_path: Path, readings: Readings, name: str, old: bytes, new: bytes
) -> None:
    folder = tmp_path / "out"
    run(folder)
    before = text(folder)
    path = folder / "_job" / name
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(DigitsError, match=rf"{name} is damaged .*; begin it anew in another fold"):
        run(folder)
    assert text(folder) == before


def test_a_part_that_someone_removed_is_read_again(tmp_path: Path, readings: Readings) -> None:
    run(tmp_path / "out")
    expected = text(tmp_path / "out")
    (tmp_path / "out" / "part-000001.jsonl").unlink()
    readings.names.clear()
    run(tmp_path / "out")
    assert readings.names == ["1.tar/0", "1.tar/1"]
    assert text(tmp_path / "out") == expected


# Reading again


def test_only_pictures_with_an_error_are_read_again(tmp_path: Path, readings: Readings) -> None:
    readings.failing = {"1.tar/1", "2.tar/0", "2.tar/1"}
    ledger = run(tmp_path / "out")
    assert dict(ledger.errors()) == {"damaged": 3}
    readings.names.clear()
    readings.failing = {"2.tar/0"}
    ledger = run(tmp_path / "out", retry=True)
    assert readings.names == ["1.tar/1", "2.tar/0", "2.tar/1"]
    assert dict(ledger.errors()) == {"damaged": 1}
    assert [path.name for path in ledger.parts()] == [
        *("part-000000.jsonl", "part-000001-2.jsonl", "part-000002-2.jsonl", "part-000003.jsonl")
    ]
    readings.failing = set()
    ledger = run(tmp_path / "out", retry=True)
    run(tmp_path / "whole")
    assert text(tmp_path / "out") == text(tmp_path / "whole")


def test_an_archive_that_is_whole_now_is_read_to_its_end(
    tmp_path: Path, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(shard: Any) -> Iterator[Item]:
        yield Item("0.tar/0", b"", "", shard.number, 0)
        yield Item("0.tar", "", "is damaged", shard.number, 1)

    readings.failing = {"0.tar"}
    with monkeypatch.context() as patch:
        patch.setattr(local, "items", cut_off)
        run(tmp_path / "out", listing=LISTING[:1])
    whole = list(readings.items(type("S", (), {"entries": LISTING, "number": 0})))
    monkeypatch.setattr(local, "items", lambda shard: [*whole, Item("0.tar/2", b"", "", 0, 2)])
    ledger = run(tmp_path / "out", listing=LISTING[:1], retry=True)
    assert [n for n in names(tmp_path / "out") if "page" not in n] == [f"0.tar/{k}" for k in "012"]
    assert ledger.pictures == 3


# What has changed


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        (LISTING[:-1], "the pictures have changed: 3 files, 4 before"),
        ([*LISTING[:-1], Entry("tar", "3.tar", 7, None)], "310 bytes, 406 before"),
        (LISTING[::-1], "others have the same number and size"),
    ],
)
def test_other_pictures_are_refused(
    tmp_path: Path, readings: Readings, listing: list[Entry], told: str
) -> None:
    run(tmp_path / "out")
    with pytest.raises(DigitsError, match=told):
        run(tmp_path / "out", listing=listing)


@pytest.mark.parametrize("name", MANIFEST)
def test_another_model_or_option_is_refused(
    tmp_path: Path, readings: Readings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "out")
    monkeypatch.setitem(MANIFEST, name, "other")
    with pytest.raises(DigitsError, match=f"begun with another {name}: .*, now other"):
        run(tmp_path / "out")


def extend(folder: Path, listing: Iterable[Entry]) -> Ledger:
    ledger = Ledger(folder, "json")
    try:
        ledger.extend(MANIFEST, listing)
        local.run(ledger, JSON, 1, 1.0, retry=False, seen=lambda item, rows: None)
    finally:
        ledger.close()
    return ledger


def test_what_is_new_is_read_behind_the_rest(tmp_path: Path, readings: Readings) -> None:
    new = [Entry("tar", f"{k}.tar", 1, None) for k in "ab"]
    run(tmp_path / "out")
    readings.names.clear()
    longer = [new[0], *LISTING, new[1]]
    ledger = extend(tmp_path / "out", longer)
    assert readings.names == ["a.tar/0", "a.tar/1", "b.tar/0", "b.tar/1"]
    assert [n for n in names(tmp_path / "out") if "page" not in n][-2:] == ["b.tar/0", "b.tar/1"]
    assert len(ledger.done) == ledger.inputs["shards"] == 6
    readings.names.clear()
    run(tmp_path / "out", listing=longer)  # the longer listing is the job's now
    assert readings.names == []


def test_what_is_gone_is_refused(tmp_path: Path, readings: Readings) -> None:
    run(tmp_path / "out")
    with pytest.raises(DigitsError, match="1 of 4 files named before are not named now"):
        extend(tmp_path / "out", LISTING[1:])
    run(tmp_path / "out")  # the job is as before


def test_parts_of_no_job_are_not_touched(tmp_path: Path, readings: Readings) -> None:
    (tmp_path / "part-000000.jsonl").write_text("mine", "utf-8")
    with pytest.raises(DigitsError, match="holds parts of no job; name another folder"):
        run(tmp_path)
    assert (tmp_path / "part-000000.jsonl").read_text("utf-8") == "mine"


def test_two_processes_do_not_work_on_one_job(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "json")
    with pytest.raises(DigitsError, match="another process works on"):
        Ledger(tmp_path, "json")
    first.close()
    Ledger(tmp_path, "json").close()


def test_a_disk_that_is_full_leaves_no_half_part(
    tmp_path: Path, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_written", full)
        with pytest.raises(DigitsError, match=r"cannot write .*part-000000\.jsonl: No space left"):
            run(tmp_path / "out")
    assert text(tmp_path / "out") == ""
    run(tmp_path / "out")
    assert len(names(tmp_path / "out")) == 16


def test_memory_does_not_grow_with_the_listing(tmp_path: Path) -> None:
    def peak(files: int) -> int:
        ledger = Ledger(tmp_path / str(files), "json")
        tracemalloc.start()
        ledger.begin(MANIFEST, (Entry("path", f"folder/{k:09}.png", 5) for k in range(files)))
        ledger.go_on(MANIFEST, (Entry("path", f"folder/{k:09}.png", 5) for k in range(files)))
        assert sum(len(shard.entries) for shard in ledger.shards()) == files
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        ledger.close()
        return highest

    few, many = peak(2_000), peak(12_000)
    assert many < few + 50_000  # bytes


# Files


@pytest.mark.parametrize("form", ["json", "csv", "text", "parquet"])
def test_rows_come_back_from_a_part_and_parts_are_joined(tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    rows: list[Any] = [f"row {k}" for k in range(2500)]
    if form == "parquet":
        rows = [{"picture": f"row {k}", "text": "7", "page": 1} for k in range(2500)]
    parts = [tmp_path / "1", tmp_path / "2", tmp_path / "empty"]
    for part, some in zip(parts, (rows[:1700], rows[1700:], []), strict=True):
        with part.open("wb") as file, writing(file, form) as write:
            write(some)
    join(parts, tmp_path / "all", form)
    kept = list(reading(tmp_path / "all", form))
    if form == "parquet":
        kept = [{k: v for k, v in row.items() if v is not None} for row in kept]
    assert kept == rows


def test_names_in_bytes_that_are_no_text_are_escaped_in_parquet() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    with writing(file, "parquet") as write:
        write([{"picture": "a\udcff.png"}])
    assert parquet.read_table(file)["picture"].to_pylist() == ["a\\udcff.png"]
