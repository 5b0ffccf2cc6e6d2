"""How well are filled forms read, and which pictures are refused?

.venv/bin/python benchmarks/forms.py [--forms N] [--seed S]

Forms of made-up layouts are learned from their empty picture, as printed and softened by a scan;
filled by writers that no network learned from; then scanned askew, folded, photographed or faxed in
turn. Prints how many fields are found on the empty forms; how many are read exactly, by kind and by
what became of the paper, with nothing expected and with what the form knows (0 to 20 in a table, as
many digits as there are in all else); how many sure ones are right; which pictures of something
else are refused; and the seconds of CPU for a form. Nothing was fitted on these seeds.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from blank_forms import CAPTURES, Blank, draw_form, fill, hands, number_for, softened
from numpy.typing import NDArray

from digits import Reader
from digits.evaluation.metrics import wilson_interval
from digits.forms import Field, FilledForm, Form, learn
from digits.forms.align import Target
from digits.forms.crops import Cutter
from digits.forms.read import read_form
from digits.io.number import Box
from digits.synth.sources import Sources

FIRST = 100  # seed of the first layout
LAYOUTS = 12
SAME = 0.6  # intersection over union from which on a field is the one that was drawn


def iou(one: Box, other: Box) -> float:
    across, down = (
        max(0, min(one[k] + one[k + 2], other[k] + other[k + 2]) - max(one[k], other[k]))
        for k in (0, 1)
    )
    common = across * down
    return common / (one[2] * one[3] + other[2] * other[3] - common)


def matched(blank: Blank, form: Form) -> list[Field | None]:
    """The learned field of each that was drawn."""
    found: list[Field | None] = []
    for place in blank.places:
        near = max(form.fields, key=lambda field: iou(field.box, place.box))
        kind = "box" if place.kind == "table" else place.kind
        is_same = near.kind == kind and len(near.cells) == len(place.cells)
        found.append(near if is_same and iou(near.box, place.box) >= SAME else None)
    return found


def expecting(form: Form, fields: list[Field | None], blank: Blank, texts: list[str]) -> Form:
    """The form with what is known of each number before it is written."""
    known = {}
    for field, place, text in zip(fields, blank.places, texts, strict=True):
        if field is not None:
            known[field.name] = "0..20" if place.kind == "table" else rf"\d{{{len(text) or 1}}}"
    fields_ = tuple(replace(each, expect=known.get(each.name)) for each in form.fields)
    return replace(form, fields=fields_)


def share(right: list[bool]) -> str:
    low, high = wilson_interval(sum(right), len(right))
    return f"{100 * np.mean(right):.1f} ({100 * low:.1f} to {100 * high:.1f})"


def timed(form: Form, picture: NDArray[np.uint8], reader: Reader) -> tuple[FilledForm, float]:
    """The reading, and seconds of CPU without what is made once a form."""
    target = Target(form.blank)
    cutter = Cutter(form, target)
    _ = target.features, target.corners
    begin = time.process_time()
    filled = read_form(picture, cutter, reader)
    return filled, time.process_time() - begin


def others(blank: Blank, pictures: list[NDArray[np.uint8]]) -> Iterator[tuple[str, NDArray]]:
    """Pictures that shall be refused: parts of filled forms, and no form."""
    for picture in pictures:
        high, wide = picture.shape[:2]
        yield "upper half", picture[: high // 2]
        yield "lower half", picture[high // 2 :]
        yield "left half", picture[:, : wide // 2]
        yield "two thirds", picture[: 2 * high // 3, : 2 * wide // 3]
    yield "blank page", np.full(blank.pixels.shape, 244, np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forms", type=int, default=80)
    parser.add_argument("--seed", type=int, default=17)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(options.seed)
    writers = hands(Sources.open("validation"), rng)
    reader = Reader(threads=1).warm_up()
    blanks = [draw_form(FIRST + k) for k in range(LAYOUTS)]
    forms = [learn(softened(blank.pixels)) for blank in blanks]
    fields = [matched(blank, form) for blank, form in zip(blanks, forms, strict=True)]
    drawn = sum(map(len, fields))
    found = sum(field is not None for each in fields for field in each)
    false = sum(len(form.fields) for form in forms) - found
    print(f"{LAYOUTS} layouts: {found} of {drawn} fields found, {false} false ones\n", flush=True)

    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    sure: dict[str, list[bool]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    refused: dict[str, list[bool]] = defaultdict(list)
    for index in range(options.forms):
        which, capture = index % LAYOUTS, list(CAPTURES)[(index + index // LAYOUTS) % 4]
        blank, form = blanks[which], forms[which]
        texts = [number_for(place, rng) for place in blank.places]
        picture = CAPTURES[capture](fill(blank, texts, next(writers), rng), rng)
        for known, own in (
            ("nothing", form),
            ("what is known", expecting(form, fields[which], blank, texts)),
        ):
            filled, spent = timed(own, picture, reader)
            seconds[known].append(spent)
            if known == "nothing":
                refused[f"the right form, {capture}"].append(filled.error is not None)
            for field, place, text in zip(fields[which], blank.places, texts, strict=True):
                name = "" if field is None else field.name
                number = filled.numbers.get(name)
                is_right = filled.error is None and text == (number.text if number else "")
                right[place.kind if text else "empty", known].append(is_right)
                right[capture, known].append(is_right)
                right["all", known].append(is_right)
                if number and name not in [each.field.name for each in filled.doubtful]:
                    sure[known].append(is_right)
        if index < LAYOUTS:
            target = Target(form.blank)
            cutter = Cutter(form, target)
            for name, other in others(blank, [picture]):
                refused[name].append(read_form(other, cutter, reader).error is not None)
            other_form = forms[(which + 1) % LAYOUTS]
            cutter = Cutter(other_form, Target(other_form.blank))
            refused["another form"].append(read_form(picture, cutter, reader).error is not None)

    print("| fields | n | exact, nothing expected, % | with what is known, % |\n|---|---|---|---|")
    for name in dict.fromkeys(name for name, _ in right):
        both = [share(right[name, known]) for known in ("nothing", "what is known")]
        print(f"| {name} | {len(right[name, 'nothing'])} | {' | '.join(both)} |")
    for known, some in sure.items():
        written = sum(len(right[k, known]) for k in ("box", "line", "comb", "table"))
        part = 100 * len(some) / written
        print(
            f"\n{known} expected: {part:.0f} % of the numbers are sure, right of these: "
            f"{share(some)}"
        )
    print("\n| picture | n | refused |\n|---|---|---|")
    for name, each in refused.items():
        print(f"| {name} | {len(each)} | {sum(each)} |")
    for known, spent in seconds.items():
        print(f"\n{known} expected: {np.mean(spent):.2f} s of CPU a form")


if __name__ == "__main__":
    main()
