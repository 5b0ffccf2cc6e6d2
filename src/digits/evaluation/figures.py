"""Pictures that live inside a page."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import numpy.typing as npt

from digits.evaluation.score import Mistake, Score
from digits.io.evidence import draw_explanation


def data_uri(picture: npt.NDArray[np.uint8]) -> str:
    """A picture, (H, W) grey or (H, W, 3) RGB uint8, as the data URI of a PNG."""
    colours = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, png = cv2.imencode(".png", colours)
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()


def reason_uri(mistake: Mistake, score: Score) -> str:
    """The tile of a mistake, coloured by which ink spoke for the answer, as a data URI."""
    return data_uri(draw_explanation(score.asked.explain(mistake.tile)))
