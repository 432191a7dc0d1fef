"""Draws a posed mesh as a cut-out: many points on its skin, the nearest of each pixel kept.

At the sizes a detector is shown, points do what triangles do, and numpy alone is quick enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

#: Points a picture; pixels are drawn twice as fine as they are kept.
POINTS, FINER = 260_000, 2


@dataclass
class View:
    """Where the camera stands and what lights the animal; angles in radians."""

    azimuth: float
    elevation: float
    #: Distance in lengths of the animal: near ones are distorted as a near camera distorts.
    distance: float
    light: np.ndarray  # [3], towards the light, in the camera's axes
    ambient: float


def scatter(positions: np.ndarray, triangles: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over the skin: the triangle of each, and its weights of the three corners."""
    a, b, c = (positions[triangles[:, n]] for n in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    owners = rng.choice(len(triangles), POINTS, p=areas / areas.sum())
    u, v = np.sqrt(rng.random(POINTS)), rng.random(POINTS)
    return owners, np.stack([1 - u, u * (1 - v), u * v], 1)


def draw(positions, normals, coordinates, triangles, skin: np.ndarray, view: View, side: int, rng) -> np.ndarray:
    """A cut-out RGBA [h, w, 4], its longest side `side`, nothing around it. `skin` is RGB."""
    owners, weights = scatter(positions, triangles, rng)
    mix = lambda values: np.einsum("pk,pkd->pd", weights, values[triangles[owners]])
    points, facing, uv = mix(positions), mix(normals), mix(coordinates)
    points = points - (positions.max(0) + positions.min(0)) / 2
    length = np.ptp(positions, axis=0).max()
    turn = _rotation(view.azimuth, view.elevation)
    points, facing = points @ turn.T / length, facing @ turn.T
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
    depth = view.distance - points[:, 2]
    flat = points[:, :2] / depth[:, None] * view.distance

    low, span = flat.min(0), np.ptp(flat, axis=0)
    scale = (side * FINER - 1) / span.max()
    width, height = (int(v) for v in np.ceil(span * scale) + 1)
    x = ((flat[:, 0] - low[0]) * scale).astype(int)
    y = height - 1 - ((flat[:, 1] - low[1]) * scale).astype(int)
    # Farthest first: what is written last stays, and that is the nearest.
    place, order = y * width + x, np.argsort(-depth)
    hidden = _behind(depth, place, order, (height, width))
    order = order[~hidden[order]]
    nearest = np.full(height * width, -1)
    nearest[place[order]] = order

    h, w = skin.shape[:2]
    texel = skin[(uv[:, 1] % 1 * h).astype(int) % h, (uv[:, 0] % 1 * w).astype(int) % w].astype(np.float32)
    above = facing @ turn[:, 1]  # how much the skin looks up at the sky
    lit = view.ambient * (0.75 + 0.25 * above) + (1 - view.ambient) * np.clip(facing @ view.light, 0, 1)
    colours = np.clip(texel * lit[:, None] * 1.35, 0, 255)

    there = nearest >= 0
    out = np.zeros((height * width, 4), np.float32)
    out[there, :3], out[there, 3] = colours[nearest[there]], 255
    return _shrunk(out.reshape(height, width, 4))


def _behind(depth: np.ndarray, place: np.ndarray, order: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Which points of the far side would be seen between the points of the near side."""
    surface = np.full(shape[0] * shape[1], 1e9, np.float32)
    surface[place[order]] = depth[order]
    surface = cv2.erode(surface.reshape(shape), np.ones((5, 5), np.uint8)).ravel()
    return depth > surface[place] + 0.04


def _rotation(azimuth: float, elevation: float) -> np.ndarray:
    """Object's axes to the camera's: x right, y up, z towards the camera."""
    ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
    return np.array([[1, 0, 0], [0, ce, -se], [0, se, ce]]) @ np.array([[ca, 0, sa], [0, 1, 0], [-sa, 0, ca]])


def _shrunk(fine: np.ndarray) -> np.ndarray:
    """Closes pin-holes between points, and averages down."""
    alpha = fine[..., 3]
    closed = cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    weight = cv2.blur(alpha, (3, 3))[..., None] / 255
    around = cv2.blur(fine[..., :3] * (alpha[..., None] / 255), (3, 3)) / np.maximum(weight, 1e-3)
    colours = np.where(alpha[..., None] > 0, fine[..., :3], around) * (closed[..., None] / 255)
    size = (max(1, fine.shape[1] // FINER), max(1, fine.shape[0] // FINER))
    alpha = cv2.resize(closed, size, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(colours, size, interpolation=cv2.INTER_AREA) / np.maximum(alpha[..., None] / 255, 1e-3)
    return np.dstack([np.clip(colours, 0, 255), alpha]).astype(np.uint8)
