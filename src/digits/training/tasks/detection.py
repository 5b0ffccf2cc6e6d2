"""The detector's task: heatmaps and boxes of the digits on pages."""

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
from digits.training.datasets.crops import (
    BOX_WEIGHT,
    HEATMAPS,
    LOSS_MASK,
    SIDES,
    DetectorCrops,
    LabelledPage,
    sha256,
)
from digits.training.datasets.lines import Labelled
from digits.training.export import export_detector, open_detector, write_model
from digits.training.quantise import quantise
from digits.training.recipe import Pages, Recipe
from digits.training.task import Task

RANGE_PAGES, RANGE_SIDE = 32, 512  # pages, and pixels of each, that give activations their range
SCORE_THRESHOLD = -0.9  # the logit from which a maximum of the heatmaps is a detection
CENTRE = 0.999  # heatmap value from which a cell is a digit's centre
MIN_MEAN = 1 / 16  # digits per crop, to bound the loss of batches with almost none


def task(
    recipe: Recipe,
    pages: Pages,
    seed: int,
    train: Labelled,
    validation: Labelled,
) -> Task:
    """The task of a detector's recipe on pages for training and validation."""
    side, count = pages.side, 4 * len(validation.pages)
    lines, unseen_lines = ([line.page for line in part.lines] for part in (train, validation))
    return Task(
        count=pages.crops,
        batches=lambda stage, epoch: DetectorCrops(
            train.pages, lines, side, pages.crops, stage.batch_size, seed, epoch
        ),
        validation=DetectorCrops(validation.pages, unseen_lines, side, count, 16, seed, fixed=True),
        trainee=lambda network, _: network,
        loss=lambda _: DetectionLoss(),
        accuracy=accuracy,
        callbacks=[],
        data={
            "pages": len(train.pages),
            "lines": len(lines),
            "has_strokes": train.has_strokes,
            "sha256": sha256([*train.pages, *lines]),
        },
        finish=partial(_finish, recipe, list(train.pages), list(validation.pages)),
    )


class DetectionLoss(keras.losses.Loss):
    """Focal loss of the heatmaps and half the L1 loss of the sides, per digit of the batch.

    Targets: see `digits.training.datasets.crops`. Source of the focal loss: Zhou et al. 2019,
    "Objects as Points", arXiv 1904.07850, eq. 1.
    """

    def call(self, target: Any, maps: Any) -> Any:
        """(N,) loss of each crop, weighted so that their mean is that per digit of the batch."""
        maps = ops.cast(maps, "float32")
        heatmap, mask = target[..., HEATMAPS], target[..., LOSS_MASK : LOSS_MASK + 1]
        probability = ops.clip(ops.sigmoid(maps[..., HEATMAPS]), 1e-5, 1 - 1e-5)
        centre = ops.cast(heatmap > CENTRE, "float32")
        positive = centre * (1 - probability) ** 2 * ops.log(probability)
        negative = (1 - centre) * (1 - heatmap) ** 4 * probability**2 * ops.log(1 - probability)
        weight = target[..., BOX_WEIGHT] * target[..., LOSS_MASK]
        distance = ops.sum(ops.abs(maps[..., SIDES] - target[..., SIDES]), -1) * weight
        axes = (1, 2, 3)
        digits = ops.maximum(ops.mean(ops.sum(centre * mask, axes)), MIN_MEAN)
        boxes = ops.maximum(ops.mean(ops.sum(weight, (1, 2))), MIN_MEAN)
        focal = -ops.sum((positive + negative) * mask, axes) / digits
        return focal + 0.5 * ops.sum(distance, (1, 2)) / boxes


def accuracy(target: Any, maps: Any) -> Any:
    """(N,) float32: the fraction of a crop's digits that have the highest logit of their centre,
    above 0; 1 for a crop without digits."""
    heatmap = target[..., HEATMAPS] * target[..., LOSS_MASK : LOSS_MASK + 1]
    logits = ops.cast(maps[..., HEATMAPS], "float32")
    centre = ops.cast(ops.max(heatmap, -1) > CENTRE, "float32")
    is_right = ops.equal(ops.argmax(heatmap, -1), ops.argmax(logits, -1))
    is_right = is_right & (ops.max(logits, -1) > 0)
    right = ops.sum(centre * ops.cast(is_right, "float32"), (1, 2))
    count = ops.sum(centre, (1, 2))
    return ops.where(count > 0, right / ops.maximum(count, 1.0), 1.0)


def _finish(
    recipe: Recipe,
    train: list[LabelledPage],
    validation: list[LabelledPage],
    network: keras.Model,
    facts: dict[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Export, score on the validation pages, and write the model folder; see `Task.finish`."""
    shortest = min(validation[0].grey.shape)
    side = min(RANGE_SIDE, shortest // DETECTOR_SIZE_MULTIPLE * DETECTOR_SIZE_MULTIPLE)
    inputs = np.stack([local_contrast(page.grey[:side, :side]) for page in train[:RANGE_PAGES]])
    graph = export_detector(network, inputs[:8])
    if recipe.network.int8:
        graph = quantise(graph, list(inputs[:, None]))  # a range of each page
    facts = {
        "name": recipe.name,
        "kind": "detector",
        "parameters": network.count_params(),
        "calibration": {"score_threshold": SCORE_THRESHOLD},
    } | facts
    facts["score"] = score_detector(open_detector(graph, SCORE_THRESHOLD), validation)
    card = write_model(graph, out, facts)
    write_atomically(out / "README.md", detector_card(card))
    return facts


def score_detector(detector: Detector, pages: list[LabelledPage]) -> dict[str, Any]:
    """How many digits of some pages are detected with the right value, at an IoU of 0.5.

    Returns n: digits of MIN_DIGIT to MAX_DIGIT; errors: those not detected or with another value;
    accuracy; false: detections outside all digits and ignore boxes.
    """
    n = right = false = 0
    for page in pages:
        detections = detector.detect(local_contrast(page.grey))
        size = sizes(page.digits[:, 1:])
        is_counted = (size >= MIN_DIGIT) & (size <= MAX_DIGIT)
        is_free = np.ones(len(page.digits), bool)
        n += int(is_counted.sum())
        for box, digit in zip(detections.boxes, detections.logits.argmax(axis=1), strict=True):
            overlaps = np.append(np.where(is_free, iou(box, page.digits[:, 1:]), 0), 0)
            best = int(overlaps.argmax())
            if overlaps[best] >= OVERLAP:
                is_free[best] = False
                right += int(is_counted[best] and page.digits[best, 0] == digit)
            else:
                false += int(not iou(box, page.ignore_boxes).any())
    return {
        "data": "pages of unseen writers",
        "n": n,
        "errors": n - right,
        "accuracy": right / max(n, 1),
        "false": false,
    }
