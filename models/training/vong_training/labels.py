"""The labels of one picture: boxes to find, and areas in which a class is unknown.

Almost every source labels only some classes, so "no box" means "absent" only where a source says
so. Everywhere else the class is *unknown* and must not be learnt as background.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import boxes as geometry

#: What the model tells apart.
CLASSES = ("person", "two_wheeler", "car", "large_vehicle", "cattle", "fire", "smoke")
CATTLE, FIRE, SMOKE = (CLASSES.index(name) for name in ("cattle", "fire", "smoke"))
VEHICLES = tuple(CLASSES.index(name) for name in ("two_wheeler", "car", "large_vehicle"))

#: A box cut to less than this share is not one that must be found, nor background.
LEAST_SHARE = 0.35
#: Nor is one with fewer pixels a side.
LEAST_SIDE = 4.0


@dataclass
class Labels:
    """What is known of one picture, boxes in its pixels as x1 y1 x2 y2."""

    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    classes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    #: 1 for a person's label, the teacher's score for a pseudo-label.
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    #: Areas in which a class is unknown.
    unknown: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    unknown_classes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    @staticmethod
    def of(found: list[tuple], unknown: list[tuple]) -> "Labels":
        """From lists of (box, class, score) and (box, class)."""
        return Labels(
            np.array([box for box, _, _ in found], np.float32).reshape(-1, 4),
            np.array([name for _, name, _ in found], np.int64),
            np.array([score for _, _, score in found], np.float32),
            np.array([box for box, _ in unknown], np.float32).reshape(-1, 4),
            np.array([name for _, name in unknown], np.int64),
        )

def transform(labels: Labels, turn: np.ndarray, window: tuple[int, int, int, int]) -> Labels:
    """Labels moved by an affine map and cut to a window; what is hardly left becomes unknown."""
    moved, share = geometry.clip(_map(labels.boxes, turn), *window)
    sides = np.minimum(moved[:, 2] - moved[:, 0], moved[:, 3] - moved[:, 1])
    kept = (share >= LEAST_SHARE) & (sides >= LEAST_SIDE)
    rest = ~kept & (geometry.area(moved) > 0)
    unknown, _ = geometry.clip(_map(labels.unknown, turn), *window)
    visible = geometry.area(unknown) > 0
    return Labels(
        moved[kept],
        labels.classes[kept],
        labels.scores[kept],
        np.concatenate([unknown[visible], moved[rest]]),
        np.concatenate([labels.unknown_classes[visible], labels.classes[rest]]),
    )


def _map(boxes: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """The boxes around the boxes' four mapped corners."""
    x, y = boxes[:, [0, 2, 0, 2]], boxes[:, [1, 1, 3, 3]]
    mapped_x = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2]
    mapped_y = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2]
    if not len(boxes):
        return boxes
    corners = (mapped_x.min(1), mapped_y.min(1), mapped_x.max(1), mapped_y.max(1))
    return np.stack(corners, 1).astype(np.float32)


def join(parts: list[Labels]) -> Labels:
    names = ("boxes", "classes", "scores", "unknown", "unknown_classes")
    return Labels(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
