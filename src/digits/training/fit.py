"""Recipe → run folder: the training from beginning to end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.data import mnist
from digits.errors import TrainingError
from digits.evaluation.metrics import evaluate
from digits.files import write_atomically, write_json
from digits.model.classifier import Classifier
from digits.model.store import CARD, keras_file
from digits.training import networks
from digits.training.augment import Augment
from digits.training.calibrate import calibrate
from digits.training.callbacks import Checkpoint, Progress, ShowClean
from digits.training.card import model_card
from digits.training.curves import draw_curves
from digits.training.export import export, opened, write_model
from digits.training.material import Batches, Digits, load_material, targets, unseen_clutter
from digits.training.quantise import quantise
from digits.training.recipe import Fit, Recipe
from digits.training.teacher import Taught, open_teacher

RUN = "run.json"
RANGED = 1024  # digits that show 8-bit activations their range
COST = 0.0002  # of the digits kept back, that 8 bits may cost
PACKAGES = (
    "handwritten-digit-recognition", "keras", "numpy", "onnx", "onnxruntime", "tensorflow",
    "tensorflow-cpu", "tf2onnx",
)  # fmt: skip


def train(
    recipe: Recipe,
    out: Path,
    *,
    seed: int = 0,
    data: Path | None = None,
    resume: bool = False,
    tensorboard: bool = False,
) -> dict[str, Any]:
    """Train a recipe into the run folder `out` and return what run.json says.

    The folder ends up holding run.json, curves.csv, curves.png, model.keras and the three files
    of a model folder. Raises TrainingError if `out` holds a run and `resume` is not set, or holds
    something else than the run to resume, or if the training diverges; DataError if MNIST cannot
    be had; ModelError if the teacher cannot.
    """
    if not 0 <= seed < 2**32:
        raise TrainingError(f"the seed is {seed}; expected 0 to {2**32 - 1}")
    begun = {"recipe": recipe.to_dict(), "seed": seed} | _teachers(recipe)
    _enter(out, begun, resume)
    keras.utils.set_random_seed(seed)
    learn, validate = load_material(recipe.material, seed, data)
    if not (out / RUN).exists():
        write_json(out / RUN, begun)
    network = networks.build(recipe.network)
    history = fit(network, recipe, learn, validate, out, seed, tensorboard)
    network.save(out / "model.keras")
    draw_curves(history.rows, out / "curves.png", recipe.name)
    facts = begun | _circumstances(learn) | {"fit_seconds": round(history.seconds, 2)}
    return _finish(network, recipe, facts, learn, validate, out, data)


def _teachers(recipe: Recipe) -> dict[str, Any]:
    """SHA-256 of each teacher's weights, opened to see that they can be, before hours of work."""
    sums = {}
    for name in {stage.teacher for stage in recipe.stages} - {""}:
        open_teacher(name)
        sums[name] = hashlib.sha256(keras_file(name).read_bytes()).hexdigest()
    return {"teachers": sums} if sums else {}


def fit(
    network: keras.Model,
    recipe: Recipe,
    learn: Digits,
    validate: Digits,
    out: Path,
    seed: int,
    tensorboard: bool = False,
) -> Checkpoint:
    """Fit the network's weights, from the last checkpoint in `out` on; returns its curves."""
    augment = Augment(recipe.augmentation, seed)
    learning = networks.in_bfloat16(network) if recipe.fit.bfloat16 else network
    checkpoint = Checkpoint(out)
    callbacks = [Progress(len(recipe.clean)), checkpoint, ShowClean(augment, recipe.clean)]
    if tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(out / "tensorboard", write_graph=False))
    begun = 0
    for stage in recipe.stages:
        learner = _learner(augment, learning, stage)
        steps = stage.epochs * -(-len(learn) // stage.batch_size)
        _compile(learner, stage, steps, from_logits=recipe.network.kind != "dense")
        if not begun or checkpoint.epoch > begun:  # else the stage starts with a fresh optimizer
            checkpoint.restore(learner)
        begun += stage.epochs
        if checkpoint.epoch >= begun:
            continue
        learner.fit(
            Batches(learn, stage.batch_size, seed, checkpoint.epoch),
            epochs=begun,
            initial_epoch=checkpoint.epoch,
            validation_data=(validate.images, targets(validate.labels)) if len(validate) else None,
            validation_batch_size=5000,
            callbacks=callbacks,
            shuffle=False,  # Batches shuffles, by seed and epoch
            verbose=0,
        )
    if learning is not network:
        network.set_weights(learning.get_weights())
    return checkpoint


def _learner(augment: Augment, learning: keras.Model, much: Fit) -> keras.Model:
    """From tiles (N, 28, 28) uint8 as they are to the network's scores of them augmented."""
    tiles = keras.Input((28, 28), dtype="uint8", name="tiles")
    seen = augment(tiles)
    scores = learning(seen)
    if much.teacher:
        teacher = open_teacher(much.teacher, much.bfloat16)
        scores = Taught(teacher, much.taught / (1 - much.taught))(scores, seen)
    return keras.Model(tiles, scores)


def _compile(learner: keras.Model, much: Fit, steps: int, from_logits: bool) -> None:
    warmup = max(1, round(much.warmup * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=much.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=much.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    learner.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(
            from_logits=from_logits, label_smoothing=much.label_smoothing
        ),
        metrics=[keras.metrics.MeanMetricWrapper(accuracy, name="accuracy")],
        steps_per_execution=much.steps_per_execution,
        jit_compile=much.compile,
    )
    optimizer.build(learner.trainable_variables)


def accuracy(wanted: Any, scores: Any) -> Any:
    """(N,) float32, 1 where a digit is told right, or where clutter is given to no digit.

    wanted: (N, 10) targets; scores: (N, 10) logits, or probabilities where there is no clutter.
    """
    told = keras.ops.equal(keras.ops.argmax(wanted, -1), keras.ops.argmax(scores, -1))
    doubted = keras.ops.max(keras.ops.softmax(scores), -1) < 0.5
    is_clutter = keras.ops.max(wanted, -1) < 0.5
    return keras.ops.cast(keras.ops.where(is_clutter, doubted, told), "float32")


def _enter(out: Path, begun: dict[str, Any], resume: bool) -> None:
    """Make the run folder, or see that it holds the very run to go on with."""
    if (out / RUN).exists():
        found = _read_run(out / RUN)
        if not resume:
            raise TrainingError(
                f"{out} holds a run already; go on with --resume, or train into another --out"
            )
        if any(found.get(key) != value for key, value in json.loads(json.dumps(begun)).items()):
            raise TrainingError(
                f"{out} holds a run of recipe {found['recipe']['name']!r} with seed "
                f"{found['seed']}, not of this recipe and seed as they are now; "
                "train into another --out"
            )
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        others = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise TrainingError(f"{out} cannot be a run folder: {error.strerror}") from error
    if others:
        raise TrainingError(
            f"{out} holds {others[0]} and no {RUN}; expected an empty folder, or none: "
            "train into another --out"
        )


def _read_run(path: Path) -> dict[str, Any]:
    try:
        run = json.loads(path.read_text("utf-8"))
        return dict(run) | {"recipe": dict(run["recipe"]), "seed": int(run["seed"])}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            f"{path} does not describe a run ({type(error).__name__}: {error}); "
            "train into another --out"
        ) from error


def _circumstances(learn: Digits) -> dict[str, Any]:
    """What a reader of the run needs to know to make it again."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):  # one of the two TensorFlows, always
            versions[package] = version(package)
    return {
        "data": {"digits": len(learn), "sha256": learn.sha256()},
        "versions": versions,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "backend": keras.backend.backend(),
        },
    }


def _finish(
    network: keras.Model,
    recipe: Recipe,
    facts: dict[str, Any],
    learn: Digits,
    validate: Digits,
    out: Path,
    data: Path | None,
) -> dict[str, Any]:
    """Export, calibrate, score once on the test set, and write down all of it."""
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
        Classifier(out, second_look=False).probabilities(images), labels
    )
    write_json(out / CARD, card | facts)
    write_atomically(out / "README.md", model_card(card | facts))
    write_json(out / RUN, facts)
    return facts


def _smaller(graph: bytes, recipe: Recipe, seed: int, learn: Digits, validate: Digits) -> bytes:
    """The graph in 8 bits if it tells the digits kept back as well, else as it is."""
    augment = Augment(recipe.augmentation, seed)
    some = learn.images[np.random.default_rng(seed).permutation(len(learn))[:RANGED]]
    seen = [some / np.float32(255), np.asarray(augment(some, training=True))]
    small = quantise(graph, np.concatenate(seen))

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
