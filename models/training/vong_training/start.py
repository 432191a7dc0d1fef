"""Takes up the weights of an exported file, for a stage that goes on from it.

In the file the normalisations are folded into the convolutions, so in the network they become mere
scales and shifts, and their statistics stay as they are: half a herd on every second picture is not
what the camera sees on the average, and must not move them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .labels import CATTLE, CLASSES
from .model import Conv, Starter

#: Edges and textures of strides 2 and 4: half of a step's work, and nothing that cattle lack.
FROZEN = ("stem", "down.0", "stages.0")
#: How much of the second stage is in what ships; the rest is the first's. Chosen on held-out licensed photographs.
SHARE = 0.85
#: A class that the file lacks begins as unlikely as it is rare.
UNLIKELY = -6.0


def take_up(model: Starter, file: Path) -> None:
    """Fills the network from the file; a class more than the file has begins at nothing."""
    weights = {entry.name: numpy_helper.to_array(entry) for entry in onnx.load(str(file)).graph.initializer}
    take = lambda name: torch.from_numpy(np.array(weights[f"model.{name}"]))
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, Conv):
                scale = module[1]
                module[0].weight.copy_(take(f"{name}.0.weight"))
                scale.weight.fill_(1.0)
                scale.bias.copy_(take(f"{name}.0.bias"))
                scale.running_mean.zero_()
                scale.running_var.fill_(1.0 - scale.eps)
                scale.eval()
        for index, head in enumerate(model.heads):
            head.box.weight.copy_(take(f"heads.{index}.box.weight"))
            head.box.bias.copy_(take(f"heads.{index}.box.bias"))
            head.classes.weight.copy_(_with_cattle(take(f"heads.{index}.classes.weight"), 0.0))
            head.classes.bias.copy_(_with_cattle(take(f"heads.{index}.classes.bias"), UNLIKELY))
    for name in FROZEN:
        model.get_submodule(name).requires_grad_(False)


def _with_cattle(rows: torch.Tensor, value: float) -> torch.Tensor:
    if len(rows) == len(CLASSES):
        return rows
    return torch.cat([rows[:CATTLE], torch.full_like(rows[:1], value), rows[CATTLE:]])



def between(second: Starter, file: Path, share: float = SHARE) -> Starter:
    """Weights on the way from the first stage's file to the second stage's, which lie close by.

    What the first knew comes back so, and the class that is new does better too on pictures unlike those
    that it was taught with. Its own rows are the second stage's, because the first has none.
    """
    first = Starter(len(CLASSES))
    take_up(first, file)
    mixed = Starter(len(CLASSES)).eval()
    state = mixed.state_dict()
    for (name, old), new in zip(first.state_dict().items(), second.state_dict().values()):
        if not old.dtype.is_floating_point:
            state[name] = new.clone()
            continue
        state[name] = torch.lerp(old, new.to(old.dtype), share)
        if ".classes." in name:
            state[name][CATTLE] = new[CATTLE]
    mixed.load_state_dict(state)
    return mixed
