"""How detector and verifier do where things really move: `python -m vong_training.clips --detector FILE [--verifier FILE] CLIP…`.

A clip with labelled fires (`NAME.gt.csv`, or `NAME.opencv.xml` of the FURG collection) is asked at
its boxes, any other at the places that the detector finds most like fire. Clips are never trained on.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import cv2
import numpy as np

from .boxes import letterbox_scale, square
from .export import runner
from .labels import CATTLE, FIRE, SMOKE
from .stacks import CROPS, crop
from .train import SIDE

SPACING = 0.5  # seconds between two crops of a stack
LEAST_SIDE = 24  # the agent does not ask about smaller places


def read_clip(file: Path) -> list[np.ndarray]:
    """RGB pictures about SPACING apart."""
    video = cv2.VideoCapture(str(file))
    step = max(1, round((video.get(cv2.CAP_PROP_FPS) or 1) * SPACING))
    pictures = []
    while True:
        there, picture = video.read()
        if not there:
            return pictures[::step]
        pictures.append(picture[:, :, ::-1])


def labelled(file: Path, count: int, fps: float) -> dict[int, np.ndarray] | None:
    """Boxes by number of the picture in `read_clip`, or None where nobody labelled the clip."""
    step, boxes = max(1, round(fps * SPACING)), {}
    table, annotations = file.with_suffix(".gt.csv"), file.with_suffix(".opencv.xml")
    if table.exists():
        rows = [(int(row["frame"]) - 1, [float(row[key]) for key in "xywh"]) for row in csv.DictReader(open(table))]
    elif annotations.exists():
        parts = re.split(r"<frameNumber>(\d+)</frameNumber>", annotations.read_text())[1:]
        rows = [
            (int(number), [float(value) for value in box])
            for number, text in zip(parts[::2], parts[1::2])
            for box in re.findall(r"(\d+) (\d+) (\d+) (\d+)\s*</_>", text)
        ]
    else:
        return None
    for number, (x, y, w, h) in rows:
        if number % step == 0 and number // step < count:
            boxes.setdefault(number // step, []).append((x, y, x + w, y + h))
    return {number: np.array(found) for number, found in boxes.items()}


def look(predict, picture: np.ndarray) -> tuple[np.ndarray, float]:
    """The detector's predictions of a picture, and the scale of its boxes."""
    height, width = picture.shape[:2]
    scale, columns, rows = letterbox_scale(width, height, SIDE)
    canvas = np.full((SIDE, SIDE, 3), 114, np.uint8)
    canvas[:rows, :columns] = cv2.resize(picture, (columns, rows))
    return predict(canvas.transpose(2, 0, 1)[None].astype(np.float32))[0], scale


def suspected(predict, picture: np.ndarray) -> np.ndarray:
    """The place most like fire or smoke."""
    output, scale = look(predict, picture)
    height, width = picture.shape[:2]
    cx, cy, w, h = output[output[:, [4 + FIRE, 4 + SMOKE]].max(1).argmax(), :4] / scale
    return np.clip([[cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]], 0, (width, height) * 2)


def detector_table(predict, clips: list[Path]) -> None:
    """What the detector alone makes of each clip: median and most of the pictures' best scores."""
    print("| clip | pictures | fire: median, most | smoke: median, most | cattle: median, most |\n|---|---:|---:|---:|---:|")
    columns = [4 + FIRE, 4 + SMOKE, 4 + CATTLE]
    for clip in clips:
        best = np.array([look(predict, picture)[0][:, columns].max(0) for picture in read_clip(clip)])
        cells = " | ".join(f"{median:.2f}, {most:.2f}" for median, most in zip(np.median(best, 0), best.max(0)))
        print(f"| `{clip.stem}` | {len(best)} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--verifier", type=Path, help="without it, the detector's own scores are printed")
    parser.add_argument("--veto", type=float, default=0.2, help="veto_below of the manifest")
    parser.add_argument("clips", type=Path, nargs="+")
    arguments = parser.parse_args()
    predict = runner(arguments.detector)
    if not arguments.verifier:
        return detector_table(predict, arguments.clips)
    judge = runner(arguments.verifier, "crops")
    print("| clip | asked at | stacks | vetoed | fire or smoke, median |\n|---|---|---:|---:|---:|")
    for clip in arguments.clips:
        pictures = read_clip(clip)
        boxes = labelled(clip, len(pictures), cv2.VideoCapture(str(clip)).get(cv2.CAP_PROP_FPS))
        found = []
        for now in range(CROPS - 1, len(pictures)):
            places = boxes.get(now, np.zeros((0, 4))) if boxes is not None else suspected(predict, pictures[now])
            for box in places[np.minimum(places[:, 2] - places[:, 0], places[:, 3] - places[:, 1]) >= LEAST_SIDE]:
                height, width = pictures[now].shape[:2]
                window = square(box, width, height)
                stack = [crop(picture, *window).transpose(2, 0, 1) for picture in pictures[now - CROPS + 1 : now + 1]]
                found.append(1 - judge(np.concatenate(stack)[None].astype(np.float32))[0, 0])
        if found:
            vetoed = np.mean(np.array(found) < arguments.veto)
            kind = "labelled boxes" if boxes is not None else "the most suspicious place"
            print(f"| `{clip.stem}` | {kind} | {len(found)} | {vetoed:.0%} | {np.median(found):.2f} |")


if __name__ == "__main__":
    main()
