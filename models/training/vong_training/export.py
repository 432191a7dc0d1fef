"""From weights to the ONNX file that the agent runs and its manifest:
`python -m vong_training.export --run FOLDER --to FOLDER`.

The graph takes levels 0 to 255 and gives boxes in input pixels and scores: `detections`
[N, places, 4 + classes] as cx cy w h and one probability a class. Normalisation of the input and
of the batches is folded into the convolutions.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from .labels import CLASSES
from .model import Conv, Starter, decode, places


class Exported(nn.Module):
    """The network with everything behind it that needs no decision."""

    def __init__(self, model: Starter, side: int) -> None:
        super().__init__()
        self.model = fused(model)
        middles, strides = places(side, side)
        self.register_buffer("middles", middles)
        self.register_buffer("strides", strides)

    def forward(self, images: Tensor) -> Tensor:
        raw = self.model(images)
        corners = decode(raw[..., :4], self.middles, self.strides)
        low, high = corners[..., :2], corners[..., 2:]
        return torch.cat([(low + high) / 2, high - low, raw[..., 4:].sigmoid()], -1)


def fused(model: Starter) -> Starter:
    """A copy in evaluation mode whose normalisations are part of the convolutions."""
    model = copy.deepcopy(model).cpu().float().eval().to(memory_format=torch.contiguous_format)
    for module in model.modules():
        if isinstance(module, Conv):
            module[0] = nn.utils.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return model


def predictor(model: Starter, side: int) -> Callable[[np.ndarray], np.ndarray]:
    """The exported graph's function, run by PyTorch."""
    exported = Exported(model, side).to(memory_format=torch.channels_last)

    def predict(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return exported(torch.from_numpy(images).contiguous(memory_format=torch.channels_last)).numpy()

    return predict


def save_onnx(model: Starter, side: int, file: Path) -> None:
    """Writes the ONNX file, with a dynamic batch."""
    torch.onnx.export(
        Exported(model, side), (torch.zeros(1, 3, side, side),), str(file), dynamo=False, opset_version=17,
        input_names=["images"], output_names=["detections"],
        dynamic_axes={"images": {0: "batch"}, "detections": {0: "batch"}},
    )


def runner(file: Path, entrance: str = "images") -> Callable[[np.ndarray], np.ndarray]:
    """The ONNX file's function, on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"])
    return lambda images: session.run(None, {entrance: images})[0]


def identity(file: Path) -> str:
    """The keys by which the agent recognises a file."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f'file_name = "{file.name}"\nbytes = {file.stat().st_size}\nsha256 = "{digest}"\n'


def manifest(file: Path, side: int, confidence: dict[str, float]) -> str:
    """The TOML beside the file, by which the agent knows it."""
    names = ", ".join(f'"{name}"' for name in CLASSES)
    scores = "".join(f"{name} = {score:.2f}\n" for name, score in confidence.items())
    return (
        "# What the agent must know of the model beside this file. Written by models/training.\n"
        f'name = "vong-starter"\nfamily = "vong"\n{identity(file)}licence = "Apache-2.0"\n'
        f'input = [{side}, {side}]\ncolor = "rgb"\nplacement = "top-left"\npad = 114\nclasses = [{names}]\n'
        "score_threshold = 0.1\nnms_iou = 0.5\n\n"
        f"# The score from which a detection of the class is meant to be believed: see README.md.\n[confidence]\n{scores}"
    )


def main() -> None:
    from . import cache as caching
    from .cattle import threshold
    from .start import between
    from .sources import RENDERED, read_sources
    from .train import SIDE
    from .validate import validate

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="the training run's folder")
    parser.add_argument("--to", type=Path, help="the model's folder")
    parser.add_argument("--start", type=Path, help="the file from which the run's stage went on")
    parser.add_argument("--only", type=Path, help="write this ONNX file and no more, as the next stage's start")
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx, to fill the cache")
    arguments = parser.parse_args()
    model = Starter(len(CLASSES))
    model.load_state_dict(torch.load(arguments.run / "checkpoint.pt", "cpu", weights_only=False)["averaged"])
    if arguments.start:
        model = between(model, arguments.start)
    if arguments.only:
        return save_onnx(model, SIDE, arguments.only)
    file = arguments.to / "vong-starter.onnx"
    save_onnx(model, SIDE, file)
    predict = runner(file)
    noise = np.random.default_rng(1).uniform(0, 255, (2, 3, SIDE, SIDE)).astype(np.float32)
    difference = np.abs(predict(noise) - predictor(model, SIDE)(noise)).max()
    if difference > 0.05:  # box coordinates reach 320
        raise SystemExit(f"export: the file and the network differ by {difference}")

    root = caching.default_root()
    cache = caching.open_cache(root, caching.default_folder(), arguments.teacher)
    held_out = [entry for entry in cache.entries if entry.held_out and entry.picture.source != RENDERED]
    row = validate(predict, cache, root, read_sources(root), held_out, SIDE)
    confidence = {name: row.thresholds[name] or 0.5 for name in CLASSES}
    # No licensed photograph has cattle to be right about: what it must not be mistaken for decides.
    confidence["cattle"] = threshold(predict, cache)[0]
    # These two raise alarms by themselves: their threshold keeps false alarms rare even among lamps.
    confidence |= {name: row.hard_threshold or 0.5 for name in ("fire", "smoke")}
    (arguments.to / "manifest.toml").write_text(manifest(file, SIDE, confidence))
    print("export: AP50 " + "  ".join(f"{name} {row.ap50[name] or 0:.3f}" for name in CLASSES))
    print(f"export: fire or smoke recall {row.recall:.3f} at {row.threshold:.2f}, "
          f"against hard negatives {row.hard_recall:.3f} at {row.hard_threshold:.2f}")


if __name__ == "__main__":
    main()
