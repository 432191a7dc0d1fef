"""Composes what the model is shown: one picture or several on a canvas, things pasted, light and weather.

Every sample is a function of its seed, so a run that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

import cv2
import numpy as np

from .cache import Cache, Entry
from .labels import FIRE, SMOKE, Labels, join, transform
from .paste import Bank, draw_lamps, draw_plume
from .pasture import Pasture
from .weather import dusk, spoil

PAD = 114


class Composer:
    """Makes training samples out of cached pictures."""

    def __init__(self, cache: Cache, entries: list[Entry], bank: Bank, pasture: Pasture | None = None) -> None:
        self.cache, self.entries, self.bank, self.pasture = cache, entries, bank, pasture

    def sample(self, indices: np.ndarray, side: int, seed: int, easy: bool) -> tuple[np.ndarray, Labels]:
        """An RGB canvas [side, side, 3] of the first picture, or of several. `easy`: of one, less bent."""
        rng = np.random.default_rng(seed)
        canvas = np.full((side, side, 3), PAD, np.uint8)
        draw = rng.random()
        if easy or draw < 0.35:
            parts = [self._single(canvas, self.entries[indices[0]], rng, easy)]
        else:
            tiles = 2 if draw < 0.85 else 3
            parts = self._mosaic(canvas, indices, tiles, rng)
        labels = join(parts)
        if self.pasture:
            labels = self.pasture.populate(canvas, labels, rng)
        labels = self._add_things(canvas, labels, rng)
        return spoil(canvas, rng), labels

    def _single(self, canvas, entry: Entry, rng, easy: bool) -> Labels:
        side = canvas.shape[0]
        fit = side / max(entry.width, entry.height)
        if rng.random() < (0.6 if easy else 0.3):
            return self._place(canvas, entry, (0, 0, side, side), fit, fit, 0, 0, rng)
        zoom = fit * np.exp(rng.uniform(-0.6, 0.45)) * _closer(entry, rng)
        aspect = np.exp(rng.uniform(-0.12, 0.12))
        sx, sy = zoom * aspect, zoom / aspect
        room_x, room_y = side - entry.width * sx, side - entry.height * sy
        tx, ty = rng.uniform(min(0, room_x), max(0, room_x)), rng.uniform(min(0, room_y), max(0, room_y))
        return self._place(canvas, entry, (0, 0, side, side), sx, sy, tx, ty, rng)

    def _mosaic(self, canvas, indices, tiles: int, rng) -> list[Labels]:
        side = canvas.shape[0]
        jitter = 0.2 / tiles
        cuts = [np.round([0, *((n / tiles + rng.uniform(-jitter, jitter)) * side for n in range(1, tiles)), side])
                for _ in range(2)]
        parts = []
        for row in range(tiles):
            for column in range(tiles):
                entry = self.entries[indices[row * tiles + column]]
                x1, x2 = cuts[0][column : column + 2]
                y1, y2 = cuts[1][row : row + 2]
                fill = max((x2 - x1) / entry.width, (y2 - y1) / entry.height)
                scale = fill * np.exp(rng.uniform(-0.25, 0.55)) * _closer(entry, rng)
                aspect = np.exp(rng.uniform(-0.1, 0.1))
                sx, sy = scale * aspect, scale / aspect
                tx = x1 - rng.uniform(0, max(0, entry.width * sx - (x2 - x1)))
                ty = y1 - rng.uniform(0, max(0, entry.height * sy - (y2 - y1)))
                window = (int(x1), int(y1), int(x2), int(y2))
                parts.append(self._place(canvas, entry, window, sx, sy, tx, ty, rng))
        return parts

    def _place(self, canvas, entry: Entry, window, sx, sy, tx, ty, rng) -> Labels:
        """Draws a picture, scaled and shifted, into a window of the canvas; returns its labels there."""
        x1, y1, x2, y2 = window
        mirrored = rng.random() < 0.5
        tilt = rng.uniform(-0.06, 0.06) if rng.random() < 0.2 else 0.0
        turn = np.array([[-sx, tilt, tx + sx * entry.width], [0, sy, ty]] if mirrored else [[sx, tilt, tx], [0, sy, ty]])
        matrix = turn.copy()
        # Pixel centres on pixel centres, as the agent's preprocessing has it.
        matrix[:, 2] += turn[:, :2] @ (0.5, 0.5) - 0.5 - (x1, y1)
        cv2.warpAffine(
            self.cache.picture(entry), matrix, (x2 - x1, y2 - y1), canvas[y1:y2, x1:x2],
            cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, (PAD,) * 3,
        )
        return transform(entry.labels, turn, window)

    def _add_things(self, canvas, labels: Labels, rng) -> Labels:
        burning = not _is_calm(labels)
        added = []
        if not burning and rng.random() < 0.12:
            canvas[:] = dusk(canvas, rng)
        if not burning and self.bank.cutouts and rng.random() < 0.15:
            added += [self.bank.paste(canvas, rng)]
        if not burning and rng.random() < 0.08:
            added += [draw_plume(canvas, rng)]
        if rng.random() < 0.08:
            draw_lamps(canvas, rng)
        added = [(np.array(box, np.float32), name, 1.0) for box, name in filter(None, added)]
        return join([labels, Labels.of(added, [])]) if added else labels


def _is_calm(labels: Labels) -> bool:
    """Whether nothing burns for certain."""
    return not np.isin(labels.classes, (FIRE, SMOKE)).any() and not np.isin(labels.unknown_classes, (FIRE, SMOKE)).any()


def _closer(entry: Entry, rng: np.random.Generator) -> float:
    """Now and then only a piece of a calm picture: bare asphalt, fur and sky are neither smoke nor fire."""
    return float(rng.uniform(2.0, 5.0)) if _is_calm(entry.labels) and rng.random() < 0.12 else 1.0
