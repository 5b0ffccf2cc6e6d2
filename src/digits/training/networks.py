"""The networks: tiles (N, 28, 28) float32 in [0, 1] → ten scores each."""

from __future__ import annotations

import keras
from keras import layers

from digits.training.recipe import Network

CLASSES = 10


def build(network: Network) -> keras.Model:
    """Build the network of a recipe, with fresh weights.

    A "dense" network ends in a softmax, as in the lesson; a "residual" one in plain logits.
    """
    if network.kind == "dense":
        return dense(*network.widths)
    return residual(*network.widths, depth=network.depth)


def dense(units: int) -> keras.Model:
    """Flatten → Dense(ReLU) → Dense(softmax)."""
    return keras.Sequential(
        [
            keras.Input((28, 28), name="tiles"),
            layers.Flatten(),
            layers.Dense(units, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="dense",
    )


def residual(stem: int, *widths: int, depth: int = 1) -> keras.Model:
    """A small residual network (He et al. 2015) that halves the resolution at every stage.

    stem: channels of the first convolution; widths: channels of each stage; depth: its blocks. The
    first stage already works on 14×14: at 28×28 most of the time would go into a few channels.
    """
    tiles = keras.Input((28, 28), name="tiles")
    x = layers.Reshape((28, 28, 1))(tiles)
    x = _convolution(x, stem, kernel=5, strides=2, activate=True)
    for width in widths:
        x = _block(x, width, strides=2)
        for _ in range(depth - 1):
            x = _block(x, width, strides=1)
    x = layers.GlobalAveragePooling2D(dtype="float32")(x)
    return keras.Model(tiles, layers.Dense(CLASSES, dtype="float32")(x), name="residual")


def _block(x: keras.KerasTensor, width: int, strides: int) -> keras.KerasTensor:
    inner = _convolution(x, width, strides=strides, activate=True)
    inner = _convolution(inner, width)
    shortcut = x
    if strides > 1:
        shortcut = layers.AveragePooling2D(strides, padding="same")(shortcut)
        shortcut = layers.Conv2D(width, 1, use_bias=False)(shortcut)
    return layers.ReLU()(layers.Add()([inner, shortcut]))


def _convolution(
    x: keras.KerasTensor,
    width: int,
    kernel: int = 3,
    strides: int = 1,
    *,
    activate: bool = False,
) -> keras.KerasTensor:
    x = layers.Conv2D(width, kernel, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if activate else x
