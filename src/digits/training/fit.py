"""Recipe → run folder: the training from beginning to end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.errors import TrainingError
from digits.files import write_json
from digits.model.store import keras_file
from digits.training import networks
from digits.training.callbacks import Checkpoint, Progress
from digits.training.curves import draw_curves
from digits.training.datasets.pages import grey_pages
from digits.training.distillation import open_teacher
from digits.training.recipe import Fit, Recipe
from digits.training.task import Lesson
from digits.training.tasks import detection, recognition, tiles

RUN = "run.json"
OF_PAGES = {"detector": detection.lesson, "recogniser": recognition.lesson}
"""What networks of these kinds learn from pages; all others learn tiles."""
PACKAGES = (
    "handwritten-digit-recognition", "keras", "numpy", "onnx", "onnxruntime", "tensorflow",
    "tensorflow-cpu", "tf2onnx", "torch",
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
    begun = {"recipe": recipe.to_dict(), "seed": seed} | _teachers(recipe) | _start(recipe)
    _enter(out, begun, resume)
    keras.utils.set_random_seed(seed)
    if recipe.pages:
        made = grey_pages(recipe.pages, seed, data)
        lesson = OF_PAGES[recipe.network.kind](recipe, recipe.pages, seed, *made)
    else:
        lesson = tiles.prepare(recipe, seed, data)
    facts = _described(out, begun, _circumstances(lesson))
    network = networks.build(recipe.network)
    if recipe.fit.start:
        _begin_with(network, recipe.fit.start)
    begun_with = network.get_weights()
    history = fit(network, recipe, lesson, out, tensorboard)
    network.set_weights(_mean(begun_with, network.get_weights(), recipe.fit.kept))
    network.save(out / "model.keras")
    draw_curves(history.rows, out / "curves.png", recipe.name)
    facts |= {"fit_seconds": round(history.seconds, 2)}
    facts = lesson.finish(network, facts, out)
    write_json(out / RUN, facts)
    return facts


def _teachers(recipe: Recipe) -> dict[str, Any]:
    """SHA-256 of the weights of teachers, and of networks to be joined with, opened to see that
    they can be, before hours of work."""
    sums = {}
    joined = recipe.join.models if recipe.join else ()
    for name in {*(stage.teacher for stage in recipe.stages), *joined} - {""}:
        open_teacher(name)
        sums[name] = hashlib.sha256(keras_file(name).read_bytes()).hexdigest()
    return {"teachers": sums} if sums else {}


def _start(recipe: Recipe) -> dict[str, Any]:
    """SHA-256 of the weights to begin with, seen to fit before hours of work."""
    if not recipe.fit.start:
        return {}
    _begin_with(networks.build(recipe.network), recipe.fit.start)
    return {"start": hashlib.sha256(keras_file(recipe.fit.start).read_bytes()).hexdigest()}


def _begin_with(network: keras.Model, name: str) -> None:
    """Give a network the weights of another, which may be narrower: it then says the same. Raises
    TrainingError if they do not fit."""
    path = keras_file(name)
    try:
        begun = keras.models.load_model(path, compile=False).get_weights()
        pairs = zip(begun, network.get_weights(), strict=True)
        network.set_weights([_widened(old, fresh) for old, fresh in pairs])
    except Exception as error:  # Keras raises whatever the damaged part raised
        reason = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"{path} does not fit the recipe's network: {reason}; "
            "name another start, or leave it out"
        ) from error


def _widened(old: NDArray[np.float32], fresh: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weights of a layer among the fresh ones of a wider layer. To what the old channels say
    the new ones add nothing at first; after Chen et al. 2015, "Net2Net" (arXiv 1511.05641)."""
    room = tuple(slice(0, extent) for extent in old.shape)
    wide = fresh.copy()
    if old.ndim > 1:
        wide[..., room[-1]] = 0
    wide[room] = old
    return wide


def _mean(
    first: list[NDArray[np.float32]], second: list[NDArray[np.float32]], share: float
) -> list[NDArray[np.float32]]:
    """Weights of a network between two, with that share of the first."""
    return [share * one + (1 - share) * other for one, other in zip(first, second, strict=True)]


def fit(
    network: keras.Model, recipe: Recipe, lesson: Lesson, out: Path, tensorboard: bool = False
) -> Checkpoint:
    """Fit the network's weights, from the last checkpoint in `out` on; returns its curves."""
    learning = networks.in_bfloat16(network) if recipe.fit.bfloat16 else network
    checkpoint = Checkpoint(out)
    epochs = sum(stage.epochs for stage in recipe.stages)
    callbacks = [Progress(epochs), checkpoint, *lesson.callbacks]
    if tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(out / "tensorboard", write_graph=False))
    begun = 0
    for stage in recipe.stages:
        learner = lesson.learner(learning, stage)
        _compile(learner, lesson, stage)
        if not begun or checkpoint.epoch > begun:  # else the stage starts with a fresh optimizer
            checkpoint.restore(learner)
        begun += stage.epochs
        if checkpoint.epoch >= begun:
            continue
        learner.fit(
            lesson.batches(stage, checkpoint.epoch),
            epochs=begun,
            initial_epoch=checkpoint.epoch,
            validation_data=lesson.validation,
            validation_batch_size=5000,
            callbacks=callbacks,
            shuffle=False,  # the batches shuffle, by seed and epoch
            verbose=0,
        )
    if learning is not network:
        network.set_weights(learning.get_weights())
    return checkpoint


def _compile(learner: keras.Model, lesson: Lesson, much: Fit) -> None:
    steps = much.epochs * -(-lesson.count // much.batch_size)
    warmup = max(1, round(much.warmup * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=much.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=much.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    learner.compile(
        optimizer,
        lesson.loss(much),
        metrics=[keras.metrics.MeanMetricWrapper(lesson.accuracy, name="accuracy")],
        steps_per_execution=much.steps_per_execution,
        jit_compile=much.compile,
    )
    optimizer.build(learner.trainable_variables)


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


def _described(out: Path, begun: dict[str, Any], where: dict[str, Any]) -> dict[str, Any]:
    """What run.json says of a run while it goes on: how it was begun, and in what circumstances,
    also if it is resumed in others."""
    if (out / RUN).exists():
        where |= {key: value for key, value in _read_run(out / RUN).items() if key in where}
    else:
        write_json(out / RUN, begun | where)
    return begun | where


def _read_run(path: Path) -> dict[str, Any]:
    try:
        run = json.loads(path.read_text("utf-8"))
        return dict(run) | {"recipe": dict(run["recipe"]), "seed": int(run["seed"])}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            f"{path} does not describe a run ({type(error).__name__}: {error}); "
            "train into another --out"
        ) from error


def _circumstances(lesson: Lesson) -> dict[str, Any]:
    """What a reader of the run needs to know to make it again."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):  # one of the two TensorFlows, always
            versions[package] = version(package)
    return {
        "data": lesson.data,
        "versions": versions,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "backend": keras.backend.backend(),
        }
        | _gpu(),
    }


def _gpu() -> dict[str, str]:
    """The graphics processor that Keras computes on, if there is one."""
    if keras.backend.backend() == "torch":  # for which Keras lists none
        cuda = import_module("torch").cuda
        return {"gpu": cuda.get_device_name()} if cuda.is_available() else {}
    devices = keras.distribution.list_devices("gpu")
    return {"gpu": str(devices[0])} if devices else {}
