"""One of the workers in TF_CONFIG trains a tiny network, and saves its weights in the file FILE.

python worker_driver.py FILE
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from digits.data import mnist
from digits.errors import TrainingError
from digits.training import networks
from digits.training.data_parallel import Workers, join
from digits.training.datasets.tiles import Digits
from digits.training.fit import fit
from digits.training.recipe import Fit, Network, Recipe
from digits.training.tasks import tiles

# with batch normalisation; the last of 13 batches of two workers has three digits
RECIPE = Recipe(
    "tiny",
    Network("convolutional", (4, 4, 8)),
    Fit(epochs=2, batch_size=25, learning_rate=4e-3, label_smoothing=0.05),
)
DIGITS = 603


def trained(batch_size: int, out: Path, workers: Workers | None) -> list[NDArray[np.float32]]:
    """The weights after two epochs."""
    images, labels = mnist.load("train")
    digits = Digits(images[:DIGITS], labels[:DIGITS])
    recipe = replace(RECIPE, fit=replace(RECIPE.fit, batch_size=batch_size))
    keras.utils.set_random_seed(0)
    network = networks.build(recipe.network)
    out.mkdir()
    fit(network, recipe, tiles.task(recipe, 0, digits, digits), out, workers=workers)
    return list(network.get_weights())


if __name__ == "__main__":
    file = Path(sys.argv[1])
    workers = join()
    assert workers is not None
    np.savez(file, *trained(RECIPE.fit.batch_size, file.with_suffix(""), workers))
    try:
        workers.check({"seed": workers.rank})
    except TrainingError as error:
        print(f"refused: {error}")
    workers.wait()
