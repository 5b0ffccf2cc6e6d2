"""Documents page by page, and arrays as data sets and tensors have them."""

from __future__ import annotations

import io
import weakref
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pdf_files
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.errors import PagesWarning, PictureError
from digits.io.picture import Document, open_picture

READER = digits.Reader(threads=1)
SEVEN, FIVE = pictures.page("7").pixels, pictures.page("5").pixels
TILE = digits.Reader(threads=1).digit(SEVEN).tile
BOTH = pictures.tiff_of_pages([SEVEN, FIVE])


class Tensor:
    """What has shape and __array__ alone."""

    def __init__(self, array: NDArray[Any], error: Exception | None = None) -> None:
        self.array, self.error, self.shape = array, error, array.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if self.error:
            raise self.error
        return self.array

    def __getitem__(self, k: int) -> Tensor:
        return Tensor(self.array[k])

    def __len__(self) -> int:
        return len(self.array)


# Pages


def test_every_page_is_an_outcome_that_can_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "two.tif"
    path.write_bytes(BOTH)
    for source in (path, BOTH, io.BytesIO(BOTH)):
        outcomes = list(READER.read_many(source))
        readings = [outcome.reading for outcome in outcomes]
        assert [(o.page, o.pages) for o in outcomes] == [(1, 2), (2, 2)]
        assert [r and (r.text, r.page) for r in readings] == [("7", 1), ("5", 2)]
        for reading, pixels in zip(readings, (SEVEN, FIVE), strict=True):
            assert reading is not None
            np.testing.assert_array_equal(reading.draw(), reading.draw(pixels))
            assert READER.explain(reading).ndim == 3


def test_a_page_is_kept_by_its_json(tmp_path: Path) -> None:
    [_, second] = READER.read_pages(BOTH)
    assert second.to_dict()["page"] == 2
    assert digits.Reading.from_dict(second.to_dict()).page == 2


def test_read_warns_of_the_pages_it_leaves_out() -> None:
    with pytest.warns(PagesWarning, match="has 2 pages; only the first is read; read_many reads"):
        assert READER.read(BOTH).text == "7"


def test_pages_are_opened_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[weakref.ref[NDArray[np.uint8]]] = []
    decode = Document.pixels

    def watched(document: Document, page: int = 1) -> NDArray[np.uint8]:
        assert [pixels() for pixels in opened] == [None] * len(opened)
        pixels = decode(document, page)
        opened.append(weakref.ref(pixels))
        return pixels

    monkeypatch.setattr(Document, "pixels", watched)
    many = pictures.tiff_of_pages([SEVEN] * 50)
    assert [o.page for o in islice(READER.read_pages(many, single=True), 3)] == [1, 2, 3]
    assert len(opened) == 3


def test_ten_thousand_pages_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pypdfium2")
    for module in ("digits.io.picture", "digits.reading.attempt"):
        monkeypatch.setattr(f"{module}.MAXIMUM_PAGES", 2)
    content = pdf_files.pdf([pdf_files.Sheet(72, 72)] * 10_000)
    outcomes = list(READER.read_pages(content))
    assert [(o.page, o.pages, o.reading is None) for o in outcomes] == [
        *((1, 10_000, False), (2, 10_000, False), (3, 10_000, True))
    ]
    assert "page 3, is not read: there are 10,000; expected 1 to 2; part" in str(outcomes[2].error)


def test_what_cannot_be_opened_is_one_outcome() -> None:
    [outcome] = READER.read_pages(b"%PDF-1.7 no document")
    assert (outcome.page, outcome.pages, outcome.reading) == (1, 1, None)
    assert "page" not in outcome.to_dict()


def test_a_tiff_whose_next_page_lies_behind_its_end() -> None:
    cut = BOTH[: len(pictures.tiff_of_pages([SEVEN])) + 20]
    first, second = READER.read_pages(cut)
    assert first.reading is not None
    assert first.reading.text == "7"
    assert "page 2, is cut off or damaged" in str(second.error)


# Arrays


@pytest.mark.parametrize("make", [np.asarray, Tensor, lambda tiles: tiles / np.float32(255)])
@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((28, 28), 1),
        ((1, 28, 28), 1),
        ((28, 28, 1), 1),
        ((3, 28, 28), 3),
        ((3, 28, 28, 1), 3),
        ((3, 1, 28, 28), 3),
        ((28, 28, 28), 28),
    ],
)
def test_digits_of_arrays(make: Any, shape: tuple[int, ...], count: int) -> None:
    assert TILE is not None
    tiles = np.stack([TILE] * count).reshape(shape)
    assert [each.digit for each in READER.digits(make(tiles))] == [7] * count
    assert len(list(READER.read_many(make(tiles), single=True))) == count


def test_one_picture_may_be_given_for_many() -> None:
    assert [each.digit for each in READER.digits(pictures.png(SEVEN))] == [7]
    assert [each.text for each in READER.numbers(SEVEN)] == ["7"]


@pytest.mark.parametrize("shape", [(1, 40, 50), (40, 50, 1), (40, 50)])
def test_tensors_are_pictures(shape: tuple[int, ...]) -> None:
    grey = np.arange(2_000, dtype=np.uint16).astype(np.uint8).reshape(shape)
    expected = np.dstack([grey.reshape(40, 50)] * 3)
    np.testing.assert_array_equal(open_picture(Tensor(grey)), expected)


@pytest.mark.parametrize("error", [TypeError("on a GPU"), RuntimeError("a\nb"), MemoryError()])
def test_a_tensor_that_gives_no_array(error: Exception) -> None:
    with pytest.raises(PictureError, match=r"^the array given gives NumPy no array: ") as problem:
        open_picture(Tensor(SEVEN, error))
    assert str(problem.value).isprintable()


def test_frames_of_a_pillow_image() -> None:
    image = pytest.importorskip("PIL.Image")
    film = io.BytesIO(pictures.animation(".png", [SEVEN, 255 - SEVEN]))
    opened = image.open(film)
    with pytest.warns(PagesWarning, match="Pillow image given has 2 frames; only the first"):
        [alone] = READER.read_pages(opened)
    assert (alone.page, alone.pages) == (1, 1)
    np.testing.assert_array_equal(open_picture(opened, 2), 255 - SEVEN)
    assert opened.tell() == 0
    assert len(list(READER.read_many([opened, image.fromarray(SEVEN)], frames=True))) == 3
