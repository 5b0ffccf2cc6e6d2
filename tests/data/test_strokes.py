"""The tables of pen strokes: where they are looked for, what is refused, who is in which part."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from digits.data import directories, strokes
from digits.errors import DataError


def write_tables(folder: Path, labels: str = "74", contributor: str = "abc") -> None:
    """Small tables: in each kind one sample a label, by as many people, and sums beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    count = len(labels)
    arrays = {
        "points": np.array([[0, 0], [9, 0], [3, 9], [1, 5], [8, 5]] * count, np.int16),
        "stroke_start": np.cumsum([0] + [3, 2] * count).astype(np.int32),
        "sample_start": (2 * np.arange(count + 1)).astype(np.int32),
        "label": np.array(list(labels)),
        "writer": np.arange(count, dtype=np.int32)[::-1],
        "cut": np.zeros(count, bool),
        "context": np.zeros(count, bool),
        "unit": np.int32(1000),
    }
    for kind in strokes.KINDS:
        np.savez(folder / f"{kind}.npz", **arrays)
    np.savez(folder / "writers.npz", contributor=np.array([contributor] * count))
    names = (*strokes.KINDS, strokes.WRITERS)
    sums = {
        name: hashlib.sha256((folder / f"{name}.npz").read_bytes()).hexdigest() for name in names
    }
    (folder / "strokes.json").write_text(json.dumps({"source": "a test", "sha256": sums}), "utf-8")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no `$DIGITS_DATA`."""
    monkeypatch.setattr(directories, "cache_directory", lambda: tmp_path / "cache")
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    return tmp_path / "cache"


def test_a_table_gives_the_strokes_of_each_sample(cache: Path) -> None:
    write_tables(cache / "strokes")

    table = strokes.load("digits")

    assert (len(table), table.unit) == (2, 1000)
    assert [stroke.tolist() for stroke in table.sample(1)] == [
        [[0, 0], [9, 0], [3, 9]],
        [[1, 5], [8, 5]],
    ]
    assert {person: rows.tolist() for person, rows in table.by_writer.items()} == {0: [1], 1: [0]}


def test_a_table_without_samples_has_nobody(cache: Path) -> None:
    write_tables(cache / "strokes", labels="")

    assert len(strokes.load("text")) == 0
    assert strokes.load("text").by_writer == {}


def test_they_are_looked_for_in_the_named_directory_the_environment_and_the_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(cache / "strokes")
    assert strokes.find() == cache / "strokes"
    assert strokes.find(tmp_path / "named") == cache / "strokes"

    write_tables(tmp_path / "environment")
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "environment"))
    assert strokes.find() == tmp_path / "environment"
    assert strokes.find(tmp_path / "named") == tmp_path / "environment"

    write_tables(tmp_path / "named")
    assert strokes.find(tmp_path / "named") == tmp_path / "named"
    write_tables(tmp_path / "named" / "strokes")
    assert strokes.find(tmp_path / "named") == tmp_path / "named" / "strokes"


def test_missing_tables_say_where_they_come_from(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        strokes.load("digits", tmp_path / "named")

    message = str(raised.value)
    for part in ("named", str(cache), "no download", "10.5281/zenodo.1195803", "--from FOLDER"):
        assert part in message
    assert "\n" not in message


def test_a_table_that_changed_is_refused(cache: Path) -> None:
    write_tables(cache / "strokes")
    path = cache / "strokes" / "words.npz"
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(DataError, match=r"words\.npz has the SHA-256 .*; expected "):
        strokes.load("words")
    assert len(strokes.load("digits")) == 2


def test_a_missing_table_is_named(cache: Path) -> None:
    write_tables(cache / "strokes")
    (cache / "strokes" / "text.npz").unlink()

    with pytest.raises(DataError, match=r"text\.npz is missing; .*--from FOLDER"):
        strokes.load("text")


def test_tables_without_sums_must_be_the_ones_that_are_known(cache: Path) -> None:
    write_tables(cache / "strokes")
    (cache / "strokes" / "strokes.json").unlink()

    with pytest.raises(DataError, match=strokes.SHA256["digits"]):
        strokes.load("digits")
    with pytest.raises(DataError, match=strokes.SHA256["writers"]):
        strokes.people("train")


@pytest.mark.parametrize("content", ["", "[]", '{"source": ""}', '{"sha256": 1}', "\udcff"])
def test_a_broken_file_of_sums_is_one_line(cache: Path, content: str) -> None:
    write_tables(cache / "strokes")
    path = cache / "strokes" / "strokes.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(DataError, match=r"strokes\.json is no table of SHA-256 sums"):
        strokes.load("digits")


def test_unknown_kinds_and_parts_are_refused(cache: Path) -> None:
    with pytest.raises(ValueError, match="expected one of digits, letters"):
        strokes.load("numbers")
    with pytest.raises(ValueError, match="expected one of train, validation, test"):
        strokes.people("training")


def split(folder: Path) -> list[np.ndarray]:
    return [strokes.people(part, folder) for part in strokes.PARTS]


def test_everybody_is_in_one_part(cache: Path) -> None:
    write_tables(cache / "strokes", labels="0123456789" * 50)

    parts = split(cache)

    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(500))
    assert [len(part) > 30 for part in parts] == [True] * 3
    for part, again in zip(parts, split(cache), strict=True):
        assert np.array_equal(part, again)


@pytest.mark.parametrize("contributor", strokes.SHARED)
def test_people_who_may_be_the_same_are_in_train(cache: Path, contributor: str) -> None:
    write_tables(cache / "strokes", labels="7" * 100, contributor=contributor)

    assert [len(part) for part in split(cache)] == [100, 0, 0]


# The tables of the project: only where somebody has them.
@pytest.fixture(scope="module")
def real() -> Path:
    try:
        folder = strokes.find()
    except DataError:
        pytest.skip("the tables of pen strokes are not here")
    if (folder / strokes.SUMS).exists():
        pytest.skip("these tables are somebody's own conversion")
    return folder


def test_no_person_is_in_two_parts(real: Path) -> None:
    parts = split(real)

    assert [len(part) for part in parts] == [570, 87, 80]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(737))


def test_contributors_that_share_people_are_in_train(real: Path) -> None:
    with np.load(real / "writers.npz") as file:
        shared = np.flatnonzero(np.isin(file["contributor"], strokes.SHARED))

    assert len(shared) == 75
    assert np.isin(shared, strokes.people("train", real)).all()


@pytest.mark.parametrize(
    ("kind", "samples", "people"),
    [("digits", 17_338, 362), ("symbols", 16_888, 383)],
)
def test_each_part_has_samples_of_every_kind(
    real: Path, kind: str, samples: int, people: int
) -> None:
    table = strokes.load(kind, real)

    assert (len(table), len(table.by_writer)) == (samples, people)
    for part in split(real):
        assert np.isin(table.writer, part).sum() > 1000


def test_the_known_tables_need_no_sums_and_may_lie_beside_mnist(
    real: Path, cache: Path, tmp_path: Path
) -> None:
    home = tmp_path / "data"
    home.mkdir()
    for name in ("digits", "writers"):
        shutil.copy(real / f"{name}.npz", home)
    (home / "train-images-idx3-ubyte.gz").write_bytes(b"")

    assert len(strokes.load("digits", home)) == 17_338
