"""Time to 99 % of the recipe `fast` against the convnet of Keras' documentation.

.venv/bin/python benchmarks/speed_to_accuracy.py [SEEDS]

Both are trained on MNIST's training digits in one process. The convnet (Conv 32, pool, Conv 64,
pool, dropout, dense; batches of 128; Adam) is scored on the test set after every epoch, its clock
stopped meanwhile, until it first passes 99.0 %. The recipe is trained for SEEDS seeds (default 10)
in one `fit` each and scored once at the end. Time is from the files on disk to the trained
network, tracing included, imports not. Prints one row a run, then mean, spread and the ratio;
draws both into docs/speed_to_accuracy.png.
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
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import PercentFormatter  # noqa: E402

from digits.data import mnist  # noqa: E402
from digits.model.spec import CLASSES, TILE  # noqa: E402
from digits.training import networks  # noqa: E402
from digits.training.export import logits  # noqa: E402
from digits.training.fit import fit  # noqa: E402
from digits.training.recipe import load_recipe  # noqa: E402
from digits.training.tasks.tiles import prepare  # noqa: E402

GOAL = 0.99
MAX_EPOCHS = 15
PLOT = Path(__file__).parents[1] / "docs" / "speed_to_accuracy.png"
Curve = list[tuple[float, float]]  # seconds, accuracy


def documented(seed: int) -> Curve:
    """The documentation's convnet, epoch by epoch, until it passes the goal."""
    test, truth = mnist.load("test")
    keras.utils.set_random_seed(seed)
    started = time.perf_counter()
    images, labels = mnist.load("train")
    tiles = (images / 255.0).astype("float32")[..., None]
    model = keras.Sequential(
        [
            keras.Input((TILE, TILE, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds = time.perf_counter() - started
    curve: Curve = []
    while not curve or (curve[-1][1] < GOAL and len(curve) < MAX_EPOCHS):
        started = time.perf_counter()
        model.fit(tiles, labels, batch_size=128, epochs=1, verbose=0)
        seconds += time.perf_counter() - started
        right = model.evaluate((test / 255.0)[..., None], truth, batch_size=1000, verbose=0)[1]
        curve.append((seconds, float(right)))
        print(f"convnet epoch {len(curve):2}  {right:.2%}  {seconds:6.1f} s", flush=True)
    return curve


def recipe(seed: int) -> tuple[float, float]:
    """Seconds, and accuracy on the test set, of one training of `fast`."""
    fast = load_recipe("fast")
    started = time.perf_counter()
    keras.utils.set_random_seed(seed)
    task = prepare(fast, seed, None)
    network = networks.build(fast.network)
    with tempfile.TemporaryDirectory() as folder:
        fit(network, fast, task, Path(folder))
    seconds = time.perf_counter() - started
    test, truth = mnist.load("test")
    right = float((logits(network, test).argmax(axis=1) == truth).mean())
    print(f"fast seed {seed:5}  {right:.2%}  {seconds:6.1f} s", flush=True)
    return seconds, right


def draw(curve: Curve, runs: Curve) -> None:
    """Accuracy over time of both, into PLOT."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(*zip(*curve, strict=True), "o-", color="#d55e00", label="Keras documentation, epochs")
    axes.plot(*zip(*runs, strict=True), "o", color="#0072b2", label="recipe fast, one dot a seed")
    axes.axhline(GOAL, color="#999999", linewidth=0.8)
    axes.set(xlabel="seconds of training", ylabel="accuracy on MNIST test", xlim=(0, None))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(PLOT, dpi=120)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, n={seeds}")
    curve = documented(0)
    runs = [recipe(seed) for seed in range(seeds)]
    seconds, scores = ([run[index] for run in runs] for index in (0, 1))
    spread = statistics.stdev(scores) if seeds > 1 else 0.0
    reached = f"{GOAL:.0%} in {curve[-1][0]:.1f} s" if curve[-1][1] >= GOAL else "never the goal"
    middle = statistics.median(seconds)
    print(
        f"fast {statistics.mean(scores):.2%} ± {spread:.2%} in {middle:.1f} s (median); "
        f"convnet {reached}; ratio {middle / curve[-1][0]:.3f}"
    )
    draw(curve, runs)


if __name__ == "__main__":
    main()
