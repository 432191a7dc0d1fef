"""Geometry of boxes, in numpy: x1 y1 x2 y2 in pixels throughout."""

from __future__ import annotations

import numpy as np


def from_yolo(middle: list[float], width: int, height: int) -> tuple[float, float, float, float]:
    """From middle and size as shares of the picture, clipped to the picture."""
    cx, cy, w, h = middle
    x1, y1 = max(0.0, (cx - w / 2) * width), max(0.0, (cy - h / 2) * height)
    x2, y2 = min(float(width), (cx + w / 2) * width), min(float(height), (cy + h / 2) * height)
    return x1, y1, x2, y2


def area(boxes: np.ndarray) -> np.ndarray:
    """Areas of boxes [n, 4]."""
    return np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)


def iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of each of [n, 4] with each of [m, 4]: [n, m]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    union = area(first)[:, None] + area(second)[None] - shared
    return shared / np.maximum(union, 1e-9)


def nms(boxes: np.ndarray, scores: np.ndarray, limit: float) -> np.ndarray:
    """Indices that survive greedy suppression, best first."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        order = rest[iou(boxes[best : best + 1], boxes[rest])[0] <= limit]
    return np.array(kept, np.int64)


def letterbox_scale(width: int, height: int, side: int) -> tuple[float, int, int]:
    """Scale, columns and rows of a picture in the top left corner of a square, as the agent does."""
    scale = min(side / width, side / height)
    fit = lambda length: min(max(int(length * scale + 1e-3), 1), side)
    return scale, fit(width), fit(height)


def clip(boxes: np.ndarray, x1: float, y1: float, x2: float, y2: float) -> tuple[np.ndarray, np.ndarray]:
    """Boxes cut to a window, and the share of each that is left."""
    cut = np.stack(
        [
            np.clip(boxes[:, 0], x1, x2),
            np.clip(boxes[:, 1], y1, y2),
            np.clip(boxes[:, 2], x1, x2),
            np.clip(boxes[:, 3], y1, y2),
        ],
        axis=1,
    )
    return cut, area(cut) / np.maximum(area(boxes), 1e-9)


def square(box: np.ndarray, width: int, height: int, context: float = 1.5, least: float = 32) -> tuple[float, float, float]:
    """Left, top and side of the square that the verifier sees: shifted into the picture, never padded."""
    side = min(max(context * max(box[2] - box[0], box[3] - box[1]), least), width, height)
    left = min(max((box[0] + box[2] - side) / 2, 0), width - side)
    top = min(max((box[1] + box[3] - side) / 2, 0), height - side)
    return left, top, side
