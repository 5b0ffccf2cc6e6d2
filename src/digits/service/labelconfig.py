"""Label Studio's formats: a project's configuration, predictions and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from digits.service.problems import Problem

REGIONS = ("RectangleLabels", "Rectangle")
LONGEST = 100_000  # characters of a configuration
Box = tuple[float, float, float, float]  # x, y, width, height in percent of the picture


@dataclass(frozen=True)
class LabelConfig:
    """What a project labels.

    image: name of its picture, and field: of a task's data that holds it. regions: name of the
    control for boxes, or None; its kind, "rectanglelabels" or "rectangle"; label: of a box of
    digits. text: name of the control for what is written, or None.
    """

    image: str
    field: str
    regions: str | None
    kind: str
    label: str | None
    text: str | None


def parse_config(config: str) -> LabelConfig:
    """A project's configuration. Raises Problem 422 where it has nothing that could be filled."""
    if len(config) > LONGEST or "<!" in config.replace("<!--", ""):
        raise _unusable("it is too long, or defines entities")
    try:
        root = ElementTree.fromstring(config)
    except ElementTree.ParseError as error:
        raise _unusable(str(error)) from error
    image = root.find(".//Image")
    if image is None or not image.get("name") or not image.get("value", "").startswith("$"):
        raise _unusable("it has no Image with a name and a value")
    name = image.get("name", "")
    controls = [each for each in root.iter() if each.get("toName") == name and each.get("name")]
    boxes = next((each for each in controls if each.tag in REGIONS), None)
    text = next((each for each in controls if each.tag == "TextArea"), None)
    if boxes is None and text is None:
        raise _unusable("it has neither RectangleLabels, Rectangle nor TextArea for its Image")
    label = None if boxes is None else boxes.find("Label")
    return LabelConfig(
        name,
        image.get("value", "")[1:],
        None if boxes is None else boxes.get("name"),
        "rectangle" if boxes is None else boxes.tag.lower(),
        None if label is None else label.get("value"),
        None if text is None else text.get("name"),
    )


def _unusable(why: str) -> Problem:
    return Problem(
        422,
        "label-config",
        f"the labelling configuration cannot be used: {why}; expected an Image, and for it "
        "RectangleLabels or Rectangle, or a TextArea, or both",
    )


def number_result(
    config: LabelConfig, reading: dict[str, Any], number: dict[str, Any], place: int
) -> Iterator[dict[str, Any]]:
    """A number that was read as a box, and what is written in it. place: of all numbers."""
    if config.regions is None:
        return
    x, y, width, height = number["box"]
    across, down = 100 / reading["width"], 100 / reading["height"]
    box = {"x": x * across, "y": y * down, "width": width * across, "height": height * down}
    common = _common(config, reading, number["confidence"]) | {"id": f"digits-{place}"}
    value: dict[str, Any] = box | {"rotation": 0}
    label = {"rectanglelabels": [config.label]} if config.label else {}
    yield common | {"from_name": config.regions, "type": config.kind, "value": value | label}
    if config.text:
        text = value | {"text": [number["text"]]}
        yield common | {"from_name": config.text, "type": "textarea", "value": text}


def transcript(config: LabelConfig, reading: dict[str, Any]) -> dict[str, Any]:
    """All that was read as one text, for a project without boxes."""
    confidence = min((each["confidence"] for each in reading["numbers"]), default=0.0)
    value = {"text": [reading["transcript"]]}
    common = _common(config, reading, confidence)
    return common | {"from_name": config.text, "type": "textarea", "value": value}


def _common(config: LabelConfig, reading: dict[str, Any], score: float) -> dict[str, Any]:
    return {
        "to_name": config.image,
        "original_width": reading["width"],
        "original_height": reading["height"],
        "image_rotation": 0,
        "score": score,
    }


def regions(result: Sequence[dict[str, Any]]) -> Iterator[tuple[Box, str]]:
    """The upright boxes of an annotation on which something is written, with the text.

    Whatever is not in Label Studio's form is left out.
    """
    for each in result:
        value = each.get("value")
        if each.get("type") != "textarea" or not isinstance(value, dict):
            continue
        text = value.get("text")
        written = text[-1] if isinstance(text, list) and text else text
        sides = [value.get(side) for side in ("x", "y", "width", "height")]
        numbers = [side for side in sides if isinstance(side, int | float)]
        if not isinstance(written, str) or len(numbers) != 4 or value.get("rotation"):
            continue
        x, y, width, height = numbers
        if 0 <= x < 100 and 0 <= y < 100 and 0 < width < 101 and 0 < height < 101:  # rounded
            yield (x, y, width, height), written
