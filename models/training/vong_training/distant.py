"""What pictures of mountain cameras would bring: `python -m vong_training.distant --run FOLDER`.

Their licence is in doubt, so nothing of this ships. It goes on from a finished run with these
pictures mixed in, and says how unseen cameras fare before and after, and what that does to the rest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import cache as caching
from .augment import Composer
from .dataset import Steps, base_weights
from .export import predictor
from .labels import CLASSES
from .loss import detection_loss
from .model import Starter, places
from .paste import Bank
from .sources import DISTANT, RENDERED, read_distant, read_sources
from .train import SIDE, Averaged
from .validate import validate

#: How often such a picture is shown, against 1, and at which rate the weights still move.
WORTH, RATE = 8.0, 2e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="the finished run's folder")
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx, to fill the cache")
    parser.add_argument("--steps", type=int, default=400)
    arguments = parser.parse_args()
    root = caching.default_root()
    cache = caching.open_cache(root, caching.default_folder(), arguments.teacher, read_distant(root))
    split = lambda held_out, distant: [
        e for e in cache.entries
        if e.held_out == held_out and e.picture.source != RENDERED and (e.picture.source == DISTANT) == distant
    ]
    model = Starter(len(CLASSES))
    model.load_state_dict(torch.load(arguments.run / "checkpoint.pt", "cpu", weights_only=False)["averaged"])

    def say(when: str, judged: nn.Module) -> None:
        far, near = (validate(predictor(judged, SIDE), cache, root, read_sources(root), split(True, d), SIDE) for d in (True, False))
        print(f"distant: {when}: unseen mountain cameras: smoke AP25 {far.ap25['smoke']:.3f}, "
              f"recall {far.recall:.3f} of {far.burning} at 5 % of {far.negatives}; all other held-out pictures: recall {near.recall:.3f}", flush=True)

    say("before", model)
    entries = split(False, False) + split(False, True)
    composer = Composer(cache, entries, Bank(cache, entries))
    weights = base_weights(entries) * [WORTH if e.picture.source == DISTANT else 1.0 for e in entries]
    batches = Steps(composer, np.array(weights), 16, SIDE, seed=5, easy=False)
    averaged = Averaged(model, keep=0.9995)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.0)
    middles, strides = places(SIDE, SIDE)
    model.train().to(memory_format=torch.channels_last)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()  # the second stage left them as scales and shifts
    for step in range(arguments.steps):
        pictures, targets = batches[step]
        with torch.autocast("cpu", torch.bfloat16):
            raw = model(pictures.float().contiguous(memory_format=torch.channels_last))
        loss, _ = detection_loss(raw, targets, middles, strides)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        averaged.update(model, step)
        if step % 50 == 0:
            print(f"distant: step {step} of {arguments.steps}  loss {loss.item():.3f}", flush=True)
    say("after", averaged.model)


if __name__ == "__main__":
    main()
