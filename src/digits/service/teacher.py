"""What one hand teaches: a folder of corrections, and the profile that is made of them."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digits.data.corrections import Correction, Corrections
from digits.data.teaching import LEVEL, Reference, Teaching, contradicting, teach
from digits.model.classifier import Classifier
from digits.model.profile import CARD, Profile, open_profile, remove_profile, save_profile

PROFILE = "profile"  # folder in that of the corrections
Tile: TypeAlias = NDArray[np.uint8]


class Teacher:
    """A folder of corrections and the profile that was made of them, used from several threads."""

    def __init__(self, folder: Path, classifier: Classifier) -> None:
        """Raises DataError, or ModelError for a profile of another model."""
        self.folder, self._plain = folder, classifier
        self.corrections = Corrections(folder)
        self.profile: Profile | None = None
        if (self.profile_folder / CARD).is_file():
            self.profile = open_profile(self.profile_folder)
            classifier.with_profile(self.profile)
        self._reference: Reference | None = None
        self._last: Teaching | None = None

    @property
    def profile_folder(self) -> Path:
        """Where the profile is, if there is one; `digits read --profile` takes it."""
        return self.folder / PROFILE

    @property
    def classifier(self) -> Classifier:
        """With the profile that is in use."""
        return self._plain.with_profile(self.profile)

    def listed(self) -> list[dict[str, Any]]:
        """All corrections that stand, the oldest first."""
        return [each.to_dict() for each in self.corrections.load().corrections]

    def contradicting(self, tile: Tile, answer: int | None) -> list[Correction]:
        """The nearest corrections, if most of them say something else of a tile."""
        return contradicting(tile, answer, self.corrections.load().corrections, self._plain)

    def add(
        self, tile: Tile, answer: int | None, read: int | None, confidence: float | None
    ) -> Correction:
        """Keep a correction of a tile (28, 28) uint8."""
        return self.corrections.add(tile, answer, read=read, confidence=confidence)

    def replace(self, tile: Tile, answer: int | None, read: int | None, confidence: float) -> bool:
        """Keep the answer about a tile (28, 28) uint8, instead of an earlier one. False if that is
        the same."""
        same = [e for e in self.corrections.load().corrections if np.array_equal(e.tile, tile)]
        if any(each.answer == answer for each in same):
            return False
        for each in same:
            self.corrections.undo(each.id)
        self.add(tile, answer, read, confidence)
        return True

    def exported(self) -> bytes:
        """A zip of all corrections that stand."""
        file = io.BytesIO()
        self.corrections.export(file)
        return file.getvalue()

    def teach(self) -> None:
        """Make a profile and take it into use, if its test says that it helps."""
        standing = self.corrections.load().corrections
        self._last = teach(standing, self._plain)
        if self._last.trial:  # only then is it worth some seconds to look at other people's digits
            self._reference = self._reference or Reference.open(self._plain)
            self._last = teach(standing, self._plain, self._reference)
        if self._last.profile:
            save_profile(self._last.profile, self.profile_folder)
            self.profile = self._last.profile

    def forget(self) -> None:
        """Undo the teaching: read as the shipped model does. Corrections stay."""
        remove_profile(self.profile_folder)
        self.profile = self._last = None

    def state(self) -> dict[str, Any]:
        """What has been taught, what is missing, and the result of the last test."""
        now = teach(self.corrections.load().corrections, self._plain)
        report = self.profile.report if self.profile else {}
        last = self._last
        trial = asdict(last.trial) if last and last.trial else report.get("trial")
        found = {}
        if trial:
            found = {"n": trial["n"], "fixed": trial["fixed"], "broken": trial["broken"]}
            found |= {"before": trial["errors_before"], "after": trial["errors_after"]}
            found |= {"interval": list(trial["interval"]), "level": LEVEL}
        return {
            "enabled": True,
            "in_use": self.profile is not None,
            "confirmed": now.confirmed,
            "corrected": now.corrected,
            "needed": now.needed,
            "message": last.message if last else now.message if now.needed else "",
            "reference": last.reference if last else report.get("reference"),
            **found,
        }
