"""A profile: votes of taught digits beside a network that stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pictures import digit_ink, digit_page

from digits import Classifier, Reader
from digits.errors import ModelError
from digits.model.inputs import normalise_tile
from digits.model.profile import (
    CARD,
    VOTES,
    Profile,
    Votes,
    open_profile,
    remove_profile,
    save_profile,
    voted,
)


@cache
def classifier() -> Classifier:
    return Classifier("default")


@cache
def tiles() -> np.ndarray:
    """The ten digits at two sizes each, of which each is a little different."""
    return np.stack(
        [normalise_tile(digit_ink(c, height=h)) for h in (60, 96) for c in "0123456789"]
    )


def taught(answers: list[int] | None = None, votes: Votes = VOTES) -> Profile:
    """A profile of the first ten tiles, by default with each answer wrong."""
    features = classifier().classify_features(tiles()[:10])[2]
    labels = np.array(answers or [(d + 1) % 10 for d in range(10)], np.uint8)
    return Profile(classifier().model.card["sha256"], features, labels, votes)


def test_what_was_taught_moves_the_answer_towards_it() -> None:
    before = classifier().probabilities(tiles()[10:])
    after = classifier().with_profile(taught()).probabilities(tiles()[10:])
    for digit in range(10):
        assert after[digit, (digit + 1) % 10] > before[digit, (digit + 1) % 10]
    assert np.allclose(after.sum(axis=1), 1, atol=1e-5)


def test_a_profile_never_changes_is_digit_logits_or_features() -> None:
    rng = np.random.default_rng(0)
    every = np.concatenate([tiles(), rng.integers(0, 256, (30, 28, 28), np.uint8)])
    own = classifier().with_profile(taught(votes=Votes(9, 0.0, 50.0)))
    assert np.array_equal(own.is_digit(every), classifier().is_digit(every))
    assert np.array_equal(own.classify(every)[1], classifier().classify(every)[1])
    assert np.array_equal(own.logits(every), classifier().logits(every))
    assert np.array_equal(own.classify_features(every)[0], classifier().classify_features(every)[0])


def test_without_the_profile_answers_are_the_old_ones_bit_for_bit() -> None:
    before = classifier().classify(tiles())
    own = classifier().with_profile(taught())
    assert not np.array_equal(own.classify(tiles())[0], before[0])
    for without in (own.with_profile(None), classifier()):
        assert all(
            np.array_equal(a, b) for a, b in zip(without.classify(tiles()), before, strict=True)
        )


def test_an_empty_profile_and_one_far_away_change_nothing() -> None:
    empty = Profile(taught().model, np.zeros((0, 112), np.float32), np.zeros(0, np.uint8))
    far = replace(taught(), features=-taught().features)
    before = classifier().classify(tiles())[0]
    for profile in (empty, far):
        assert np.array_equal(classifier().with_profile(profile).classify(tiles())[0], before)


def test_log_odds_gain_no_more_than_the_strength() -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.ones(10), 200).astype(np.float32)
    near = rng.uniform(-1, 1, (200, 30)).astype(np.float32)
    answers = rng.integers(0, 10, 30).astype(np.uint8)
    votes = Votes(5, 0.5, 2.0)
    after = voted(probabilities, near, answers, votes)
    gain = np.log(after) - np.log(probabilities)
    assert (gain.max(axis=1) - gain.min(axis=1)).max() <= votes.strength + 1e-4
    assert np.allclose(after.sum(axis=1), 1, atol=1e-5)
    untouched = near.max(axis=1) <= votes.floor
    assert np.array_equal(after[untouched], probabilities[untouched])


def test_the_nearest_neighbours_alone_vote() -> None:
    probabilities = np.full((1, 10), 0.1, np.float32)
    near = np.array([[0.95, 0.9, 0.8]], np.float32)
    answers = np.array([4, 4, 7], np.uint8)
    [after] = voted(probabilities, near, answers, Votes(2, 0.5, 2.0))
    assert after.argmax() == 4
    assert after[7] == after[0]


def test_a_saved_profile_is_the_same_again(tmp_path: Path) -> None:
    save_profile(taught(), tmp_path / "p")
    opened = open_profile(tmp_path / "p")
    assert opened.fingerprint == taught().fingerprint
    expected = classifier().with_profile(taught()).classify(tiles())[0]
    assert np.array_equal(
        Classifier("default", profile=tmp_path / "p").classify(tiles())[0], expected
    )


def test_a_profile_takes_the_place_of_one_before(tmp_path: Path) -> None:
    save_profile(taught(), tmp_path)
    other = taught([3] * 10)
    save_profile(other, tmp_path)
    assert open_profile(tmp_path).fingerprint == other.fingerprint
    assert len(list(tmp_path.iterdir())) == 2


def test_undoing_removes_the_profile(tmp_path: Path) -> None:
    save_profile(taught(), tmp_path)
    assert remove_profile(tmp_path)
    assert not list(tmp_path.iterdir())
    assert not remove_profile(tmp_path)
    with pytest.raises(ModelError, match="no profile"):
        open_profile(tmp_path)


def test_a_damaged_profile_is_refused(tmp_path: Path) -> None:
    save_profile(taught(), tmp_path)
    [file] = tmp_path.glob("*.npz")
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged: SHA-256 .* expected"):
        open_profile(tmp_path)
    file.unlink()
    with pytest.raises(ModelError, match="teach it again"):
        open_profile(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"votes": {"neighbours": 5}},
        {"votes": {"neighbours": 5, "floor": 0.5, "strength": "NaN"}},
        {"votes": {"neighbours": 0, "floor": 0.5, "strength": 1}},
        {"votes": {"neighbours": 5, "floor": 1.0, "strength": 1}},
        {"files": {}},
        {"files": 7},
        {"report": 7},
        {"schema": 99},
    ],
)
def test_a_card_that_is_none_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    save_profile(taught(), tmp_path)
    card = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps(card | change))
    with pytest.raises(ModelError, match="is not the card of a profile") as caught:
        open_profile(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_profile_never_opens_a_file_elsewhere(tmp_path: Path) -> None:
    save_profile(taught(), tmp_path / "p")
    [file] = (tmp_path / "p").glob("*.npz")
    file.rename(tmp_path / file.name)
    card = json.loads((tmp_path / "p" / CARD).read_text())
    card["files"] = {f"../{name}": sha256 for name, sha256 in card["files"].items()}
    (tmp_path / "p" / CARD).write_text(json.dumps(card))
    with pytest.raises(ModelError):
        open_profile(tmp_path / "p")


def test_a_profile_of_another_model_is_refused(tmp_path: Path) -> None:
    save_profile(taught(), tmp_path)
    with pytest.raises(ModelError, match="made for another model"):
        Classifier("large", profile=tmp_path)
    with pytest.raises(ModelError, match="made for another model"):
        Reader("large", profile=tmp_path)


def test_a_reader_reads_with_a_profile_and_says_so_in_its_fingerprint(tmp_path: Path) -> None:
    plain = Reader()
    page = digit_page("7")
    before = plain.digit(page)
    tile = before.tile
    features = plain.classifier.classify_features(tile[None])[2]
    profile = Profile(
        plain.classifier.model.card["sha256"],
        features,
        np.array([1], np.uint8),
        Votes(1, 0.5, 30.0),
    )
    save_profile(profile, tmp_path)
    own = Reader(profile=tmp_path)
    assert (before.digit, own.digit(page).digit) == (7, 1)
    assert own.fingerprint != plain.fingerprint
    assert own.fingerprint == plain.with_profile(profile).fingerprint
    again = own.with_profile(None)
    assert again.fingerprint == plain.fingerprint
    assert again.digit(page).to_dict() == before.to_dict()
    assert own.digit(page).digit == 1  # the reader itself has not changed
