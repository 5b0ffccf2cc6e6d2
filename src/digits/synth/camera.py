"""From sheet to picture: viewpoint, exposure, scanner, compression."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (H, W, 3)
Scene = NDArray[np.float32]  # (H, W, 3) red, green, blue in [0, 1]
Random = np.random.Generator


def viewpoint(size: tuple[int, int], rng: Random) -> NDArray[np.float64]:
    """(3, 3) homography from the sheet to a picture of the same size: a little turned, shifted and
    tilted, as of a hand-held camera."""
    height, width = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle = math.radians(rng.normal(0, 2.5))
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    middle = corners.mean(axis=0)
    near = rng.uniform(0.88, 1.02) if rng.random() < 0.8 else rng.uniform(0.6, 0.9)
    moved = (corners - middle) @ turn * near + middle
    moved = moved + rng.normal(0, 0.018, (4, 2)) * (width, height)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)


def seen_from(view: NDArray[np.float64], scene: Scene, rng: Random) -> Scene:
    """The sheet from a viewpoint; around it more of its paper, or a desk."""
    beyond = scene[0, 0] if rng.random() < 0.5 else rng.uniform(0, 0.7, 3)
    height, width = scene.shape[:2]
    colour = tuple(float(value) for value in beyond)
    return np.asarray(cv2.warpPerspective(scene, view, (width, height), borderValue=colour))


def exposed(scene: Scene, rng: Random) -> Pixels:
    """The picture of a camera or scanner: gain, noise, blur, sharpening, compression."""
    if rng.random() < 0.5:
        scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.3, 1.1)).astype(np.float32)
    if rng.random() < 0.25:
        scene = scene + rng.uniform(0.3, 1) * (scene - cv2.GaussianBlur(scene, (0, 0), 1.5))
    gain = math.exp(rng.uniform(-0.5, 0.1)) if rng.random() < 0.7 else rng.uniform(0.15, 0.5)
    noise = math.exp(rng.uniform(-6.5, -3.3)) * (gain if rng.random() < 0.5 else 1)
    small = rng.standard_normal(scene.shape[:2], np.float32)[..., None]
    picture = np.clip((gain * scene + noise * small) * 255, 0, 255).astype(np.uint8)
    return _compressed(picture, rng) if rng.random() < 0.6 else picture


def _compressed(picture: Pixels, rng: Random) -> Pixels:
    quality = int(rng.integers(25, 95))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def cleaned(scene: Scene, rng: Random) -> Pixels:
    """The picture of an office scanner or binarising app: white paper, black ink."""
    grey = scene.mean(axis=2)
    paper = np.quantile(grey, 0.7)
    contrast = rng.uniform(2, 12)
    level = (grey / max(float(paper), 1e-3) - rng.uniform(0.72, 0.86)) * contrast + 0.5
    picture = np.repeat(np.clip(level, 0, 1)[..., None], 3, axis=2)
    return np.asarray(picture * 255, np.uint8)
