"""Pages and lines that a training makes for itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stroke_people import write_people

from digits.data import strokes
from digits.errors import DataError
from digits.training.datasets import pages as made
from digits.training.datasets.lines import sha256_of_lines
from digits.training.datasets.pages import KEPT, labelled_pages
from digits.training.recipe import Pages

COUNTS = Pages(made=2, crops=8, validation=1, lines=3)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made.os, "cpu_count", lambda: 1)


def test_pages_and_lines_are_made_by_people_of_either_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_people(tmp_path, count=40, contributor="abc")  # some of them in each part
    monkeypatch.setattr(strokes, "find", lambda directory=None: tmp_path)
    train, validation = labelled_pages(COUNTS, 5, None, tmp_path)
    assert [len(train.pages), len(train.lines)] == [2, 3]
    assert [len(validation.pages), len(validation.lines)] == [1, 3]
    greys = [each.page.grey.tobytes() for each in (*train.lines, *validation.lines)]
    assert len(set(greys)) == 6
    (tmp_path / KEPT).unlink()
    again, _ = labelled_pages(COUNTS, 5, None, tmp_path)
    assert sha256_of_lines(again.lines) == sha256_of_lines(train.lines)
    np.testing.assert_array_equal(again.pages[1].grey, train.pages[1].grey)


def test_what_was_made_is_kept_for_a_resumed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Pages(made=1, crops=8, validation=1)
    monkeypatch.setattr(strokes, "are_at_hand", lambda directory: False)
    first, _ = labelled_pages(counts, 5, None, tmp_path)
    monkeypatch.setattr(made, "make_pages", None)  # making them again would fail
    second, _ = labelled_pages(counts, 5, None, tmp_path)
    np.testing.assert_array_equal(second.pages[0].grey, first.pages[0].grey)


def test_lines_without_pen_strokes_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strokes, "are_at_hand", lambda directory: False)
    with pytest.raises(DataError, match=r"needs pen strokes, .*`digits data strokes`") as raised:
        labelled_pages(COUNTS, 5, None, tmp_path)
    assert "\n" not in str(raised.value)
    train, _ = labelled_pages(Pages(made=1, crops=8, validation=1), 5, None, tmp_path)
    assert (len(train.pages), list(train.lines)) == (1, [])
