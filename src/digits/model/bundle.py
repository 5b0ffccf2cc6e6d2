"""A bundle: the networks of a reader and all parameters fitted to them, opened as one.

A bundle is a folder with bundle.json, which names the networks' folders and their SHA-256, and
holds the parameters (`digits.model.parameters`), each with its unit and how it is fitted again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any, get_type_hints

from digits.errors import ModelError
from digits.files import write_json
from digits.model.classifier import Classifier
from digits.model.detector import Detector
from digits.model.parameters import Parameters
from digits.model.recogniser import Recogniser
from digits.model.store import (
    CARD,
    CLASSIFIER,
    DEFAULT,
    DETECTOR,
    KINDS,
    RECOGNISER,
    SHIPPED,
    Model,
    finite,
    kind_of,
    open_model,
    read_json,
)
from digits.version import __version__

BUNDLE = "bundle.json"


@dataclass(frozen=True)
class Bundle:
    """Networks with the parameters fitted to them."""

    name: str
    classifier: Classifier
    detector: Detector
    recogniser: Recogniser
    parameters: Parameters

    @property
    def models(self) -> dict[str, Model]:
        """The model of each kind."""
        return {
            CLASSIFIER: self.classifier.model,
            DETECTOR: self.detector.model,
            RECOGNISER: self.recogniser.model,
        }

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with whatever answers depend on: the networks, how
        they are calibrated, the parameters, and the version of this package."""
        parts = [
            {k: [m.card["sha256"], dict(m.calibration)] for k, m in self.models.items()},
            plain(self.parameters),
            __version__,
        ]
        if self.classifier.profile is not None:
            parts.append(self.classifier.profile.fingerprint)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def open_bundle(name_or_folder: str | Path = DEFAULT, threads: int | None = None) -> Bundle:
    """Open a shipped bundle by name, a bundle folder, or a model folder such as a run leaves.

    A model folder stands for the default bundle with that network in the place of its own.
    threads: that a network may use; None for as many as this process may. Raises ModelError if
    there is no such bundle, or if a part of it is missing or not what bundle.json names.
    """
    folder = SHIPPED / name_or_folder if _is_shipped(name_or_folder) else Path(name_or_folder)
    if (folder / BUNDLE).is_file():
        name, models, parameters = _read(folder)
    elif (folder / CARD).is_file():
        kind = kind_of(folder / CARD)
        model = open_model(folder, kind)
        _, models, parameters = _read(SHIPPED / DEFAULT)
        name, models = model.name, models | {kind: model}
    else:
        raise ModelError(
            f"no model {str(name_or_folder)!r}: expected a folder with {BUNDLE} or {CARD} in it, "
            f"or one of {', '.join(shipped_bundles())}"
        )
    return Bundle(name, *_networks(models, threads), parameters)


def _networks(
    models: Mapping[str, Model], threads: int | None
) -> tuple[Classifier, Detector, Recogniser]:
    """Open the networks side by side, which takes half as long. Raises ModelError."""
    opened: dict[type, Any] = {}

    def open_one(network: type, model: Model) -> None:
        try:
            opened[network] = network(model, threads=threads)
        except ModelError as error:
            opened[network] = error

    pairs = list(zip((Classifier, Detector, Recogniser), map(models.get, KINDS), strict=True))
    workers = [Thread(target=open_one, args=pair, daemon=True) for pair in pairs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for error in opened.values():
        if isinstance(error, ModelError):
            raise error
    return opened[Classifier], opened[Detector], opened[Recogniser]


def shipped_bundles() -> list[str]:
    """Names of the bundles that come with the package, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{BUNDLE}"))


def update_sums(folder: Path) -> None:
    """Let bundle.json name the networks that its folders hold now, after one was trained anew.

    The parameters stay those of the networks before; benchmarks/fit_parameters.py refits them.
    """
    content = read_json(folder / BUNDLE)
    for kind, network in content["networks"].items():
        network["sha256"] = open_model(folder / network["folder"], kind).card["sha256"]
    write_json(folder / BUNDLE, content)


def plain(parameters: Any) -> Any:
    """Parameters as nested dictionaries of numbers."""
    if isinstance(parameters, float):
        return parameters
    if isinstance(parameters, Mapping):
        return dict(parameters)
    return {each.name: plain(getattr(parameters, each.name)) for each in fields(parameters)}


def _is_shipped(name: str | Path) -> bool:
    return Path(name).name == str(name) and (SHIPPED / name / BUNDLE).is_file()


def _read(folder: Path) -> tuple[str, dict[str, Model], Parameters]:
    """Name, models and parameters of a bundle folder."""
    path = folder / BUNDLE
    content = read_json(path)
    try:
        name, networks = str(content["name"]), dict(content["networks"])
        parameters = _section(Parameters, content["parameters"])
        parts = {
            kind: (folder / networks[kind]["folder"], networks[kind]["sha256"]) for kind in KINDS
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"{path} is not the list of a bundle ({type(error).__name__}: {error}); copy it again"
        ) from error
    models = {kind: open_model(where, kind) for kind, (where, _) in parts.items()}
    for kind, (where, sha256) in parts.items():
        if models[kind].card["sha256"] != sha256:
            raise ModelError(
                f"{where} is not the {kind} that {path} names: SHA-256 "
                f"{models[kind].card['sha256']}, expected {sha256}; the parameters in {path.name} "
                "were fitted to another network"
            )
    return name, models, parameters


def _section(kind: type[Any], table: Mapping[str, Any]) -> Any:
    """A dataclass of parameters from its table; each number stands there as `value`."""
    hints = get_type_hints(kind)
    if set(table) != set(hints):
        raise ValueError(
            f"expected {', '.join(hints)} in {kind.__name__}, found {', '.join(table)}"
        )
    return kind(**{name: _value(hints[name], table[name]) for name in hints})


def _value(kind: Any, entry: Mapping[str, Any]) -> Any:
    if kind is float:
        return finite(entry["value"])
    if kind == dict[str, float]:
        return {name: finite(value) for name, value in entry["value"].items()}
    return _section(kind, entry)
