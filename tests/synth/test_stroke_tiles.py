"""Single characters of real people as ink."""

from __future__ import annotations

import numpy as np
import pytest
from stroke_people import write_people

from digits.synth.stroke_hand import People
from digits.synth.stroke_tiles import people_digits, people_signs


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People.open("train", write_people(tmp_path_factory.mktemp("strokes")))


def test_digits_are_of_every_kind_and_the_same_for_one_seed(people: People) -> None:
    inks, labels = people_digits(people, 80, seed=3)
    again, same = people_digits(people, 80, seed=3)
    other, _ = people_digits(people, 80, seed=4)

    assert len(inks) == len(labels) == 80
    assert set(labels.tolist()) == set(range(10))
    assert (labels == same).all()
    assert all(np.array_equal(one, two) for one, two in zip(inks, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(inks, other, strict=True))


def test_digits_and_signs_are_ink_on_paper(people: People) -> None:
    for ink in people_digits(people, 20, seed=0)[0] + people_signs(people, 20, seed=0):
        assert ink.dtype == np.uint8
        assert ink.ndim == 2
        assert ink.max() > 100
        assert max(ink.shape) <= 120


def test_none_is_nothing(people: People) -> None:
    inks, labels = people_digits(people, 0, seed=0)
    assert (inks, labels.shape, people_signs(people, 0, seed=0)) == ([], (0,), [])


def test_the_label_is_what_was_written(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    from digits.synth import stroke_tiles

    written: list[str] = []
    ink = stroke_tiles._ink

    def noted(people: People, character: str, rng: np.random.Generator) -> stroke_tiles.Ink:
        written.append(character)
        return ink(people, character, rng)

    monkeypatch.setattr(stroke_tiles, "_ink", noted)
    _, labels = people_digits(people, 30, seed=1)
    people_signs(people, 30, seed=1)
    assert written[:30] == [str(label) for label in labels]
    assert not any(character.isdigit() or character in "OoIlZSsBbgq" for character in written[30:])
