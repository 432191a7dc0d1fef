"""Trains the starter: `python -m vong_training.train --out FOLDER`, and then its second stage:
`python -m vong_training.train --stage 2 --start FOLDER/stage-1.onnx --out FOLDER`.

The first stage learns from photographs, from nothing. The second goes on from the first's file and adds
cattle, which no licensed photograph shows: they are put into the same photographs (`pasture`).
Goes on where the folder's checkpoint stands, from which `export` also takes the averaged weights.
Writes `training-log.tsv`, one line a round, and `curve.png`.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from . import cache as caching
from .augment import Composer
from .curve import draw_curve
from .dataset import Steps, base_weights
from .export import predictor
from .start import take_up
from .labels import CLASSES
from .loss import Targets, detection_loss
from .model import Starter, places
from .paste import Bank
from .pasture import Pasture
from .sources import ANIMALS, RENDERED, SHIPPABLE, cutouts_folder, read_sources
from .validate import alarm_scores, validate

SIDE = 320
ROUND = 250


@dataclass(frozen=True)
class Stage:
    """What differs between the stages."""

    steps: int
    #: From which share of the steps on which input side. Small pictures teach as much at half the price.
    sides: tuple[tuple[float, int], ...]
    #: From here on single pictures, hardly bent, as the camera will show them.
    easy_from: float
    #: At these shares the model says which negatives alarm it, and these are shown more often.
    mine_at: tuple[float, ...]
    rate: float
    warm_up: int
    decay: float
    #: How much of the average a step leaves as it was.
    keep: float


STAGES = {
    1: Stage(11000, ((0.0, 224), (0.3, 288), (0.55, SIDE)), 0.88, (0.3, 0.55, 0.75), 2e-3, 300, 0.05, 0.9995),
    2: Stage(4000, ((0.0, 288), (0.25, SIDE)), 0.9, (0.0, 0.5), 3e-4, 100, 0.01, 0.998),
}


class Averaged:
    """Exponential moving average of weights and of normalisation statistics."""

    def __init__(self, model: nn.Module, keep: float) -> None:
        self.model, self.keep = copy.deepcopy(model).eval().requires_grad_(False), keep

    def update(self, model: nn.Module, step: int) -> None:
        keep = min(self.keep, (1 + step) / (20 + step))
        with torch.no_grad():
            for mine, other in zip(self.model.state_dict().values(), model.state_dict().values()):
                if mine.dtype.is_floating_point:
                    mine.lerp_(other.to(mine.dtype), 1 - keep)
                else:
                    mine.copy_(other)


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Linear warm-up, then a cosine to a fiftieth."""
    warm = min(1.0, (step + 1) / stage.warm_up)
    return stage.rate * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2)


def side_at(stage: Stage, share: float) -> int:
    """The input side at a share of the run."""
    return max(side for start, side in stage.sides if share >= start)


class Run:
    """Everything a checkpoint holds, and the steps between two."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments, self.stage = arguments, STAGES[arguments.stage]
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(arguments.seed)
        self.root = caching.default_root()
        self.sources = read_sources(self.root)
        self.cache = caching.open_cache(self.root, caching.default_folder(), arguments.teacher)
        # The first stage goes without animals: the second is where they come in.
        shown = [e for e in self.cache.entries if arguments.stage == 2 or e.picture.source != ANIMALS]
        self.entries = [entry for entry in shown if not entry.held_out]
        # The published figures are of photographs alone, and so are these.
        self.held_out = [entry for entry in shown if entry.held_out and entry.picture.source != RENDERED]
        bank = Bank(self.cache, [e for e in self.entries if e.picture.source != RENDERED])
        permitted = {name for name, source in self.sources.items() if source["licence_tier"] in SHIPPABLE}
        pasture = Pasture(cutouts_folder(), permitted) if arguments.stage == 2 else None
        self.composer = Composer(self.cache, self.entries, bank, pasture)
        self.model = Starter(len(CLASSES)).to(self.device, memory_format=torch.channels_last)
        if arguments.start:
            take_up(self.model, arguments.start)
        self.averaged = Averaged(self.model, self.stage.keep)
        learning = [p for p in self.model.parameters() if p.requires_grad]
        matrices = [p for p in learning if p.ndim > 1]
        rest = [p for p in learning if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": self.stage.decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, self.stage.rate, betas=(0.9, 0.99))
        self.alarms = np.zeros(len(self.entries))
        self.step, self.seconds, self.mined = 0, 0.0, 0

    def save(self, file: Path) -> None:
        """Writes the checkpoint, whole or not at all."""
        state = {name: getattr(self, name).state_dict() for name in ("model", "optimiser")}
        state |= {"averaged": self.averaged.model.state_dict(), "alarms": self.alarms, "step": self.step}
        state |= {"seconds": self.seconds, "mined": self.mined}
        torch.save(state, file.with_suffix(".part"))
        os.replace(file.with_suffix(".part"), file)

    def load(self, file: Path) -> None:
        """Takes up a checkpoint."""
        state = torch.load(file, map_location=self.device, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.averaged.model.load_state_dict(state["averaged"])
        self.alarms, self.step, self.seconds, self.mined = (state[n] for n in ("alarms", "step", "seconds", "mined"))

    def round(self, until: int) -> dict[str, float]:
        """Steps up to `until`; returns the mean parts of the loss."""
        share = self.step / self.arguments.steps
        side, easy = side_at(self.stage, share), share >= self.stage.easy_from
        weights = base_weights(self.entries) * (1 + 4 * self.alarms)
        steps = Steps(self.composer, weights, self.arguments.batch, side, self.arguments.seed, easy)
        workers = max(0, min(8, len(os.sched_getaffinity(0)) - 1))
        loader = DataLoader(steps, batch_size=None, sampler=range(self.step, until), num_workers=workers)
        middles, strides = places(side, side, self.device)
        sums: dict[str, float] = {}
        began, count = time.monotonic(), until - self.step
        for pictures, targets in loader:
            for name, value in self._step(pictures, targets, middles, strides).items():
                sums[name] = sums.get(name, 0.0) + value / count
        self.seconds += time.monotonic() - began
        return {"side": side, **sums}

    def _step(self, pictures: Tensor, targets: Targets, middles: Tensor, strides: Tensor) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.stage, self.step, self.arguments.steps)
        pictures = pictures.to(self.device).float().contiguous(memory_format=torch.channels_last)
        targets = Targets(*(value.to(self.device) for value in vars(targets).values()))
        with torch.autocast(self.device.type, torch.bfloat16):
            raw = self.model(pictures)
        loss, parts = detection_loss(raw, targets, middles, strides)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], 10.0)
        self.optimiser.step()
        self.averaged.update(self.model, self.step)
        self.step += 1
        return parts

    def mine(self) -> None:
        """Asks the averaged model which training negatives alarm it."""
        self.alarms = alarm_scores(predictor(self.averaged.model, SIDE), self.cache, self.entries, SIDE)

    def line(self, parts: dict[str, float], full: bool) -> dict[str, object]:
        """One line of the log; held-out figures where `full`."""
        line: dict[str, object] = {"step": self.step, "minutes": round(self.seconds / 60, 1)}
        line |= {name: round(value, 4) for name, value in parts.items()}
        if full:
            predict = predictor(self.averaged.model, SIDE)
            row = validate(predict, self.cache, self.root, self.sources, self.held_out, SIDE)
            line |= {f"ap50_{name}": round(row.ap50[name] or 0.0, 4) for name in CLASSES}
            line |= {"recall": round(row.recall or 0.0, 4), "threshold": round(row.threshold or 0.0, 4)}
        return line


COLUMNS = ["step", "minutes", "side", "class", "box", "picture", *(f"ap50_{name}" for name in CLASSES), "recall", "threshold"]


def append(log: Path, line: dict[str, object]) -> None:
    """Adds a line to the log; what was not measured stays empty."""
    if not log.exists():
        log.write_text("\t".join(COLUMNS) + "\n")
    with open(log, "a", encoding="utf-8") as file:
        file.write("\t".join(str(line.get(column, "")) for column in COLUMNS) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx")
    parser.add_argument("--stage", type=int, choices=STAGES, default=1)
    parser.add_argument("--start", type=Path, help="the first stage's ONNX file")
    parser.add_argument("--steps", type=int, help="default: the stage's")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.steps = arguments.steps or STAGES[arguments.stage].steps
    if (arguments.stage == 2) != (arguments.start is not None):
        parser.error("the second stage, and it alone, needs --start")
    arguments.out.mkdir(parents=True, exist_ok=True)
    run, checkpoint, log = Run(arguments), arguments.out / "checkpoint.pt", arguments.out / "training-log.tsv"
    if checkpoint.exists():
        run.load(checkpoint)
        print(f"train: going on at step {run.step} of {arguments.steps}", flush=True)
    while run.step < arguments.steps:
        share = run.step / arguments.steps
        if run.mined < len(run.stage.mine_at) and share >= run.stage.mine_at[run.mined]:
            run.mine()
            run.mined += 1
        parts = run.round(min(run.step + ROUND, arguments.steps))
        done = run.step >= arguments.steps
        line = run.line(parts, full=done or run.step // ROUND % 4 == 0)
        append(log, line)
        print("train: " + "  ".join(f"{name} {value}" for name, value in line.items()), flush=True)
        run.save(checkpoint)
        draw_curve(log, arguments.out / "curve.png")


if __name__ == "__main__":
    main()
