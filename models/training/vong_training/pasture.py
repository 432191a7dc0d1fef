"""Cattle put into pictures, alone and in herds, with shadows, rails before them and their feet on one slope;
and other animals, which are labelled as nothing.

The cut-outs are `herd`'s. Most are drawn, so whatever would tell a drawing from a photograph is varied:
sharpness, light, colours and the edge.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .boxes import clip
from .labels import CATTLE, LEAST_SHARE, LEAST_SIDE, Labels

#: Of the pictures that are shown, how many get cattle and how many other animals; and how many give way
#: to a drawn meadow first, because few licensed photographs show grass and soil.
CATTLE_SHARE, OTHER_SHARE, MEADOW_SHARE = 0.34, 0.14, 0.06
#: How often one of the few photographs is taken rather than one of the many drawings.
STAMP_SHARE = 0.22
#: A label of which this share is hidden is neither to be found nor background.
HIDDEN = 0.5


@dataclass
class Cutout:
    """An animal, RGBA, and from how far above it is seen, in degrees."""

    picture: np.ndarray
    elevation: float
    stamp: bool


class Pasture:
    """The cut-outs of the permitted sources by kind; where there are none, nothing is added to any picture."""

    def __init__(self, folder: Path, permitted: set[str]) -> None:
        self.kinds: dict[str, list[Cutout]] = {"cattle": [], "other": []}
        if not (folder / "index.tsv").exists():
            return
        with open(folder / "index.tsv", newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                if row["source"] not in permitted:
                    continue
                picture = cv2.imread(str(folder / "pictures" / row["file"]), cv2.IMREAD_UNCHANGED)
                picture = np.ascontiguousarray(picture[:, :, [2, 1, 0, 3]])
                self.kinds[row["kind"]].append(Cutout(picture, float(row["elevation"]), row["source"] == "tuxpaint_stamps"))

    def populate(self, canvas: np.ndarray, labels: Labels, rng: np.random.Generator) -> Labels:
        """Now and then a herd, now and then other animals; returns the labels with the herd's."""
        if self.kinds["cattle"] and rng.random() < MEADOW_SHARE:
            _meadow(canvas, rng)
            labels = Labels()
        covered = np.zeros(canvas.shape[:2], np.int32)  # by whom each pixel is covered, from 1
        herd: list[tuple[int, np.ndarray, int]] = []  # number, box, pixels it would have if nothing hid it
        number = 0
        for kind, share in (("other", OTHER_SHARE), ("cattle", CATTLE_SHARE)):
            if not self.kinds[kind] or rng.random() > share:
                continue
            for cutout, longest in self._group(kind, canvas.shape[0], rng):
                number += 1
                placed = _stand(canvas, covered, number, cutout, longest, rng)
                if placed is not None and kind == "cattle":
                    herd.append((number, *placed))
        if not number:
            return labels
        if herd and rng.random() < 0.15:
            _rails(canvas, rng)
        return _relabel(labels, herd, covered)

    def _group(self, kind: str, side: int, rng: np.random.Generator):
        """Animals that one camera sees, farthest first, with their longest sides in pixels."""
        count = 1 if rng.random() < 0.4 else int(rng.integers(2, 8))
        least, most = (0.08, 1.15) if count == 1 else (0.06, 0.6)
        longest = side * np.exp(rng.uniform(np.log(least), np.log(most)))
        first = self._pick(kind, rng)
        group = [first]
        for _ in range(count - 1):
            other = self._pick(kind, rng)
            if abs(other.elevation - first.elevation) < 15:
                group.append(other)
        sizes = np.sort(longest * np.exp(rng.uniform(-0.35, 0.15, len(group))))
        return zip(group, sizes)

    def _pick(self, kind: str, rng: np.random.Generator) -> Cutout:
        cutouts = self.kinds[kind]
        stamps = [cutout for cutout in cutouts if cutout.stamp]
        if stamps and rng.random() < STAMP_SHARE:
            cutouts = stamps
        return cutouts[rng.integers(len(cutouts))]


def _stand(canvas, covered, number: int, cutout: Cutout, longest: float, rng) -> tuple[np.ndarray, int] | None:
    """Puts an animal somewhere, maybe half out of the picture; returns its box there and its pixels."""
    animal = _turned(cutout, longest, rng)
    height, width = animal.shape[:2]
    rows, columns = canvas.shape[:2]
    x = int(rng.uniform(-0.3 * width, columns - 0.7 * width))
    y = int(rng.uniform(-0.15 * height, rows - 0.75 * height))
    x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + width, columns), min(y + height, rows)
    if x2 - x1 < LEAST_SIDE or y2 - y1 < LEAST_SIDE:
        return None
    piece = animal[y1 - y : y2 - y, x1 - x : x2 - x].astype(np.float32)
    if rng.random() < 0.6:
        _shadow(canvas, (x, y, width, height), rng)
    place = canvas[y1:y2, x1:x2]
    light = float(np.exp(rng.normal(0, 0.18))) * (max(place.mean(), 12.0) / 115) ** rng.uniform(0.15, 0.6)
    alpha = piece[..., 3:] / 255
    coat = np.clip((piece[..., :3] - 100) * rng.uniform(0.7, 1.15) + 100, 0, 255) * light
    place[:] = np.clip(place * (1 - alpha) + coat * alpha, 0, 255).astype(np.uint8)
    solid = alpha[..., 0] > 0.5
    covered[y1:y2, x1:x2][solid] = number
    whole = animal[..., 3] > 127
    across, down = np.flatnonzero(whole.any(0)), np.flatnonzero(whole.any(1))
    if not len(across):
        return None
    box = np.array((x + across[0], y + down[0], x + across[-1] + 1, y + down[-1] + 1), np.float32)
    return box, int(whole.sum())


def _meadow(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Grass, straw or bare soil up to a horizon that may lie outside, and a sky above it."""
    side = canvas.shape[0]
    tones = ((86, 110, 58), (112, 128, 66), (150, 134, 92), (122, 100, 76), (96, 92, 84), (70, 92, 48))
    ground = np.array(tones[rng.integers(len(tones))], np.float32) * rng.uniform(0.7, 1.3)
    rough = np.zeros((side, side), np.float32)
    for cells, weight in ((6, 0.4), (24, 0.3), (96, 0.3)):
        rough += weight * cv2.resize(rng.random((cells, cells), np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    canvas[:] = np.clip(ground * (1 + (rough[..., None] - 0.5) * rng.uniform(0.4, 1.4)), 0, 255).astype(np.uint8)
    horizon = int(side * rng.uniform(-0.8, 0.5))
    if horizon > 2:
        sky = np.array((190, 205, 225), np.float32) * rng.uniform(0.5, 1.15)
        fade = np.linspace(0.85, 1.1, horizon, dtype=np.float32)[:, None, None]
        canvas[:horizon] = np.clip(sky * fade, 0, 255).astype(np.uint8)


def _turned(cutout: Cutout, longest: float, rng) -> np.ndarray:
    """The cut-out at its size, mirrored or not, leaning a little, in other colours and as sharp as its place."""
    picture = cutout.picture[:, ::-1] if rng.random() < 0.5 else cutout.picture
    scale = longest / max(picture.shape[:2])
    size = (max(3, int(picture.shape[1] * scale * np.exp(rng.uniform(-0.1, 0.1)))), max(3, int(picture.shape[0] * scale)))
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        middle = (picture.shape[1] / 2, picture.shape[0] / 2)
        lean = cv2.getRotationMatrix2D(middle, rng.uniform(-9, 9), 0.97)
        picture = cv2.warpAffine(picture, lean, picture.shape[1::-1])
    colours = np.clip(picture[..., :3] * rng.uniform(0.88, 1.12, 3), 0, 255).astype(np.uint8)
    picture = np.dstack([colours, picture[..., 3]])
    if min(size) > 12:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.1))
        if rng.random() < 0.5:  # fur
            grain = rng.normal(0, rng.uniform(2, 12), picture.shape[:2])
            picture[..., :3] = np.clip(picture[..., :3] + grain[..., None], 0, 255).astype(np.uint8)
    return picture


def _shadow(canvas, frame: tuple[int, int, int, int], rng) -> None:
    x, y, width, height = frame
    mask = np.zeros(canvas.shape[:2], np.float32)
    middle = (int(x + width * rng.uniform(0.35, 0.65)), int(y + height * rng.uniform(0.9, 1.0)))
    axes = (max(2, int(width * rng.uniform(0.35, 0.6))), max(1, int(height * rng.uniform(0.05, 0.16))))
    cv2.ellipse(mask, middle, axes, 0, 0, 360, float(rng.uniform(0.2, 0.6)), -1)
    mask = cv2.blur(mask, (5, 5))
    canvas[:] = (canvas * (1 - mask[..., None])).astype(np.uint8)


def _rails(canvas, rng) -> None:
    """A fence, a gate or a chute before the herd."""
    side = canvas.shape[0]
    colour = tuple(int(v) for v in rng.uniform(40, 220) * rng.uniform(0.85, 1.1, 3))
    thick = int(rng.integers(1, max(2, side // 40)))
    gap = side * rng.uniform(0.06, 0.25)
    upright, lean, start = rng.random() < 0.5, rng.uniform(-0.15, 0.15) * side, rng.uniform(0, side)
    for n in range(int(rng.integers(1, 7))):
        at = int((start + n * gap) % side)
        ends = ((at, 0), (int(at + lean), side)) if upright else ((0, at), (side, int(at + lean)))
        cv2.line(canvas, *ends, colour, thick, cv2.LINE_AA)


def _relabel(labels: Labels, herd: list, covered: np.ndarray) -> Labels:
    """Adds the herd's labels; what an animal hides becomes unknown."""
    rows, columns = covered.shape
    found, unknown = [], []
    for number, box, pixels in herd:
        seen = int((covered == number).sum()) / max(pixels, 1)
        cut, _ = clip(box[None], 0, 0, columns, rows)
        box = tuple(cut[0])
        if seen >= LEAST_SHARE and min(box[2] - box[0], box[3] - box[1]) >= LEAST_SIDE:
            found.append((box, CATTLE, 1.0))
        else:
            unknown.append((box, CATTLE))
    kept = np.array([_free(box, covered) for box in labels.boxes], bool).reshape(-1)
    for box, name in zip(labels.boxes[~kept], labels.classes[~kept]):
        unknown.append((tuple(box), int(name)))
    added = Labels.of(found, unknown)
    return Labels(
        np.concatenate([labels.boxes[kept], added.boxes]),
        np.concatenate([labels.classes[kept], added.classes]),
        np.concatenate([labels.scores[kept], added.scores]),
        np.concatenate([labels.unknown, added.unknown]),
        np.concatenate([labels.unknown_classes, added.unknown_classes]),
    )


def _free(box: np.ndarray, covered: np.ndarray) -> bool:
    x1, y1, x2, y2 = (int(round(float(v))) for v in box)
    piece = covered[max(y1, 0) : y2, max(x1, 0) : x2]
    return piece.size == 0 or float((piece > 0).mean()) < HIDDEN
