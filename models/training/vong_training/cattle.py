"""What a detector makes of real cattle, which it has never seen: `python -m vong_training.cattle --detector FILE [CLIP…]`.

The photographs and clips are lent without a licence: they measure, and nothing is trained or chosen on them.
Two of the four collections have people's boxes; the other two are judged by YOLOX-Nano's sure ones, so
there a cow that both overlook costs nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from vong_scoreboard.board import score

from . import cache as caching
from .cache import Cache, Entry
from .clips import look, read_clip
from .export import runner
from .labels import CATTLE
from .sources import LENT_CATTLE, RENDERED, read_boxes, read_cattle, read_sources
from .train import SIDE
from .validate import Predict, detect

#: The teacher's word from which its box counts as one.
SURE = 0.5
#: Of held-out photographs without cattle, the share that may reach the threshold.
ALARMS = 0.002
#: The same for a second column: what a person who bears with alarms would see.
LOOSE = 0.05


def best(predict: Predict, picture: np.ndarray) -> float:
    """The best score for cattle in an RGB picture."""
    return float(look(predict, picture)[0][:, 4 + CATTLE].max())


def threshold(predict: Predict, cache: Cache) -> tuple[float, np.ndarray]:
    """The score that at most one in five hundred held-out photographs without cattle reach; and their best scores."""
    calm = [
        entry for entry in cache.entries
        if entry.held_out and entry.picture.source not in (RENDERED, *LENT_CATTLE)
        and CATTLE not in entry.labels.classes and CATTLE not in entry.labels.unknown_classes
    ]
    scores = np.array([best(predict, cache.picture(entry)) for entry in calm])
    return float(np.quantile(scores, 1 - ALARMS)), scores


def boxes_of(entry: Entry, root: Path, by_people: bool) -> list[list[float]]:
    """A lent picture's cattle, in pixels of the cache."""
    if by_people:
        scale = entry.width / entry.picture.width
        return [[float(v) * scale for v in box] for box, name, _ in read_boxes(root, entry.picture) if name == CATTLE]
    return entry.labels.boxes[(entry.labels.classes == CATTLE) & (entry.labels.scores >= SURE)].tolist()


def line(predict: Predict, cache: Cache, source: str, root: Path, by_people: bool, limits: tuple[float, float]) -> str:
    """One collection's row of the table."""
    entries = [entry for entry in cache.entries if entry.picture.source == source]
    truths = [
        {"image": e.picture.file, "source": source, "labelled": ["cattle"], "burning": None,
         "boxes": [{"class": "cattle", "box": box} for box in boxes_of(e, root, by_people)]}
        for e in entries
    ]
    found = {
        name: {"detections": [d for d in answer["detections"] if d["class"] == "cattle"]}
        for name, answer in detect(predict, cache, entries, SIDE).items()
    }
    row = score(truths, found)
    most = [max((d["score"] for d in found[t["image"]]["detections"]), default=0.0) for t in truths]
    full = np.array([score for score, truth in zip(most, truths) if truth["boxes"]])
    who = "people" if by_people else "YOLOX-Nano"
    return (f"| `{source}` | {row.truths['cattle']}, {who} | {row.ap50['cattle'] or 0:.3f} / {row.ap25['cattle'] or 0:.3f} "
            + "".join(f"| {(full >= at).sum()} of {len(full)} " for at in limits) + "|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx, to fill the cache")
    parser.add_argument("clips", type=Path, nargs="*")
    arguments = parser.parse_args()
    root, predict = caching.default_root(), runner(arguments.detector)
    sources = read_sources(root)
    cache = caching.open_cache(root, caching.default_folder(), arguments.teacher, read_cattle(root))
    at, calm = threshold(predict, cache)
    limits = (at, float(np.quantile(calm, 1 - LOOSE)))
    print(f"cattle: {ALARMS:.1%} of {len(calm)} held-out photographs without cattle reach {at:.2f}, {LOOSE:.0%} {limits[1]:.2f}\n")
    print(f"| lent collection | boxes, by whom | AP50 / AP25 | a cow seen at {at:.2f} | at {limits[1]:.2f} |\n|---|---:|---:|---:|---:|")
    for source in LENT_CATTLE:
        print(line(predict, cache, source, root, bool(sources[source]["labelled_classes"]), limits), flush=True)
    if arguments.clips:
        print(f"\n| clip | pictures | cattle: median, most | at {at:.2f} |\n|---|---:|---:|---:|")
    for clip in arguments.clips:
        scores = np.array([best(predict, picture) for picture in read_clip(clip)])
        print(f"| `{clip.stem}` | {len(scores)} | {np.median(scores):.2f}, {scores.max():.2f} | {(scores >= at).mean():.0%} |", flush=True)


if __name__ == "__main__":
    main()
