"""The lesson of pages: where is a digit, which one, how large?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from digits.evaluation.page_readings import OVERLAP
from digits.files import write_atomically
from digits.geometry import iou, sizes
from digits.model.detector import Detector
from digits.model.inputs import local_contrast
from digits.model.spec import DETECTOR_SIZE_MULTIPLE, MAX_DIGIT, MIN_DIGIT
from digits.training.card import detector_card
from digits.training.datasets import crops
from digits.training.datasets.crops import COUNTS, HEAT, KNOWN, SIDES, Crops, GreyPage
from digits.training.export import export_detector, opened_detector, write_model
from digits.training.quantise import quantise
from digits.training.recipe import Pages, Recipe
from digits.training.task import Lesson

RANGED, PROBED = 32, 512  # pages that show 8-bit activations their range; pixels of each side
LEAST = -0.9  # the logit from which on a place is worth a look


def lesson(
    recipe: Recipe, pages: Pages, seed: int, learn: list[GreyPage], validate: list[GreyPage]
) -> Lesson:
    """The lesson of a recipe for pages, some to learn from and some to validate on."""
    side = pages.side
    return Lesson(
        count=pages.crops,
        batches=lambda stage, epoch: Crops(learn, side, pages.crops, stage.batch_size, seed, epoch),
        validation=Fixed(validate, side, 4 * len(validate), 16, seed),
        learner=lambda network, _: network,
        loss=lambda _: Missed(),
        accuracy=accuracy,
        callbacks=[],
        data={"pages": len(learn), "sha256": crops.sha256(learn)},
        finish=partial(_finish, recipe, learn, validate),
    )


class Fixed(Crops):
    """The same crops in every epoch."""

    def on_epoch_end(self) -> None:
        pass


class Missed(keras.losses.Loss):
    """How far heat and sides are from the target (`digits.training.datasets.crops`), a digit.

    The heat's part is the focal loss of Zhou et al. 2019 (arXiv 1904.07850), eq. 1.
    """

    def call(self, wanted: Any, said: Any) -> Any:
        """(N,) loss of each crop, so weighted that their mean is that a digit of the batch."""
        said = ops.cast(said, "float32")
        heat, counts = wanted[..., HEAT], wanted[..., COUNTS : COUNTS + 1]
        chance = ops.clip(ops.sigmoid(said[..., HEAT]), 1e-5, 1 - 1e-5)
        centre = ops.cast(heat > 0.999, "float32")
        there = centre * (1 - chance) ** 2 * ops.log(chance)
        away = (1 - centre) * (1 - heat) ** 4 * chance**2 * ops.log(1 - chance)
        known = wanted[..., KNOWN] * wanted[..., COUNTS]
        apart = ops.sum(ops.abs(said[..., SIDES] - wanted[..., SIDES]), -1) * known
        axes = (1, 2, 3)
        digits = ops.maximum(ops.mean(ops.sum(centre * counts, axes)), 1 / 16)
        known_cells = ops.maximum(ops.mean(ops.sum(known, (1, 2))), 1 / 16)
        missed = -ops.sum((there + away) * counts, axes) / digits
        return missed + 0.5 * ops.sum(apart, (1, 2)) / known_cells


def accuracy(wanted: Any, said: Any) -> Any:
    """(N,) float32: the share of a crop's digits of which the right one is the likeliest at its
    centre, and likelier than none; 1 for a crop without digits."""
    heat = wanted[..., HEAT] * wanted[..., COUNTS : COUNTS + 1]
    said = ops.cast(said[..., HEAT], "float32")
    centre = ops.cast(ops.max(heat, -1) > 0.999, "float32")
    told = ops.equal(ops.argmax(heat, -1), ops.argmax(said, -1)) & (ops.max(said, -1) > 0)
    right = ops.sum(centre * ops.cast(told, "float32"), (1, 2))
    count = ops.sum(centre, (1, 2))
    return ops.where(count > 0, right / ops.maximum(count, 1.0), 1.0)


def _finish(
    recipe: Recipe,
    learn: list[GreyPage],
    validate: list[GreyPage],
    network: keras.Model,
    facts: dict[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Export, score on the pages of unseen writers, and write down all of it."""
    side = min(
        PROBED, min(validate[0].grey.shape) // DETECTOR_SIZE_MULTIPLE * DETECTOR_SIZE_MULTIPLE
    )
    seen = np.stack([local_contrast(page.grey[:side, :side]) for page in learn[:RANGED]])
    graph = export_detector(network, seen[:8])
    if recipe.network.int8:
        graph = quantise(graph, [seen])
    facts = {
        "name": recipe.name,
        "kind": "detector",
        "parameters": network.count_params(),
        "calibration": {"score_threshold": LEAST},
    } | facts
    facts["score"] = found_in(opened_detector(graph, LEAST), validate)
    card = write_model(graph, out, facts)
    write_atomically(out / "README.md", detector_card(card))
    return facts


def found_in(detector: Detector, pages: list[GreyPage]) -> dict[str, Any]:
    """How many digits of some pages a detector finds, with their value and at an overlap of 0.5.

    n: digits of a size to be found. errors: those not found or taken for another; false: places
    where there is none.
    """
    n = right = false = 0
    for page in pages:
        detections = detector.detect(local_contrast(page.grey))
        size = sizes(page.digits[:, 1:])
        is_asked = (size >= MIN_DIGIT) & (size <= MAX_DIGIT)
        is_free = np.ones(len(page.digits), bool)
        n += int(is_asked.sum())
        for box, digit in zip(detections.boxes, detections.logits.argmax(axis=1), strict=True):
            shared = np.append(np.where(is_free, iou(box, page.digits[:, 1:]), 0), 0)
            place = int(shared.argmax())
            if shared[place] >= OVERLAP:
                is_free[place] = False
                right += int(is_asked[place] and page.digits[place, 0] == digit)
            else:
                false += int(not iou(box, page.cut).any())
    return {
        "data": "pages of unseen writers",
        "n": n,
        "errors": n - right,
        "accuracy": right / max(n, 1),
        "false": false,
    }
