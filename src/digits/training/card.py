"""The model card: what a model is for, how it was made, how good it is, where it fails."""

from __future__ import annotations

from typing import Any

TEMPLATE = """\
# {name}

A network that tells which digit a 28×28 tile shows: {parameters:,} weights, {kilobytes:,.0f} kB.

| | |
|---|---|
| Takes | tiles (N, 28, 28) float32 in [0, 1], ink bright, in MNIST's form |
| Gives | logits (N, 10); divided by {temperature} and through a softmax they are probabilities |
| Score | {accuracy:.2%} on {data}, n = {n:,}: {errors} errors |
| Wilson 95 % interval | {low:.2%} to {high:.2%} |
| Log-loss, calibration | {log_loss:.4f}, ECE {ece:.2%} (15 bins) |
| With a second look at what is doubted | `digits evaluate {name}` tells |
| Trained | recipe `{name}`, seed {seed}, {digits:,} tiles, {minutes:.1f} minutes on {machine} |
| Weights | SHA-256 `{sha256}` |

**For** handwritten digits 0 to 9, one a tile, from any pen. **Made** by
`digits train --recipe {name} --seed {seed}`; the recipe stands in `model.json`. Learned from MNIST
(LeCun, Cortes and Burges; CC BY-SA 3.0){drawn}.{joined}

**Fails** on letters and signs, which it takes for the digit they resemble (look at `is_digit`), on
digits cut in two or touching another, and on forms of one country that are another digit
elsewhere. Not for decisions about people, money or health without a second look.
"""


DETECTOR = """\
# {name}

A network that finds digits on a page and tells which they are: {parameters:,} weights,
{kilobytes:,.0f} kB.

| | |
|---|---|
| Takes | contrast (N, H, W, 3) float32 (`digits.model.inputs`), H and W multiples of 16 |
| Says | (N, H/4, W/4, 14): ten logits that a digit's centre is there, four sides of its box |
| Score | {accuracy:.2%} of the digits on {data} found and told, n = {n:,}; {false:,} false ones |
| Trained | recipe `{name}`, seed {seed}, {pages:,} pages, {minutes:.1f} minutes on {machine} |
{start}| Weights | SHA-256 `{sha256}` |

**For** pages of handwritten numbers, digits 9 to 52 pixels high at the scale it is shown. **Made**
by `digits train --recipe {name} --seed {seed}`; the recipe stands in `model.json`. Learned from
pages made up by this project, with digits of MNIST (LeCun, Cortes and Burges; CC BY-SA 3.0), of its
own pen and of typefaces.

**Fails** where letters look like digits and stand alone, and on pages that lie on their side.
"""


RECOGNISER = """\
# {name}

A network that reads lines of digits: {parameters:,} weights, {kilobytes:,.0f} kB.

| | |
|---|---|
| Takes | strips (N, 48, W, 3) float32, a digit 26 pixels high (`digits.reading.page.textline`) |
| Says | (N, W/4, 12): of every fourth column, logits of nothing, each digit, the end of a number |
| Score | {accuracy:.2%} of {data} read without a mistake, n = {n:,} |
| Trained | recipe `{name}`, seed {seed}, {pages:,} pages, {minutes:.1f} minutes on {machine} |
{start}| Weights | SHA-256 `{sha256}` |

**For** numbers by hand, twelve digits and more, joined or apart, on paper of any kind. **Made** by
`digits train --recipe {name} --seed {seed}`; the recipe stands in `model.json`. Learned from pages
made up by this project, with digits of MNIST (LeCun, Cortes and Burges; CC BY-SA 3.0), of its own
pen and of typefaces.

**Fails** where a letter that looks like a digit stands among digits, and on lines that bend.
"""


def detector_card(card: dict[str, Any]) -> str:
    """The card of a detector as Markdown, from what model.json says."""
    return _filled(DETECTOR, card)


def recogniser_card(card: dict[str, Any]) -> str:
    """The card of a recogniser as Markdown, from what model.json says."""
    return _filled(RECOGNISER, card)


def _filled(template: str, card: dict[str, Any]) -> str:
    start = card.get("start")
    return template.format(
        start=f"| Began with | weights of SHA-256 `{start}` |\n" if start else "",
        name=card["name"],
        parameters=card["parameters"],
        kilobytes=card["bytes"] / 1000,
        accuracy=card["score"]["accuracy"],
        data=card["score"]["data"],
        n=card["score"]["n"],
        false=card["score"].get("false"),
        seed=card["seed"],
        pages=card["data"]["pages"],
        minutes=card["fit_seconds"] / 60,
        machine=_machine(card["machine"]),
        sha256=card["sha256"],
    )


def model_card(card: dict[str, Any]) -> str:
    """The card as Markdown, from what model.json says."""
    score = card["score"]
    drawn = card["recipe"]["material"]["drawn"]
    models = (card["recipe"].get("join") or {}).get("models", [])
    return TEMPLATE.format(
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
        joined=f" Asked together with {' and '.join(models)}." if models else "",
        drawn=f" and {drawn:,} digits drawn by this project's own pen" if drawn else "",
    )


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['cores']} cores" + (f" and {machine['gpu']}" if "gpu" in machine else "")
