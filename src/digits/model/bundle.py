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
from typing import Any, get_type_hints

from digits.errors import ModelError
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
    """Networks with the parameters fitted to them.

    name: how it is called. models: a model for each of classifier, detector and recogniser.
    threads: that a network may use; None for as many as this process may.
    """

    name: str
    models: Mapping[str, Model]
    parameters: Parameters
    threads: int | None = None

    @cached_property
    def classifier(self) -> Classifier:
        """Opened when it is first needed."""
        return Classifier(self.models[CLASSIFIER], threads=self.threads)

    @cached_property
    def detector(self) -> Detector:
        """Opened when it is first needed."""
        return Detector(self.models[DETECTOR], threads=self.threads)

    @cached_property
    def recogniser(self) -> Recogniser:
        """Opened when it is first needed."""
        return Recogniser(self.models[RECOGNISER], threads=self.threads)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with whatever answers depend on: the networks, how
        they are calibrated, the parameters, and the version of this package."""
        parts = [
            {
                kind: [model.card["sha256"], dict(model.calibration)]
                for kind, model in self.models.items()
            },
            plain(self.parameters),
            __version__,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def open_bundle(name_or_folder: str | Path = DEFAULT, threads: int | None = None) -> Bundle:
    """Open a shipped bundle by name, a bundle folder, or a model folder such as a run leaves.

    A model folder stands for the default bundle with that network in the place of its own.
    Raises ModelError if there is none, or if a part of it is missing or not what bundle.json names.
    """
    folder = SHIPPED / name_or_folder if _is_shipped(name_or_folder) else Path(name_or_folder)
    if (folder / BUNDLE).is_file():
        return _open(folder, threads)
    if not (folder / CARD).is_file():
        raise ModelError(
            f"no model {str(name_or_folder)!r}: expected a folder with {BUNDLE} or {CARD} in it, "
            f"or one of {', '.join(shipped_bundles())}"
        )
    default, kind = _open(SHIPPED / DEFAULT, threads), kind_of(folder / CARD)
    model = open_model(folder, kind)
    return Bundle(model.name, {**default.models, kind: model}, default.parameters, threads)


def shipped_bundles() -> list[str]:
    """Names of the bundles that come with the package, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{BUNDLE}"))


def plain(parameters: Any) -> Any:
    """Parameters as nested dictionaries of numbers."""
    if isinstance(parameters, float):
        return parameters
    if isinstance(parameters, Mapping):
        return dict(parameters)
    return {each.name: plain(getattr(parameters, each.name)) for each in fields(parameters)}


def _is_shipped(name: str | Path) -> bool:
    return Path(name).name == str(name) and (SHIPPED / name / BUNDLE).is_file()


def _open(folder: Path, threads: int | None) -> Bundle:
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
    return Bundle(name, models, parameters, threads)


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
