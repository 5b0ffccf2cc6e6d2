"""Pictures of exactly one digit each → the digit of each.

1. cut out clean ink on even ground (`clear`); where the classifier is sure of it, that is all.

Of every other picture:

2. find the ink, of either polarity (`ink`);
3. detect digits on it, with the page route's detector (`digits.reading.page.detect`);
4. cut out candidates: components of the ink, alone and together (`components`);
5. look closer where the likeliest is small;
6. classify all candidates of all pictures at once;
7. choose, by a conditional logit (`choose`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from digits.io.number import Box, Digit
from digits.model.classifier import Classifier
from digits.model.detector import Detections, Detector
from digits.model.inputs import normalise_tile
from digits.model.parameters import Single
from digits.model.spec import CLASSES, TILE
from digits.reading.page.detect import merge_levels, pyramid
from digits.reading.page.greyscale import with_paper_around
from digits.reading.single.choose import (
    ANSWER,
    PLACE,
    agreement,
    answer_features,
    place_features,
    softmax,
    weights_of,
)
from digits.reading.single.clear import find_clear
from digits.reading.single.components import Candidate, find_candidates, find_components
from digits.reading.single.ink import Ink, find_inks

SURE = 0.95  # probability of a digit there and of which, from which on clean ink is read at once
GRID = 400  # pixels, the longest side at which ink is looked at
DETECTED = 160  # and at which digits are detected on it
JUDGED = 16  # candidates of a picture that the classifier is asked about
NOTHING = Detections(np.zeros((0, 4), np.float32), np.zeros((0, CLASSES), np.float32))
COARSE = 60  # pixels of the grid; where a digit seems smaller, a closer look is taken


def read_digits(
    pictures: Iterable[NDArray[np.uint8]],
    detector: Detector,
    classifier: Classifier,
    parameters: Single,
) -> list[Digit]:
    """The digit of each picture (H, W, 3) uint8 RGB."""
    found = [
        read_clear(pixels, classifier, parameters) or look_closer(pixels, detector, parameters)
        for pixels in pictures
    ]
    doubtful = [each for each in found if isinstance(each, View)]
    answers = iter(read_views(doubtful, classifier, parameters) if doubtful else ())
    return [next(answers) if isinstance(each, View) else each for each in found]


def read_clear(
    pixels: NDArray[np.uint8], classifier: Classifier, parameters: Single
) -> Digit | None:
    """The digit of a picture whose ink is plain, if the classifier is sure of it."""
    if (clear := find_clear(pixels)) is None:
        return None
    probabilities, is_digit = classifier.classify(clear.tile[None], tta=False)
    digit = int(probabilities[0].argmax())
    if is_digit[0] * probabilities[0, digit] < SURE:
        return None
    there = adjust_prior(float(is_digit[0]), parameters.prior)
    confidence = there * float(probabilities[0, digit])
    return Digit(digit, confidence, probabilities[0], clear.box, there, clear.tile)


def read_views(views: Sequence[View], classifier: Classifier, parameters: Single) -> list[Digit]:
    """The digit of each view; the classifier is asked once for all candidates of all."""
    tiles = np.array(
        [normalise_tile(each.ink) for view in views for each in view.candidates], np.uint8
    ).reshape(-1, TILE, TILE)
    probabilities, is_digit = classifier.classify(tiles)
    judged = iter(zip(tiles, probabilities, is_digit, strict=True))
    return [_choose(view, list(islice(judged, len(view.candidates))), parameters) for view in views]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a picture of one digit shows within a window of it.

    candidates: N, the likeliest first. places: (N, len(PLACE)) their features. agreed: (N, 10)
    what the detector makes of each. window: x, y, width, height in pixels of the picture.
    """

    candidates: list[Candidate]
    places: NDArray[np.float64]
    agreed: NDArray[np.float64]
    window: Box

    def box(self, candidate: Candidate) -> Box:
        """The box of a candidate in pixels of the picture."""
        x, y, width, height = candidate.box
        scale = candidate.source.scale
        left, top = round(x * scale), round(y * scale)
        right, bottom = round((x + width) * scale), round((y + height) * scale)
        return (self.window[0] + left, self.window[1] + top, right - left, bottom - top)


def look_closer(pixels: NDArray[np.uint8], detector: Detector, parameters: Single) -> View:
    """What a picture shows or, where the digit seems small in it, what its surroundings show."""
    height, width = pixels.shape[:2]
    whole = look(pixels, (0, 0, width, height), detector, parameters)
    if not whole.candidates or whole.candidates[0].source.scale == 1:
        return whole
    likeliest = whole.candidates[0]
    if max(likeliest.box[2:]) >= COARSE:
        return whole
    x, y, wide, high = whole.box(likeliest)
    reach = max(wide, high)
    left, top = max(x - reach, 0), max(y - reach, 0)
    right, bottom = min(x + wide + reach, width), min(y + high + reach, height)
    closer = look(pixels, (left, top, right - left, bottom - top), detector, parameters)
    return closer if closer.candidates else whole


def look(pixels: NDArray[np.uint8], window: Box, detector: Detector, parameters: Single) -> View:
    """What a window of a picture shows."""
    left, top, width, height = window
    candidates: list[Candidate] = []
    places, agreed = [np.zeros((0, len(PLACE)))], [np.zeros((0, CLASSES))]
    for ink in find_inks(pixels[top : top + height, left : left + width], GRID):
        layers = find_components(ink)
        # ink that hangs together at every threshold needs no detector to tell what belongs together
        is_one = all(layer.is_one for layer in layers)
        detections = NOTHING if is_one else detect(detector, ink)
        if some := find_candidates(layers, detections.boxes):
            candidates += some
            agreed.append(agreement(np.array([each.box for each in some]), detections))
            places.append(place_features(some, agreed[-1]))
    features, logits = np.concatenate(places), np.concatenate(agreed)
    likelihood = features @ weights_of(parameters, PLACE)
    best = np.argsort(-likelihood, kind="stable")[:JUDGED]
    return View([candidates[i] for i in best], features[best], logits[best], window)


def detect(detector: Detector, ink: Ink) -> Detections:
    """The detector's detections on the grid of an ink."""
    dark, margin = with_paper_around(255 - ink.level)
    found = merge_levels(pyramid(dark, detector, DETECTED))
    found.boxes[:, :2] -= margin
    return found


def _choose(
    view: View,
    judged: list[tuple[NDArray[np.uint8], NDArray[np.float32], np.float32]],
    parameters: Single,
) -> Digit:
    """The likeliest digit, and the candidate that speaks for it most."""
    if not judged:
        return _no_digit(view.window)
    tiles, probabilities, is_digit = (np.array(part) for part in zip(*judged, strict=True))
    place = view.places @ weights_of(parameters, PLACE)
    answer = answer_features(probabilities, is_digit, view.agreed) @ weights_of(parameters, ANSWER)
    shares = softmax(place[:, None] + answer)
    of_digits = (shares.sum(axis=1) @ probabilities).astype(np.float32)
    digit = int(of_digits.argmax())
    chosen = int(shares[:, digit].argmax())
    there = adjust_prior(float(is_digit[chosen]), parameters.prior)
    box = view.box(view.candidates[chosen])
    confidence = there * float(of_digits[digit])
    return Digit(digit, confidence, of_digits, box, there, tiles[chosen])


def adjust_prior(is_digit: float, prior: float) -> float:
    """The probability of a digit where `prior` of all pictures show one, not half as in training.

    Source: Saerens et al. 2002, DOI 10.1162/089976602753284446.
    """
    there, none = is_digit * prior, (1 - is_digit) * (1 - prior)
    return there / (there + none)


def _no_digit(window: Box) -> Digit:
    """The answer where there is no ink: every digit is as likely, and none is there."""
    even = np.full(CLASSES, 1 / CLASSES, np.float32)
    return Digit(0, 0.0, even, window, 0.0, np.zeros((TILE, TILE), np.uint8))
