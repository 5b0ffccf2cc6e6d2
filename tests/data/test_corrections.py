"""The store of corrections: nothing acknowledged is lost, whatever happens to its writers."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from digits.data.corrections import LOG, TILES, Correction, Corrections
from digits.errors import DataError


def tile(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (28, 28), np.uint8)


def ids(store: Corrections) -> list[str]:
    return [each.id for each in store.load().corrections]


def test_an_answer_comes_back_as_it_was_given(tmp_path: Path) -> None:
    store = Corrections(tmp_path / "mine")
    given = store.add(tile(), 9, read=4, confidence=0.5)
    [found] = Corrections(tmp_path / "mine").load().corrections
    assert found.to_dict() == given.to_dict()
    assert found.to_dict()["tile"] == tile().tolist()
    assert (found.answer, found.read, found.confidence, found.confirmed) == (9, 4, 0.5, False)
    assert found.time.endswith("Z")


@pytest.mark.parametrize(("answer", "read", "confirmed"), [(4, 4, True), (None, None, True)])
def test_what_was_read_right_is_confirmed(
    tmp_path: Path, answer: int | None, read: int | None, confirmed: bool
) -> None:
    store = Corrections(tmp_path)
    assert store.add(tile(), answer, read=read).confirmed is confirmed
    assert store.add(tile(), 3, read=read).confirmed is False
    assert [json.loads(line)["confirmed"] for line in (tmp_path / LOG).open()] == [True, False]


def test_undone_corrections_are_gone_and_their_lines_stay(tmp_path: Path) -> None:
    store = Corrections(tmp_path)
    first, second = store.add(tile(1), 1), store.add(tile(2), 2)
    before = (tmp_path / LOG).read_bytes()
    assert store.undo(first.id)
    assert ids(store) == [second.id]
    assert not store.undo(first.id)
    assert not store.undo("0" * 16)
    after = (tmp_path / LOG).read_bytes()
    assert after.startswith(before)
    assert json.loads(after.splitlines()[-1])["undo"] == first.id


@pytest.mark.parametrize(
    ("bad", "answer", "confidence"),
    [
        (np.zeros((28, 27), np.uint8), 1, None),
        (np.zeros((28, 28), np.float32), 1, None),
        (tile(), 10, None),
        (tile(), -1, None),
        (tile(), True, None),
        (tile(), 1, 1.5),
        (tile(), 1, float("nan")),
    ],
)
def test_what_is_no_correction_is_refused_and_leaves_nothing(
    tmp_path: Path, bad: np.ndarray, answer: int, confidence: float | None
) -> None:
    store = Corrections(tmp_path)
    with pytest.raises(ValueError, match="expected"):
        store.add(bad, answer, confidence=confidence)
    assert not (tmp_path / LOG).exists()
    assert not list((tmp_path / TILES).iterdir())


def test_a_log_torn_at_any_byte_loses_only_its_last_line(tmp_path: Path) -> None:
    store = Corrections(tmp_path)
    kept = store.add(tile(1), 1, read=7, confidence=0.25)
    whole = len((tmp_path / LOG).read_bytes())
    store.add(tile(2), 2)
    log = (tmp_path / LOG).read_bytes()
    for size in range(whole, len(log)):
        (tmp_path / LOG).write_bytes(log[:size])
        contents = store.load()
        assert contents.corrections[0].id == kept.id
        is_torn = whole < size < len(log) - 1
        assert [f"line 2 of {LOG} is torn" in each for each in contents.problems] == [
            True
        ] * is_torn
        if size % 20 == 0:  # and what is added after it stands on a line of its own
            new = store.add(tile(3), 3)
            assert ids(store)[-1] == new.id
            assert kept.id in ids(store)


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b'{"id":"../../x"}'])
def test_a_damaged_line_is_reported_and_the_others_stand(tmp_path: Path, line: bytes) -> None:
    store = Corrections(tmp_path)
    first = store.add(tile(), 1)
    with (tmp_path / LOG).open("ab") as file:
        file.write(line + b"\n")
    last = store.add(tile(), 2)
    contents = store.load()
    assert [each.id for each in contents.corrections] == [first.id, last.id]
    assert len(contents.problems) == 1
    assert "line 2" in contents.problems[0]


def test_an_id_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    store = Corrections(tmp_path / "mine")
    line = store.add(tile(), 1).to_dict() | {"id": "../../secret"}
    line.pop("tile")
    cv2.imwrite(str(tmp_path / "secret.png"), tile())
    (tmp_path / "mine" / LOG).write_text(json.dumps(line) + "\n")
    contents = store.load()
    assert contents.corrections == ()
    assert len(contents.problems) == 1


@pytest.mark.parametrize("content", [None, b"", b"no picture", "small"])
def test_a_lost_tile_is_reported(tmp_path: Path, content: bytes | str | None) -> None:
    store = Corrections(tmp_path)
    lost, kept = store.add(tile(1), 1), store.add(tile(2), 2)
    path = tmp_path / TILES / f"{lost.id}.png"
    path.unlink()
    if content == "small":
        cv2.imwrite(str(path), np.zeros((5, 5), np.uint8))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    contents = store.load()
    assert [each.id for each in contents.corrections] == [kept.id]
    assert lost.id in contents.problems[0]


def test_a_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be used") as caught:
        Corrections(tmp_path / "file")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_and_no_acknowledgement(tmp_path: Path) -> None:
    store = Corrections(tmp_path)
    (tmp_path / LOG).symlink_to("/dev/full")
    with pytest.raises(DataError, match="No space left"):
        store.add(tile(), 1)


def test_an_export_is_a_store_again_without_what_was_undone(tmp_path: Path) -> None:
    store = Corrections(tmp_path / "mine")
    kept, undone = store.add(tile(1), 1, read=7), store.add(tile(2), None, read=2)
    store.undo(undone.id)
    file = io.BytesIO()
    assert store.export(file) == 1
    with zipfile.ZipFile(file) as archive:
        assert undone.id not in "".join(archive.namelist())
        archive.extractall(tmp_path / "copy")
    [found] = Corrections(tmp_path / "copy").load().corrections
    assert found.to_dict() == kept.to_dict()


def _write_for_ever(folder: Path, acknowledge: int) -> None:
    """Add corrections and undo some, and tell of each once it is done."""
    store = Corrections(folder)
    while True:
        new = store.add(tile(), 1)
        os.write(acknowledge, f"+{new.id}\n".encode())
        if int(new.id, 16) % 3 == 0:
            store.undo(new.id)
            os.write(acknowledge, f"-{new.id}\n".encode())


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    told = b""
    for _ in range(40):
        told += _killed_after(tmp_path, acknowledged=int(rng.integers(1, 4)), rng=rng)
    lines = told.decode().splitlines()
    added = {line[1:] for line in lines if line[0] == "+"}
    undone = {line[1:] for line in lines if line[0] == "-"}
    contents = Corrections(tmp_path).load()
    found = {each.id for each in contents.corrections}
    lost = {each for each in added - undone - found if int(each, 16) % 3}
    assert not lost
    assert not undone & found
    assert all("torn" in each for each in contents.problems)
    assert len(added) >= 40


def _killed_after(folder: Path, acknowledged: int, rng: np.random.Generator) -> bytes:
    """What a writer told of before it was killed, at a random moment after so much."""
    reader, writer = os.pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_write_for_ever, args=(folder, writer), daemon=True
    )
    process.start()
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123
        told = b"".join(pipe.readline() for _ in range(acknowledged))
        process.join(timeout=float(rng.uniform(0, 0.01)))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        told += pipe.read()
    return told[: told.rfind(b"\n") + 1]


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_several_processes_share_a_store(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_some, args=(tmp_path, 10)) for _ in range(4)]
    for each in processes:
        each.start()
    for each in processes:
        each.join()
    contents = Corrections(tmp_path).load()
    assert contents.problems == ()
    assert len(contents.corrections) == 40
    assert len({each.id for each in contents.corrections}) == 40


def _write_some(folder: Path, count: int) -> None:
    store = Corrections(folder)
    for index in range(count):
        store.add(tile(index), index % 10)


def test_many_threads_share_a_store(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store = Corrections(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        added: list[Correction] = list(pool.map(lambda i: store.add(tile(i), i % 10), range(24)))
    assert {each.id for each in added} == set(ids(store))
