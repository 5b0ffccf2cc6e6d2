"""Data-parallel training: several processes, usually on several machines, train one network.

Each process has a copy of the network and takes its share of every batch; the gradients of all are
added up, so that all copies take the same steps. Keras 3 cannot fit a model whose variables belong
to `tf.distribute.MultiWorkerMirroredStrategy` (keras-team/keras#20585). Here they belong to the
processes, and the strategy only runs the training step, which is ours.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from digits.errors import TrainingError
from digits.training.callbacks import COLUMNS, Checkpoint, state
from digits.training.recipe import Fit, Recipe
from digits.training.task import Task

SEED_STRIDE = 0x9E3779B9  # 2³² by the golden ratio: between the random generators of workers
EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
)


class WorkerLostError(Exception):
    """Another worker ended, which ends the cluster: all have to join a new one."""


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that train together.

    rank: which one this is; the first, the chief, keeps the checkpoint and writes the run folder.
    """

    strategy: Any
    rank: int
    count: int

    def shared(
        self, network: keras.Model, recipe: Recipe, task: Task, out: Path
    ) -> tuple[keras.Model, Recipe, Task, Checkpoint]:
        """These as this worker needs them: all together take steps of `count` batches."""
        fit = replace(
            recipe.fit,
            batch_size=self.count * recipe.fit.batch_size,
            steps_per_execution=1,
            compile=False,
        )
        shared = replace(
            task,
            batches=lambda stage, epoch: Share(task, stage, epoch, self),
            trainee=lambda network, stage: Parallel.of(task, network, stage, self.strategy),
        )
        return synchronised(network), replace(recipe, fit=fit), shared, SharedCheckpoint(out, self)

    def from_chief(self, values: Sequence[Any]) -> list[NDArray[np.float64]]:
        """The chief's values, of the shapes of this worker's; every worker has to ask at once."""
        import tensorflow as tf

        arrays = [np.asarray(value, np.float64) for value in values]
        addends = [np.zeros_like(each) if self.rank else each for each in arrays]

        def add() -> Any:
            return _sum(tf, [tf.constant(each) for each in addends])

        return [np.array(each) for each in self.strategy.run(tf.function(add))]

    def check(self, facts: dict[str, Any]) -> None:
        """Raise TrainingError if the chief has other facts, such as another recipe."""
        content = json.dumps(facts, sort_keys=True).encode()
        digest = int(hashlib.sha256(content).hexdigest()[:12], 16)  # what a float64 can hold
        if self.from_chief([digest])[0] != digest:
            raise TrainingError(
                f"worker {self.rank} has another recipe, seed or data than worker 0; "
                "start all workers with the same command"
            )

    def wait(self) -> None:
        """Until all workers are here."""
        self.from_chief([0])


def join() -> Workers | None:
    """The workers that TF_CONFIG names, as soon as all of them are there; None for one or none.

    It must come before all that TensorFlow computes. Raises TrainingError if TF_CONFIG makes no
    sense, or a worker has several GPUs.
    """
    named = named_workers()
    if named is None:
        return None
    if keras.backend.backend() != "tensorflow":
        raise TrainingError(
            f"TF_CONFIG names {named[1]} workers, which need TensorFlow, and Keras runs on "
            f"{keras.backend.backend()}; unset TF_CONFIG or KERAS_BACKEND"
        )
    import tensorflow as tf

    with noticing_loss():
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    if strategy.num_replicas_in_sync != named[1]:
        raise TrainingError(
            f"{named[1]} workers have {strategy.num_replicas_in_sync} devices; give each process "
            "one GPU with CUDA_VISIBLE_DEVICES, and name each in TF_CONFIG"
        )
    return Workers(strategy, *named)


def named_workers() -> tuple[int, int] | None:
    """Rank and number of the workers in TF_CONFIG, if there are two or more.

    Raises TrainingError if TF_CONFIG makes no sense.
    """
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        kinds = {kind: list(config["cluster"].get(kind, [])) for kind in ("chief", "worker")}
        kind, index = config["task"]["type"], config["task"]["index"]
        kinds[kind][index]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise TrainingError(
            f"TF_CONFIG is {text!r} ({type(error).__name__}: {error}); expected such as {EXAMPLE}"
        ) from error
    count = len(kinds["chief"]) + len(kinds["worker"])
    rank = index if kind == "chief" else len(kinds["chief"]) + index
    return (rank, count) if count > 1 else None


@contextmanager
def noticing_loss() -> Iterator[None]:
    """Raise WorkerLostError where this block fails because another worker ended."""
    from tensorflow import errors

    lost = (errors.UnavailableError, errors.FailedPreconditionError, errors.AbortedError)
    try:
        yield
    except lost as error:
        raise WorkerLostError from error


class Parallel(keras.Model):
    """A model of one input and one output whose training step is that of all workers."""

    @classmethod
    def of(cls, task: Task, network: keras.Model, stage: Fit, strategy: Any) -> Parallel:
        """The model that a stage of a task fits."""
        trainee = task.trainee(network, stage)
        model = cls(trainee.inputs[0], trainee.outputs[0])
        model.strategy, model.loss_of = strategy, task.loss(stage)
        return model

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step on this worker's share of a batch; the figures are those of Keras."""
        samples, target = data
        scores, (count, loss, *gradients) = self.strategy.run(self._share, (samples, target))
        means = [each / count for each in gradients]
        self.optimizer.apply(means, self.trainable_variables)
        self.metrics[0].update_state(loss / count, count)  # the mean of the loss
        return dict(self.compute_metrics(samples, target, scores))

    def _share(self, samples: Any, target: Any) -> tuple[Any, Any]:
        """This worker's scores; number of samples, loss and gradients, added up over all workers.

        Keras divides what its losses return by the number of workers, but not what `add_loss` was
        given, so the sum is made here.
        """
        import tensorflow as tf

        with tf.GradientTape() as tape:
            scores = self(samples, training=True)
            count = ops.cast(ops.shape(target)[0], "float32")
            loss = ops.sum(self.loss_of.call(target, scores)) + count * sum(self.losses)
        gradients = tape.gradient(loss, self.trainable_variables)
        return scores, _sum(tf, [count, loss, *gradients])


def _sum(tf: Any, values: list[Any]) -> Any:
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


class Share(keras.utils.PyDataset):
    """A worker's samples of each batch: one of `count`, from the rank-th on.

    A last batch that has less than one for each worker is left out.
    """

    def __init__(self, task: Task, stage: Fit, epoch: int, workers: Workers) -> None:
        super().__init__()
        self._batches = task.batches(stage, epoch)
        self._samples = slice(workers.rank, None, workers.count)
        rest = task.count % stage.batch_size
        self._length = len(self._batches) - (0 < rest < workers.count)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Any:
        return tuple(part[self._samples] for part in self._batches[index])

    def on_epoch_end(self) -> None:
        self._batches.on_epoch_end()


class SharedCheckpoint(Checkpoint):
    """The chief's checkpoint, which all workers go on from; others need not see its folder."""

    def __init__(self, folder: Path, workers: Workers) -> None:
        super().__init__(folder)
        self._workers = workers

    def restore(self, model: keras.Model) -> None:
        """Give all workers the chief's state, as the last checkpoint has it, if there is one.

        Each worker's random generators are its own: different ones change different samples.
        """
        rank = self._workers.rank
        if not rank:
            super().restore(model)
        variables = state(model)
        epoch, *values = self._workers.from_chief([self.epoch, *variables])
        blank = dict.fromkeys(COLUMNS, math.nan)  # the curves are the chief's
        self.rows = self.rows or [blank | {"epoch": k + 1.0} for k in range(int(epoch))]
        for variable, value in zip(variables, values, strict=True):
            if variable.name == "seed_generator_state":
                value[0] = (value[0] + rank * SEED_STRIDE) % 2**32
            variable.assign(value.astype(keras.backend.standardize_dtype(variable.dtype)))


def synchronised(network: keras.Model) -> keras.Model:
    """The same network and weights, whose batch normalisation is over all workers."""

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = True
        return type(layer).from_config(config)

    same = keras.models.clone_model(network, clone_function=clone)
    same.set_weights(network.get_weights())
    return same
