"""Recipes: what can be trained, as plain data read from TOML."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
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
Share: TypeAlias = float  # from 0 to 1
Name: TypeAlias = str


def _is_whole(value: object, least: int) -> bool:
    return type(value) is int and value >= least


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
    "Share": ("a number from 0 to 1", lambda value: _is_between(value, 0, 1)),
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
"""How many widths each kind of network takes, at least and at most."""

OF_PAGES = ("detector", "recogniser")  # kinds of networks that learn from pages


@dataclass(frozen=True, slots=True)
class Network:
    """Which network: `widths` are the units or channels that its function in networks.py names."""

    kind: Kind
    widths: tuple[Count, ...]
    int8: bool = False  # exported in 8 bits, if that costs 0.02 % of the digits kept back at most


@dataclass(frozen=True, slots=True)
class Material:
    """What it learns from, besides MNIST's training digits.

    drawn: how many digits of the parametric pen are added. clutter: how many pieces of ink that
    are no digit are added, for which all ten scores should be equal (outlier exposure,
    Hendrycks et al. 2019).
    validation: how many of MNIST's training digits are kept back for the curves and the
    calibration, by writers of whom nothing is learned.
    """

    drawn: Number = 0
    clutter: Number = 0
    validation: Count = 5000


@dataclass(frozen=True, slots=True)
class Pages:
    """What a detector or recogniser learns from: pages made up with the training's seed.

    made: how many. validation: how many more, of other writers, papers and typefaces, are made
    for the curves. crops: shown in an epoch; a recogniser's are strips. side: of a detector's crop,
    in pixels.
    """

    made: Count
    crops: Count
    validation: Count = 200
    side: Count = 256


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each training digit is changed, anew each time it is seen. 0 switches a change off.

    Ranges are symmetric; shares are parts of all digits in [0, 1].
    """

    alike: Count = 1  # digits of a batch that share one geometric change: faster, less varied
    size: Count = TILE  # side of the grid for geometry and stroke width: 28, 56, 84 … pixels
    rotation: Amount = 0.0  # degrees
    scale: Amount = 0.0  # each axis by a factor between 1/(1+scale) and 1+scale
    shear: Amount = 0.0  # horizontal, as a tangent
    shift: Amount = 0.0  # share of the tile's side
    elastic: Amount = 0.0  # standard deviation of the field's knots, share of the tile's side
    stroke: Share = 0.0  # share of digits drawn thicker, and of those drawn thinner
    blur: Share = 0.0  # share of digits seen blurred or at low resolution
    contrast: Amount = 0.0  # gamma between 1/(1+contrast) and 1+contrast
    noise: Amount = 0.0  # largest standard deviation, share of full ink
    binary: Share = 0.0  # share of digits cut to black and white
    occlusion: Share = 0.0  # share of digits with a bar of ink or paper across
    outline: Share = 0.0  # share of digits of which only the rim of the strokes is seen
    lines: Share = 0.0  # share of digits under a thin line
    paper: Share = 0.0  # share of digits on tinted or shaded paper
    inverse: Share = 0.0  # share of digits with ink and paper swapped on one side of a line
    dust: Share = 0.0  # share of digits under specks
    clean_epochs: Number = 0  # the last epochs of [fit], trained on the digits as they are


@dataclass(frozen=True, slots=True)
class Fit:
    """How it learns: AdamW, a linear warm-up, then a cosine down to zero.

    start: a shipped model, a run folder or a .keras file, with whose weights it begins, and which
    may be narrower; fresh ones if left out. kept: the share of these in the weights that come out,
    which are a mean: it errs less on what neither learned from (Wortsman et al. 2022, "Robust
    fine-tuning", arXiv 2109.01903). teacher: such a model, of whose scores it learns as well;
    taught: the share of them in what it learns from, beside the labels. A [finish] names its own.
    """

    epochs: Count
    batch_size: Count
    learning_rate: Amount
    weight_decay: Amount = 0.004
    warmup: Share = 0.05  # of all steps
    label_smoothing: Share = 0.0
    steps_per_execution: Count = 1
    compile: bool = False  # by XLA
    bfloat16: bool = False  # computes in 16 bits: faster where the processor can; weights keep 32
    start: Name = ""
    kept: Share = 0.0
    teacher: Name = ""
    taught: Share = 0.7


@dataclass(frozen=True, slots=True)
class Finish:
    """A second, gentler training of what the first one left: no label smoothing, other steps.

    clean: the share of each batch that is shown as it is. teacher, taught: as in Fit.
    """

    epochs: Count
    learning_rate: Amount
    clean: Share = 0.5
    teacher: Name = ""
    taught: Share = 0.7


@dataclass(frozen=True, slots=True)
class Join:
    """Trained networks that the new one is asked together with: the mean of all scores counts.

    models: shipped models, run folders or .keras files.
    """

    models: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a training gives, apart from its seed."""

    name: str
    network: Network
    fit: Fit
    material: Material = field(default_factory=Material)
    augmentation: Augmentation = field(default_factory=Augmentation)
    finish: Finish | None = None
    pages: Pages | None = None
    join: Join | None = None

    @property
    def stages(self) -> list[Fit]:
        """How it learns, one after the other, each with an optimizer of its own."""
        if self.finish is None:
            return [self.fit]
        finish = replace(
            self.fit,
            epochs=self.finish.epochs,
            learning_rate=self.finish.learning_rate,
            label_smoothing=0.0,
            teacher=self.finish.teacher,
            taught=self.finish.taught,
        )
        return [self.fit, finish]

    @property
    def clean(self) -> list[float]:
        """Share of the digits that are shown as they are, of each epoch of all stages."""
        last = min(self.augmentation.clean_epochs, self.fit.epochs)
        shares = [0.0] * (self.fit.epochs - last) + [1.0] * last
        return shares if self.finish is None else shares + [self.finish.clean] * self.finish.epochs

    def to_dict(self) -> dict[str, Any]:
        """The recipe as nested plain values, for run.json and model.json."""
        return asdict(self)


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

    A key `based_on` above all sections names a shipped recipe, of which all that is not given
    anew is taken over. Raises TrainingError as load_recipe does.
    """
    table = _table(name, text)
    sections: dict[str, type] = {
        "network": Network, "material": Material, "augmentation": Augmentation, "fit": Fit,
        "finish": Finish, "pages": Pages, "join": Join,
    }  # fmt: skip
    unknown = sorted(set(table) - set(sections))
    missing = sorted({"network", "fit"} - set(table))
    if unknown or missing:
        raise TrainingError(
            f"recipe {name!r} has sections {sorted(table)}; expected network and fit, "
            "and optionally material, augmentation, finish, pages and join"
        )
    recipe = Recipe(name, **{key: _section(name, key, sections[key], table[key]) for key in table})
    _check_together(recipe)
    return recipe


def _table(name: str, text: str) -> dict[str, Any]:
    """The sections of a recipe, those of what it is based on among them."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
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
    """Refuse values that are right each by itself and cannot work with the others."""
    network, much = recipe.network, recipe.augmentation
    least, most = WIDTHS[network.kind]
    if not least <= len(network.widths) <= most:
        expected = str(least) if least == most else f"{least} or more"
        wrong = (
            f"[network]: found {len(network.widths)} widths, expected {expected} for {network.kind}"
        )
    elif much.size % TILE:
        wrong = f"[augmentation]: found size {much.size}, expected a multiple of {TILE}"
    elif much.stroke > 0.5:
        wrong = f"[augmentation]: found stroke {much.stroke}, expected at most 0.5: it counts twice"
    elif recipe.fit.kept and not recipe.fit.start:
        wrong = f"[fit]: found kept {recipe.fit.kept}, expected a start as well, to keep a share of"
    elif max(stage.taught for stage in recipe.stages) == 1:
        wrong = "[finish]: found taught 1, expected less: of the labels it learns a part at least"
    elif network.kind == "dense" and any(stage.teacher for stage in recipe.stages):
        wrong = "[network]: found dense and a teacher, expected another kind: dense gives no scores"
    elif (network.kind in OF_PAGES) != (recipe.pages is not None):
        expected = " or ".join(OF_PAGES)
        wrong = (
            f"[network]: found {network.kind}, expected {expected} with a section [pages], and only"
        )
    elif recipe.join and network.kind in ("dense", *OF_PAGES):
        wrong = f"[join]: found {network.kind}, expected another kind of network: its scores count"
    elif recipe.pages and recipe.pages.side % DETECTOR_SIZE_MULTIPLE:
        expected = f"a multiple of {DETECTOR_SIZE_MULTIPLE}"
        wrong = f"[pages]: found side {recipe.pages.side}, expected {expected}"
    else:
        return
    raise TrainingError(f"recipe {recipe.name!r}, section {wrong}")
