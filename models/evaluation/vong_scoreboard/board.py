"""From what is true and what was detected to one model's row.

A truth is `{"image", "source", "labelled": [classes], "burning": true | false | null, "hard": bool,
"boxes": [{"class", "box"}]}`; a detection line is what `edge-agent detect` prints. A class is scored
only on pictures whose source labels it. `burning` says whether there is fire or smoke, null where
nobody looked; `hard` (may be left out) that nothing burns but something looks as if.
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
    hard_recall: float | None  # at FALSE_ALARMS among the hard negatives alone
    hard_threshold: float | None
    own_recall: float | None  # of burning pictures, at the model's own thresholds
    own_alarms: int | None  # negatives that exceed these
    burning: int
    negatives: int
    hard: int
    seen: set[str]  # classes of which there was any detection
    milliseconds: float | None  # median
    #: At the model's own threshold: pictures with cattle in which it sees one, of how many; pictures without,
    #: of sources that label cattle, on which it sees one too, of how many.
    cattle: tuple[int, int, int, int] | None = None


def score(truths: list[dict], detections: dict[str, dict], confidence: dict[str, float] | None = None) -> Row:
    """One model's row. `confidence` has the model's own thresholds by class, where it has any."""
    ap50, ap25, counts, thresholds = {}, {}, {}, {}
    for name in CLASSES:
        scores, right, counts[name] = _verdicts(truths, detections, name, 0.5)
        ap50[name], thresholds[name] = (figure(scores, right, counts[name]) for figure in (average_precision, best_threshold))
        ap25[name] = average_precision(*_verdicts(truths, detections, name, 0.25))
    times = [line["milliseconds"] for line in detections.values() if line.get("milliseconds") is not None]
    seen = {d["class"] for line in detections.values() for d in line["detections"]}

    split = lambda burning, weigh: np.array([_best(detections[t["image"]], weigh) for t in truths if t["burning"] is burning])
    plain = {name: 1.0 for name in BURNING}
    positive, negative = split(True, plain), split(False, plain)
    hard = np.array([_best(detections[t["image"]], plain) for t in truths if t.get("hard")])
    recall = threshold = hard_recall = hard_threshold = own_recall = own_alarms = None
    if seen & set(BURNING):
        recall, threshold = recall_at_false_alarms(positive, negative, FALSE_ALARMS)
        hard_recall, hard_threshold = recall_at_false_alarms(positive, hard, FALSE_ALARMS) if len(hard) else (None, None)
    burning = {name: limit for name, limit in (confidence or {}).items() if name in BURNING}
    if burning and len(positive):
        # Divided by its own threshold, a score alarms from 1 on, whatever its class.
        weigh = {name: 1 / limit for name, limit in burning.items()}
        own_recall, own_alarms = float((split(True, weigh) >= 1).mean()), int((split(False, weigh) >= 1).sum())
    milliseconds = float(np.median(times)) if times else None
    return Row(
        ap50, ap25, counts, thresholds, recall, threshold, hard_recall, hard_threshold, own_recall, own_alarms,
        len(positive), len(negative), len(hard), seen, milliseconds, _cattle(truths, detections, confidence or {}),
    )


def _cattle(truths: list[dict], detections: dict[str, dict], confidence: dict[str, float]) -> tuple[int, int, int, int] | None:
    """How often the model sees cattle where there are some, and where there are none."""
    labelled = [truth for truth in truths if "cattle" in truth["labelled"]]
    if "cattle" not in confidence or not labelled:
        return None
    weigh = {"cattle": 1 / confidence["cattle"]}
    sees = [_best(detections[truth["image"]], weigh) >= 1 for truth in labelled]
    there = [any(item["class"] == "cattle" for item in truth["boxes"]) for truth in labelled]
    hits = sum(a and b for a, b in zip(sees, there))
    return hits, sum(there), sum(sees) - hits, len(there) - sum(there)


def _best(line: dict, weigh: dict[str, float]) -> float:
    """The picture's highest score among the classes weighed."""
    return max((d["score"] * weigh[d["class"]] for d in line["detections"] if d["class"] in weigh), default=0.0)


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
