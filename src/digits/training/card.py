"""Model cards: what a model is for, how it was made, how good it is, where it fails."""

from __future__ import annotations

from typing import Any

from digits.data.strokes import ATTRIBUTION
from digits.model import spec

CLASSIFIER = """\
# {name}

Classifies the digit on a 28×28 tile: {parameters:,} weights, {kilobytes:,.0f} kB.

| | |
|---|---|
| Input | tiles (N, 28, 28) float32 in [0, 1], ink bright, in MNIST's form |
| Output | logits (N, 10); the softmax of logits / {temperature} gives probabilities |
| Score | {accuracy:.2%} on {data}, n = {n:,}: {errors} errors |
| Wilson 95 % interval | {low:.2%} to {high:.2%} |
| Log-loss, calibration | {log_loss:.4f}, ECE {ece:.2%} (15 bins) |
| With test-time augmentation | run `digits evaluate {name}` |
| Trained | recipe `{name}`, seed {seed}, {digits:,} tiles, {minutes:.1f} minutes on {machine} |
| Weights | SHA-256 `{sha256}` |

**For** handwritten digits 0 to 9, one per tile, from any pen. **Made** by
`digits train --recipe {name} --seed {seed}`; `model.json` holds the recipe. Trained on MNIST
(LeCun, Cortes and Burges; CC BY-SA 3.0){drawn}{people}.{ensemble}

**Fails** on letters and signs, which it classifies as the digit they resemble (use `is_digit`), on
digits that are cut in two or touch another, and on forms of one country that are another digit
elsewhere. Not for decisions about people, money or health that nobody checks.
"""


PEOPLE = f""",
and with pen strokes of real people ({ATTRIBUTION})"""


DETECTOR = """\
# {name}

Detects and classifies the digits on a page: {parameters:,} weights, {kilobytes:,.0f} kB.

| | |
|---|---|
| Input | pages (N, H, W, {CHANNELS}) float32 after local contrast normalisation \
(`digits.model.inputs`), H and W multiples of {DETECTOR_SIZE_MULTIPLE} |
| Output | maps (N, H/{DETECTOR_STRIDE}, W/{DETECTOR_STRIDE}, {DETECTOR_MAPS}): a logit for each \
digit's centre, logarithms of the four sides of its box |
| Score | {accuracy:.2%} of the digits on {data} detected and classified correctly, n = {n:,}; \
{false:,} false detections |
| Trained | recipe `{name}`, seed {seed}, {pages:,} pages, {lines:,} lines, \
{minutes:.1f} minutes on {machine} |
{pretrained}| Weights | SHA-256 `{sha256}` |

**For** pages of handwritten numbers, digits {MIN_DIGIT} to {MAX_DIGIT} pixels high in the input.
**Made** by `digits train --recipe {name} --seed {seed}`; `model.json` holds the recipe. Trained on
synthetic pages and lines of this project, with digits of MNIST (LeCun, Cortes and Burges; CC BY-SA
3.0), writing of the project's own pen, and typefaces{people}.

**Fails** on isolated letters that look like digits, and on pages that lie on their side.
"""


RECOGNISER = """\
# {name}

Reads a line of digits, signs and letters: {parameters:,} weights, {kilobytes:,.0f} kB.

| | |
|---|---|
| Input | line crops (N, {LINE_HEIGHT}, W, {CHANNELS}) float32, a digit {LINE_DIGIT} pixels high \
(`digits.reading.page.textline`) |
| Output | logits (N, W/{LINE_STRIDE}, {TOKENS}) for CTC: blank, the ten digits, number boundary, \
{SIGNS}, any letter |
| Score | {accuracy:.2%} of {data} read without an error, n = {n:,} |
| Trained | recipe `{name}`, seed {seed}, {pages:,} pages, {lines:,} lines, \
{minutes:.1f} minutes on {machine} |
{pretrained}| Weights | SHA-256 `{sha256}` |

**For** handwritten numbers of up to a dozen digits and more, with their signs, touching or apart,
on any paper, among words. Each letter is the same token: it tells what is no digit.
**Made** by `digits train --recipe {name} --seed {seed}`; `model.json` holds the recipe. Trained on
synthetic pages and lines of this project, with digits of MNIST (LeCun, Cortes and Burges; CC BY-SA
3.0), writing of the project's own pen, and typefaces{people}.

**Fails** on letters that look like digits among digits, and on lines that bend.
"""


def detector_card(card: dict[str, Any]) -> str:
    """The card of a detector as Markdown; card: the contents of model.json."""
    return _page_model_card(DETECTOR, card)


def recogniser_card(card: dict[str, Any]) -> str:
    """The card of a recogniser as Markdown; card: the contents of model.json."""
    return _page_model_card(RECOGNISER, card)


def _page_model_card(template: str, card: dict[str, Any]) -> str:
    pretrained = "".join(
        f"| Initial weights | `{name}`, SHA-256 `{found}` |\n"
        for name, found in card.get("pretrained", {}).items()
    )
    lines = card["data"].get("lines", 0)  # which cannot be made without strokes
    return template.format(
        pretrained=pretrained,
        name=card["name"],
        parameters=card["parameters"],
        kilobytes=card["bytes"] / 1000,
        accuracy=card["score"]["accuracy"],
        data=card["score"]["data"],
        n=card["score"]["n"],
        false=card["score"].get("false"),
        seed=card["seed"],
        pages=card["data"]["pages"],
        lines=lines,
        people=PEOPLE if card["data"].get("has_strokes", lines) else "",
        minutes=card["fit_seconds"] / 60,
        machine=_machine(card["machine"]),
        sha256=card["sha256"],
        **{name: value for name, value in vars(spec).items() if name.isupper()},
    )


def model_card(card: dict[str, Any]) -> str:
    """The card of a classifier as Markdown; card: the contents of model.json."""
    score = card["score"]
    tiles = card["recipe"]["dataset"]
    drawn = tiles["drawn"]
    models = (card["recipe"].get("ensemble") or {}).get("models", [])
    return CLASSIFIER.format(
        name=card["name"],
        parameters=card["parameters"],
        kilobytes=card["bytes"] / 1000,
        temperature=card["calibration"]["temperature"],
        accuracy=score["accuracy"],
        data=score["data"],
        n=score["n"],
        errors=score["errors"],
        low=score["interval"][0],
        high=score["interval"][1],
        log_loss=score["log_loss"],
        ece=score["ece"],
        seed=card["seed"],
        digits=card["data"]["digits"],
        minutes=card["fit_seconds"] / 60,
        machine=_machine(card["machine"]),
        sha256=card["sha256"],
        ensemble=f" Its logits are averaged with those of {' and '.join(models)}."
        if models
        else "",
        people=PEOPLE if tiles["people"] or tiles["signs"] else "",
        drawn=f" and {drawn:,} digits of this project's own pen" if drawn else "",
    )


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['cores']} cores" + (f" and {machine['gpu']}" if "gpu" in machine else "")
