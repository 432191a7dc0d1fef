"""Which pictures a step shows, as tensors. A step's pictures depend on seed and step alone."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .augment import PAD, Composer
from .boxes import letterbox_scale
from .cache import Cache, Entry
from .labels import CATTLE, FIRE, SMOKE, Labels
from .loss import Targets
from .sources import ANIMALS

#: How often a picture of a source is shown, against 1. The few true camera-mast views and the
#: watch-tower negatives are worth more than their number, flares on a blue sky and drawn scenes less.
WORTH = {"atl_overpass": 3.0, "dfire_aof": 3.0, "fsd_highway_id": 1.3, "fireflare": 0.4, "fire8_dev": 1.5, "rendered": 0.5}
#: Photographs of animals: those with a buffalo, and the others.
BUFFALO_WORTH, BEAST_WORTH = 2.2, 0.6
#: A picture of a fire source on which nothing burns.
LAMP_WORTH = 1.6


class Steps(Dataset):
    """Item n is the batch of step n."""

    def __init__(self, composer: Composer, weights: np.ndarray, batch: int, side: int, seed: int, easy: bool) -> None:
        self.composer, self.batch, self.side, self.seed, self.easy = composer, batch, side, seed, easy
        self.chances = np.cumsum(weights / weights.sum())

    def __getitem__(self, step: int) -> tuple[Tensor, Targets]:
        rng = np.random.default_rng((self.seed, step))
        pictures, labels = [], []
        for _ in range(self.batch):
            indices = np.searchsorted(self.chances, rng.random(9))
            picture, label = self.composer.sample(indices, self.side, int(rng.integers(2**62)), self.easy)
            pictures.append(torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))))
            labels.append(label)
        return torch.stack(pictures), collate(labels)


def collate(labels: list[Labels]) -> Targets:
    """Pads the labels of a batch to the same count."""
    most, most_unknown = max(len(l.boxes) for l in labels), max(len(l.unknown) for l in labels)
    pad = lambda values, count, fill: np.concatenate(
        [values, np.full((count - len(values), *values.shape[1:]), fill, values.dtype)]
    )
    stack = lambda name, count, fill: torch.from_numpy(np.stack([pad(getattr(l, name), count, fill) for l in labels]))
    return Targets(
        stack("boxes", most, 0),
        stack("classes", most, 0),
        stack("scores", most, 0),
        stack("unknown", most_unknown, 0),
        stack("unknown_classes", most_unknown, -1),
    )


def base_weights(entries: list[Entry]) -> np.ndarray:
    """How often each picture is shown before the model has said which ones it finds hard."""
    weights = []
    for entry in entries:
        weight = WORTH.get(entry.picture.source, 1.0)
        if entry.picture.source == ANIMALS:
            weight = BUFFALO_WORTH if (entry.labels.classes == CATTLE).any() else BEAST_WORTH
        if may_burn(entry) and not is_burning(entry):
            weight *= LAMP_WORTH
        weights.append(weight)
    return np.array(weights)


def may_burn(entry: Entry) -> bool:
    """Whether the picture is of a fire source."""
    return entry.picture.source in ("firesmoke_qudqu", "firedet_rzosn", "dfire_aof", "fire8_dev", "fireflare")


def is_burning(entry: Entry) -> bool:
    """Whether fire or smoke is boxed in it."""
    return bool(np.isin(entry.labels.classes, (FIRE, SMOKE)).any())


def letterbox(cache: Cache, entry: Entry, side: int) -> tuple[np.ndarray, float]:
    """A whole picture as the agent hands it to the model, RGB [side, side, 3], and its scale."""
    import cv2

    scale, columns, rows = letterbox_scale(entry.width, entry.height, side)
    canvas = np.full((side, side, 3), PAD, np.uint8)
    canvas[:rows, :columns] = cv2.resize(cache.picture(entry), (columns, rows))
    return canvas, scale
