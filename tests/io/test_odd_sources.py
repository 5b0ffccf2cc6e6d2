"""What is given for a picture and is none gets one line that says what to do."""

from __future__ import annotations

import base64
import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pictures
import pytest

from digits.errors import PictureError
from digits.io.picture import open_picture

PAGE = pictures.digit_page("7")
PNG = pictures.png(PAGE)


def message(source: object) -> str:
    with pytest.raises(PictureError) as error:
        open_picture(source)  # type: ignore[arg-type]
    text = str(error.value)
    assert text.isprintable(), text
    assert len(text) < 300, text
    return text


# Arrays


@pytest.mark.parametrize("shape", [(784,), (1, 784), (784, 1), (1, 784, 1), (784, 1, 1)])
def test_flattened_tile(shape: tuple[int, ...]) -> None:
    for kind in (np.uint8, np.float32, bool):
        text = message(np.zeros(shape, kind))
        assert f"the array given has shape {shape}" in text
        assert f"array.reshape{(28, 28, *shape[2:])}" in text


@pytest.mark.parametrize("shape", [(28, 28), (1, 783), (785, 1), (2, 392), (1, 1)])
def test_other_shapes_are_pictures(shape: tuple[int, int]) -> None:
    assert open_picture(np.zeros(shape, np.uint8)).shape == (*shape, 3)


def test_what_numpy_takes_as_an_array_is_one() -> None:
    class Holder:
        __array_interface__ = PAGE.__array_interface__

    np.testing.assert_array_equal(open_picture(Holder()), PAGE)
    assert "the array given is of int64" in message(np.int64(7) + np.zeros((3, 3), np.int64))


@pytest.mark.parametrize("pixels", [[[0, 255]], ((0, 255),), []])
def test_lists_of_pixels(pixels: object) -> None:
    assert "numpy.asarray(pixels, numpy.uint8) makes an array" in message(pixels)


def test_none_as_opencv_gives_it() -> None:
    assert "is None; expected a picture; cv2.imread gives None for a file that does" in message(
        None
    )


# Strings


@pytest.mark.parametrize("prefix", ["data:image/png;base64,", "data:,"])
def test_data_uri(prefix: str) -> None:
    text = message(prefix + base64.b64encode(bytes(234_000)).decode())
    assert text.startswith('"data:')
    assert "is a data URI; expected a path or bytes; give base64.b64decode() of" in text
    assert "is a data URI" in message((prefix + "AAAA").encode())


@pytest.mark.parametrize("scheme", ["http", "HTTPS", "ftp", "s3"])
def test_url(scheme: str) -> None:
    text = message(f"{scheme}://example.org/page.png?{'x' * 500}")
    assert "is a URL; expected a path; pictures are not downloaded: save it to a file" in text


def test_a_file_may_be_called_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "data_.png" if sys.platform == "win32" else "data:7.png"
    Path(name).write_bytes(PNG)
    np.testing.assert_array_equal(open_picture(name), PAGE)


@pytest.mark.parametrize(
    "name",
    [
        "x" * 250 + ".png",
        "x" * 312_000,
        "\x1b[31mred.png",
        "two\nlines\r.png",
        "\u202egnp.exe",
        "\x1b" * 250,
        "\udc80.png",
        "a\0b.png",
        "é" * 400,
        "",
    ],
)
def test_names_are_short_and_printable(name: str) -> None:
    text = message(name)
    shown = text[1 : text.index('" ')]
    assert len(shown) <= 80
    assert shown[-4:] == name[-4:] or not name[-4:].isprintable()


def test_short_names_are_whole(tmp_path: Path) -> None:
    name = "größe 数字 ٧.png"
    assert message(name).startswith(f'"{name}" does not exist')


# File objects


class Failing(io.BytesIO):
    def __init__(self, error: BaseException) -> None:
        super().__init__(PNG)
        self.error = error

    def read(self, size: int | None = -1) -> bytes:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        EOFError("ended early"),
        zipfile.BadZipFile("Bad CRC-32"),
        ConnectionError(),
        RuntimeError("a\nb"),
        TypeError("\x1b[31m" * 99),
        MemoryError(),
    ],
)
def test_errors_of_a_file_object_are_ours(error: Exception) -> None:
    assert message(Failing(error)).startswith("the file object given cannot be read: ")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
def test_interruptions_pass(error: BaseException) -> None:
    with pytest.raises(type(error)):
        open_picture(Failing(error))


def test_members_of_damaged_archives() -> None:
    with gzip.open(io.BytesIO(gzip.compress(PNG)[:-200])) as packed:
        assert "cannot be read: " in message(packed)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("page.png", PNG)
    damaged = bytearray(archive.getvalue())
    damaged[300] ^= 1
    with zipfile.ZipFile(io.BytesIO(damaged)) as file, file.open("page.png") as member:
        assert message(member).startswith('"page.png" cannot be read: Bad CRC-32')
    with zipfile.ZipFile(archive) as file, file.open("page.png") as member:
        np.testing.assert_array_equal(open_picture(member), PAGE)


@pytest.mark.parametrize("read", [None, 7, lambda: b""])
def test_what_only_looks_like_a_file(read: object) -> None:
    source = type("Odd", (), {"read": read})()
    assert "the file object given cannot be read" in message(source)
