"""The lesson of tiles: which digit does each show, if any?"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.data import mnist
from digits.evaluation.metrics import evaluate
from digits.files import write_atomically, write_json
from digits.model.classifier import Classifier
from digits.model.store import CARD, SOURCE
from digits.training import networks
from digits.training.augment.tiles import Augment
from digits.training.calibrate import calibrate, temperature
from digits.training.callbacks import ShowClean
from digits.training.card import model_card
from digits.training.datasets.tiles import Batches, Digits, load_material, targets, unseen_clutter
from digits.training.distillation import Taught, open_teacher
from digits.training.export import export, logits, opened, write_model
from digits.training.quantise import quantise
from digits.training.recipe import Fit, Join, Recipe
from digits.training.task import Lesson

RANGED = 1024  # digits that show 8-bit activations their range
COST = 0.0002  # of the digits kept back, that 8 bits may cost


def prepare(recipe: Recipe, seed: int, data: Path | None) -> Lesson:
    """The lesson of a recipe for tiles. Raises DataError, TrainingError as load_material does."""
    learn, validate = load_material(recipe.material, seed, data)
    return lesson(recipe, seed, learn, validate, data)


def lesson(
    recipe: Recipe, seed: int, learn: Digits, validate: Digits, data: Path | None = None
) -> Lesson:
    """The same with the digits to learn from, and those kept back, at hand."""
    augment = Augment(recipe.augmentation, seed)
    kept = (validate.images, targets(validate.labels)) if len(validate) else None
    return Lesson(
        count=len(learn),
        batches=lambda stage, epoch: Batches(learn, stage.batch_size, seed, epoch),
        validation=kept,
        learner=partial(_learner, augment),
        loss=partial(_loss, recipe),
        accuracy=accuracy,
        callbacks=[ShowClean(augment, recipe.clean)],
        data={"digits": len(learn), "sha256": learn.sha256()},
        finish=partial(_finish, recipe, learn, validate, data),
    )


def _learner(augment: Augment, learning: keras.Model, much: Fit) -> keras.Model:
    """From tiles (N, 28, 28) uint8 as they are to the network's scores of them augmented."""
    tiles = keras.Input((28, 28), dtype="uint8", name="tiles")
    seen = augment(tiles)
    scores = learning(seen)
    if much.teacher:
        teacher = open_teacher(much.teacher, much.bfloat16)
        scores = Taught(teacher, much.taught / (1 - much.taught))(scores, seen)
    return keras.Model(tiles, scores)


def _loss(recipe: Recipe, much: Fit) -> keras.losses.Loss:
    return keras.losses.CategoricalCrossentropy(
        from_logits=recipe.network.kind != "dense", label_smoothing=much.label_smoothing
    )


def accuracy(wanted: Any, scores: Any) -> Any:
    """(N,) float32, 1 where a digit is told right, or where clutter is given to no digit.

    wanted: (N, 10) targets; scores: (N, 10) logits, or probabilities where there is no clutter.
    """
    told = keras.ops.equal(keras.ops.argmax(wanted, -1), keras.ops.argmax(scores, -1))
    doubted = keras.ops.max(keras.ops.softmax(scores), -1) < 0.5
    is_clutter = keras.ops.max(wanted, -1) < 0.5
    return keras.ops.cast(keras.ops.where(is_clutter, doubted, told), "float32")


def _finish(
    recipe: Recipe,
    learn: Digits,
    validate: Digits,
    data: Path | None,
    network: keras.Model,
    facts: dict[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Export, calibrate, score once on the test set, and write down all of it."""
    if recipe.join:
        network = _joined(network, recipe.join, validate)
        network.save(out / SOURCE)
    graph = export(network, "onnx")
    if recipe.network.int8:
        graph = _smaller(graph, recipe, facts["seed"], learn, validate)
    model = opened(graph)
    calibration = calibrate(
        model.logits(validate.images),
        validate.labels,
        model.logits(unseen_clutter(facts["seed"])),
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


def _joined(network: keras.Model, join: Join, validate: Digits) -> keras.Model:
    """The network together with those that it is to be asked with, on one scale."""
    together = [network, *(open_teacher(name) for name in join.models)]
    return networks.joined(
        together,
        [temperature(logits(each, validate.images), validate.labels) for each in together],
    )


def _smaller(graph: bytes, recipe: Recipe, seed: int, learn: Digits, validate: Digits) -> bytes:
    """The graph in 8 bits if it tells the digits kept back as well, else as it is."""
    augment = Augment(recipe.augmentation, seed)
    some = learn.images[np.random.default_rng(seed).permutation(len(learn))[:RANGED]]
    seen = [some / np.float32(255), np.asarray(augment(some, training=True))]
    small = quantise(graph, [part for each in seen for part in np.array_split(each, RANGED // 256)])

    def errors(content: bytes) -> int:
        return int((opened(content).predict(validate.images) != validate.labels).sum())

    lost = (errors(small) - errors(graph)) / max(len(validate), 1)
    if lost > COST:
        print(f"left in 32 bits: 8 would cost {lost:.2%} of the digits kept back", file=sys.stderr)
        return graph
    return small


def headline(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, Any]:
    """The figures of an evaluation that a run keeps."""
    score = evaluate(probabilities, labels).to_dict()
    return {key: score[key] for key in ("n", "errors", "accuracy", "interval", "log_loss", "ece")}
