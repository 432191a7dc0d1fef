"""How good the model is on held-out scenes while it trains.

The published figures come from the agent itself (`models/evaluation`); this is to steer by.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from vong_scoreboard.board import Row, score

from . import boxes as geometry
from .cache import Cache, Entry
from .dataset import is_burning, letterbox, may_burn
from .labels import CLASSES, FIRE, SMOKE
from .sources import ANIMALS, NAMES, read_boxes, read_hard

LEAST_SCORE, NMS_IOU = 0.01, 0.5
#: Tensor [n, 3, side, side] of levels → [n, places, 4 + classes] as the exported graph has it.
Predict = Callable[[np.ndarray], np.ndarray]


def truths(root, sources: dict[str, dict], entries: list[Entry]) -> list[dict]:
    """What is true of held-out pictures, in pixels of the cache, by persons' labels alone."""
    lines, listed = [], read_hard(root)
    for entry in entries:
        picture = entry.picture
        scale = entry.width / picture.width
        human = [(np.array(box) * scale, CLASSES[name]) for box, name, _ in read_boxes(root, picture)]
        lines.append({
            "image": picture.file,
            "source": picture.source,
            "labelled": [NAMES[n] for n in sources[picture.source]["labelled_classes"]],
            # The fire figures stay those of the same photographs, with animals or without.
            "burning": None if picture.source == ANIMALS else is_burning(entry),
            "hard": picture.source != ANIMALS and not is_burning(entry) and (may_burn(entry) or picture.file in listed),
            "boxes": [{"class": name, "box": box.tolist()} for box, name in human],
        })
    return lines


def detect(predict: Predict, cache: Cache, entries: list[Entry], side: int) -> dict[str, dict]:
    """Detections by picture, in pixels of the cache."""
    lines = {}
    for entry in entries:
        canvas, scale = letterbox(cache, entry, side)
        found = suppress(predict(canvas.transpose(2, 0, 1)[None].astype(np.float32))[0])
        lines[entry.picture.file] = {
            "detections": [
                {"class": CLASSES[name], "score": float(points), "box": (box / scale).tolist()} for box, name, points in found
            ]
        }
    return lines


def suppress(output: np.ndarray) -> list[tuple[np.ndarray, int, float]]:
    """(corners, class, score) of one picture's predictions after suppression."""
    corners = np.concatenate([output[:, :2] - output[:, 2:4] / 2, output[:, :2] + output[:, 2:4] / 2], 1)
    found = []
    for name in range(len(CLASSES)):
        points = output[:, 4 + name]
        likely = np.flatnonzero(points > LEAST_SCORE)
        likely = likely[np.argsort(-points[likely])][:150]
        for index in likely[geometry.nms(corners[likely], points[likely], NMS_IOU)]:
            found.append((corners[index], name, float(points[index])))
    return found


def validate(predict: Predict, cache: Cache, root, sources, entries: list[Entry], side: int) -> Row:
    """The row of held-out pictures."""
    return score(truths(root, sources, entries), detect(predict, cache, entries, side))


def alarm_scores(predict: Predict, cache: Cache, entries: list[Entry], side: int) -> np.ndarray:
    """The best fire or smoke score of each picture on which nothing burns; 0 for the others."""
    best = np.zeros(len(entries))
    for index, entry in enumerate(entries):
        if is_burning(entry) or (may_burn(entry) and entry.picture.source == "fire8_dev"):
            continue
        canvas, _ = letterbox(cache, entry, side)
        output = predict(canvas.transpose(2, 0, 1)[None].astype(np.float32))[0]
        best[index] = output[:, [4 + FIRE, 4 + SMOKE]].max()
    return best
