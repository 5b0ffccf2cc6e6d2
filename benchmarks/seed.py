"""How good and how fast is the recipe `seed`, beside the textbook's form of the same network?

.venv/bin/python benchmarks/seed.py [SEEDS]

Both learn in turn, in one process, from the same digits: for each of SEEDS seeds (default 5) the
recipe, and for the first the textbook form too: 128 units, Adam, `fit` with its defaults, 20
epochs. Time is that of `fit`, tracing included. One row a training, then mean and spread.
"""

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from digits.cli.train import quiet_tensorflow

quiet_tensorflow()

import keras  # noqa: E402

from digits.data import mnist  # noqa: E402
from digits.training.fit import train  # noqa: E402
from digits.training.recipe import load_recipe  # noqa: E402

EPOCHS = 20


def textbook(seed: int) -> tuple[float, float]:
    """Accuracy on the test set, and seconds of fitting."""
    (images, labels), (test, truth) = mnist.load("train"), mnist.load("test")
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
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
    accuracy, slow = textbook(0)
    print(f"textbook, seed 0   {accuracy:.2%}   {slow:6.1f} s")
    rows = []
    for seed in range(seeds):
        rows.append(recipe(seed))
        print(f"recipe, seed {seed}     {rows[-1][0]:.2%}   {rows[-1][1]:6.1f} s", flush=True)
    scores, times = zip(*rows, strict=True)
    spread = statistics.stdev(scores) if seeds > 1 else 0.0
    fast = statistics.mean(times)
    print(f"recipe             {statistics.mean(scores):.2%} ± {spread:.2%}   {fast:.1f} s")
    print(f"time: {fast / slow:.2f} of the textbook's")


if __name__ == "__main__":
    main()
