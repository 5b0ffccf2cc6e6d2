"""Recipe → run folder: one training run from beginning to end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.errors import TrainingError
from digits.files import write_json
from digits.model.store import SOURCE, keras_file
from digits.training import networks
from digits.training.callbacks import Checkpoint, Progress
from digits.training.curves import draw_curves
from digits.training.datasets.pages import KEPT, labelled_pages
from digits.training.distillation import open_network
from digits.training.export import save_keras
from digits.training.machine import gpu, has_bfloat16
from digits.training.recipe import Fit, Recipe, with_defaults
from digits.training.task import Task
from digits.training.tasks import detection, recognition, tiles

if TYPE_CHECKING:
    from digits.training.data_parallel import Workers

RUN = "run.json"
PAGE_TASKS = {"detector": detection.task, "recogniser": recognition.task}
"""Networks that are trained on pages; all others are trained on tiles."""
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
    workers: Workers | None = None,
) -> dict[str, Any]:
    """Train a recipe into the run folder `out` and return what run.json says.

    The folder ends up holding run.json, curves.csv, curves.png, model.keras and the three files
    of a model folder; with `workers` that train together, that of the first one. Raises
    TrainingError if `out` holds a run and `resume` is not set, or holds something else than the
    run to resume, or if the training diverges; DataError if MNIST cannot be had; ModelError if a
    network that the recipe names cannot be opened.
    """
    if not 0 <= seed < 2**32:
        raise TrainingError(f"the seed is {seed}; expected 0 to {2**32 - 1}")
    count = workers.count if workers else 1
    identity = {"recipe": recipe.to_dict(), "seed": seed, "workers": count} | _pretrained(recipe)
    _enter(out, identity, resume)
    keras.utils.set_random_seed(seed)
    task = task_of(recipe, seed, data, out)
    facts = _described(out, identity, _circumstances(task))
    if workers:
        workers.check(identity | {"data": task.data})
    network = networks.build(recipe.network)
    old = initialise(network, recipe.fit.init_from) if recipe.fit.init_from else []
    history = fit(network, recipe, task, out, tensorboard, workers)
    if workers and workers.rank:
        workers.wait()  # so that no end looks like a loss
        return facts
    weights = _average(old, network.get_weights(), recipe.fit.init_weight)
    network = networks.build(recipe.network)  # anew, without the optimizer's state
    network.set_weights(weights)
    save_keras(network, out / SOURCE)
    draw_curves([history.rows], out / "curves.png", recipe.name)
    facts |= {"fit_seconds": round(history.seconds, 2)}
    facts = task.finish(network, facts, out)
    write_json(out / RUN, facts)
    (out / KEPT).unlink(missing_ok=True)
    if workers:
        workers.wait()
    return facts


def unfinished(recipe: Recipe, runs: Mapping[int, Path], resume: bool) -> list[int]:
    """The seeds whose run folders do not hold a finished run of this recipe.

    runs: the run folder of each seed. Raises TrainingError as `train` does.
    """
    pretrained, seeds = _pretrained(recipe), []
    for seed, out in runs.items():
        if (out / RUN).exists():
            identity = {"recipe": recipe.to_dict(), "seed": seed, "workers": 1} | pretrained
            _enter(out, identity, resume)
            if "score" in _read_run(out / RUN):
                continue
        seeds.append(seed)
    return seeds


def task_of(recipe: Recipe, seed: int, data: Path | None, out: Path) -> Task:
    """The task of a recipe, with its data made or loaded; pages are kept in the folder `out`."""
    if recipe.pages is None:
        return tiles.prepare(recipe, seed, data)
    pages = labelled_pages(recipe.pages, seed, data, out)
    return PAGE_TASKS[recipe.network.kind](recipe, recipe.pages, seed, *pages)


def _pretrained(recipe: Recipe) -> dict[str, Any]:
    """SHA-256 of the .keras files that a recipe names, by name; {} if it names none.

    Each is opened, so that one that does not fit is refused before hours of work.
    """
    ensemble = recipe.ensemble.models if recipe.ensemble else ()
    names = {*(stage.distil_from for stage in recipe.stages), *ensemble} - {""}
    for name in names:
        open_network(name)
    if recipe.fit.init_from:
        initialise(networks.build(recipe.network), recipe.fit.init_from)
        names.add(recipe.fit.init_from)
    sums = {name: hashlib.sha256(keras_file(name).read_bytes()).hexdigest() for name in names}
    return {"pretrained": dict(sorted(sums.items()))} if sums else {}


def initialise(network: keras.Model, name: str) -> list[NDArray[np.float32]]:
    """Give a network the weights of another one of the same kind, which may be narrower.

    A wider network then gives the same output as the narrower one. Returns these weights. name: a
    shipped model, run folder or .keras file. Raises TrainingError if the weights do not fit.
    """
    path = keras_file(name)
    try:
        weights = keras.models.load_model(path, compile=False).get_weights()
        pairs = zip(weights, network.get_weights(), strict=True)
        network.set_weights([_widened(old, fresh) for old, fresh in pairs])
        return list(weights)
    except Exception as error:  # Keras raises whatever the damaged part raised
        reason = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"{path} does not fit the recipe's network: {reason}; "
            "name another init_from, or leave it out"
        ) from error


def _widened(old: NDArray[np.float32], fresh: NDArray[np.float32]) -> NDArray[np.float32]:
    """A layer's weights within the fresh weights of a wider layer.

    The new input channels have weight 0 to the old output channels, which stay as they were.
    Source: Chen et al. 2015, "Net2Net", arXiv 1511.05641.
    """
    corner = tuple(slice(0, extent) for extent in old.shape)
    wide = fresh.copy()
    if old.ndim > 1:
        wide[..., corner[-1]] = 0
    wide[corner] = old
    return wide


def _average(
    old: list[NDArray[np.float32]], trained: list[NDArray[np.float32]], weight: float
) -> list[NDArray[np.float32]]:
    """The weighted average of trained weights and those they began with, which may be narrower:
    what these did not know stays as trained. `weight` is that of the old ones."""
    if not weight:
        return trained
    averages = [each.copy() for each in trained]
    for one, other in zip(old, averages, strict=True):
        corner = tuple(slice(0, extent) for extent in one.shape)
        other[corner] = weight * one + (1 - weight) * other[corner]
    return averages


def fit(
    network: keras.Model,
    recipe: Recipe,
    task: Task,
    out: Path,
    tensorboard: bool = False,
    workers: Workers | None = None,
) -> Checkpoint:
    """Fit the network's weights, from the last checkpoint in `out` on.

    Returns that checkpoint, whose rows are the curves. Raises TrainingError if the checkpoint is
    damaged or the training diverges.
    """
    learning = networks.in_bfloat16(network) if recipe.fit.bfloat16 else network
    checkpoint = Checkpoint(out)
    if workers:
        learning, recipe, task, checkpoint = workers.shared(learning, recipe, task, out)
    epochs = sum(stage.epochs for stage in recipe.stages)
    callbacks = [Progress(epochs), checkpoint, *task.callbacks]
    if tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(out / "tensorboard", write_graph=False))
    end = 0
    for stage in recipe.stages:
        trainee = task.trainee(learning, stage)
        _compile(trainee, task, stage)
        if not end or checkpoint.epoch > end:  # else the stage starts with a fresh optimizer
            checkpoint.restore(trainee)
        end += stage.epochs
        if checkpoint.epoch >= end:
            continue
        trainee.fit(
            task.batches(stage, checkpoint.epoch),
            epochs=end,
            initial_epoch=checkpoint.epoch,
            validation_data=task.validation,
            validation_batch_size=5000,
            callbacks=callbacks,
            shuffle=False,  # the batches shuffle, by seed and epoch
            verbose=0,
        )
    if learning is not network:
        network.set_weights(learning.get_weights())
    return checkpoint


def _compile(trainee: keras.Model, task: Task, stage: Fit) -> None:
    steps = stage.epochs * -(-task.count // stage.batch_size)
    warmup = max(1, round(stage.warmup * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=stage.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=stage.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trainee.compile(
        optimizer,
        task.loss(stage),
        metrics=[keras.metrics.MeanMetricWrapper(task.accuracy, name="accuracy")],
        steps_per_execution=stage.steps_per_execution,
        jit_compile=stage.compile,
    )
    optimizer.build(trainee.trainable_variables)


def _enter(out: Path, identity: dict[str, Any], resume: bool) -> None:
    """Make the run folder, or check that it holds the run to resume.

    identity: recipe, seed, workers and SHA-256 of pretrained weights. Raises TrainingError.
    """
    if (out / RUN).exists():
        found = _read_run(out / RUN)
        if not resume:
            raise TrainingError(
                f"{out} holds a run already; go on with --resume, or train into another --out"
            )
        if found["workers"] != identity["workers"]:
            raise TrainingError(
                f"{out} holds a run of {found['workers']} workers, and there are "
                f"{identity['workers']} now; go on with as many, or train into another --out"
            )
        found["recipe"] = with_defaults(found["recipe"])
        if any(found.get(key) != value for key, value in json.loads(json.dumps(identity)).items()):
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


def _described(
    out: Path, identity: dict[str, Any], circumstances: dict[str, Any]
) -> dict[str, Any]:
    """Identity and circumstances of a run, as run.json keeps them.

    A resumed run keeps the circumstances that it was started in.
    """
    if (out / RUN).exists():
        saved = _read_run(out / RUN)
        circumstances |= {key: value for key, value in saved.items() if key in circumstances}
    else:
        write_json(out / RUN, identity | circumstances)
    return identity | circumstances


def _read_run(path: Path) -> dict[str, Any]:
    try:
        run = {"workers": 1} | json.loads(path.read_text("utf-8"))
        return dict(run) | {"recipe": dict(run["recipe"]), "seed": int(run["seed"])}
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise TrainingError(
            f"{path} does not describe a run ({type(error).__name__}: {error}); "
            "train into another --out"
        ) from error


def _circumstances(task: Task) -> dict[str, Any]:
    """Data, versions and machine: what it takes to repeat the run, besides recipe and seed."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):  # one of the two TensorFlows, always
            versions[package] = version(package)
    return {
        "data": task.data,
        "versions": versions,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "backend": keras.backend.backend(),
            "bfloat16": has_bfloat16(),
        }
        | ({"gpu": name} if (name := gpu()) else {}),
    }
