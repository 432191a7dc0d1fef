"""What training reads again and again, made once: pictures as raw bytes, the teacher's answers.

Decoding JPEG and asking the teacher cost more than a picture's share of a training step, and every
picture is seen some forty times. Labels are merged when the cache is opened: their rules may change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .labels import Labels
from .sources import RENDERED, Picture, is_held_out, merge, our_classes, read_boxes, read_pictures, read_sources
from .teacher import Teacher

#: Longest side of a kept picture: mosaics enlarge a little, the model's input has 320.
LONGEST = 416
VERSION = 3


@dataclass
class Entry:
    """One picture of the cache."""

    picture: Picture
    offset: int
    width: int
    height: int
    labels: Labels
    held_out: bool


class Cache:
    """Pictures and labels, read where they lie."""

    def __init__(self, root: Path, home: Path, pictures: list[Picture]) -> None:
        sources = read_sources(root)
        labelled = {name: our_classes(source["labelled_classes"]) for name, source in sources.items()}
        lines = {line["file"]: line for line in json.loads((home / "entries.json").read_text())}
        self.entries = []
        for picture in pictures:
            line = lines[picture.file]
            labels = merge(picture, read_boxes(root, picture), line["teacher"], labelled[picture.source])
            scale = np.float32(line["width"] / picture.width)
            labels.boxes, labels.unknown = labels.boxes * scale, labels.unknown * scale
            held_out = is_held_out(picture)
            self.entries.append(Entry(picture, line["offset"], line["width"], line["height"], labels, held_out))
        self.bytes = np.memmap(home / "pictures.bin", np.uint8, "r")

    def picture(self, entry: Entry) -> np.ndarray:
        """RGB, [height, width, 3]."""
        end = entry.offset + entry.width * entry.height * 3
        return self.bytes[entry.offset : end].reshape(entry.height, entry.width, 3)


def default_root() -> Path:
    """The data's folder: VONG_TRAINING_DATA, else beside the repository."""
    repository = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("VONG_TRAINING_DATA", repository / "../shared/data/train")).resolve()


def default_folder() -> Path:
    """The cache's folder: VONG_TRAINING_CACHE, else below the user's cache."""
    default = Path.home() / ".cache/vong/training"
    return Path(os.environ.get("VONG_TRAINING_CACHE", default))


def open_cache(root: Path, folder: Path, teacher: Path, extra: Iterable[Picture] = ()) -> Cache:
    """Opens the cache; adds the pictures that it lacks first. `extra` ones are for experiments."""
    pictures = [*read_pictures(root), *extra]
    home = folder / f"v{VERSION}"
    home.mkdir(parents=True, exist_ok=True)
    index = home / "entries.json"
    lines = json.loads(index.read_text()) if index.exists() else []
    there = {line["file"] for line in lines}
    missing = [picture for picture in pictures if picture.file not in there]
    if missing:
        lines += _decode(root, home / "pictures.bin", missing, teacher)
        # The index last: what it names is complete.
        (home / "entries.part").write_text(json.dumps(lines))
        os.replace(home / "entries.part", index)
    return Cache(root, home, pictures)


def _decode(root: Path, file: Path, pictures: list[Picture], teacher_file: Path) -> list[dict]:
    lines = []
    # What the project drew itself needs no second opinion.
    teacher = Teacher(teacher_file) if any(picture.source != RENDERED for picture in pictures) else None
    with open(file, "ab") as raw:
        for count, picture in enumerate(pictures):
            if count % 200 == 0:
                print(f"cache: {count} of {len(pictures)} pictures", flush=True)
            decoded = cv2.imread(str(root / picture.file))
            if decoded is None or decoded.shape[:2] != (picture.height, picture.width):
                raise SystemExit(f"cache: {root / picture.file}: not the picture of the manifest")
            decoded = np.ascontiguousarray(decoded[:, :, ::-1])
            seen = teacher.look(decoded) if teacher and picture.source != RENDERED else []
            scale = min(1.0, LONGEST / max(picture.width, picture.height))
            if scale < 1:
                size = (round(picture.width * scale), round(picture.height * scale))
                decoded = cv2.resize(decoded, size, interpolation=cv2.INTER_AREA)
            height, width = decoded.shape[:2]
            lines.append({"file": picture.file, "offset": raw.tell(), "width": width, "height": height, "teacher": seen})
            raw.write(decoded.tobytes())
    return lines
