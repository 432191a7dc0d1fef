"""Fires, smoke and lamps put into pictures that have none.

Cut-outs come from the labelled boxes of the training scenes; plumes and lamps are drawn. A lamp is
labelled as nothing: it is here because a fire detector's false alarms are lamps.
"""

from __future__ import annotations

import cv2
import numpy as np

from .cache import Cache, Entry
from .labels import FIRE, SMOKE

#: Below this side, in pixels of the cache, a cut-out is a blur.
LEAST_SIDE = 20


class Bank:
    """Cut-outs with soft masks: (RGB float, mask 0 to 1, class)."""

    def __init__(self, cache: Cache, entries: list[Entry]) -> None:
        self.cutouts: list[tuple[np.ndarray, np.ndarray, int]] = []
        for entry in entries:
            labels = entry.labels
            for box, name, score in zip(labels.boxes, labels.classes, labels.scores):
                x1, y1, x2, y2 = (int(v) for v in box)
                if name not in (FIRE, SMOKE) or score < 1 or min(x2 - x1, y2 - y1) < LEAST_SIDE:
                    continue
                crop = cache.picture(entry)[y1:y2, x1:x2]
                mask = _flame_mask(crop) if name == FIRE else _veil_mask(crop)
                if mask is not None:
                    self.cutouts.append((crop.copy(), mask, int(name)))

    def paste(self, canvas: np.ndarray, rng: np.random.Generator) -> tuple[tuple, int] | None:
        """Puts one cut-out somewhere; returns its box and class."""
        crop, mask, name = self.cutouts[rng.integers(len(self.cutouts))]
        side = canvas.shape[0]
        longest = side * np.exp(rng.uniform(np.log(0.06), np.log(0.6)))
        scale = min(longest / max(crop.shape[:2]), 1.6)
        size = (max(6, int(crop.shape[1] * scale)), max(6, int(crop.shape[0] * scale)))
        if max(size) >= side:
            return None
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            crop, mask = crop[:, ::-1], mask[:, ::-1]
        if name == SMOKE:
            mask = mask * rng.uniform(0.55, 0.95)
        return _blend(canvas, crop.astype(np.float32), mask, rng, name)


def _flame_mask(crop: np.ndarray) -> np.ndarray | None:
    """Soft mask of what is bright and warm; None where too little or all of the box is."""
    level = crop.astype(np.float32)
    red, green, blue = level[..., 0], level[..., 1], level[..., 2]
    warm = np.clip((red - 130) / 60, 0, 1) * np.clip((red - blue - 15) / 50, 0, 1)
    white = np.clip((np.minimum(red, green) - 200) / 40, 0, 1)
    mask = cv2.GaussianBlur(np.maximum(warm, white), (0, 0), 1.2)
    share = float((mask > 0.5).mean())
    return mask * _feather(mask.shape, 0.12) if 0.12 < share < 0.85 else None


def _veil_mask(crop: np.ndarray) -> np.ndarray:
    return _feather(crop.shape[:2], 0.35)


def _feather(shape: tuple[int, ...], width: float) -> np.ndarray:
    """1 in the middle, 0 at the border, soft over `width` of the half side."""
    edge = [np.clip((1 - np.abs(np.linspace(-1, 1, n, dtype=np.float32))) / width, 0, 1) for n in shape[:2]]
    return edge[0][:, None] * edge[1][None]


def _blend(canvas, crop, mask, rng, name) -> tuple[tuple, int]:
    height, width = mask.shape
    x = int(rng.integers(0, canvas.shape[1] - width))
    y = int(rng.integers(0, canvas.shape[0] - height))
    place = canvas[y : y + height, x : x + width]
    place[:] = (place * (1 - mask[..., None]) + crop * mask[..., None]).astype(np.uint8)
    seen = mask > 0.3
    columns, rows = np.flatnonzero(seen.any(0)), np.flatnonzero(seen.any(1))
    if not len(columns):
        return (x, y, x + width, y + height), name
    return (x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1), name


def draw_plume(canvas: np.ndarray, rng: np.random.Generator) -> tuple[tuple, int]:
    """Smoke that rises, widens and leans, out of noise of three sizes."""
    side = canvas.shape[0]
    height = int(side * np.exp(rng.uniform(np.log(0.08), np.log(0.5))))
    width = max(8, int(height * rng.uniform(0.4, 1.2)))
    noise = np.zeros((height, width), np.float32)
    for cells, weight in ((3, 0.5), (7, 0.3), (15, 0.2)):
        grid = rng.random((cells, cells), np.float32)
        noise += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    rise = np.linspace(1, 0, height, dtype=np.float32)[:, None]
    lean = 0.5 + rng.uniform(-0.3, 0.3) * rise
    spread = 0.07 + rng.uniform(0.2, 0.4) * rise
    across = np.linspace(0, 1, width, dtype=np.float32)[None]
    shape = np.clip(1.4 - ((across - lean) / spread) ** 2, 0, 1) * (1 - rng.uniform(0.2, 0.8) * rise)
    mask = np.clip(shape * (0.3 + 1.4 * noise) * rng.uniform(0.45, 1.0), 0, 0.97)
    tone = rng.uniform(40, 110) if rng.random() < 0.35 else rng.uniform(140, 245)
    tint = np.array([1, 1, rng.uniform(0.95, 1.06)], np.float32)
    crop = np.clip((tone + 40 * (noise - 0.5))[..., None] * tint, 0, 255)
    return _blend(canvas, crop, mask * _feather(mask.shape, 0.1), rng, SMOKE)


def draw_lamps(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Street lamps, headlights in pairs, red tail lights, each with its halo."""
    colours = ((255, 244, 220), (255, 190, 110), (255, 60, 40), (255, 130, 50), (235, 245, 255))
    side = canvas.shape[0]
    for _ in range(int(rng.integers(1, 6))):
        colour = np.array(colours[rng.integers(len(colours))], np.float32)
        radius = side * np.exp(rng.uniform(np.log(0.008), np.log(0.05)))
        reach = int(radius * rng.uniform(2, 4)) + 1
        span = np.arange(-reach, reach + 1, dtype=np.float32)
        stretch = rng.uniform(0.7, 1.4)
        distance = np.sqrt((span[:, None] * stretch) ** 2 + span[None] ** 2) / radius
        glow = np.clip(1.5 - distance, 0, 1) + 0.5 * np.exp(-distance)
        core = np.clip(1.2 - distance, 0, 1)[..., None] * (255 - colour) * rng.uniform(0, 1)
        light = np.clip(glow[..., None] * colour + core, 0, 255)
        if 2 * reach + 1 >= side:
            continue
        x, y = rng.integers(0, side - 2 * reach - 1, 2)
        pair = int(radius * rng.uniform(4, 9)) if rng.random() < 0.4 else 0
        for shift in {0, pair}:
            place = canvas[y : y + 2 * reach + 1, x + shift : x + shift + 2 * reach + 1]
            part = light[:, : place.shape[1]]
            # As light adds up: what is bright already hardly changes.
            place[:] = (255 - (255 - part) * (255 - place.astype(np.float32)) / 255).astype(np.uint8)
