"""Processes that read: order, faults, limits, and how much is taken at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator

import faulty
import numpy as np
import pictures
import pytest

from digits import Reader
from digits.batch import workers
from digits.batch.rows import CRASH, TIME, Rows, class_of, rows_of
from digits.batch.shards import Item
from digits.batch.workers import WAITING, How, Pool, outcomes
from digits.errors import DigitsError

TEXT = How("default", "text")
JSON = How("default", "json", known={"single": True})


def read_all(
    items: Iterable[Item], how: How, jobs: int, seconds: float
) -> Iterator[tuple[Item, list[Rows]]]:
    with Pool(how, jobs, seconds) as pool:
        yield from pool.read(items)


@pytest.fixture
def _without_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "work", faulty.work)


def named(*names: str) -> Iterator[Item]:
    return (Item(name, name) for name in names)


def texts(pages: list[Rows]) -> list[str]:
    return [value for rows in pages for value in rows.values]


@pytest.mark.usefixtures("_without_networks")
def test_outcomes_come_in_the_order_of_items() -> None:
    names = [str(k) for k in range(200)]
    results = list(read_all(named(*names), TEXT, jobs=2, seconds=60))
    assert [item.name for item, _ in results] == names
    assert [texts(pages) for _, pages in results] == [[f"{each} {len(each)}"] for each in names]


@pytest.mark.usefixtures("_without_networks")
def test_large_contents_and_large_rows_block_nobody() -> None:
    items = [Item("large", bytes(500_000)) for _ in range(6)]
    for _, pages in read_all(items, TEXT, jobs=2, seconds=60):
        assert texts(pages) == ["large 500000x"]


@pytest.mark.usefixtures("_without_networks")
def test_a_picture_that_hangs_or_ends_its_process_is_an_error_and_the_others_go_on() -> None:
    names = ["a", "hang", "b", "crash", "c", "d"]
    results = {item.name: rows for item, rows in read_all(named(*names), JSON, 2, seconds=2)}
    assert list(results) == names
    assert class_of(results["hang"]) == TIME
    assert "took longer than 2 s" in texts(results["hang"])[0]
    assert class_of(results["crash"]) == CRASH
    assert "exit code 3" in texts(results["crash"])[0]
    assert [texts(results[name]) for name in "abcd"] == [["a 1"], ["b 1"], ["c 1"], ["d 1"]]


@pytest.mark.usefixtures("_without_networks")
def test_the_time_limit_is_for_a_page_and_pages_read_before_stay() -> None:
    [(_, pages)] = read_all(named("pages"), JSON, jobs=1, seconds=2)
    assert texts(pages)[:2] == ["page 1", "page 2"]
    assert [rows.error for rows in pages] == ["", "", TIME]


@pytest.mark.usefixtures("_without_networks")
def test_items_are_taken_as_there_is_room() -> None:
    taken = 0

    def endless() -> Iterator[Item]:
        nonlocal taken
        while True:
            taken += 1
            yield Item(str(taken), "")

    results = read_all(endless(), TEXT, jobs=1, seconds=60)
    assert [next(results)[0].name for _ in range(3)] == ["1", "2", "3"]
    assert taken <= WAITING + 3
    results.close()
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("_without_networks")
def test_behind_a_picture_that_hangs_no_more_than_so_many_are_taken() -> None:
    taken = []

    def items() -> Iterator[Item]:
        for name in ("hang", *map(str, range(3 * WAITING))):
            taken.append(name)
            yield Item(name, "")

    results = read_all(items(), TEXT, jobs=2, seconds=5)
    assert next(results)[0].name == "hang"
    assert len(taken) <= WAITING + 2
    results.close()


def test_processes_that_cannot_start_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "work", faulty.no_start)
    with pytest.raises(DigitsError, match=r"end as soon as they start \(3 times; exit code 7\)"):
        list(read_all(named("a"), TEXT, jobs=1, seconds=60))


def test_a_worker_reads_as_a_reader_does(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = str(tmp_path / "7.png")
    content = pictures.png(pictures.digit_page("7"))
    (tmp_path / "7.png").write_bytes(content)
    items = [Item(path, path), Item("a.tar/7.png", content), Item("a.tar", problem="is damaged: x")]
    results = [texts(pages) for _, pages in read_all(items, JSON, jobs=1, seconds=120)]
    [expected] = rows_of(Reader(threads=1).try_read(path, single=True), "json").values
    assert results[0] == [expected]
    assert results[1] == [expected.replace(path, "a.tar/7.png")]
    assert '"a.tar\\" is damaged: x' in results[2][0].replace('\\"a.tar', '"a.tar')


def test_an_item_may_have_several_outcomes() -> None:
    class Pages:
        def read_many(self, sources, **_):  # type: ignore[no-untyped-def]
            reader = Reader(threads=1)
            blank = np.full((32, 32), 255, np.uint8)
            return (reader.try_read(blank) for _ in range(3))

    assert len(list(outcomes(Pages(), Item("a.pdf", "a.pdf"), JSON))) == 3  # type: ignore[arg-type]
