"""A profile: what one hand taught, beside a classifier that stays as it is.

A profile holds the features, before the classifier's last layer, of digits whose answers a user
gave. The nearest of them vote on each new tile, gently, and never on whether it is a digit at all.
A profile folder has `profile.json` and the features that it names with their SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError, ModelError
from digits.files import printable, write_atomically, write_json
from digits.model.store import finite, read_json

CARD = "profile.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Votes:
    """How taught digits vote, chosen by docs/experiments/032-teaching-a-hand.md.

    neighbours: how many of the nearest vote. floor: the cosine of two tiles' features from which on
    they are near; a vote grows from 0 there to 1 where they are the same. strength: nats that the
    log-odds of a digit gain if all neighbours vote for it in full.
    """

    neighbours: int
    floor: float
    strength: float


VOTES = Votes(neighbours=3, floor=0.8, strength=6.0)


@dataclass(frozen=True)
class Profile:
    """What one hand taught.

    model: SHA-256 of the network that the features are of. features: (N, F) float32. answers: (N,)
    uint8, 0 to 9. report: the result of the test when it was made (`digits.data.teaching`), plain
    data.
    """

    model: str
    features: NDArray[np.float32]
    answers: NDArray[np.uint8]
    votes: Votes = VOTES
    report: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.answers)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with whatever answers depend on."""
        parts = f"{self.model} {asdict(self.votes)}".encode()
        return hashlib.sha256(parts + _packed(self)).hexdigest()[:16]

    @cached_property
    def _directions(self) -> NDArray[np.float32]:
        return directions(self.features)

    def applied(
        self, probabilities: NDArray[np.float32], features: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Probabilities (M, 10) with the votes of taught digits near to features (M, F).

        Rows to which none is near stay as they are, bit for bit.
        """
        if not len(self) or not len(features):
            return probabilities
        near = directions(features) @ self._directions.T
        return voted(probabilities, near, self.answers, self.votes)


def directions(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features (N, F) float32 scaled to length 1, so that products are cosines."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-9), np.float32)


def voted(
    probabilities: NDArray[np.float32],
    near: NDArray[np.float32],
    answers: NDArray[np.uint8],
    votes: Votes,
) -> NDArray[np.float32]:
    """Probabilities (M, 10) after the votes of N taught digits. near: (M, N) cosines.

    Nearest neighbours beside a network: Khandelwal et al. 2020, "Generalization through
    Memorization", arXiv 1911.00172; here they add to log-odds, as gentle as they are unsure.
    """
    count = min(votes.neighbours, near.shape[1])
    nearest = np.argpartition(-near, count - 1, axis=1)[:, :count]
    cosine = np.take_along_axis(near, nearest, axis=1)
    weight = np.maximum(cosine - votes.floor, 0) / (1 - votes.floor) / votes.neighbours
    gain = np.zeros_like(probabilities)
    rows = np.repeat(np.arange(len(near)), count)
    np.add.at(gain, (rows, answers[nearest].ravel()), weight.ravel())
    some = np.flatnonzero(gain.any(axis=1))
    result = probabilities.copy()
    raised = probabilities[some] * np.exp(np.float32(votes.strength) * gain[some])
    result[some] = raised / raised.sum(axis=1, keepdims=True)
    return result


def save_profile(profile: Profile, folder: str | os.PathLike[str]) -> None:
    """Write a profile folder, in the place of one that is there: whole, or not at all.

    Raises DigitsError if the folder cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DigitsError(
            f"cannot make the folder {printable(str(folder))}: {error.strerror}"
        ) from error
    content = _packed(profile)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"digits-{sha256[:8]}.npz"  # the old profile stays whole until profile.json is replaced
    write_atomically(folder / name, content)
    card = {
        "schema": SCHEMA,
        "model": profile.model,
        "digits": len(profile),
        "votes": asdict(profile.votes),
        "files": {name: sha256},
        "report": dict(profile.report),
    }
    write_json(folder / CARD, card)
    _remove_others(folder, name)


def open_profile(folder: str | os.PathLike[str]) -> Profile:
    """Open a profile folder. Raises ModelError if there is none, or if it is damaged."""
    folder = Path(folder)
    path = folder / CARD
    if not path.is_file():
        raise ModelError(
            f"no profile {printable(str(folder))!r}: expected a folder with {CARD} in it"
        )
    card = read_json(path)
    try:
        if card["schema"] != SCHEMA:
            raise ValueError(f"schema {card['schema']!r}, expected {SCHEMA}")
        [(name, sha256)] = card["files"].items()
        content = (folder / Path(name).name).read_bytes()
        votes, report = _votes_of(card["votes"]), dict(card["report"])
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise ModelError(
            f"{path} is not the card of a profile ({type(error).__name__}: {error}); "
            "teach it again or copy it again"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(
            f"{path.with_name(name)} is damaged: SHA-256 {found}, expected {sha256}; "
            "teach it again or copy it again"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return Profile(str(card["model"]), file["features"], file["answers"], votes, report)


def _votes_of(card: Mapping[str, Any]) -> Votes:
    """Raises ValueError, TypeError or KeyError."""
    votes = Votes(int(card["neighbours"]), finite(card["floor"]), finite(card["strength"]))
    if votes.neighbours < 1 or not 0 <= votes.floor < 1 or votes.strength < 0:
        raise ValueError(f"no such votes: {dict(card)}")
    return votes


def remove_profile(folder: str | os.PathLike[str]) -> bool:
    """Undo a teaching: remove a profile from its folder; False if there is none."""
    folder = Path(folder)
    try:
        (folder / CARD).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DigitsError(
            f"cannot remove {printable(str(folder / CARD))}: {error.strerror}"
        ) from error
    _remove_others(folder, "")
    return True


def _packed(profile: Profile) -> bytes:
    """The features and answers as the bytes of an .npz file, the same for the same content."""
    file = io.BytesIO()
    np.savez(file, features=profile.features, answers=profile.answers)
    return file.getvalue()


def _remove_others(folder: Path, name: str) -> None:
    for path in folder.glob("digits-????????.npz"):
        if path.name != name:
            path.unlink(missing_ok=True)
