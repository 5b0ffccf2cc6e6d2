"""The recogniser's task: the digits of line crops, from left to right."""

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
from digits.model.spec import BLANK, BOUNDARY
from digits.training.card import recogniser_card
from digits.training.datasets.crops import sha256
from digits.training.datasets.line_crops import LineCrops
from digits.training.datasets.lines import Labelled, sha256_of_lines
from digits.training.export import export_recogniser, open_recogniser, write_model
from digits.training.quantise import quantise
from digits.training.recipe import Pages, Recipe
from digits.training.task import Task

VALIDATION_CROPS = 2048  # maximum number of line crops for the curves and the score
RANGE_BATCHES = 8  # batches that give 8-bit activations their range
BATCH = 64  # line crops of a validation or range batch


def task(
    recipe: Recipe,
    pages: Pages,
    seed: int,
    train: Labelled,
    validation: Labelled,
) -> Task:
    """The task of a recogniser's recipe on pages and lines for training and validation."""
    count = min(VALIDATION_CROPS, pages.crops)
    held_out = LineCrops(validation, count, BATCH, seed, fixed=True)
    range_crops = LineCrops(train, BATCH * RANGE_BATCHES, BATCH, seed)
    return Task(
        count=pages.crops,
        batches=lambda stage, epoch: LineCrops(train, pages.crops, stage.batch_size, seed, epoch),
        validation=held_out,
        trainee=lambda network, _: network,
        loss=lambda _: CTCLoss(),
        accuracy=accuracy,
        callbacks=[],
        data={
            "pages": len(train.pages),
            "lines": len(train.lines),
            "has_strokes": train.has_strokes,
            "sha256": sha256(train.pages),
            "sha256 of lines": sha256_of_lines(train.lines),
        },
        finish=partial(_finish, recipe, range_crops, held_out),
    )


class CTCLoss(keras.losses.Loss):
    """Connectionist temporal classification (Graves et al. 2006, DOI 10.1145/1143844.1143891)."""

    def call(self, texts: Any, logits: Any) -> Any:
        """(N,) negative log-likelihoods of texts (N, L), padded with BLANK; logits: (N, T, TOKENS)
        of every token."""
        logits = ops.cast(logits, "float32")
        if keras.backend.backend() == "tensorflow":
            return _sparse_ctc(texts, logits)
        return keras.losses.ctc(texts, logits)


def _sparse_ctc(texts: Any, logits: Any) -> Any:
    """The same by TensorFlow's older kernel, which takes a twentieth of the time on a processor: of
    160 frames and 64 lines 0.06 s, of `keras.losses.ctc` 1.3 s, as much as the network."""
    import tensorflow as tf

    frames = tf.fill([tf.shape(logits)[0]], tf.shape(logits)[1])
    texts = tf.cast(texts, tf.int32)
    is_empty = tf.reduce_all(texts == BLANK, axis=1)
    # the kernel refuses an empty text: it is that of blanks alone
    some = tf.where(is_empty[:, None], BOUNDARY, texts)
    labels = tf.sparse.from_dense(tf.concat([some[:, :1], texts[:, 1:]], axis=1))
    loss = tf.nn.ctc_loss(labels, logits, None, frames, logits_time_major=False, blank_index=BLANK)
    blanks = tf.reduce_sum(tf.nn.log_softmax(logits)[..., BLANK], axis=1)
    return tf.where(is_empty, -blanks, loss)


def accuracy(texts: Any, logits: Any) -> Any:
    """(N,) float32: 1 where greedy CTC decoding of logits (N, T, TOKENS) gives the text (N, L)."""
    best = ops.argmax(logits, -1)
    previous = ops.pad(best, [[0, 0], [1, 0]])[:, :-1]
    is_token = ops.cast((best != previous) & (best != BLANK), "int32")
    position = ops.cumsum(is_token, axis=1) * is_token
    texts = ops.cast(texts, "int32")
    length = texts.shape[1] or ops.shape(texts)[1]
    positions = ops.arange(1, length + 1, dtype="int32")
    is_at = ops.cast(ops.equal(position[:, :, None], positions), "int32")
    decoded = ops.sum(is_at * ops.cast(best, "int32")[:, :, None], axis=1)
    is_same = ops.all(ops.equal(decoded, texts), axis=-1)
    has_length = ops.sum(is_token, -1) == ops.sum(ops.cast(texts != BLANK, "int32"), -1)
    return ops.cast(is_same & has_length, "float32")


def _finish(
    recipe: Recipe,
    range_crops: LineCrops,
    validation: LineCrops,
    network: keras.Model,
    facts: dict[str, Any],
    out: Path,
) -> dict[str, Any]:
    """Export, score on validation crops, and write the model folder; see `Task.finish`."""
    graph = export_recogniser(network, range_crops[0][0][:8])
    if recipe.network.int8:
        graph = quantise(graph, [range_crops[index][0] for index in range(len(range_crops))])
    batches = (validation[index] for index in range(len(validation)))
    samples = [pair for batch in batches for pair in zip(*batch, strict=True)]
    facts = {
        "name": recipe.name,
        "kind": "recogniser",
        "parameters": network.count_params(),
        "calibration": {"temperature": 1.0},
    } | facts
    facts["score"] = score_recogniser(open_recogniser(graph), samples)
    card = write_model(graph, out, facts)
    write_atomically(out / "README.md", recogniser_card(card))
    return facts


def score_recogniser(
    recogniser: Recogniser, samples: list[tuple[NDArray[np.float32], NDArray[np.int32]]]
) -> dict[str, Any]:
    """How many line crops are read without an error.

    samples: line crop (48, w, 3) and text (L,) each. Returns n: line crops; errors: those whose
    likeliest text is another; accuracy.
    """
    probabilities = recogniser.probabilities([line for line, _ in samples])
    errors = 0
    for frames, (_, text) in zip(probabilities, samples, strict=True):
        errors += likeliest(frames)[0].tokens != tuple(text[text != BLANK].tolist())
    n = len(samples)
    return {
        "data": "line crops of pages by unseen writers",
        "n": n,
        "errors": errors,
        "accuracy": 1 - errors / max(n, 1),
    }
