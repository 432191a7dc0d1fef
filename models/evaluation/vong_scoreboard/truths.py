"""What is true of the held-out pictures, as NDJSON: `python3 -m vong_scoreboard.truths > truths.ndjson`.

Which scenes are held out, training decides (`vong_training.sources`); this asks it, so that the two
cannot differ. Anybody's own pictures can be scored with a file of the same form (see `board.py`).
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from vong_training import boxes
from vong_training.sources import NAMES, RENDERED, is_held_out, read_distant, read_hard, read_pictures, read_sources

#: Sources on which nothing burns: street pictures, looked through for fire.
CALM = {"fsd_highway_id", "openimages_vehicles", "atl_overpass", "roadvehicles_utebm"}


def held_out(root: Path) -> list[dict]:
    """Held-out photographs of the sources that may be trained on."""
    sources = read_sources(root)
    pictures = [p for p in read_pictures(root) if p.source != RENDERED and is_held_out(p)]
    listed = read_hard(root)
    lines = []
    for p in pictures:
        calm = p.source in CALM
        line = truth(root / p.file, p.source, p.width, p.height, sources[p.source]["labelled_classes"], calm)
        # Lamps, tail lights, sunsets, fog: a fire collection's own negatives, and street pictures like them.
        line["hard"] = line["burning"] is False and (not calm or p.file in listed)
        lines.append(line)
    return lines


def distant_smoke(root: Path) -> list[dict]:
    """Smoke seen from mountain cameras. Never trained on."""
    return [
        truth(root / p.file, p.source, p.width, p.height, [NAMES.index("smoke")], calm=False) for p in read_distant(root)
    ]


def truth(image: Path, source: str, width: int, height: int, labelled: list[int], calm: bool) -> dict:
    """One picture's line."""
    labels = Path(str(image).replace("/images/", "/labels/")).with_suffix(".txt")
    found = []
    for line in labels.read_text().splitlines() if labels.exists() else []:
        number, *middle = line.split()
        box = boxes.from_yolo([float(value) for value in middle], width, height)
        found.append({"class": NAMES[int(number)], "box": [round(value, 2) for value in box]})
    burning = any(item["class"] in ("fire", "smoke") for item in found)
    looked = calm or bool({NAMES.index("fire"), NAMES.index("smoke")} & set(labelled))
    return {
        "image": str(image),
        "source": source,
        "labelled": [NAMES[number] for number in labelled],
        "burning": burning if looked else None,
        "boxes": found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set", choices=("held-out", "distant-smoke"), default="held-out")
    arguments = parser.parse_args()
    default = Path(__file__).resolve().parents[3] / "../shared/data/train"
    root = Path(os.environ.get("VONG_TRAINING_DATA", default)).resolve()
    for line in held_out(root) if arguments.set == "held-out" else distant_smoke(root):
        print(json.dumps(line))


if __name__ == "__main__":
    main()
