"""The figures: average precision, recall at a fixed rate of false alarms. Arrays in, numbers out."""

from __future__ import annotations

import numpy as np


def iou(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of one x1 y1 x2 y2 box with each of [n, 4]."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = lambda boxes: (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return shared / np.maximum(area(box) + area(others) - shared, 1e-9)


def match(boxes: np.ndarray, scores: np.ndarray, truth: np.ndarray, least_iou: float) -> np.ndarray:
    """Which detections of one class in one picture are right: best score first, a truth counts once."""
    right = np.zeros(len(boxes), bool)
    free = np.ones(len(truth), bool)
    for index in np.argsort(-scores, kind="stable"):
        if not free.any():
            break
        overlap = np.where(free, iou(boxes[index], truth), -1.0)
        best = int(overlap.argmax())
        if overlap[best] >= least_iou:
            right[index], free[best] = True, False
    return right


def average_precision(scores: np.ndarray, right: np.ndarray, truths: int) -> float | None:
    """Area under the precision-recall curve, precision made monotone; None without a truth."""
    if truths == 0:
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(hits, prepend=0) / truths
    return float((precision * steps).sum())


def recall_at_false_alarms(positive: np.ndarray, negative: np.ndarray, rate: float) -> tuple[float, float]:
    """Share of positives above the lowest threshold that at most `rate` of the negatives exceed, and it."""
    allowed = int(rate * len(negative) + 1e-9)
    descending = np.sort(negative)[::-1]
    threshold = float(descending[allowed]) if allowed < len(descending) else 0.0
    return float((positive > threshold).mean()) if len(positive) else 0.0, threshold


def best_threshold(scores: np.ndarray, right: np.ndarray, truths: int) -> float | None:
    """The score at which F1 is greatest; None without a truth or a detection."""
    if truths == 0 or not len(scores):
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + truths)
    return float(scores[order[int(f1.argmax())]])
