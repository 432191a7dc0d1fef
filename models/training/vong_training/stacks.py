"""Stacks of four crops of one place, as a second or two of video would show them, made of stills.

Fire flickers, smoke drifts, and the world behind them stands still. What is neither stands still,
passes by, blinks, or moves like leaves: movement alone must not convince. A still of a fire that
does not move is shown as nothing: no camera sees one, so it has no right answer.
"""

from __future__ import annotations

import cv2
import numpy as np

from .boxes import square
from .cache import Cache, Entry
from .labels import FIRE, SMOKE
from .paste import draw_lamps
from .weather import spoil

CROPS, SIZE, CONTEXT = 4, 64, 1.5
NEITHER, IS_FIRE, IS_SMOKE = 0, 1, 2


def crop(picture: np.ndarray, left: float, top: float, side: float) -> np.ndarray:
    """The square, bilinear, [SIZE, SIZE, 3]."""
    scale = side / SIZE
    matrix = np.array([[scale, 0, left + scale / 2 - 0.5], [0, scale, top + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REPLICATE)


class Stacks:
    """Draws labelled stacks. `alarms` are boxes that the detector took for fire where there is none."""

    def __init__(self, cache: Cache, entries: list[Entry], alarms: list[tuple[Entry, np.ndarray]]) -> None:
        self.cache, self.alarms = cache, alarms
        burning = lambda name: [
            (entry, box) for entry in entries
            for box, kind in zip(entry.labels.boxes, entry.labels.classes)
            if kind == name and min(box[2] - box[0], box[3] - box[1]) >= 10
        ]
        self.fires, self.smokes = burning(FIRE), burning(SMOKE)
        blind = lambda entry: np.isin(entry.labels.unknown_classes, (FIRE, SMOKE)).any()
        self.calm = [e for e in entries if not np.isin(e.labels.classes, (FIRE, SMOKE)).any() and not blind(e)]

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """A stack [12, SIZE, SIZE] of levels and its class."""
        kind = int(rng.choice(3, p=(0.5, 0.28, 0.22)))
        frames = self._burning(kind, rng) if kind else self._neither(rng)
        # Side by side they get one light and one weather, but each its own noise.
        strip = np.ascontiguousarray(np.hstack(frames))
        if rng.random() < 0.3:  # cameras that see infrared paint fire pink
            strip = np.clip(strip * rng.uniform(0.75, 1.3, 3), 0, 255).astype(np.uint8)
        strip = spoil(strip, rng)
        if rng.random() < 0.5:
            strip = np.hstack([frame[:, ::-1] for frame in np.split(strip, CROPS, axis=1)])
        stack = np.concatenate([frame.transpose(2, 0, 1) for frame in np.split(strip, CROPS, axis=1)])
        return stack, kind

    def _window(self, entry: Entry, box: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
        """The crop of a box that a detector did not place exactly, and the box within it, 0 to SIZE."""
        w, h = box[2] - box[0], box[3] - box[1]
        shift = rng.normal(0, 0.08, 4) * (w, h, w, h)
        left, top, side = square(box + shift, entry.width, entry.height, CONTEXT * np.exp(rng.normal(0, 0.12)))
        within = (box - (left, top, left, top)) * SIZE / side
        return crop(self.cache.picture(entry), left, top, side), within

    def _burning(self, kind: int, rng) -> list[np.ndarray]:
        pool = self.fires if kind == IS_FIRE else self.smokes
        still, box = self._window(*pool[rng.integers(len(pool))], rng)
        y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
        # Soft inside the box, nought a little outside of it.
        soft = lambda v, low, high: np.clip(np.minimum(v - low, high - v) / 6 + 0.7, 0, 1)
        mask = soft(x, box[0], box[2]) * soft(y, box[1], box[3])
        if kind == IS_FIRE:
            level = still.max(2).astype(np.float32)
            mask = mask * np.clip((level - 90) / 80, 0.1, 1)
            return self._flicker(still, mask, x, y, rng)
        return self._drift(still, mask, x, y, rng)

    def _flicker(self, still, mask, x, y, rng) -> list[np.ndarray]:
        """Each time another shape and another brightness: half a second is long for a flame."""
        reach, glow = rng.uniform(1.0, 9.0), rng.uniform(0.05, 0.35)
        stretch, middle = rng.uniform(0, 0.35), float((x * mask).sum() / max(mask.sum(), 1e-3))
        foot = float(y[mask > 0.4].max()) if (mask > 0.4).any() else SIZE - 1.0
        frames = []
        for _ in range(CROPS):
            dx, dy = (_field(rng, int(rng.integers(3, 9))) * reach * mask for _ in range(2))
            # Taller or lower above the same foot, and sometimes leaning the other way.
            higher, wider = np.exp(rng.normal(0, stretch, 2))
            side = -1.0 if rng.random() < 0.3 else 1.0
            to_x = x + mask * (middle + side * (x - middle) / wider - x)
            to_y = y + mask * (foot + (y - foot) / higher - y)
            moved = _warp(still, to_x + dx, to_y + 1.4 * dy)
            light = 1 + mask * (_field(rng, 4) + rng.normal()) * glow
            frames.append(np.clip(moved * light[..., None], 0, 255).astype(np.uint8))
        return frames

    def _drift(self, still, mask, x, y, rng) -> list[np.ndarray]:
        """The same veil, further along, and here and there thinner."""
        reach, swirl = rng.uniform(0.6, 4.0), rng.uniform(0.3, 2.5)
        heading = rng.uniform(-np.pi, 0)
        grow = _field(rng, 5), _field(rng, 5)
        fade, grey = rng.uniform(0.03, 0.2), cv2.GaussianBlur(still, (0, 0), 9)
        frames = []
        for time in range(CROPS):
            dx = mask * (time * (reach * np.cos(heading) + swirl * grow[0]))
            dy = mask * (time * (reach * np.sin(heading) + swirl * grow[1]))
            moved = _warp(still, x - dx, y - dy)
            thin = np.clip(mask * fade * (1 + _field(rng, 5)) * time, 0, 0.6)[..., None]
            frames.append((moved * (1 - thin) + grey * thin).astype(np.uint8))
        return frames

    def _neither(self, rng) -> list[np.ndarray]:
        if self.alarms and rng.random() < 0.4:
            entry, box = self.alarms[rng.integers(len(self.alarms))]
        else:
            entry = self.calm[rng.integers(len(self.calm))]
            boxes = entry.labels.boxes
            box = boxes[rng.integers(len(boxes))] if len(boxes) and rng.random() < 0.5 else _anywhere(entry, rng)
        still, _ = self._window(entry, box, rng)
        if rng.random() < 0.35:  # brown animals, orange lorries, low sun
            tint = rng.uniform((1.0, 0.6, 0.2), (1.4, 0.9, 0.7))
            still = np.clip(still * tint, 0, 255).astype(np.uint8)
        if rng.random() < 0.25:
            draw_lamps(still, rng)
        act = rng.random()
        if act < 0.3:
            return self._stand(still, rng)
        if act < 0.5:
            return self._pass(entry, still, rng)
        if act < 0.75:
            return self._blink(still, rng)
        y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
        mask = np.clip(0.5 + _field(rng, 3), 0, 1)
        return self._flicker(still, mask, x, y, rng) if rng.random() < 0.5 else self._drift(still, mask, x, y, rng)

    def _stand(self, still, rng) -> list[np.ndarray]:
        """Nothing moves but the camera on its mast, and the exposure."""
        shake, exposure = rng.uniform(0, 1.2), rng.uniform(0, 0.08)
        frames = []
        for _ in range(CROPS):
            dx, dy = rng.normal(0, shake, 2)
            moved = cv2.warpAffine(still, np.float32([[1, 0, dx], [0, 1, dy]]), (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
            frames.append(np.clip(moved * (1 + rng.normal(0, exposure)), 0, 255).astype(np.uint8))
        return frames

    def _pass(self, entry: Entry, thing: np.ndarray, rng) -> list[np.ndarray]:
        """A thing passes: it lies over another place, each time further along."""
        ground, _ = self._window(entry, _anywhere(entry, rng), rng)
        # What the detector boxed is the middle two thirds of a crop.
        edge = int(SIZE / 2 * (1 - 1 / CONTEXT))
        part = thing[edge : SIZE - edge, edge : SIZE - edge]
        speed = rng.uniform(-14, 14, 2) * (1, 0.5)
        frames = []
        for time in range(CROPS):
            frame = ground.copy()
            x, y = (edge + speed * (time - (CROPS - 1) / 2)).astype(int)
            x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + part.shape[1], SIZE), min(y + part.shape[0], SIZE)
            frame[y1:y2, x1:x2] = part[y1 - y : y2 - y, x1 - x : x2 - x]
            frames.append(frame)
        return frames

    def _blink(self, still, rng) -> list[np.ndarray]:
        """What is bright goes on and off as a whole: indicators, beacons, brake lights, a flickering tube."""
        bright = cv2.GaussianBlur(np.clip((still.max(2).astype(np.float32) - 150) / 60, 0, 1), (0, 0), 1.5)
        dark = rng.uniform(0.2, 0.9)
        states = rng.random(CROPS) < 0.5
        return [np.clip(still * (1 - (0.0 if on else dark) * bright)[..., None], 0, 255).astype(np.uint8) for on in states]


def _field(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Smooth noise around nought, about -1 to 1."""
    grid = rng.normal(0, 0.7, (cells, cells)).astype(np.float32)
    return cv2.resize(grid, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def _warp(still: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The picture as seen from other places, [SIZE, SIZE, 3]."""
    maps = x.astype(np.float32), y.astype(np.float32)
    return cv2.remap(still, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _anywhere(entry: Entry, rng: np.random.Generator) -> np.ndarray:
    shortest = min(entry.width, entry.height)
    side = shortest * rng.uniform(0.08, 0.5)
    x, y = rng.uniform(0, entry.width - side), rng.uniform(0, entry.height - side)
    return np.array([x, y, x + side, y + side])
