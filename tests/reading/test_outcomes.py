"""What becomes of pictures that may not be readable, and of many."""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.errors import DigitsError, ModelError, PagesWarning
from digits.io.picture import Document, open_picture
from digits.io.result import BY_CHANCE, UNSURE, Outcome, Reading
from digits.model import bundle

READER = digits.Reader()
SEVEN = pictures.page("7").pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, a damaged one, and what is none."""
    for name in ("a.png", "c.PNG"):
        (tmp_path / name).write_bytes(pictures.png(SEVEN))
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("7")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_what_is_rejected_comes_with_the_true_reason() -> None:
    some = READER.read(pictures.digit_page("8 Bio", height=60, width=300))
    assert some.text
    assert {each.reason for each in some.rejected} == {UNSURE}
    none = READER.read(pictures.digit_page("Bio lOSZ goq", height=60, width=720))
    assert not none.text
    assert {each.reason for each in none.rejected} == {UNSURE, BY_CHANCE}


# One


@pytest.mark.parametrize("single", [False, True])
def test_a_picture_that_can_be_read_has_a_reading(single: bool) -> None:
    outcome = READER.try_read(SEVEN, single=single)
    read = READER.read_single if single else READER.read
    assert outcome.reading is not None
    assert outcome.reading.to_dict() == read(SEVEN).to_dict()
    assert (outcome.source is SEVEN, outcome.page, outcome.error) == (True, 1, None)
    assert 0 < outcome.seconds < 60


def test_an_orientation_is_passed_on() -> None:
    lying = np.rot90(SEVEN)
    outcome = READER.try_read(lying, 90)
    assert outcome.reading is not None
    assert (outcome.reading.text, outcome.reading.orientation) == ("7", 90)
    assert digits.read(lying, orientation=90).to_dict() == outcome.reading.to_dict()


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize(
    "source",
    [b"", b"%PDF-1.4", "no such file.png", Path(), "\0", SEVEN[None], None, 7, io.StringIO()],
)
def test_a_picture_that_cannot_be_read_has_an_error_of_one_line(
    source: object, single: bool
) -> None:
    outcome = READER.try_read(source, single=single)  # type: ignore[arg-type]
    assert outcome.source is source
    assert outcome.reading is None
    assert outcome.error
    assert outcome.error.isprintable()


@pytest.mark.parametrize("error", [RuntimeError("two\nlines"), MemoryError(), IndexError("x")])
def test_a_defect_of_the_reader_stops_no_other_picture(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = digits.Reader()

    def fail(*_: object, **__: object) -> Reading:
        raise error

    monkeypatch.setattr(reader, "_read", fail)
    outcome = reader.try_read(SEVEN)
    assert outcome.reading is None
    assert outcome.error is not None
    assert type(error).__name__ in outcome.error
    assert outcome.error.isprintable()


@pytest.mark.parametrize("error", [ModelError, DigitsError, KeyboardInterrupt])
def test_what_no_picture_can_help_is_raised(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = digits.Reader()

    def fail(*_: object, **__: object) -> Reading:
        raise error

    monkeypatch.setattr(reader, "_read", fail)
    with pytest.raises(error):
        reader.try_read(SEVEN)


@pytest.mark.parametrize("ask", [READER.try_read, READER.read_many, READER.read, digits.read_many])
def test_another_orientation_is_the_callers_mistake(ask: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="orientation is 45"):
        ask(SEVEN, 45)


@pytest.mark.parametrize("ask", [READER.read, READER.read_single, READER.digit, READER.try_read])
def test_of_several_pages_a_warning_says_that_the_first_is_read(
    ask: Callable[[object], object],
) -> None:
    content = cv2.imencodemulti(".tiff", [SEVEN, SEVEN])[1].tobytes()
    with pytest.warns(PagesWarning, match="bytes object given has 2 pages; only the first is read"):
        ask(content)


# Many


def test_many_come_in_order_whatever_they_are(folder: Path) -> None:
    many = [folder / "c.PNG", folder, SEVEN, str(folder / "*.png"), b"", "gone.png"]
    outcomes = list(READER.read_many(many))
    names = [Path(outcome.name).name for outcome in outcomes]
    assert names == [*("c.PNG", "a.png", "b.jpg", "c.PNG", "ndarray", "a.png", "bytes", "gone.png")]
    read = [outcome.reading.text if outcome.reading else None for outcome in outcomes]
    assert read == ["7", "7", None, "7", "7", "7", None, None]
    assert [outcome.error is None for outcome in outcomes] == [text is not None for text in read]


def test_read_many_is_there_without_a_reader(folder: Path) -> None:
    alone, many = digits.read_many(folder / "a.png"), READER.read_many([folder / "a.png"])
    assert [outcome.to_dict() for outcome in alone] == [outcome.to_dict() for outcome in many]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("empty", "holds no pictures or documents"),
        ("*.tif", "matches no file"),
        ("[", "matches no file"),
    ],
)
def test_a_folder_or_wildcard_without_pictures_is_an_error(
    source: str, error: str, folder: Path
) -> None:
    outcomes = list(READER.read_many([folder / source, SEVEN]))
    assert [outcome.reading is not None for outcome in outcomes] == [False, True]
    assert outcomes[0].source == folder / source
    assert f'{source}" {error}' in str(outcomes[0].error)


def test_pictures_are_opened_when_their_outcome_is_asked_for() -> None:
    taken = []

    def endless() -> object:
        while True:
            taken.append(len(taken))
            yield SEVEN

    outcomes = READER.read_many(endless())  # type: ignore[arg-type]
    assert taken == []
    assert all(outcome.reading for outcome in islice(outcomes, 3))
    assert taken == [0, 1, 2]


def test_no_outcome_keeps_its_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[weakref.ref[NDArray[np.uint8]]] = []

    def open_and_watch(document: Document, page: int = 1) -> NDArray[np.uint8]:
        pixels = decode(document, page)
        opened.append(weakref.ref(pixels))
        return pixels

    decode = Document.pixels
    monkeypatch.setattr(Document, "pixels", open_and_watch)
    outcomes: list[Outcome] = []
    for single in (False, True):
        for outcome in READER.read_many([folder / "a.png"] * 3, single=single):
            outcomes.append(outcome)  # kept, as a user may
            assert opened[-1]() is None
    assert len(opened) == len(outcomes) == 6


# Drawn again


@pytest.mark.parametrize("door", [str, Path, open_picture, Path.read_bytes, open])
@pytest.mark.parametrize("ask", [READER.read, READER.read_single])
def test_a_reading_is_drawn_whatever_it_was_read_from(
    ask: Callable[[object], Reading], door: Callable[[Path], object], folder: Path
) -> None:
    if door is open:
        with (folder / "a.png").open("rb") as file:
            reading = ask(file)
        assert isinstance(reading.source, bytes)
    else:
        reading = ask(door(folder / "a.png"))
    drawn = reading.draw()
    np.testing.assert_array_equal(drawn, reading.draw(SEVEN))
    os.remove(folder / "a.png")  # noqa: PTH107
    if isinstance(reading.source, str | Path):
        with pytest.raises(DigitsError, match="does not exist"):
            reading.draw()


def test_a_file_object_is_kept_from_its_position_on() -> None:
    file = io.BytesIO(b"before" + pictures.png(SEVEN))
    file.seek(6)
    reading = READER.read(file)
    assert reading.source == pictures.png(SEVEN)


def test_a_reading_from_plain_data_has_no_tiles_to_explain() -> None:
    reading = READER.read(SEVEN)
    assert READER.explain(reading).ndim == 3
    with pytest.raises(DigitsError, match="no tiles"):
        READER.explain(Reading.from_dict(reading.to_dict()))


# The fingerprint


def test_the_fingerprint_is_of_networks_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    known = READER.fingerprint
    assert len(known) == 16
    assert int(known, 16) >= 0
    assert READER.read(SEVEN).fingerprint == READER.read_single(SEVEN).fingerprint == known
    assert digits.Reader("default").fingerprint == known
    assert digits.Reader("large").fingerprint != known
    monkeypatch.setattr(bundle, "__version__", "0.0.0")
    assert digits.Reader().fingerprint != known
