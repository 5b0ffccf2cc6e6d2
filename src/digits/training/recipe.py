"""Recipes: what can be trained, as plain data read from TOML."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from digits.errors import TrainingError
from digits.model.spec import DETECTOR_SIZE_MULTIPLE, TILE

Section = TypeVar("Section")

# The types of the values; VALUES below checks them.
Kind: TypeAlias = Literal[
    "dense", "convolutional", "separable", "residual", "detector", "recogniser"
]
Number: TypeAlias = int  # 0 or more
Count: TypeAlias = int  # 1 or more
Amount: TypeAlias = float  # 0 or more
Fraction: TypeAlias = float  # from 0 to 1
Name: TypeAlias = str


def _is_whole(value: object, minimum: int) -> bool:
    return type(value) is int and value >= minimum


def _is_between(value: object, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high  # type: ignore[operator]


VALUES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "Kind": (
        " or ".join(f'"{kind}"' for kind in get_args(Kind)),
        lambda value: value in get_args(Kind),
    ),
    "Number": ("a whole number of 0 or more", lambda value: _is_whole(value, 0)),
    "Count": ("a whole number of 1 or more", lambda value: _is_whole(value, 1)),
    "Amount": ("a number of 0 or more", lambda value: _is_between(value, 0, sys.float_info.max)),
    "Fraction": ("a number from 0 to 1", lambda value: _is_between(value, 0, 1)),
    "Name": ("a text", lambda value: isinstance(value, str)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "tuple[Name, ...]": (
        "a list of one text or more",
        lambda value: (
            isinstance(value, list)
            and len(value) > 0
            and all(isinstance(each, str) for each in value)
        ),
    ),
    "tuple[Count, ...]": (
        "a list of whole numbers of 1 or more",
        lambda value: isinstance(value, list) and all(_is_whole(each, 1) for each in value),
    ),
}
"""What a value of each type may be: in words, and as a test of what TOML gave."""

WIDTHS = {
    "dense": (1, 1),
    "convolutional": (3, 3),
    "separable": (2, 9),
    "residual": (1, 9),
    "detector": (4, 4),
    "recogniser": (5, 5),
}
"""The minimum and maximum number of widths of each kind of network."""

PAGE_KINDS = ("detector", "recogniser")  # networks that are trained on pages


@dataclass(frozen=True, slots=True)
class Network:
    """The architecture; `widths` are the arguments of its function in networks.py, in order."""

    kind: Kind
    widths: tuple[Count, ...]
    # Export in 8 bits. A classifier stays in 32 bits where 8 would cost more than 0.02 % of the
    # validation digits; a detector or recogniser is quantised in any case.
    int8: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """The tiles that a classifier is trained on, besides MNIST's training digits.

    drawn: number of digits drawn by `digits.synth.pen`. people: number of digits by people whose
    pen strokes are known (`digits data strokes`). clutter: number of tiles without a digit,
    whose target is the uniform distribution (outlier exposure, Hendrycks et al. 2019, arXiv
    1812.04606); signs: number of such tiles of letters and signs by these people. validation:
    number of MNIST training digits that are held out for the curves and the calibration; their
    writers contribute no training digit.
    """

    drawn: Number = 0
    people: Number = 0
    clutter: Number = 0
    signs: Number = 0
    validation: Count = 5000


@dataclass(frozen=True, slots=True)
class Pages:
    """The synthetic pages that a detector or recogniser is trained on, made from the run's seed.

    made: number of training pages. validation: number of pages of other writers, papers and
    typefaces for the curves and the score. crops: number of crops per epoch, line crops for a
    recogniser. lines: number of text lines that are trained on besides; they need pen strokes
    (`digits data strokes`). side: height and width of a detector's crop in pixels.
    """

    made: Count
    crops: Count
    validation: Count = 200
    lines: Number = 0
    side: Count = 256


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The strength of each random change of a training tile; 0 switches a change off.

    Ranges are symmetric. Fractions are of the tiles of a batch.
    """

    group_size: Count = 1  # tiles of a batch that share one geometric change: faster, less varied
    size: Count = TILE  # side of the grid for geometry and stroke width: 28, 56, 84 … pixels
    rotation: Amount = 0.0  # degrees
    scale: Amount = 0.0  # each axis by a factor between 1/(1+scale) and 1+scale
    shear: Amount = 0.0  # horizontal, as a tangent
    shift: Amount = 0.0  # maximum, in sides of the tile
    elastic: Amount = 0.0  # standard deviation of the field's knots, in sides of the tile
    stroke: Fraction = 0.0  # drawn thicker; the same fraction is drawn thinner
    blur: Fraction = 0.0  # blurred or at low resolution
    contrast: Amount = 0.0  # gamma between 1/(1+contrast) and 1+contrast
    noise: Amount = 0.0  # maximum standard deviation, of full ink
    binary: Fraction = 0.0  # thresholded to black and white
    occlusion: Fraction = 0.0  # with a bar of ink or paper across
    outline: Fraction = 0.0  # reduced to the outline of the strokes
    lines: Fraction = 0.0  # under a thin line
    paper: Fraction = 0.0  # on tinted or shaded paper
    inverse: Fraction = 0.0  # with ink and paper swapped on one side of a line
    dust: Fraction = 0.0  # under specks
    clean_epochs: Number = 0  # last epochs of [fit] without augmentation


@dataclass(frozen=True, slots=True)
class Fit:
    """The optimisation: AdamW with a linear warm-up, then cosine decay to zero.

    init_from: a shipped model, run folder or .keras file with the initial weights; it may be
    narrower than the network. Empty: random weights. init_weight: the weight of the initial
    weights in the final ones, which are the average of both; it lowers the error on data unlike
    both training sets (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv
    2109.01903). distil_from: such a model, whose probabilities are a second target; distil_weight:
    their weight, that of the labels being 1 - distil_weight. [finish] has its own of these two.
    """

    epochs: Count
    batch_size: Count
    learning_rate: Amount
    weight_decay: Amount = 0.004
    warmup: Fraction = 0.05  # of all steps
    label_smoothing: Fraction = 0.0
    steps_per_execution: Count = 1
    compile: bool = False  # by XLA
    bfloat16: bool = False  # compute in 16 bits on processors that do; weights stay 32
    init_from: Name = ""
    init_weight: Fraction = 0.0
    distil_from: Name = ""
    distil_weight: Fraction = 0.7


@dataclass(frozen=True, slots=True)
class Finish:
    """A second training stage at a lower learning rate, without label smoothing.

    clean: the fraction of each batch without augmentation. distil_from, distil_weight: as in Fit.
    """

    epochs: Count
    learning_rate: Amount
    clean: Fraction = 0.5
    distil_from: Name = ""
    distil_weight: Fraction = 0.7


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Trained classifiers whose logits are averaged with those of the new one.

    models: shipped models, run folders or .keras files.
    """

    models: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines a training run, apart from its seed."""

    name: str
    network: Network
    fit: Fit
    dataset: Dataset = field(default_factory=Dataset)
    augmentation: Augmentation = field(default_factory=Augmentation)
    finish: Finish | None = None
    pages: Pages | None = None
    ensemble: Ensemble | None = None

    @property
    def stages(self) -> list[Fit]:
        """The training stages in order; each has an optimizer of its own."""
        if self.finish is None:
            return [self.fit]
        finish = replace(
            self.fit,
            epochs=self.finish.epochs,
            learning_rate=self.finish.learning_rate,
            label_smoothing=0.0,
            distil_from=self.finish.distil_from,
            distil_weight=self.finish.distil_weight,
        )
        return [self.fit, finish]

    @property
    def clean(self) -> list[float]:
        """The fraction of tiles without augmentation, for each epoch of all stages."""
        last = min(self.augmentation.clean_epochs, self.fit.epochs)
        fractions = [0.0] * (self.fit.epochs - last) + [1.0] * last
        if self.finish is not None:
            fractions += [self.finish.clean] * self.finish.epochs
        return fractions

    def to_dict(self) -> dict[str, Any]:
        """The recipe as nested plain values, for run.json and model.json."""
        return asdict(self)


SECTIONS: dict[str, type] = {
    "network": Network, "dataset": Dataset, "augmentation": Augmentation, "fit": Fit,
    "finish": Finish, "pages": Pages, "ensemble": Ensemble,
}  # fmt: skip


def with_defaults(saved: dict[str, Any]) -> dict[str, Any]:
    """A recipe as `Recipe.to_dict` once gave it, with the defaults of keys that came later."""
    return {
        title: _defaults(SECTIONS[title]) | value
        if title in SECTIONS and isinstance(value, dict)
        else value
        for title, value in saved.items()
    }


def _defaults(kind: type) -> dict[str, Any]:
    return {each.name: each.default for each in fields(kind) if each.default is not MISSING}


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    folder = resources.files(__package__) / "recipes"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(name_or_file: str) -> Recipe:
    """Read a recipe by its shipped name, or from a TOML file.

    Raises TrainingError if there is none of that name, or if a key is unknown, missing or has a
    value that it cannot have.
    """
    names = shipped_recipes()
    if name_or_file in names:
        return parse_recipe(name_or_file, _shipped_text(name_or_file))
    path = Path(name_or_file)
    if not path.is_file():
        raise TrainingError(
            f"no recipe {name_or_file!r}: expected a TOML file or one of {', '.join(names)}"
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"recipe {name_or_file!r} is no file of text: {error}") from error
    return parse_recipe(path.stem, text)


def parse_recipe(name: str, text: str) -> Recipe:
    """A recipe from TOML text; sections and keys are the fields of this module's dataclasses.

    A key `based_on` above all sections names a shipped recipe, which gives every value that the
    text leaves out. Raises TrainingError as load_recipe does.
    """
    table = _table(name, text)
    unknown = sorted(set(table) - set(SECTIONS))
    missing = sorted({"network", "fit"} - set(table))
    if unknown or missing:
        raise TrainingError(
            f"recipe {name!r} has sections {sorted(table)}; expected network and fit, "
            "and optionally dataset, augmentation, finish, pages and ensemble"
        )
    recipe = Recipe(name, **{key: _section(name, key, SECTIONS[key], table[key]) for key in table})
    _check_together(recipe)
    return recipe


def _table(name: str, text: str) -> dict[str, Any]:
    """The sections of a recipe, those of what it is based on among them."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TrainingError(f"recipe {name!r} is not valid TOML: {error}") from error
    base = table.pop("based_on", None)
    if base is None:
        return table
    if base not in shipped_recipes() or base == name:
        others = ", ".join(each for each in shipped_recipes() if each != name)
        raise TrainingError(f"recipe {name!r} is based on {base!r}; expected one of {others}")
    whole = _table(base, _shipped_text(base))
    for section, values in table.items():
        both = isinstance(values, dict) and isinstance(whole.get(section), dict)
        whole[section] = whole[section] | values if both else values
    return whole


def _shipped_text(name: str) -> str:
    return (resources.files(__package__) / "recipes" / f"{name}.toml").read_text("utf-8")


def _section(recipe: str, title: str, kind: type[Section], table: object) -> Section:
    where = f"recipe {recipe!r}, section [{title}]"
    if not isinstance(table, dict):
        raise TrainingError(f"{where}: expected a table of keys, found {table!r}")
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key, value in table.items():
        if key not in known:
            raise TrainingError(f"{where}: unknown key {key!r}; expected {', '.join(known)}")
        expected, fits = VALUES[str(known[key].type)]
        if not fits(value):
            raise TrainingError(f"{where}, key {key}: found {value!r}, expected {expected}")
    missing = [name for name, each in known.items() if each.default is MISSING]
    if lacking := [name for name in missing if name not in table]:
        raise TrainingError(f"{where}: lacks {', '.join(lacking)}")
    return kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in table.items()})


def _check_together(recipe: Recipe) -> None:
    """Refuse values that are valid one by one and cannot work together."""
    for fault in (*_network_faults(recipe), *_fit_faults(recipe), *_page_faults(recipe)):
        raise TrainingError(f"recipe {recipe.name!r}, section {fault}")


def _network_faults(recipe: Recipe) -> Iterator[str]:
    kind, widths, augmentation = recipe.network.kind, recipe.network.widths, recipe.augmentation
    minimum, maximum = WIDTHS[kind]
    if not minimum <= len(widths) <= maximum:
        expected = str(minimum) if minimum == maximum else f"{minimum} or more"
        yield f"[network]: found {len(widths)} widths, expected {expected} for {kind}"
    if augmentation.size % TILE:
        yield f"[augmentation]: found size {augmentation.size}, expected a multiple of {TILE}"
    if augmentation.stroke > 0.5:
        yield (
            f"[augmentation]: found stroke {augmentation.stroke}, expected at most 0.5: the same "
            "fraction is drawn thinner"
        )
    if recipe.ensemble and kind in ("dense", *PAGE_KINDS):
        yield f"[ensemble]: found {kind}, expected a kind of network that gives ten logits"


def _fit_faults(recipe: Recipe) -> Iterator[str]:
    if recipe.fit.init_weight and not recipe.fit.init_from:
        yield f"[fit]: found init_weight {recipe.fit.init_weight}, expected init_from as well"
    if max(stage.distil_weight for stage in recipe.stages) == 1:
        yield "[finish]: found distil_weight 1, expected less: the labels need some weight"
    if recipe.network.kind == "dense" and any(stage.distil_from for stage in recipe.stages):
        yield "[network]: found dense and distil_from, expected a kind that gives ten logits"


def _page_faults(recipe: Recipe) -> Iterator[str]:
    kind, pages = recipe.network.kind, recipe.pages
    if (kind in PAGE_KINDS) != (pages is not None):
        expected = " or ".join(PAGE_KINDS)
        yield f"[network]: found {kind}, expected {expected} with a section [pages], and only then"
    if pages and pages.side % DETECTOR_SIZE_MULTIPLE:
        yield f"[pages]: found side {pages.side}, expected a multiple of {DETECTOR_SIZE_MULTIPLE}"
