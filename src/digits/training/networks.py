"""The Keras networks: classifiers of tiles, the detector and the recogniser.

Shapes, strides and alphabets are those of `digits.model.spec`.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from digits.model.spec import CHANNELS, CLASSES, DETECTOR_MAPS, LINE_HEIGHT, TILE, TOKENS
from digits.training.machine import has_bfloat16
from digits.training.recipe import Network

INITIAL_LOGIT = (
    -4.6
)  # a probability of 1 %, since few cells are centres (Lin et al. 2017, arXiv 1708.02002)


def build(network: Network) -> keras.Model:
    """Build the network of a recipe with random weights.

    A "dense" network ends in a softmax, as in the notebook; the others give logits.
    """
    widths = network.widths
    match network.kind:
        case "dense":
            return dense(*widths)
        case "convolutional":
            return convolutional(*widths)
        case "separable":
            return separable(*widths)
        case "residual":
            return residual(*widths)
        case "detector":
            return detector(*widths)
        case "recogniser":
            return recogniser(*widths)


def in_bfloat16(network: keras.Model) -> keras.Model:
    """The same network and weights; weights stay float32, and convolutions compute in bfloat16.

    Where the machine does not compute in bfloat16 itself, the network comes back as it is.
    """
    if not has_bfloat16():
        return network

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if not isinstance(layer, layers.GlobalAveragePooling2D | layers.Dense):
            config["dtype"] = "mixed_bfloat16"
        return type(layer).from_config(config)

    half = keras.models.clone_model(network, clone_function=clone)
    half.set_weights(network.get_weights())
    return half


def ensemble(networks: Sequence[keras.Model], temperatures: Sequence[float]) -> keras.Model:
    """One network that gives the mean of the logits of several, each divided by its temperature."""
    tiles = keras.Input((TILE, TILE), name="tiles")
    logits = []
    for index, (network, temperature) in enumerate(zip(networks, temperatures, strict=True)):
        named = keras.Model(network.inputs[0], network.outputs[0], name=f"network_{index}")
        logits.append(layers.Rescaling(1 / temperature)(named(tiles)))
    return keras.Model(tiles, layers.Average()(logits), name="ensemble")


def dense(units: int) -> keras.Model:
    """Flatten → Dense(ReLU) → Dense(softmax)."""
    return keras.Sequential(
        [
            keras.Input((TILE, TILE), name="tiles"),
            layers.Flatten(),
            layers.Dense(units, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="dense",
    )


def convolutional(stem: int, width: int, units: int) -> keras.Model:
    """Two convolutions and a hidden layer, which train in few and short steps.

    stem, width: channels of the convolutions; units: of the hidden layer. The stem strides instead
    of pooling, and the pooling comes before normalisation: both save more time than they cost.
    """
    tiles = keras.Input((TILE, TILE), name="tiles")
    x = layers.Reshape((TILE, TILE, 1))(tiles)
    x = _convolution(x, stem, kernel=5, strides=2, padding="valid", activate=True)
    x = layers.Conv2D(width, 3, use_bias=False)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(_normalised(x))
    x = _normalised(layers.Dense(units, use_bias=False)(x))
    return keras.Model(tiles, layers.Dense(CLASSES)(x), name="convolutional")


def separable(stem: int, *widths: int) -> keras.Model:
    """A network of separable convolutions (Chollet 2017, arXiv 1610.02357), with few weights.

    stem: channels of the first convolution; widths: channels of each block, the first at 14×14,
    each next at half of the one before. SiLU (Elfwing et al. 2017,
    arXiv 1702.03118) costs no weights and is a little more accurate than ReLU in such networks.
    """
    tiles = keras.Input((TILE, TILE), name="tiles")
    x = layers.Reshape((TILE, TILE, 1))(tiles)
    x = layers.Activation("silu")(_convolution(x, stem, kernel=5, strides=2))
    for block, width in enumerate(widths):
        if block:
            x = layers.MaxPooling2D(padding="same")(x)
        x = _separable_block(x, width)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(tiles, layers.Dense(CLASSES)(x), name="separable")


def _separable_block(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    inner = layers.SeparableConv2D(width, 3, padding="same", use_bias=False)(x)
    inner = layers.BatchNormalization(momentum=0.9)(inner)
    return layers.Activation("silu")(layers.Add()([inner, x]) if x.shape[-1] == width else inner)


def residual(stem: int, *widths: int) -> keras.Model:
    """A small residual network (He et al. 2015, arXiv 1512.03385).

    stem: channels of the first convolution, which already halves the resolution: at the full one
    a few channels would take most of the time. widths: channels of each block, which halves the
    resolution where their number changes.
    """
    tiles = keras.Input((TILE, TILE), name="tiles")
    x = layers.Reshape((TILE, TILE, 1))(tiles)
    x = _convolution(x, stem, kernel=5, strides=2, activate=True)
    for width in widths:
        x = _block(x, width, strides=1 if width == x.shape[-1] else 2)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(tiles, layers.Dense(CLASSES)(x), name="residual")


def detector(stem: int, fine: int, middle: int, coarse: int) -> keras.Model:
    """From pages (N, H, W, 3), H and W multiples of 16, to maps (N, H/4, W/4, 14).

    The maps are ten logits that the centre of a digit is there, and four sides of its box
    (`digits.model.detector`).
    stem, fine, middle, coarse: channels at a half, a quarter, an eighth and a sixteenth of the
    resolution. The coarse features cover the words around a digit and are added to the fine ones
    (Lin et al. 2017, "Feature Pyramid Networks", arXiv 1612.03144).
    """
    page = keras.Input((None, None, CHANNELS), name="page")
    x = _convolution(page, stem, strides=2, activate=True)
    quarter = _block(_convolution(x, fine, strides=2, activate=True), fine, strides=1)
    eighth = _block(_convolution(quarter, middle, strides=2, activate=True), middle, strides=1)
    x = _convolution(eighth, coarse, strides=2, activate=True)
    x = _block(_block(x, coarse, strides=1), coarse, strides=1)
    x = _block(_added(x, eighth, middle), middle, strides=1)
    x = _convolution(_added(x, quarter, 2 * fine), 2 * fine, activate=True)
    head = layers.Conv2D(DETECTOR_MAPS, 1)
    network = keras.Model(page, head(x), name="detector")
    head.bias.assign([INITIAL_LOGIT] * CLASSES + [0.0] * (DETECTOR_MAPS - CLASSES))
    return network


def recogniser(stem: int, fine: int, middle: int, coarse: int, wide: int) -> keras.Model:
    """From line crops (N, 48, W, 3), W a multiple of 4, to logits of tokens (N, W/4, TOKENS).

    stem, fine, middle, coarse: channels at heights of 24, 12, 6 and 3 pixels; wide: of frames,
    which two convolutions along the line then combine with their neighbours.
    """
    lines = keras.Input((LINE_HEIGHT, None, CHANNELS), name="lines")
    x = _convolution(lines, stem, strides=2, activate=True)
    x = _block(_convolution(x, fine, strides=2, activate=True), fine, strides=1)
    for width in (middle, coarse):
        x = _convolution(x, width, strides=(2, 1), activate=True)
        x = _block(x, width, strides=1)
    x = layers.Conv2D(wide, (3, 1), use_bias=False)(x)
    x = _normalised(x)
    inner = _convolution(x, wide, kernel=(1, 5), activate=True)
    x = layers.ReLU()(layers.Add()([x, _convolution(inner, wide, kernel=(1, 5))]))
    x = layers.Conv2D(TOKENS, 1)(x)
    return keras.Model(lines, layers.Reshape((-1, TOKENS))(x), name="recogniser")


def _added(coarse: keras.KerasTensor, fine: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """The sum of coarse and fine features at the resolution of the fine ones."""
    same = fine if fine.shape[-1] == width else _convolution(fine, width, kernel=1)
    wide = layers.UpSampling2D()(_convolution(coarse, width, kernel=1))
    return layers.ReLU()(layers.Add()([wide, same]))


def _block(x: keras.KerasTensor, width: int, strides: int) -> keras.KerasTensor:
    inner = _convolution(x, width, strides=strides, activate=True)
    inner = _convolution(inner, width)
    shortcut = x
    if strides > 1:  # uses every pixel, and in 8 bits is faster than pooling and mixing channels
        shortcut = layers.Conv2D(width, strides, strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.Add()([inner, shortcut]))


def _convolution(
    x: keras.KerasTensor,
    width: int,
    kernel: int | tuple[int, int] = 3,
    strides: int | tuple[int, int] = 1,
    padding: str = "same",
    *,
    activate: bool = False,
) -> keras.KerasTensor:
    x = layers.Conv2D(width, kernel, strides, padding=padding, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if activate else x


def _normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
