"""From what is true and what was detected to one model's row.

A truth is `{"image", "source", "labelled": [classes], "burning": true | false | null, "boxes":
[{"class", "box"}]}`; a detection line is what `edge-agent detect` prints. A class is scored only on
pictures whose source labels it. `burning` says whether there is fire or smoke, null where nobody
looked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .metrics import average_precision, best_threshold, match, recall_at_false_alarms

CLASSES = ("person", "two_wheeler", "car", "large_vehicle", "cattle", "fire", "smoke")
BURNING = ("fire", "smoke")
FALSE_ALARMS = 0.05


@dataclass
class Row:
    """A model's figures."""

    ap50: dict[str, float | None]
    ap25: dict[str, float | None]
    truths: dict[str, int]
    thresholds: dict[str, float | None]  # where F1 at IoU 0.5 is greatest
    recall: float | None  # of burning pictures, at FALSE_ALARMS
    threshold: float | None  # the score at which that is so
    burning: int
    negatives: int
    milliseconds: float | None  # median


def score(truths: list[dict], detections: dict[str, dict]) -> Row:
    """One model's row; a picture without a line of detections is an error of the caller."""
    ap50, ap25, counts, thresholds = {}, {}, {}, {}
    for name in CLASSES:
        scores, right, counts[name] = _verdicts(truths, detections, name, 0.5)
        ap50[name], thresholds[name] = (figure(scores, right, counts[name]) for figure in (average_precision, best_threshold))
        ap25[name] = average_precision(*_verdicts(truths, detections, name, 0.25))
    best = lambda truth: max((d["score"] for d in detections[truth["image"]]["detections"] if d["class"] in BURNING), default=0.0)
    positive = np.array([best(truth) for truth in truths if truth["burning"] is True])
    negative = np.array([best(truth) for truth in truths if truth["burning"] is False])
    knows_fire = any(d["class"] in BURNING for line in detections.values() for d in line["detections"])
    recall, threshold = recall_at_false_alarms(positive, negative, FALSE_ALARMS) if knows_fire else (None, None)
    times = [line["milliseconds"] for line in detections.values() if line.get("milliseconds") is not None]
    return Row(
        ap50, ap25, counts, thresholds, recall, threshold, len(positive), len(negative),
        float(np.median(times)) if times else None,
    )


def _verdicts(
    truths: list[dict], detections: dict[str, dict], name: str, least_iou: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores of all detections of a class, which of them are right, and the count of truths."""
    scores, right, count = [np.zeros(0)], [np.zeros(0, bool)], 0
    for truth in truths:
        if name not in truth["labelled"]:
            continue
        wanted = _boxes(truth["boxes"], name)
        found = [d for d in detections[truth["image"]]["detections"] if d["class"] == name]
        found_scores = np.array([d["score"] for d in found])
        count += len(wanted)
        scores.append(found_scores)
        right.append(match(_boxes(found, name), found_scores, wanted, least_iou))
    return np.concatenate(scores), np.concatenate(right), count


def _boxes(items: list[dict], name: str) -> np.ndarray:
    return np.array([item["box"] for item in items if item["class"] == name], float).reshape(-1, 4)
