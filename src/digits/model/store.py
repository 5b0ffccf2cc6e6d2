"""A model folder: model.json and the weights it vouches for, checked when opened."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digits.errors import ModelError

SHIPPED = Path(__file__).parent / "shipped"
DEFAULT = "default"  # the bundle that reads where none is named
CARD = "model.json"
WEIGHTS = "model.onnx"
SOURCE = "model.keras"
SUFFIX = ".keras"


CLASSIFIER, DETECTOR, RECOGNISER = KINDS = ("classifier", "detector", "recogniser")
CALIBRATION = {
    CLASSIFIER: ("temperature", "digit_energy", "digit_scale"),
    DETECTOR: ("score_threshold",),
    RECOGNISER: ("temperature",),
}
"""The values that the card of each kind of model gives, besides what describes it."""
POSITIVE = ("temperature", "digit_scale")


@dataclass(frozen=True, slots=True)
class Model:
    """An opened model folder.

    name: how the model is called. network: the bytes of an ONNX graph; a classifier's takes tiles
    (N, 28, 28) float32 in [0, 1] and gives logits (N, 10), a detector's takes contrast
    (N, H, W, 3) float32 and says (N, H/4, W/4, 14), a recogniser's takes strips (N, 48, W, 3)
    float32 and says (N, W/4, TOKENS). calibration: of a classifier `temperature`, by what the
    logits are divided before the softmax (Guo et al. 2017), and `digit_energy` and `digit_scale`,
    centre and width of the logistic curve from the energy of the logits to the probability that a
    tile shows one digit; of a detector `score_threshold`, the logit from which on it detects; of
    a recogniser `temperature`. card: all of model.json.
    """

    name: str
    network: bytes
    calibration: Mapping[str, float]
    card: dict[str, Any]


def shipped_models(kind: str = CLASSIFIER) -> list[str]:
    """Names under which models of a kind that come with the package are opened, sorted."""
    return sorted(card.parent.parent.name for card in SHIPPED.glob(f"*/{kind}/{CARD}"))


def open_model(name_or_folder: str | Path, kind: str = CLASSIFIER) -> Model:
    """Open the model of a kind in a shipped bundle, by the bundle's name, or a model folder.

    kind: "classifier", "detector" or "recogniser". Raises ModelError if there is none, if it is of
    another kind, if a file is missing, or if the weights are not those that model.json was
    written for.
    """
    folder = model_folder(name_or_folder, kind)
    if not (folder / CARD).is_file():
        raise ModelError(
            f"no model {str(name_or_folder)!r}: expected a folder with {CARD} in it, "
            f"or one of {', '.join(shipped_models(kind)) or '(none is shipped)'}"
        )
    card = _read_card(folder / CARD, kind)
    network = _read_weights(folder / WEIGHTS, card["sha256"])
    return Model(str(card["name"]), network, _calibration(card, kind), card)


def keras_file(name: str | Path, kind: str = CLASSIFIER) -> Path:
    """The .keras file that a shipped model, a run folder or a file itself was exported from.

    Raises ModelError if the folder has none.
    """
    if Path(name).suffix == SUFFIX:
        return Path(name)
    folder = model_folder(name, kind)
    if not (folder / SOURCE).is_file():
        raise ModelError(
            f"{str(name)!r} has no {SOURCE}; expected a {SUFFIX} file, a run folder, "
            f"or one of {', '.join(shipped_models(kind))}"
        )
    return folder / SOURCE


def model_folder(name: str | Path, kind: str) -> Path:
    """The folder of a model: that of a kind in a shipped bundle, or the one named itself.

    The name of a kind stands for the model of that kind in the default bundle.
    """
    shipped = SHIPPED / DEFAULT / name if name in KINDS else SHIPPED / name / kind
    is_shipped = Path(name).name == str(name) and (shipped / CARD).is_file()
    return shipped if is_shipped else Path(name)


def kind_of(card: Path) -> str:
    """The kind of model that a model.json describes. Raises ModelError."""
    kind = read_json(card).get("kind", CLASSIFIER)
    if kind not in KINDS:
        raise ModelError(f"{card} is the card of a {kind!r}; expected one of {', '.join(KINDS)}")
    return str(kind)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ModelError if it is none."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, OSError, RecursionError) as error:
        raise ModelError(
            f"{path} is not a JSON object ({type(error).__name__}: {str(error)[:80]}); "
            "copy or export it again"
        ) from error


def finite(value: Any) -> float:
    """A number as a float. Raises ValueError for what is none, for NaN and for infinity."""
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _read_card(path: Path, kind: str) -> dict[str, Any]:
    card = read_json(path)
    found = card.get("kind", CLASSIFIER)
    if found != kind:
        raise ModelError(f"{path} is the card of a {found}; expected that of a {kind}")
    try:
        values = _calibration(card, kind) | {"name": card["name"], "sha256": card["sha256"]}
        if min(float(values.get(key, 1)) for key in POSITIVE) <= 0:
            raise ValueError(f"{' and '.join(POSITIVE)} shall be above 0")
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{path} is not the card of a model ({type(error).__name__}: {error}); "
            "export the model again"
        ) from error
    return card


def _calibration(card: dict[str, Any], kind: str) -> dict[str, float]:
    return {key: finite(card["calibration"][key]) for key in CALIBRATION[kind]}


def _read_weights(path: Path, expected: str) -> bytes:
    try:
        network = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; export it again") from error
    found = hashlib.sha256(network).hexdigest()
    if found != expected:
        raise ModelError(
            f"{path} is not what its {CARD} was written for: SHA-256 {found}, "
            f"expected {expected}; export the model again"
        )
    return network
