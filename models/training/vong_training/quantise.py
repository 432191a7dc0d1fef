"""An int8 variant, and whether it is worth shipping: `python -m vong_training.quantise --model FILE`.

Static quantisation, calibrated on training pictures: 8-bit weights a channel, 8-bit activations. The
decoding of boxes stays in floats, because its coordinates reach 320 and need tenths.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from . import cache as caching
from .cache import Cache, Entry
from .dataset import letterbox
from .export import identity, runner
from .labels import CLASSES
from .sources import RENDERED, read_sources
from .train import SIDE
from .validate import validate

PICTURES = 160


class Calibration(CalibrationDataReader):
    """Every nth training picture, letterboxed as the agent does."""

    def __init__(self, cache: Cache, entries: list[Entry]) -> None:
        chosen = entries[:: max(1, len(entries) // PICTURES)][:PICTURES]
        self.tensors: Iterator[np.ndarray] = (_tensor(cache, entry) for entry in chosen)

    def get_next(self) -> dict[str, np.ndarray] | None:
        tensor = next(self.tensors, None)
        return None if tensor is None else {"images": tensor}


def _tensor(cache: Cache, entry: Entry) -> np.ndarray:
    return letterbox(cache, entry, SIDE)[0].transpose(2, 0, 1)[None].astype(np.float32)


def quantise(model: Path, to: Path, calibration: CalibrationDataReader) -> None:
    """Writes the int8 file."""
    prepared = to.with_suffix(".prepared.onnx")
    quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
    convolutions = [node.name for node in onnx.load(str(prepared)).graph.node if node.op_type == "Conv"]
    quantize_static(
        str(prepared), str(to), calibration,
        quant_format=QuantFormat.QDQ, per_channel=True, calibrate_method=CalibrationMethod.MinMax,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "Add", "Concat", "MaxPool", "Resize"], nodes_to_exclude=_behind(prepared, convolutions),
    )
    prepared.unlink()


def _behind(model: Path, convolutions: list[str]) -> list[str]:
    """The last convolutions of the heads, whose channels go straight into the decoding, and all after them."""
    graph = onnx.load(str(model)).graph
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)

    def reaches_convolution(node: onnx.NodeProto) -> bool:
        return any(user.op_type == "Conv" or reaches_convolution(user) for name in node.output for user in users.get(name, []))

    return [node.name for node in graph.node if not reaches_convolution(node)]


def milliseconds(predict: Callable[[np.ndarray], np.ndarray], tensor: np.ndarray, rounds: int = 200) -> float:
    """A low quantile: other programs on the machine only ever add."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        predict(tensor)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.quantile(times, 0.1))


def update_manifest(manifest: Path, variant: Path, *, ships: bool) -> None:
    """Names the variant in the manifest where it is faster; else neither name nor file stays."""
    text = manifest.read_text(encoding="utf-8").split("\n[[variant]]")[0]
    if ships:
        text += f'\n[[variant]]\nname = "int8"\n{identity(variant)}'
    else:
        variant.unlink()
        print("quantise: not faster on this machine, so it does not ship")
    manifest.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--to", type=Path, help="default: beside the model, with -int8")
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx, to fill the cache")
    arguments = parser.parse_args()
    to = arguments.to or arguments.model.with_name(arguments.model.stem + "-int8.onnx")
    root = caching.default_root()
    cache = caching.open_cache(root, caching.default_folder(), arguments.teacher)
    photographs = [entry for entry in cache.entries if entry.picture.source != RENDERED]
    quantise(arguments.model, to, Calibration(cache, [entry for entry in photographs if not entry.held_out]))
    held_out = [entry for entry in photographs if entry.held_out]
    print("| | f32 | int8 |\n|---|---:|---:|")
    runners = [runner(arguments.model), runner(to)]
    rows = [validate(predict, cache, root, read_sources(root), held_out, SIDE) for predict in runners]
    for name in CLASSES:
        print(f"| {name}: AP50 | " + " | ".join(f"{row.ap50[name] or 0:.3f}" for row in rows) + " |")
    print("| fire or smoke: recall at 5 % false alarms | " + " | ".join(f"{row.recall:.3f}" for row in rows) + " |")
    times = [milliseconds(predict, _tensor(cache, held_out[0])) for predict in runners]
    print("| milliseconds of inference, one core | " + " | ".join(f"{value:.2f}" for value in times) + " |")
    print("| file, MB | " + " | ".join(f"{file.stat().st_size / 1e6:.2f}" for file in (arguments.model, to)) + " |")
    update_manifest(arguments.model.with_name("manifest.toml"), to, ships=times[1] < times[0])


if __name__ == "__main__":
    main()
