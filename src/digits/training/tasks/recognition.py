"""The lesson of strips: which digits stand in them?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from digits.files import write_atomically
from digits.model.ctc import likeliest
from digits.model.recogniser import Recogniser
from digits.training.card import recogniser_card
from digits.training.datasets import crops
from digits.training.datasets.crops import GreyPage
from digits.training.datasets.lines import Strips
from digits.training.export import export_recogniser, opened_recogniser, write_model
from digits.training.quantise import quantise
from digits.training.recipe import Pages, Recipe
from digits.training.task import Lesson

VALIDATED = 2048  # strips for the curves, the calibration and the score
RANGED = 8  # batches that show 8-bit activations their range


def lesson(
    recipe: Recipe, pages: Pages, seed: int, learn: list[GreyPage], validate: list[GreyPage]
) -> Lesson:
    """The lesson of a recipe for strips of pages, some to learn from and some to validate on."""
    unseen = Strips(validate, min(VALIDATED, pages.crops), 64, seed, always_same=True)
    return Lesson(
        count=pages.crops,
        batches=lambda stage, epoch: Strips(learn, pages.crops, stage.batch_size, seed, epoch),
        validation=unseen,
        learner=lambda network, _: network,
        loss=lambda _: Misspelt(),
        accuracy=accuracy,
        callbacks=[],
        data={"pages": len(learn), "sha256": crops.sha256(learn)},
        finish=partial(_finish, recipe, Strips(learn, 64 * RANGED, 64, seed), unseen),
    )


class Misspelt(keras.losses.Loss):
    """How unlikely the network finds a text: the loss of Graves et al. 2006 (CTC)."""

    def call(self, wanted: Any, said: Any) -> Any:
        """(N,) negative logarithms of the chance of texts (N, L), 0 after their end."""
        return keras.losses.ctc(wanted, ops.cast(said, "float32"))


def accuracy(wanted: Any, said: Any) -> Any:
    """(N,) float32: 1 where the likeliest token of each frame, repetitions and blanks left out,
    spells the text."""
    best = ops.argmax(said, -1)
    before = ops.pad(best, [[0, 0], [1, 0]])[:, :-1]
    spoken = ops.cast((best != before) & (best != 0), "int32")
    place = ops.cumsum(spoken, axis=1) * spoken
    wanted = ops.cast(wanted, "int32")
    length = wanted.shape[1] or ops.shape(wanted)[1]
    slots = ops.arange(1, length + 1, dtype="int32")
    is_at = ops.cast(ops.equal(place[:, :, None], slots), "int32")
    read = ops.sum(is_at * ops.cast(best, "int32")[:, :, None], axis=1)
    same = ops.all(ops.equal(read, wanted), axis=-1)
    fits = ops.sum(spoken, -1) == ops.sum(ops.cast(wanted != 0, "int32"), -1)
    return ops.cast(same & fits, "float32")


def _finish(
    recipe: Recipe,
    seen: Strips,
    unseen: Strips,
    network: keras.Model,
    facts: dict[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Export, calibrate and score on strips of unseen writers, and write down all of it."""
    graph = export_recogniser(network, seen[0][0][:8])
    if recipe.network.int8:
        graph = quantise(graph, [seen[place][0] for place in range(len(seen))])
    texts = [strip for place in range(len(unseen)) for strip in zip(*unseen[place], strict=True)]
    facts = {
        "name": recipe.name,
        "kind": "recogniser",
        "parameters": network.count_params(),
        "calibration": {"temperature": 1.0},
    } | facts
    facts["score"] = read_in(opened_recogniser(graph), texts)
    card = write_model(graph, out, facts)
    write_atomically(out / "README.md", recogniser_card(card))
    return facts


def read_in(
    recogniser: Recogniser, texts: list[tuple[NDArray[np.float32], NDArray[np.int32]]]
) -> dict[str, Any]:
    """How many strips are read without a mistake. n: strips. errors: those with one."""
    said = recogniser.probabilities([strip for strip, _ in texts])
    errors = 0
    for chances, (_, text) in zip(said, texts, strict=True):
        errors += likeliest(chances)[0].tokens != tuple(text[text > 0].tolist())
    n = len(texts)
    return {
        "data": "strips of pages by unseen writers",
        "n": n,
        "errors": errors,
        "accuracy": 1 - errors / max(n, 1),
    }
