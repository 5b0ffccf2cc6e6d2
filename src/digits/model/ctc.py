"""What a network predicts for each frame → the likeliest texts, and where their tokens are.

Connectionist temporal classification (Graves et al. 2006, DOI 10.1145/1143844.1143891): for each
frame the network gives the probability of every token and of a blank; a text is read if the tokens
of some path spell it, where a token that goes on over several frames counts once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.model.spec import BLANK

BEAM = 12  # texts that are followed at a time
PAIRS = 256  # of frames and texts, whose likelihoods are computed at a time
UNLIKELY = 1e-4  # probability of a token in a frame, below which no text goes on with it

Segment = tuple[int, int]  # the first frame of a token, and the one after its last


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its probability, in [0, 1]."""

    tokens: tuple[int, ...]
    probability: float


def likeliest(probabilities: NDArray[np.float64], width: int = BEAM) -> list[Text]:
    """Texts that frames may spell, the likeliest first, at least one.

    probabilities: (T, C) of each token in each frame, 0 the blank; rows sum to 1. width: texts that
    are followed at a time. A search with a beam over prefixes (Hannun et al. 2014, arXiv 1408.2873)
    without a language model.
    """
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for row in probabilities:
        if row[BLANK] > 1 - UNLIKELY:  # nothing new, and the last token is ended
            beam = {text: (blank + token, 0.0) for text, (blank, token) in beam.items()}
            continue
        beam = _widest(_one_frame_on(beam, row), width)
    texts = [Text(text, blank + token) for text, (blank, token) in beam.items()]
    return sorted(texts, key=lambda text: -text.probability)


def align(probabilities: NDArray[np.float64], tokens: Sequence[int]) -> list[Segment]:
    """The frames of each token on the likeliest path that spells them (Viterbi's algorithm).

    probabilities: (T, C) as for `likeliest`. Raises ValueError where T frames are too few.
    """
    states = np.zeros(2 * len(tokens) + 1, np.intp)  # blanks before, between and after the tokens
    states[1::2] = tokens
    may_skip = np.zeros(len(states), bool)  # the blank between two tokens that differ
    may_skip[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    gain = np.log(np.maximum(probabilities[:, states], 1e-30))
    score = np.full(len(states), -np.inf)
    score[0] = 0.0  # before the first frame
    steps = np.zeros(gain.shape, np.intp)
    for frame, row in enumerate(gain):
        ways = np.full((3, len(states)), -np.inf)
        ways[0], ways[1, 1:] = score, score[:-1]
        ways[2, 2:] = np.where(may_skip[2:], score[:-2], -np.inf)
        steps[frame] = ways.argmax(axis=0)
        score = ways.max(axis=0) + row
    state = len(states) - 1 - int(score[-2:].argmax() == 0 and len(tokens) > 0)
    if not np.isfinite(score[state]):
        raise ValueError(f"{len(probabilities)} frames cannot spell {len(tokens)} tokens")
    return _segments(steps, state, len(tokens))


def _segments(steps: NDArray[np.intp], state: int, count: int) -> list[Segment]:
    """The frames of each of so many tokens on the path that ends in a state; steps: (T, S), by how
    many states the best path to each went on in each frame."""
    frames: list[list[int]] = [[] for _ in range(count)]
    for frame in range(len(steps) - 1, -1, -1):
        if state % 2:
            frames[state // 2].append(frame)
        state -= int(steps[frame, state])
    return [(each[-1], each[0] + 1) for each in frames]


def log_likelihoods(
    frames: Sequence[NDArray[np.float64]], texts: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """(N,) the logarithm of the probability that frames spell a text, for each of N pairs.

    frames: (T, C) each, as for `likeliest`; texts: the tokens of each. The forward algorithm, for
    pairs of like length at a time.
    """
    found = np.zeros(len(frames))
    order = sorted(range(len(frames)), key=lambda index: len(frames[index]))
    for start in range(0, len(order), PAIRS):
        some = order[start : start + PAIRS]
        found[some] = _forward([frames[i] for i in some], [texts[i] for i in some])
    return found


def _forward(
    frames: Sequence[NDArray[np.float64]], texts: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    count, longest = len(texts), max(map(len, texts))
    states = np.full((count, 2 * longest + 1), BLANK)
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    may_skip = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    shown = np.zeros((len(frames[-1]), *states.shape))  # the frames of the last are most
    shown[..., ::2] = 1.0  # behind the end of a line all is blank
    for index, each in enumerate(frames):
        shown[: len(each), index] = each[:, states[index]]
    ways, total = np.zeros(states.shape), np.zeros(count)
    ways[:, 0] = 1.0
    for now in shown:
        before = ways
        ways = before.copy()
        ways[:, 1:] += before[:, :-1]
        ways[:, 2:] += before[:, :-2] * may_skip
        ways *= now
        scale = np.maximum(ways.sum(axis=1), 1e-300)
        ways /= scale[:, None]
        total += np.log(scale)
    end = np.array([2 * len(text) for text in texts])
    last = np.where(end > 0, ways[np.arange(count), end - 1], 0)
    return np.asarray(total + np.log(np.maximum(ways[np.arange(count), end] + last, 1e-300)))


def _one_frame_on(
    beam: dict[tuple[int, ...], tuple[float, float]], row: NDArray[np.float64]
) -> dict[tuple[int, ...], tuple[float, float]]:
    """Each text with the probability that it ends in a blank, and in its last token."""
    likely = [int(token) for token in np.flatnonzero(row > UNLIKELY) if token != BLANK]
    in_blank: dict[tuple[int, ...], float] = defaultdict(float)
    in_token: dict[tuple[int, ...], float] = defaultdict(float)
    for text, (after_blank, after_token) in beam.items():
        in_blank[text] += float(row[BLANK]) * (after_blank + after_token)
        last = text[-1] if text else None
        for token in likely:
            probability = float(row[token])
            if token == last:
                in_token[text] += probability * after_token
                in_token[(*text, token)] += probability * after_blank
            else:
                in_token[(*text, token)] += probability * (after_blank + after_token)
    return {text: (in_blank[text], in_token[text]) for text in {*in_blank, *in_token}}


def _widest(
    beam: dict[tuple[int, ...], tuple[float, float]], width: int
) -> dict[tuple[int, ...], tuple[float, float]]:
    kept = sorted(beam.items(), key=lambda item: -sum(item[1]))[:width]
    return dict(kept)
