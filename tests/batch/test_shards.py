"""What is to be read, cut into shards: listing, archives, Parquet; lazily."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from digits.batch.rows import error_class
from digits.batch.shards import Entry, Item, Shard, entries, is_picture, items, readable, shards
from digits.errors import DigitsError

CONTENTS = {"a/0.png": b"zero", "a/1.jpg": b"one", "a/1.json": b"{}", "a/.2.png": b"hidden"}


def tar(path: Path, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in CONTENTS.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def zipped(path: Path, contents: dict[str, bytes] = CONTENTS) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def all_items(*sources: Path | str) -> list[Item]:
    return [item for shard in shards(entries(map(str, sources))) for item in items(shard)]


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tgz", "x.tar.bz2", "x.tar.xz", "X.TAR"])
def test_a_tar_file_is_one_shard_of_its_pictures(tmp_path: Path, name: str) -> None:
    mode = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}.get(name.split(".")[-1], "w")
    path = tar(tmp_path / name, mode)
    assert [(item.name, item.content) for item in all_items(path)] == [
        (f"{path}/a/0.png", b"zero"),
        (f"{path}/a/1.jpg", b"one"),
    ]


def test_a_zip_file_is_one_shard_of_its_pictures(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip")
    assert [item.content for item in all_items(path)] == [b"zero", b"one"]
    assert [(item.shard, item.position) for item in all_items(path)] == [(0, 0), (0, 1)]


def test_members_that_are_no_pictures_are_left_out() -> None:
    names = ["a/1.png", "../../etc/1.PNG", "__MACOSX/._1.png", "__MACOSX/1.png", ".1.png", "1.txt"]
    assert [is_picture(name) for name in names] == [True, True, False, False, False, False]


def test_nothing_is_unpacked_whatever_members_are_called(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = zipped(inner / "x.zip", {"../slip.png": b"1", "/slip.png": b"2"})
    assert [item.content for item in all_items(path)] == [b"1", b"2"]
    assert sorted(tmp_path.rglob("*")) == [inner, path]


def test_a_message_of_a_member_has_its_name(tmp_path: Path) -> None:
    item = all_items(zipped(tmp_path / "x.zip"))[0]
    assert readable(item).name == f"{tmp_path}/x.zip/a/0.png"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.zip", "x.tar.xz"])
@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 no archive" * 100])
def test_what_is_no_archive_is_one_error(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    [item] = all_items(path)
    assert item.name == str(path)
    assert error_class(f'"{item.name}" {item.problem}') in ("damaged", "not found")


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz"])
@pytest.mark.parametrize("kept", [0.15, 0.3, 0.45, 0.6, 0.75])
def test_of_an_archive_cut_off_comes_what_is_whole_and_an_error(
    tmp_path: Path, name: str, kept: float
) -> None:
    path = tmp_path / name
    with tarfile.open(path, f"w:{name[6:]}") as archive:  # type: ignore[call-overload]
        for number in range(50):
            member = tarfile.TarInfo(f"{number}.png")
            member.size = 512
            archive.addfile(member, io.BytesIO(bytes([number * 7 % 255 + 1]) * 512))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    *whole, last = all_items(path)
    assert "is damaged after" in last.problem
    assert [item.name for item in whole] == [f"{path}/{k}.png" for k in range(len(whole))]


@pytest.mark.parametrize("blocks", range(1, 12))
def test_a_tar_file_cut_off_between_two_members_is_damaged(tmp_path: Path, blocks: int) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(6):
            member = tarfile.TarInfo(f"{number}.png")
            member.size = 3
            archive.addfile(member, io.BytesIO(b"123"))
    path.write_bytes(path.read_bytes()[: 512 * blocks])
    *whole, last = all_items(path)
    assert len(whole) == blocks // 2
    assert last.problem.startswith("is damaged after")


def test_a_damaged_member_of_a_zip_file_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip")
    path.write_bytes(path.read_bytes().replace(b"zero", b"null"))
    damaged, whole = all_items(path)
    assert "is damaged: Bad CRC-32" in damaged.problem
    assert whole.content == b"one"


def test_an_archive_without_pictures_is_an_error(tmp_path: Path) -> None:
    [item] = all_items(zipped(tmp_path / "x.zip", {"a.txt": b""}))
    assert item.problem.startswith("holds no picture files")


def test_paths_are_cut_by_the_thousand(tmp_path: Path) -> None:
    listing = [Entry("path", str(k), 1) for k in range(2500)]
    listing.insert(1200, Entry("tar", "x.tar", 1, None))
    cut = list(shards(listing, first=7))
    assert [(each.number, len(each.entries)) for each in cut] == [
        (7, 1000), (8, 200), (9, 1), (10, 1000), (11, 300),
    ]  # fmt: skip
    assert [each.pictures for each in cut] == [1000, 200, None, 1000, 300]
    assert [Shard.from_list(each.number, each.to_list()) for each in cut] == cut


def test_folders_wildcards_and_what_is_not_there_are_listed(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    for name in ("f/b.png", "f/a.png", "f/notes.txt", "1.tar", "2.tar"):
        (tmp_path / name).write_bytes(b"1")
    names = [str(tmp_path / name) for name in ("f", "*.tar", "gone.png", "gone/*.png")]
    listed = [(e.kind, Path(e.path).relative_to(tmp_path).as_posix(), e.bytes)
              for e in entries(names)]  # fmt: skip
    assert listed == [
        ("path", "f/a.png", 1), ("path", "f/b.png", 1), ("tar", "1.tar", 1), ("tar", "2.tar", 1),
        ("path", "gone.png", -1), ("path", "gone/*.png", -1),
    ]  # fmt: skip


def test_sources_are_listed_as_they_are_asked_for() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield f"{taken}.png"

    first = next(shards(entries(endless())))
    assert len(first.entries) == 1000
    assert taken == 1000


def test_an_archive_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(1000):
            member = tarfile.TarInfo(f"{number}.png")
            member.size = 4
            archive.addfile(member, io.BytesIO(b"1234"))
    [shard] = shards(entries([str(path)]))
    found = items(shard)
    assert next(found).name == f"{path}/0.png"
    path.write_bytes(path.read_bytes()[:100_000])  # what follows is read only later
    assert 20 < sum(1 for _ in found) < 300


# URLs


def test_urls_are_listed_and_read_as_files_are(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    (tmp_path / "f").mkdir()
    for name in ("f/b.png", "f/a.png", "f/notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    tar(tmp_path / "1.tar.gz", "w:gz")
    zipped(tmp_path / "2.zip")
    url = f"file://{tmp_path}"
    names = [item.name for item in all_items(f"{url}/f", f"{url}/*.tar.gz", f"{url}/2.zip")]
    assert names == [
        f"{url}/f/a.png", f"{url}/f/b.png", f"{url}/1.tar.gz/a/0.png", f"{url}/1.tar.gz/a/1.jpg",
        f"{url}/2.zip/a/0.png", f"{url}/2.zip/a/1.jpg",
    ]  # fmt: skip
    first = readable(all_items(f"{url}/f")[0])
    assert first.read() == b"f/a.png"  # type: ignore[union-attr]


def test_a_url_that_is_not_there_is_listed_and_of_no_size(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    [entry] = entries([f"file://{tmp_path}/gone.png"])
    assert entry.bytes == -1
    with pytest.raises(OSError, match="gone"):
        readable(Item(entry.path, entry.path))


def test_a_url_that_nothing_can_open_is_refused() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(DigitsError, match=r"nowhere://x/a\.tar cannot be opened"):
        list(entries(["nowhere://x/a.tar"]))


# Parquet


def parquet(path: Path, columns: dict[str, list[object]], group: int = 4) -> Path:
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    pyarrow.parquet.write_table(arrow.table(columns), path, row_group_size=group)
    return path


def test_row_groups_of_bytes_are_shards(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "x.parquet",
        {"label": list(range(6)), "jpg": [bytes([k]) for k in range(6)], "id": list("abcdef")},
    )
    found = all_items(path)
    assert [item.content for item in found] == [bytes([k]) for k in range(6)]
    assert [item.shard for item in found] == [0, 0, 0, 0, 1, 1]
    assert [item.name for item in found][3:5] == [f"{path}/0/3/d", f"{path}/1/0/e"]


def test_structs_of_bytes_and_paths_are_read(tmp_path: Path) -> None:
    values = [{"bytes": b"1", "path": "a.png"}, {"bytes": None, "path": "b.png"}, None]
    path = parquet(tmp_path / "x.parquet", {"image": values})
    inside, beside, nothing = all_items(path)
    assert (inside.name, inside.content) == (f"{path}/0/0/a.png", b"1")
    assert beside.content == str(tmp_path / "b.png")
    assert nothing.problem.startswith("is empty")


def test_paths_stand_beside_the_parquet_file(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", {"text": ["x", "y"], "path": ["f/a.png", "/g/b.png"]})
    assert [item.content for item in all_items(path)] == [str(tmp_path / "f/a.png"), "/g/b.png"]


def test_a_parquet_file_without_pictures_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", {"label": [1, 2]})
    with pytest.raises(DigitsError, match="has columns label; expected one of bytes, or of paths"):
        all_items(path)


def test_a_damaged_parquet_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(DigitsError, match=r"x\.parquet is no Parquet file that can be read"):
        list(entries([str(tmp_path / "x.parquet")]))
