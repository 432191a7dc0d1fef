"""Which pictures there are, who labelled what in them, and which of them are kept out of training."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import boxes as geometry
from .labels import CLASSES, FIRE, SMOKE, VEHICLES, Labels

#: The classes by the data's numbers.
NAMES = ("person", "two_wheeler", "car", "large_vehicle", "cattle", "fire", "smoke")

#: Scenes that the project draws itself (`cargo run --bin rendered-album`), all classes labelled.
RENDERED = "rendered"

#: The pictures of `read_distant`, and which of their cameras an experiment keeps out: some that
#: see smoke and some that do not, because no camera there shows both.
DISTANT = "hpwren_afm"
DISTANT_HELD_OUT = ("laguna", "otayw_20190801", "woodsonn_20181112")

#: Photographs of buffaloes and other beasts that `herd` fetches.
ANIMALS = "animals_bbpns"

#: Cattle that nobody stated a licence for: to measure, never to train.
LENT_CATTLE = ("cattle_breeds_web", "cattle_farm_cctv", "cattle_chute_p81000", "cattle_crush_topdown")

#: Licence tiers of `sources.json` that may go into shipped weights. "inferred-open" is Open Images,
#: whose pictures are CC BY 2.0 by the collection's own statement; "copyleft" are the cattle (docs/adr/0016).
SHIPPABLE = ("open", "inferred-open", "copyleft")

#: Sources whose labels leave out background vehicles: there a confident teacher adds boxes.
INCOMPLETE = ("openimages_vehicles", "roadvehicles_utebm")

#: Below the first the teacher's word is noise, above the second it is a label.
UNSURE, SURE = 0.15, 0.45


@dataclass(frozen=True)
class Picture:
    """One line of `MANIFEST.tsv`."""

    file: str
    source: str
    scene: str
    width: int
    height: int


def read_pictures(root: Path, tiers: tuple[str, ...] = SHIPPABLE) -> list[Picture]:
    """The pictures whose licence is of one of the tiers, in the manifest's order; then the drawn ones."""
    sources = read_sources(root)
    with open(root / "MANIFEST.tsv", newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        pictures = [
            Picture(row["file"], row["source"], row["scene"], int(row["width"]), int(row["height"]))
            for row in rows
            if sources[row["source"]]["licence_tier"] in tiers
        ]
    animals = []
    if sources[ANIMALS]["licence_tier"] in tiers:
        animals = [_animal(file) for file in sorted((cutouts_folder() / ANIMALS).glob("images/*.jpg"))]
    return pictures + animals + [_drawn(file) for file in sorted(rendered_folder().glob("images/*.png"))]


def read_distant(root: Path) -> list[Picture]:
    """Smoke from mountain cameras, whose licence is in doubt: for measuring and experiments alone."""
    lines = (root / DISTANT / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t")[:2] for line in lines]
    return [Picture(f"{DISTANT}/images/{name}.jpg", DISTANT, f"{DISTANT}:{camera}", 512, 384) for name, camera in rows]


def read_cattle(root: Path) -> list[Picture]:
    """The lent photographs of cattle: for measuring alone."""
    with open(root / "MANIFEST.tsv", newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Picture(row["file"], row["source"], row["scene"], int(row["width"]), int(row["height"]))
            for row in rows if row["source"] in LENT_CATTLE
        ]


def rendered_folder() -> Path:
    """Where the drawn scenes lie: VONG_RENDERED, else below the user's cache."""
    return Path(os.environ.get("VONG_RENDERED", Path.home() / ".cache/vong/rendered"))


def cutouts_folder() -> Path:
    """Where the animals lie: VONG_CUTOUTS, else below the user's cache."""
    return Path(os.environ.get("VONG_CUTOUTS", Path.home() / ".cache/vong/cutouts"))


def _animal(file: Path) -> Picture:
    # The uploader made all of them the same size.
    return Picture(str(file), ANIMALS, f"{ANIMALS}:{file.stem.rsplit('-', 1)[0]}", 255, 255)


def _drawn(file: Path) -> Picture:
    with open(file, "rb") as png:
        width, height = struct.unpack(">II", png.read(24)[16:])
    return Picture(str(file), RENDERED, f"{RENDERED}:{file.stem}", width, height)


def read_sources(root: Path) -> dict[str, dict]:
    """What `sources.json` says of each source, the training data's and our own; and the drawn one."""
    ours = Path(__file__).resolve().parents[1] / "sources.json"
    sources = {}
    for file in (root / "sources.json", ours):
        sources |= json.loads(file.read_text(encoding="utf-8"))["sources"]
    return sources | {RENDERED: {"labelled_classes": list(range(len(NAMES))), "licence_tier": "open"}}


def read_hard(root: Path) -> set[str]:
    """Files on which something looks like fire or smoke and is neither, found by eye."""
    lines = (root / "hard_negatives.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {line.split("\t")[0] for line in lines}


def is_held_out(picture: Picture, share: float = 0.15) -> bool:
    """Whether a picture's scene is kept out of training; depends on its name alone, so it never changes."""
    if picture.source == RENDERED:
        return int(picture.scene.rsplit(":", 1)[1]) % 10 == 9
    if picture.source == DISTANT:
        return picture.scene.split(":")[1] in DISTANT_HELD_OUT
    digest = hashlib.sha256(picture.scene.encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def our_classes(numbers: list[int]) -> set[int]:
    """The data's class numbers as ours."""
    return {CLASSES.index(NAMES[number]) for number in numbers if NAMES[number] in CLASSES}


def read_boxes(root: Path, picture: Picture) -> list[tuple]:
    """The labels as a person gave them: (box, class, 1.0)."""
    file = (root / picture.file.replace("/images/", "/labels/")).with_suffix(".txt")
    found = []
    for line in file.read_text().splitlines() if file.exists() else []:
        number, *middle = line.split()
        if NAMES[int(number)] in CLASSES:
            box = geometry.from_yolo([float(v) for v in middle], picture.width, picture.height)
            found.append((box, CLASSES.index(NAMES[int(number)]), 1.0))
    return found


def blind_classes(source: str, labelled: set[int], present: set[int]) -> set[int]:
    """Classes of which nothing may be concluded from a missing box, teacher or not.

    `labelled` is what the source labels, `present` what it boxed in this picture.
    """
    if not labelled & {FIRE, SMOKE}:
        return set()  # street pictures: looked through, there is no fire in them
    blind = {FIRE, SMOKE} - labelled
    if source == "firedet_rzosn" and not present:
        blind = set()  # rooms and lamps: the lists of negatives were made by eye
    if source == "fire8_dev" and SMOKE in present and FIRE not in present:
        blind.add(FIRE)  # flames are often unboxed where the smoke is boxed
    return blind


def merge(picture: Picture, human: list[tuple], teacher: list[tuple], labelled: set[int]) -> Labels:
    """A person's labels, filled up with the teacher's where the source labels nothing."""
    whole = (0.0, 0.0, float(picture.width), float(picture.height))
    present = {name for _, name, _ in human}
    blind = blind_classes(picture.source, labelled, present)
    found, unknown = list(human), [(whole, name) for name in sorted(blind)]
    for box, name, score in teacher:
        if score < UNSURE:
            continue
        # Which kind of vehicle it is, the person knows better.
        rivals = VEHICLES if name in VEHICLES else (name,)
        claimed = [other for other, kind, _ in human if kind in rivals]
        if claimed and geometry.iou(np.array([box]), np.array(claimed)).max() > 0.4:
            continue
        fills = name not in labelled or picture.source in INCOMPLETE
        if score >= SURE and fills:
            found.append((box, name, score))
        else:
            unknown.append((box, name))
    return Labels.of(found, unknown)
