"""What a network says of each frame → the likeliest texts.

Connectionist temporal classification (Graves et al. 2006, DOI 10.1145/1143844.1143891): of each
frame the network gives the chance of every token and of a blank; a text is read if the tokens of
some path spell it, where a token that goes on over several frames counts once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0
BEAM = 12  # texts that are followed at a time
UNLIKELY = 1e-4  # chance of a token in a frame, below which no text goes on with it


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its probability, in [0, 1]."""

    tokens: tuple[int, ...]
    probability: float


def likeliest(chances: NDArray[np.float64]) -> list[Text]:
    """Texts that frames may spell, the likeliest first, at least one.

    chances: (T, C) of each token in each frame, 0 the blank; rows sum to 1. A search with a beam
    over prefixes (Hannun et al. 2014, arXiv 1408.2873) without a language model.
    """
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for row in chances:
        if row[BLANK] > 1 - UNLIKELY:  # nothing new, and what was said is ended
            beam = {text: (blank + spoken, 0.0) for text, (blank, spoken) in beam.items()}
            continue
        beam = _widest(_one_frame_on(beam, row))
    texts = [Text(text, blank + spoken) for text, (blank, spoken) in beam.items()]
    return sorted(texts, key=lambda text: -text.probability)


def _one_frame_on(
    beam: dict[tuple[int, ...], tuple[float, float]], row: NDArray[np.float64]
) -> dict[tuple[int, ...], tuple[float, float]]:
    """Each text with the chance that it ends in a blank, and in its last token."""
    likely = [int(token) for token in np.flatnonzero(row > UNLIKELY) if token != BLANK]
    ended: dict[tuple[int, ...], float] = defaultdict(float)
    spoken: dict[tuple[int, ...], float] = defaultdict(float)
    for text, (after_blank, after_token) in beam.items():
        ended[text] += float(row[BLANK]) * (after_blank + after_token)
        last = text[-1] if text else None
        for token in likely:
            chance = float(row[token])
            if token == last:
                spoken[text] += chance * after_token
                spoken[(*text, token)] += chance * after_blank
            else:
                spoken[(*text, token)] += chance * (after_blank + after_token)
    return {text: (ended[text], spoken[text]) for text in {*ended, *spoken}}


def _widest(
    beam: dict[tuple[int, ...], tuple[float, float]],
) -> dict[tuple[int, ...], tuple[float, float]]:
    kept = sorted(beam.items(), key=lambda item: -sum(item[1]))[:BEAM]
    return dict(kept)
