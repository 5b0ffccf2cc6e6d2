"""A crop of one number → line crops: the text line that the detector finds, and the whole crop.

What the detector misses is still on the whole crop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digits.model.detector import Detections, Detector
from digits.model.parameters import Parameters, Textline
from digits.model.spec import CLASSES, LINE_DIGIT, MAX_LINE
from digits.reading.page.detect import Level, detect
from digits.reading.page.textline import LineCrop, TextLine, crop_line, group_lines

WIDEST = 2 * MAX_LINE  # columns of a line crop
NOTHING = Detections(np.zeros((0, 4), np.float32), np.zeros((0, CLASSES), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Line crops of one crop.

    detected: of the detected line, None without any detection. whole: of the whole crop. levels: of
    the image pyramid.
    """

    detected: LineCrop | None
    whole: LineCrop
    levels: list[Level]

    @property
    def crops(self) -> list[LineCrop]:
        """The detected line, if there is one, and the whole crop."""
        return [each for each in (self.detected, self.whole) if each is not None]


def find_lines(grey: NDArray[np.uint8], detector: Detector, parameters: Parameters) -> Lines:
    """The lines of a crop (H, W) uint8, its ink dark, in which its number may stand."""
    own = parameters.number
    levels, found = look(grey, detector, parameters)
    detected = None
    if found is not None:
        line, on_it = found
        line = _across(replace(line, size=line.size / own.digit), grey.shape)
        detected = _crop(grey, line, on_it)
    height, width = grey.shape
    size = max(own.height * height, width * LINE_DIGIT / WIDEST)
    whole = TextLine(0.0, height / 2, 0.0, size, 0.0, float(width))
    return Lines(detected, _crop(grey, whole, NOTHING), levels)


def look(
    grey: NDArray[np.uint8], detector: Detector, parameters: Parameters
) -> tuple[list[Level], tuple[TextLine, Detections] | None]:
    """Levels and likeliest line of a crop at a low resolution; or as of a page, where its digits
    are too small for that, or none is detected."""
    longest_side = parameters.number.longest_side
    levels, found = detect(grey, detector, replace(parameters.detect, longest_side=longest_side))
    if len(found):
        line, on_it = likeliest_line(found, parameters.textline)
        if line.size * max(each.scale for each in levels) >= parameters.detect.small_digit:
            return levels, (line, on_it)
    levels, found = detect(grey, detector, parameters.detect)
    return levels, likeliest_line(found, parameters.textline) if len(found) else None


def likeliest_line(detections: Detections, textline: Textline) -> tuple[TextLine, Detections]:
    """The text line with most digits to be expected, and the detections on it."""
    expected = 1 / (1 + np.exp(-detections.scores))
    groups = group_lines(detections, textline)
    line, group = max(groups, key=lambda each: float(expected[each[1]].sum()))
    return line, detections.take(group)


def _across(line: TextLine, shape: tuple[int, ...]) -> TextLine:
    """The line from side to side of its crop (height, width), as far as a line crop may reach."""
    half = WIDEST * line.size / LINE_DIGIT / 2
    reach = min(half, float(sum(shape)))
    middle = (line.start + line.end) / 2
    return replace(line, start=middle - reach, end=middle + reach).within(shape)


def _crop(grey: NDArray[np.uint8], line: TextLine, own: Detections) -> LineCrop:
    pixels = crop_line(grey, line.matrix, line.width)
    return LineCrop(line, pixels, line.to_crop(own.boxes), own.logits)
