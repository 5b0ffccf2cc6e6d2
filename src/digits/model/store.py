"""A model folder: model.json and the weights it vouches for, checked when opened."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digits.errors import ModelError

SHIPPED = Path(__file__).parent / "shipped"
CARD = "model.json"
WEIGHTS = "model.onnx"
SOURCE = "model.keras"
SUFFIX = ".keras"


@dataclass(frozen=True, slots=True)
class Model:
    """An opened model folder.

    name: how the model is called. network: the bytes of an ONNX graph that takes tiles
    (N, 28, 28) float32 in [0, 1] and gives logits (N, 10). temperature: by what the logits are
    divided before the softmax (Guo et al. 2017). digit_energy, digit_scale: centre and width of
    the logistic curve from the energy of the logits to the probability that a tile shows one
    digit. card: all of model.json.
    """

    name: str
    network: bytes
    temperature: float
    digit_energy: float
    digit_scale: float
    card: dict[str, Any]


def shipped_models() -> list[str]:
    """Names of the models that come with the package, sorted."""
    return sorted(card.parent.name for card in SHIPPED.glob(f"*/{CARD}"))


def open_model(name_or_folder: str | Path) -> Model:
    """Open a shipped model by name, or a model folder.

    Raises ModelError if there is none, if a file is missing, or if the weights are not those
    that model.json was written for.
    """
    folder = _folder(name_or_folder)
    if not (folder / CARD).is_file():
        raise ModelError(
            f"no model {str(name_or_folder)!r}: expected a folder with {CARD} in it, "
            f"or one of {', '.join(shipped_models()) or '(none is shipped)'}"
        )
    card = _read_card(folder / CARD)
    network = _read_weights(folder / WEIGHTS, card["sha256"])
    return Model(network=network, card=card, **_own_values(card))


def keras_file(name: str | Path) -> Path:
    """The .keras file that a shipped model, a run folder or a file itself was exported from.

    Raises ModelError if the folder has none.
    """
    if Path(name).suffix == SUFFIX:
        return Path(name)
    folder = _folder(name)
    if not (folder / SOURCE).is_file():
        raise ModelError(
            f"{str(name)!r} has no {SOURCE}; expected a {SUFFIX} file, a run folder, "
            f"or one of {', '.join(shipped_models())}"
        )
    return folder / SOURCE


def _folder(name: str | Path) -> Path:
    return SHIPPED / name if str(name) in shipped_models() else Path(name)


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text("utf-8"))
        values = _own_values(card) | {"sha256": card["sha256"]}
        if min(values["temperature"], values["digit_scale"]) <= 0:
            raise ValueError("temperature and digit_scale shall be above 0")
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise ModelError(
            f"{path} is not the card of a model ({type(error).__name__}: {error}); "
            "export the model again"
        ) from error
    return dict(card)


def _own_values(card: dict[str, Any]) -> dict[str, Any]:
    calibration = ("temperature", "digit_energy", "digit_scale")
    return {"name": str(card["name"])} | {
        key: float(card["calibration"][key]) for key in calibration
    }


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
