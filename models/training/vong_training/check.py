"""A minute's proof that training works on this machine, without the data: `python -m vong_training.check`.

Draws a few coloured boxes, trains on them, and holds: the loss falls, an interrupted run ends with
the weights of one that was not, the exported file computes what the network computes, and so does a
network that takes the file up for the second stage.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch

STEPS = 60


def draw_data(root: Path) -> None:
    """Twenty-four pictures of grey noise with a red "car" and a blue "person"."""
    rng = np.random.default_rng(7)
    for name in ("images", "labels"):
        (root / "rendered" / name).mkdir(parents=True)
    (root / "MANIFEST.tsv").write_text("file\tsource\tscene\twidth\theight\n")
    (root / "sources.json").write_text(json.dumps({"sources": {}}))
    for number in range(24):
        picture = rng.integers(90, 140, (192, 256, 3)).astype(np.uint8)
        lines = []
        for kind, colour in ((0, (200, 40, 30)), (2, (30, 40, 200))):
            w, h = (int(v) for v in rng.integers(30, 90, 2))
            x, y = int(rng.integers(0, 256 - w)), int(rng.integers(0, 192 - h))
            picture[y : y + h, x : x + w] = colour
            lines.append(f"{kind} {(x + w / 2) / 256} {(y + h / 2) / 192} {w / 256} {h / 192}\n")
        cv2.imwrite(str(root / f"rendered/images/{number:05}.png"), picture)
        (root / f"rendered/labels/{number:05}.txt").write_text("".join(lines))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        draw_data(root)
        os.environ |= {
            "VONG_TRAINING_DATA": str(root),
            "VONG_TRAINING_CACHE": str(root / "cache"),
            "VONG_RENDERED": str(root / "rendered"),
            "VONG_CUTOUTS": str(root / "cutouts"),
        }
        from .export import predictor, runner, save_onnx
        from .labels import CLASSES
        from .model import Starter
        from .start import take_up
        from .train import SIDE, Run

        arguments = argparse.Namespace(teacher=root / "none.onnx", seed=3, steps=STEPS, batch=8, stage=1, start=None)
        whole = Run(arguments)
        first = whole.round(STEPS // 2)
        whole.save(root / "half.pt")
        last = whole.round(STEPS)
        assert last["class"] < first["class"] and last["box"] < first["box"], (first, last)

        resumed = Run(arguments)
        resumed.load(root / "half.pt")
        resumed.round(STEPS)
        pairs = zip(whole.averaged.model.state_dict().values(), resumed.averaged.model.state_dict().values())
        assert all(torch.equal(a, b) for a, b in pairs), "a resumed run differs"

        save_onnx(whole.averaged.model, SIDE, root / "model.onnx")
        noise = np.random.default_rng(1).uniform(0, 255, (2, 3, SIDE, SIDE)).astype(np.float32)
        difference = np.abs(runner(root / "model.onnx")(noise) - predictor(whole.averaged.model, SIDE)(noise)).max()
        assert difference < 0.05, difference

        second = Starter(len(CLASSES))
        take_up(second, root / "model.onnx")
        again = np.abs(predictor(second, SIDE)(noise) - predictor(whole.averaged.model, SIDE)(noise)).max()
        assert again < 0.05, again
    print(f"check: loss {first['class']:.3f} → {last['class']:.3f}; resumed alike; exported within {difference:.1e}")


if __name__ == "__main__":
    main()
