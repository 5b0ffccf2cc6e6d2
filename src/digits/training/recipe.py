"""Recipes: what can be trained, as plain data read from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar

from digits.errors import TrainingError

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Network:
    """Which network: `widths` are the units of the hidden layer, or the channels of each block."""

    kind: Literal["dense", "residual"]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What it learns from, besides MNIST's training digits.

    drawn: how many digits of the parametric pen are added. clutter: how many pieces of ink that
    are no digit are added, for which all ten scores should be equal (outlier exposure,
    Hendrycks et al. 2019).
    validation: how many of MNIST's last training digits are kept back for the curves and the
    calibration.
    """

    drawn: int = 0
    clutter: int = 0
    validation: int = 5000


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each training digit is changed, anew each time it is seen. 0 switches a change off.

    Ranges are symmetric; shares are parts of all digits in [0, 1].
    """

    size: int = 28  # side of the grid on which geometry and stroke width act, in pixels
    rotation: float = 0.0  # degrees
    scale: float = 0.0  # each axis by a factor between 1/(1+scale) and 1+scale
    shear: float = 0.0  # horizontal, as a tangent
    shift: float = 0.0  # share of the tile's side
    elastic: float = 0.0  # standard deviation of the field's knots, share of the tile's side
    stroke: float = 0.0  # share of digits drawn thicker, and of those drawn thinner
    blur: float = 0.0  # share of digits seen blurred or at low resolution
    contrast: float = 0.0  # gamma between 1/(1+contrast) and 1+contrast
    noise: float = 0.0  # largest standard deviation, share of full ink
    binary: float = 0.0  # share of digits cut to black and white
    occlusion: float = 0.0  # share of digits with a bar of ink or paper across
    clean_epochs: int = 0  # the last epochs, trained on the digits as they are


@dataclass(frozen=True, slots=True)
class Fit:
    """How it learns: AdamW, a linear warm-up, then a cosine down to zero."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.004
    warmup: float = 0.05  # share of all steps
    label_smoothing: float = 0.0
    steps_per_execution: int = 1
    compile: bool = False  # by XLA


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a training gives, apart from its seed."""

    name: str
    network: Network
    fit: Fit
    material: Material = field(default_factory=Material)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as nested plain values, for run.json and model.json."""
        return asdict(self)


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    folder = resources.files(__package__) / "recipes"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(name_or_file: str) -> Recipe:
    """Read a recipe by its shipped name, or from a TOML file.

    Raises TrainingError if there is none of that name, or if a key is unknown, missing or of the
    wrong type.
    """
    names = shipped_recipes()
    if name_or_file in names:
        text = (resources.files(__package__) / "recipes" / f"{name_or_file}.toml").read_text(
            "utf-8"
        )
        return parse_recipe(name_or_file, text)
    path = Path(name_or_file)
    if not path.is_file():
        raise TrainingError(
            f"no recipe {name_or_file!r}: expected a TOML file or one of {', '.join(names)}"
        )
    return parse_recipe(path.stem, path.read_text("utf-8"))


def parse_recipe(name: str, text: str) -> Recipe:
    """A recipe from TOML text; sections and keys are the fields of this module's dataclasses.

    Raises TrainingError as load_recipe does.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"recipe {name!r} is not valid TOML: {error}") from error
    sections: dict[str, type] = {
        "network": Network, "material": Material, "augmentation": Augmentation, "fit": Fit,
    }  # fmt: skip
    unknown = sorted(set(table) - set(sections))
    missing = sorted({"network", "fit"} - set(table))
    if unknown or missing:
        raise TrainingError(
            f"recipe {name!r} has sections {sorted(table)}; expected network and fit, "
            "and optionally material and augmentation"
        )
    return Recipe(name, **{key: _section(name, key, sections[key], table[key]) for key in table})


def _section(recipe: str, title: str, kind: type[Section], table: object) -> Section:
    where = f"recipe {recipe!r}, section [{title}]"
    if not isinstance(table, dict):
        raise TrainingError(f"{where}: expected a table of keys, found {table!r}")
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key, value in table.items():
        if key not in known:
            raise TrainingError(f"{where}: unknown key {key!r}; expected {', '.join(known)}")
        _check(f"{where}, key {key}", str(known[key].type), value)
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise TrainingError(f"{where}: {error}") from error


def _check(where: str, expected: str, value: object) -> None:
    right = {
        "int": isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "float": isinstance(value, int | float) and not isinstance(value, bool) and value >= 0,
        "bool": isinstance(value, bool),
        "tuple[int, ...]": isinstance(value, list) and all(isinstance(v, int) for v in value),
    }.get(expected, value in ("dense", "residual"))
    if not right:
        raise TrainingError(f"{where}: expected {expected} of 0 or more, found {value!r}")
