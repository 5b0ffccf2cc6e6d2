"""The classifiers' task: which digit a tile shows, if any."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from digits.data import mnist
from digits.evaluation.metrics import evaluate
from digits.files import write_atomically, write_json
from digits.model.classifier import Classifier
from digits.model.spec import TILE
from digits.model.store import CARD, SOURCE
from digits.training import networks
from digits.training.augment.tiles import Augment
from digits.training.calibrate import calibrate, temperature
from digits.training.callbacks import CleanSchedule
from digits.training.card import model_card
from digits.training.datasets.tiles import (
    Digits,
    TileBatches,
    load_dataset,
    targets,
    unseen_negatives,
)
from digits.training.distillation import DistillationLoss, open_network
from digits.training.export import export, logits, open_classifier, save_keras, write_model
from digits.training.quantise import quantise
from digits.training.recipe import Ensemble, Fit, Recipe
from digits.training.task import Task

RANGE_TILES, RANGE_BATCH = 1024, 32  # tiles that give 8-bit activations their range
MAX_INT8_COST = 0.0002  # fraction of the validation digits that 8 bits may get wrong in addition


def prepare(recipe: Recipe, seed: int, data: Path | None) -> Task:
    """The task of a classifier's recipe, with its data loaded.

    Raises DataError and TrainingError as load_dataset does.
    """
    train, validation = load_dataset(recipe.dataset, seed, data)
    return task(recipe, seed, train, validation, data)


def task(
    recipe: Recipe, seed: int, train: Digits, validation: Digits, data: Path | None = None
) -> Task:
    """The task of a classifier's recipe on training and validation digits.

    data: the folder of MNIST, whose test set the trained network is scored on.
    """
    augment = Augment(recipe.augmentation, seed)
    held_out = (validation.images, targets(validation.labels)) if len(validation) else None
    return Task(
        count=len(train),
        batches=lambda stage, epoch: TileBatches(train, stage.batch_size, seed, epoch),
        validation=held_out,
        trainee=partial(_trainee, augment),
        loss=partial(_loss, recipe),
        accuracy=accuracy,
        callbacks=[CleanSchedule(augment, recipe.clean)],
        data={"digits": len(train), "sha256": train.sha256()},
        finish=partial(_finish, recipe, train, validation, data),
    )


def _trainee(augment: Augment, network: keras.Model, stage: Fit) -> keras.Model:
    """The model that a stage fits: tiles (N, 28, 28) uint8 → augmentation → network."""
    tiles = keras.Input((TILE, TILE), dtype="uint8", name="tiles")
    augmented = augment(tiles)
    scores = network(augmented)
    if stage.distil_from:
        weight = stage.distil_weight / (1 - stage.distil_weight)
        source = open_network(stage.distil_from, stage.bfloat16)
        scores = DistillationLoss(source, weight)(scores, augmented)
    return keras.Model(tiles, scores)


def _loss(recipe: Recipe, stage: Fit) -> keras.losses.Loss:
    return keras.losses.CategoricalCrossentropy(
        from_logits=recipe.network.kind != "dense", label_smoothing=stage.label_smoothing
    )


def accuracy(target: Any, scores: Any) -> Any:
    """(N,) float32: 1 where a digit is classified correctly, or clutter has no likely digit.

    target: (N, 10); scores: (N, 10) logits, or probabilities where there is no clutter.
    """
    is_right = ops.equal(ops.argmax(target, -1), ops.argmax(scores, -1))
    is_unlikely = ops.max(ops.softmax(scores), -1) < 0.5
    is_clutter = ops.max(target, -1) < 0.5
    return ops.cast(ops.where(is_clutter, is_unlikely, is_right), "float32")


def _finish(
    recipe: Recipe,
    train: Digits,
    validation: Digits,
    data: Path | None,
    network: keras.Model,
    facts: dict[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Export, calibrate, score once on the test set, write the model folder; see `Task.finish`."""
    if recipe.ensemble:
        network = _ensemble(network, recipe.ensemble, validation)
        save_keras(network, out / SOURCE)
    graph = export(network, "onnx")
    if recipe.network.int8:
        graph = _quantised(graph, recipe, facts["seed"], train, validation)
    model = open_classifier(graph)
    calibration = calibrate(
        model.logits(validation.images),
        validation.labels,
        model.logits(unseen_negatives(recipe.dataset, facts["seed"], data)),
    )
    facts = {
        "name": recipe.name, "parameters": network.count_params(), "calibration": calibration
    } | facts  # fmt: skip
    card = write_model(graph, out, facts)
    images, labels = mnist.load("test", data)
    facts["score"] = {"data": "MNIST test"} | headline(
        Classifier(out, tta=False).probabilities(images), labels
    )
    write_json(out / CARD, card | facts)
    write_atomically(out / "README.md", model_card(card | facts))
    return facts


def _ensemble(network: keras.Model, ensemble: Ensemble, validation: Digits) -> keras.Model:
    """The network and the ensemble's models as one, each with its logits calibrated."""
    members = [network, *(open_network(name) for name in ensemble.models)]
    return networks.ensemble(
        members,
        [temperature(logits(each, validation.images), validation.labels) for each in members],
    )


def _quantised(graph: bytes, recipe: Recipe, seed: int, train: Digits, validation: Digits) -> bytes:
    """The graph in 8 bits, unless that costs more than MAX_INT8_COST; else the graph itself."""
    augment = Augment(recipe.augmentation, seed)
    some = train.images[np.random.default_rng(seed).permutation(len(train))[:RANGE_TILES]]
    inputs = [some / np.float32(255), np.asarray(augment(some, training=True))]
    parts = RANGE_TILES // RANGE_BATCH
    small = quantise(graph, [part for each in inputs for part in np.array_split(each, parts)])

    def errors(content: bytes) -> int:
        return int((open_classifier(content).predict(validation.images) != validation.labels).sum())

    cost = (errors(small) - errors(graph)) / max(len(validation), 1)
    if cost > MAX_INT8_COST:
        print(f"left in 32 bits: 8 would cost {cost:.2%} of the validation digits", file=sys.stderr)
        return graph
    return small


def headline(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, Any]:
    """The figures of an evaluation that run.json keeps."""
    score = evaluate(probabilities, labels).to_dict()
    return {key: score[key] for key in ("n", "errors", "accuracy", "interval", "log_loss", "ece")}
