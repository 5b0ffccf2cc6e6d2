"""The networks: from tiles (N, 28, 28) float32 in [0, 1] to ten scores each; and from pages."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from digits.model.spec import CLASSES, DETECTOR_MAPS, LINE_HEIGHT, TOKENS
from digits.training.recipe import Network

SIDES = DETECTOR_MAPS - CLASSES
RARE = -4.6  # the logit of 1 %: at first nothing is a digit (Lin et al. 2017, arXiv 1708.02002)


def build(network: Network) -> keras.Model:
    """Build the network of a recipe, with fresh weights.

    A "dense" network ends in a softmax, as in the lesson; the others in plain logits.
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
    """The same network and weights; its convolutions compute in bfloat16, the weights do not."""

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if not isinstance(layer, layers.GlobalAveragePooling2D | layers.Dense):
            config["dtype"] = "mixed_bfloat16"
        return type(layer).from_config(config)

    half = keras.models.clone_model(network, clone_function=clone)
    half.set_weights(network.get_weights())
    return half


def joined(networks: Sequence[keras.Model], temperatures: Sequence[float]) -> keras.Model:
    """Networks from tiles to scores as one, which gives the mean of their scores, each over its
    temperature."""
    tiles = keras.Input((28, 28), name="tiles")
    scores = []
    for place, (network, temperature) in enumerate(zip(networks, temperatures, strict=True)):
        named = keras.Model(network.inputs[0], network.outputs[0], name=f"network_{place}")
        scores.append(layers.Rescaling(1 / temperature)(named(tiles)))
    return keras.Model(tiles, layers.Average()(scores), name="joined")


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


def convolutional(stem: int, width: int, units: int) -> keras.Model:
    """Two convolutions and a hidden layer: few steps of learning, each of them short.

    stem, width: channels of the convolutions; units: of the hidden layer. The stem strides instead
    of pooling, and the pooling comes before normalisation: both save more time than they cost.
    """
    tiles = keras.Input((28, 28), name="tiles")
    x = layers.Reshape((28, 28, 1))(tiles)
    x = _convolution(x, stem, kernel=5, strides=2, padding="valid", activate=True)
    x = layers.Conv2D(width, 3, use_bias=False)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(_normalised(x))
    x = _normalised(layers.Dense(units, use_bias=False)(x))
    return keras.Model(tiles, layers.Dense(CLASSES)(x), name="convolutional")


def separable(stem: int, *widths: int) -> keras.Model:
    """A network of separable convolutions (Chollet 2017), which need few weights.

    stem: channels of the first convolution; widths: channels of each block, the first at 14×14,
    each next at half of the one before. SiLU (Elfwing et al. 2017) costs no weights, and with so
    few it tells a little more than ReLU does.
    """
    tiles = keras.Input((28, 28), name="tiles")
    x = layers.Reshape((28, 28, 1))(tiles)
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
    """A small residual network (He et al. 2015).

    stem: channels of the first convolution, which already gives 14×14: at 28×28 most of the time
    would go into a few channels; widths: channels of each block, which halves the resolution
    where their number changes.
    """
    tiles = keras.Input((28, 28), name="tiles")
    x = layers.Reshape((28, 28, 1))(tiles)
    x = _convolution(x, stem, kernel=5, strides=2, activate=True)
    for width in widths:
        x = _block(x, width, strides=1 if width == x.shape[-1] else 2)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(tiles, layers.Dense(CLASSES)(x), name="residual")


def detector(stem: int, fine: int, middle: int, coarse: int) -> keras.Model:
    """From contrast (N, H, W, 3), H and W multiples of 16, to (N, H/4, W/4, 14): ten logits,
    that the centre of each digit is there, and four sides of its box (`digits.model.detector`).

    stem, fine, middle, coarse: channels at a half, a quarter, an eighth and a sixteenth of the
    resolution. What is coarse sees the words around a digit; it flows back into what is fine
    (Lin et al. 2017, "Feature Pyramid Networks").
    """
    contrast = keras.Input((None, None, 3), name="page")
    x = _convolution(contrast, stem, strides=2, activate=True)
    quarter = _block(_convolution(x, fine, strides=2, activate=True), fine, strides=1)
    eighth = _block(_convolution(quarter, middle, strides=2, activate=True), middle, strides=1)
    x = _convolution(eighth, coarse, strides=2, activate=True)
    x = _block(_block(x, coarse, strides=1), coarse, strides=1)
    x = _block(_flown_back(x, eighth, middle), middle, strides=1)
    x = _convolution(_flown_back(x, quarter, 2 * fine), 2 * fine, activate=True)
    said = layers.Conv2D(CLASSES + SIDES, 1)
    network = keras.Model(contrast, said(x), name="detector")
    said.bias.assign([RARE] * CLASSES + [0.0] * SIDES)
    return network


def recogniser(stem: int, fine: int, middle: int, coarse: int, wide: int) -> keras.Model:
    """From strips (N, 48, W, 3), W a multiple of 4, to (N, W/4, 12): what stands in each frame
    (`digits.model.recogniser`).

    stem, fine, middle, coarse: channels at heights of 24, 12, 6 and 3; wide: of frames, whose
    neighbours are then looked at.
    """
    strips = keras.Input((LINE_HEIGHT, None, 3), name="lines")
    x = _convolution(strips, stem, strides=2, activate=True)
    x = _block(_convolution(x, fine, strides=2, activate=True), fine, strides=1)
    for width in (middle, coarse):
        x = _convolution(x, width, strides=(2, 1), activate=True)
        x = _block(x, width, strides=1)
    x = layers.Conv2D(wide, (3, 1), use_bias=False)(x)
    x = _normalised(x)
    inner = _convolution(x, wide, kernel=(1, 5), activate=True)
    x = layers.ReLU()(layers.Add()([x, _convolution(inner, wide, kernel=(1, 5))]))
    x = layers.Conv2D(TOKENS, 1)(x)
    return keras.Model(strips, layers.Reshape((-1, TOKENS))(x), name="recogniser")


def _flown_back(
    coarse: keras.KerasTensor, fine: keras.KerasTensor, width: int
) -> keras.KerasTensor:
    """The sum of both at the finer one's resolution."""
    same = fine if fine.shape[-1] == width else _convolution(fine, width, kernel=1)
    wide = layers.UpSampling2D()(_convolution(coarse, width, kernel=1))
    return layers.ReLU()(layers.Add()([wide, same]))


def _block(x: keras.KerasTensor, width: int, strides: int) -> keras.KerasTensor:
    inner = _convolution(x, width, strides=strides, activate=True)
    inner = _convolution(inner, width)
    shortcut = x
    if strides > 1:  # sees every place, and in 8 bits is faster than to pool and mix channels
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
