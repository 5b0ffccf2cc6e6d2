"""Accuracy and time of the recipe `seed` against the textbook form of the same network.

.venv/bin/python benchmarks/seed.py [SEEDS]

Both are trained on the same digits in one process and in turn, once for each of SEEDS seeds
(default 5), so that a slow minute of the machine affects both: the recipe, and the textbook form
with 128 units, Adam, `fit` with its defaults, 20 epochs. Time is that of `fit`, tracing included.
One row per seed, then mean and spread, and the median of the ratios of time.
"""

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from digits.io.quiet import quiet_tensorflow

quiet_tensorflow()

import keras  # noqa: E402

from digits.data import mnist  # noqa: E402
from digits.model.spec import CLASSES, TILE  # noqa: E402
from digits.training.fit import train  # noqa: E402
from digits.training.recipe import load_recipe  # noqa: E402

EPOCHS = 20


def textbook(seed: int) -> tuple[float, float]:
    """Accuracy on the test set, and seconds of fitting."""
    (images, labels), (test, truth) = mnist.load("train"), mnist.load("test")
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((TILE, TILE)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    started = time.perf_counter()
    model.fit(images / 255.0, labels, epochs=EPOCHS, verbose=0)
    seconds = time.perf_counter() - started
    return float(model.evaluate(test / 255.0, truth, verbose=0)[1]), seconds


def recipe(seed: int) -> tuple[float, float]:
    """Accuracy on the test set, and seconds of fitting."""
    with tempfile.TemporaryDirectory() as folder:
        run = train(load_recipe("seed"), Path(folder), seed=seed)
    return run["score"]["accuracy"], run["fit_seconds"]


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, n={seeds}")
    print("seed   textbook           recipe             time, textbook = 1")
    scores, ratios = [], []
    for seed in range(seeds):
        accuracy, slow = textbook(seed)
        score, fast = recipe(seed)
        scores.append(score)
        ratios.append(fast / slow)
        times = f"{accuracy:.2%} {slow:6.1f} s   {score:.2%} {fast:6.1f} s"
        print(f"{seed:4}   {times}   {ratios[-1]:.2f}", flush=True)
    spread = statistics.stdev(scores) if seeds > 1 else 0.0
    print(
        f"recipe {statistics.mean(scores):.2%} ± {spread:.2%}, in {statistics.median(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
