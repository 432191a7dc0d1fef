"""Pseudo-labels: what YOLOX-Nano (Apache-2.0) sees in a picture and in its mirror image."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from . import boxes as geometry
from .labels import CLASSES

SIDE = 416
#: COCO-80 index → our class.
COCO = {
    0: CLASSES.index("person"),
    1: CLASSES.index("two_wheeler"),
    2: CLASSES.index("car"),
    3: CLASSES.index("two_wheeler"),
    5: CLASSES.index("large_vehicle"),
    7: CLASSES.index("large_vehicle"),
    19: CLASSES.index("cattle"),
}
#: COCO's animals, horse and sheep and dog among them: what is one of these rather than a cow is not one.
ANIMALS, COW = slice(5 + 14, 5 + 24), 5 + 19


class Teacher:
    """The teacher's network and the decoding of its raw grid."""

    def __init__(self, model: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), options, ["CPUExecutionProvider"])
        steps = [SIDE // stride for stride in (8, 16, 32)]
        cells = [np.stack(np.meshgrid(np.arange(n), np.arange(n)), -1).reshape(-1, 2) for n in steps]
        self.cells = np.concatenate(cells).astype(np.float32)
        self.strides = np.concatenate([np.full((n * n, 1), SIDE // n, np.float32) for n in steps])

    def look(self, picture: np.ndarray) -> list[tuple]:
        """(box, class, score) in an RGB picture; a box that only one view shows has half its score."""
        width = picture.shape[1]
        plain = self._view(picture)
        mirrored = [((width - x2, y1, width - x1, y2), name, score)
                    for (x1, y1, x2, y2), name, score in self._view(picture[:, ::-1])]
        merged, unmatched = [], list(mirrored)
        for box, name, score in plain:
            best, best_iou = None, 0.5
            for index, (other, kind, _) in enumerate(unmatched):
                overlap = geometry.iou(np.array([box]), np.array([other]))[0, 0]
                if kind == name and overlap > best_iou:
                    best, best_iou = index, overlap
            twin = unmatched.pop(best) if best is not None else None
            if twin:
                box = tuple((a + b) / 2 for a, b in zip(box, twin[0]))
            merged.append((box, name, (score + (twin[2] if twin else 0.0)) / 2))
        merged += [(box, name, score / 2) for box, name, score in unmatched]
        return [(tuple(map(float, box)), name, float(score)) for box, name, score in merged]

    def animal(self, picture: np.ndarray) -> float:
        """How sure it is that some animal is in an RGB picture, whichever."""
        raw, _ = self._ask(picture)
        return float((raw[:, 4] * raw[:, ANIMALS].max(1)).max())

    def _view(self, picture: np.ndarray) -> list[tuple]:
        height, width = picture.shape[:2]
        raw, scale = self._ask(picture)
        middle = (raw[:, :2] + self.cells) * self.strides
        half = np.exp(raw[:, 2:4]) * self.strides / 2
        corners = np.concatenate([middle - half, middle + half], 1) / scale
        found = []
        ours = np.zeros((len(raw), len(CLASSES)), np.float32)
        for coco, name in COCO.items():
            ours[:, name] = np.maximum(ours[:, name], raw[:, 4] * raw[:, 5 + coco])
        ours[raw[:, COW] < raw[:, ANIMALS].max(1), CLASSES.index("cattle")] = 0
        # One object has one class: the best of ours.
        names, scores = ours.argmax(1), ours.max(1)
        for name in np.unique(names[scores > 0.1]):
            mine = np.flatnonzero((names == name) & (scores > 0.1))
            for index in mine[geometry.nms(corners[mine], scores[mine], 0.6)]:
                box, _ = geometry.clip(corners[index : index + 1], 0, 0, width, height)
                found.append((tuple(box[0]), int(name), float(scores[index])))
        return found

    def _ask(self, picture: np.ndarray) -> tuple[np.ndarray, float]:
        """The network's raw grid, and the scale of its input."""
        height, width = picture.shape[:2]
        scale, columns, rows = geometry.letterbox_scale(width, height, SIDE)
        canvas = np.full((SIDE, SIDE, 3), 114, np.uint8)
        canvas[:rows, :columns] = cv2.resize(picture[:, :, ::-1], (columns, rows))
        tensor = canvas.transpose(2, 0, 1)[None].astype(np.float32)
        return self.session.run(None, {self.session.get_inputs()[0].name: tensor})[0][0], scale
