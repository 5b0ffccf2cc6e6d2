"""What is fitted to the networks of a bundle: thresholds, weights and priors, by reading step.

Code holds none of these values. They stand in bundle.json beside the networks that they were
fitted to, each with its unit and how it is fitted again; `digits.model.bundle` reads them.
Sizes of digits are those of `digits.geometry.sizes`. (Without slots, which would double the time to
import this module.)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Detect:
    """Where digits are: the image pyramid.

    longest_side: pixels at which a picture is seen at most, unless it is long and narrow.
    small_digit: pixels; below this median size a picture is seen enlarged as well. small_picture:
    pixels of the longest side, up to which it is enlarged anyway.
    """

    longest_side: float
    small_digit: float
    small_picture: float


@dataclass(frozen=True)
class Textline:
    """Which detections stand on one line. Lengths are in sizes of a digit.

    certain: the logit from which on a detection may separate others; less certain ones may be
    specks between digits. max_gap, max_drift, max_ratio: to the next digit of a line, how far it
    lies, how much higher or lower, and how many times larger or smaller it is. margin: the room
    before and behind the digits in a line crop.
    """

    certain: float
    max_gap: float
    max_drift: float
    max_ratio: float
    margin: float


@dataclass(frozen=True)
class Recognise:
    """Which digits of a line crop are candidates.

    threshold: probability of a token in a frame from which on it is read. min_contrast: of pen to
    paper, a fraction of the picture's strongest; grain stays below. same_side: of a digit's size,
    the distance within which a side of its ink and of its detection are the same. reach: from the
    middle of a detection, within which what was read belongs to it, and other_digit: by which what
    was read as another digit counts as farther, both in half widths of the detection.
    """

    threshold: float
    min_contrast: float
    same_side: float
    reach: float
    other_digit: float


@dataclass(frozen=True)
class Fuse:
    """Late fusion of the three networks, and the prior of the page.

    weights: of the features that `digits.reading.page.fuse.FEATURES` names. coarse, fine: sizes in
    pixels at and below which digits are seen worst, and from which on as well as can be.
    digit_prior, letter_prior: fraction of candidates that are digits, or letters, where the
    weights were fitted. classifier_prior: fraction of digits on which the classifier agrees with
    the other two, before any were seen. patience: candidates that each prior counts for.
    max_doubtful: how many candidates of a page count at most: one pen makes all of them doubtful.
    octaves: standard deviation of the sizes that are alike. near: the distance, in sizes of a
    digit, within which digits of a line are near, and many: how many of them count as full.
    min_trust: the least that the classifier is trusted.
    """

    weights: dict[str, float]
    coarse: float
    fine: float
    digit_prior: float
    letter_prior: float
    classifier_prior: float
    classifier_patience: float
    patience: float
    max_doubtful: float
    octaves: float
    near: float
    many: float
    min_trust: float


@dataclass(frozen=True)
class Accept:
    """Which candidates are digits, and which digits of a line are one number.

    threshold: the probability from which on a candidate is a digit. doubtful: the one from which
    on, below that, it is rejected rather than ignored. by_chance: of the other candidates of a
    page, this many look like a digit by chance. few, rare: up to so many digits of a page, or so
    large a fraction of its candidates, may be there by chance. min_surest, max_surest: bounds of
    how probable the surest of them has to be. recognised: the recogniser's probability from which
    on two candidates on one line are two digits, however much their boxes overlap. temperature:
    divides the log-odds of a digit.
    """

    threshold: float
    doubtful: float
    by_chance: float
    few: float
    rare: float
    min_surest: float
    max_surest: float
    recognised: float
    temperature: float


@dataclass(frozen=True)
class Numbers:
    """Where a number ends.

    gap: between two digits, in sizes, at which it does as likely as not; marked_gap: the same where
    a decimal mark stands between them. steepness: of its log-odds, for each size of gap. boundary:
    the probability from which on it ends.
    """

    gap: float
    marked_gap: float
    steepness: float
    boundary: float


@dataclass(frozen=True)
class Orientation:
    """Which way up a page lies, by how sure its digits are each way.

    certain: confidence of the digits that show a page to be upright, if they have one way up;
    usual: their fraction among all that resembles a digit, on such a page. enough: by
    which log-odds, summed over digits, another way up has to be surer, for each square root of the
    number of all that resembles a digit; times: how many times as sure.
    """

    certain: float
    enough: float
    times: float
    usual: float


@dataclass(frozen=True)
class Single:
    """Which candidate is the one digit of a picture: a conditional logit.

    Weights for each unit of the features that `digits.reading.single.choose` describes. polarity,
    ink_nearby, contrast, off_centre, classifier, is_digit: per natural logarithm of a probability
    or fraction. borders: per side of the picture that a candidate touches. detection, detector:
    per logit. prior: the probability that a picture of one digit shows one, as the user says.
    """

    polarity: float
    ink_nearby: float
    contrast: float
    borders: float
    off_centre: float
    detection: float
    classifier: float
    is_digit: float
    detector: float
    prior: float


@dataclass(frozen=True)
class Number:
    """Which text the one number of a crop is: a conditional logit.

    longest_side: pixels, as of Detect, at which digits are detected in a crop. digit: the size of
    a digit in the crop of the detected line, times LINE_DIGIT. height: of a digit, a fraction of
    the height of a crop that is taken for a line as a whole. floor: natural logarithm of the
    probability of a text, below which a line speaks no more against it. empty: the probability of
    any digit, below which a crop without detections is empty. Then the weights, for each unit of
    the features that `digits.reading.number.choose` describes; other: of all texts that were not
    thought of.
    """

    longest_side: float
    digit: float
    height: float
    floor: float
    empty: float
    detected: float
    whole: float
    fused: float
    detected_per_digit: float
    other: float


@dataclass(frozen=True)
class Parameters:
    """All of a bundle."""

    detect: Detect
    textline: Textline
    recognise: Recognise
    fuse: Fuse
    accept: Accept
    numbers: Numbers
    orientation: Orientation
    single: Single
    number: Number
