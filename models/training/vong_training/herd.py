"""Cattle, and animals that are not: `python -m vong_training.herd --out FOLDER`.

No photograph of cattle at hand has a licence. What has one are photographs of buffaloes and other beasts
in a public repository; a game's animated meshes, drawn here from many sides in many coats; and a few
photographs that a drawing program ships as stamps. The latter two are cut-outs, to be put into other
photographs. `sources.json` beside this package names repository, packages, digests and licences; nothing
of them is in the project.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .meshes import Mesh, posed, read_mesh, read_poses
from .rasterise import View, draw
from .teacher import Teacher

SOURCES = Path(__file__).resolve().parents[1] / "sources.json"
CATTLE, OTHER = "cattle", "other"
#: How many are drawn, and their longest side in pixels.
DRAWN, SIDE = {CATTLE: 1200, OTHER: 520}, 176

BOVINE = ("bovidae_walk", "bovidae_walk_relax", "bovidae_feeding", "bovidae_idle_a", "bovidae_idle_b", "bovidae_idle_c",
          "bovidae_idle_d", "bovidae_run")
COATS = ("animal_cattle_beige.png", "animal_cattle_black.png", "animal_cattle_black_and_white.png", "animal_zebu.png",
         "animal_zebu_black.png", "animal_zebu_black_and_brown.png", "animal_zebu_black_and_white.png",
         "animal_zebu_brown.png", "animal_zebu_white_and_brown.png")
HORSES = ("horse_bay_01.png", "horse_beige.png", "horse_black.png", "horse_brown.png", "horse_brown_spotted_01.png",
          "horse_gray.png", "horse_palomino_01.png", "horse_skewbald.png", "horse_tan.png", "horse_white.png")


@dataclass(frozen=True)
class Breed:
    """Meshes that share skins and animations."""

    meshes: tuple[str, ...]
    skins: tuple[str, ...]
    poses: tuple[str, ...]


HERD = {
    CATTLE: (
        Breed(("cattle_female_a", "cattle_female_b", "cattle_male_a", "cattle_male_b", "cattle_male_c", "bull_a", "bull_b",
               "sanga_cattle_a", "sanga_cattle_b", "zebu"), COATS, BOVINE),
    ),
    OTHER: (
        Breed(("horse", "horse_celtic", "horse_persian", "horse_barb"), HORSES, ("horse_walk", "horse_trot", "horse_idle_01", "horse_idle_04")),
        Breed(("wolfhound",), ("brit/wolfhound.png",), ("wolfhound_walk", "wolfhound_idle1", "wolfhound_idle_sit", "wolfhound_idle_laydown")),
        Breed(("mastiff_no_spikes",), ("brit/mastiff_b_01.png", "brit/mastiff_b_02.png"), ("mastiff_run", "mastiff_idle", "mastiff_idle2")),
        Breed(("wolf",), ("animal_wolf.png", "animal_wolf_grey.png"), ("wolf_walk", "wolf_idle_01", "wolf_run")),
        Breed(("goat", "goat_male"), ("animal_goat.png", "animal_goat_black.png", "animal_goat_white.png"), ("goat_walk", "goat_idle_01")),
        Breed(("donkey",), ("animal_donkey.dds",), ("donkey_walk_01", "donkey_idle_01")),
        Breed(("deer_mesh",), ("animal_deer_01.png", "animal_deer_02.png"), ("deer_walk_01", "deer_idle_01")),
        Breed(("sheep",), ("animal_sheep_a.dds",), ("sheep_walk", "sheep_idle_01")),
        Breed(("camel",), ("animal_camel_a.png", "animal_camel_b.png"), ("camel_walk", "camel_idle_01")),
        Breed(("pig",), ("animal_pig_01.png", "animal_pig_02.png"), ("animal_pig_walk_01", "animal_pig_idle_01")),
    ),
}
#: The repository's class number of a buffalo, and how many photographs of its other animals are taken.
BUFFALO, OTHERS = "0", 600

#: Of the stamps, what is cattle; every other mammal with four legs is what is not.
STAMPS = ("bovines/bull", "bovines/cow", "bovines/cow_white", "bovines/zebu", "bovines/yak", "bovines/bison")
NOT_STAMPED = ("apes", "aquatic", "rodents", "bats")

#: Coats of cattle and buffaloes on Vietnamese roads, beside those of the skins: yellow, red, brown, black, grey, cream.
DYES = ((178, 128, 74), (150, 82, 46), (92, 60, 40), (44, 42, 42), (98, 94, 92), (206, 182, 150), (122, 104, 92))


def fetch(source: dict, folder: Path) -> Path:
    """The package's file, by the system's own package manager; must be the one that the shipped weights saw."""
    wanted = f"{source['package']}={source['version']}"
    found = list(folder.glob(f"{source['package']}_*.deb"))
    if not found:
        print(f"herd: fetching {wanted}", flush=True)
        subprocess.run(["apt-get", "download", "--quiet", wanted], cwd=folder, check=True)
        found = list(folder.glob(f"{source['package']}_*.deb"))
    digest = hashlib.sha256()
    with open(found[0], "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != source["sha256"]:
        raise SystemExit(f"herd: {found[0]}: not the package that sources.json names")
    return found[0]


def clone(source: dict, folder: Path) -> Path:
    """The repository's pictures, of the commit that the shipped weights saw."""
    repository = folder / Path(source["repository"]).name
    if not repository.exists():
        print(f"herd: fetching {source['repository']}", flush=True)
        subprocess.run(["git", "clone", "--quiet", "--bare", source["repository"], str(repository)], check=True)
    if not (folder / source["member"]).exists():
        archive = ["git", "-C", str(repository), "archive", source["commit"], source["member"]]
        with subprocess.Popen(archive, stdout=subprocess.PIPE) as packed:
            subprocess.run(["tar", "-x", "-C", str(folder)], stdin=packed.stdout, check=True)
    return folder / source["member"]


def upright(folder: Path, teacher: Teacher) -> list[Path]:
    """One of each photograph's variants, which its uploader turned: the one in which the teacher best
    knows an animal. All of the buffaloes; of the others a few."""
    variants: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*/images/*.jpg")):
        variants.setdefault(file.name.split("_jpg")[0] + str(_buffaloes(file) > 0), []).append(file)
    chosen = []
    for files in variants.values():
        buffaloes = [file for file in files if _buffaloes(file)]
        if buffaloes:
            seen = [teacher.animal(cv2.imread(str(file))[:, :, ::-1]) for file in buffaloes]
            chosen.append(buffaloes[int(np.argmax(seen))])
    others = [files[0] for files in variants.values() if not _buffaloes(files[0])]
    return chosen + others[:: max(1, len(others) // OTHERS)][:OTHERS]


def _buffaloes(file: Path) -> int:
    labels = Path(str(file).replace("/images/", "/labels/")).with_suffix(".txt")
    return sum(line.split()[:1] == [BUFFALO] for line in labels.read_text().splitlines())


def keep_photographs(files: list[Path], to: Path) -> None:
    """Copies photographs with their buffaloes' boxes, as the training data's own sources lie."""
    for name in ("images", "labels"):
        (to / name).mkdir(parents=True, exist_ok=True)
    for file in files:
        labels = Path(str(file).replace("/images/", "/labels/")).with_suffix(".txt").read_text().splitlines()
        rows = [["4", *line.split()[1:]] for line in labels if line.split()[:1] == [BUFFALO]]
        stem = file.name.split("_jpg")[0] + "-" + file.stem[-4:]
        (to / "labels" / f"{stem}.txt").write_text("".join(" ".join(row) + "\n" for row in rows))
        (to / "images" / f"{stem}.jpg").write_bytes(file.read_bytes())


def unpack(source: dict, package: Path, folder: Path) -> Path:
    """The part of the package that is needed."""
    part = folder / source["member"]
    if not part.exists():
        listing = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", str(folder), source["member"]], stdin=listing.stdout, check=True)
        listing.wait()
    return part


class Stable:
    """The game's archive, each thing read once."""

    def __init__(self, archive: Path, scratch: Path) -> None:
        self.archive, self.scratch = zipfile.ZipFile(archive), scratch
        self.read: dict[str, object] = {}

    def mesh(self, name: str) -> Mesh:
        return self._once(f"art/meshes/skeletal/{name}.dae.cached.pmd", read_mesh)

    def poses(self, name: str) -> np.ndarray:
        return self._once(f"art/animation/quadraped/{name}.dae.cached.psa", read_poses)

    def skin(self, name: str) -> np.ndarray:
        return self._once(f"art/textures/skins/skeletal/{name}.cached.dds", lambda file: np.array(Image.open(file).convert("RGB")))

    def _once(self, member: str, reader):
        if member not in self.read:
            self.read[member] = reader(Path(self.archive.extract(member, self.scratch)))
        return self.read[member]


def draw_one(stable: Stable, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """A cut-out RGBA, and how far from above it is seen, in degrees."""
    breed = HERD[kind][rng.integers(len(HERD[kind]))]
    pick = lambda names: names[rng.integers(len(names))]
    mesh, frames = stable.mesh(pick(breed.meshes)), stable.poses(pick(breed.poses))
    skin = stable.skin(pick(breed.skins))
    if kind == CATTLE:
        skin = dyed(skin, rng)
    steep = rng.random()
    elevation = rng.uniform(0, 25) if steep < 0.6 else rng.uniform(25, 50) if steep < 0.9 else rng.uniform(50, 85)
    light = rng.normal(size=3) * (0.6, 0.3, 0.4) + (0, 0.8, 0.4)
    view = View(
        rng.uniform(0, 2 * np.pi), np.radians(elevation), float(np.exp(rng.uniform(np.log(1.8), np.log(12)))),
        light / np.linalg.norm(light), rng.uniform(0.35, 0.8),
    )
    positions, normals = posed(mesh, frames[rng.integers(len(frames))])
    positions = positions * rng.uniform(0.9, 1.1, 3)
    return draw(positions, normals, mesh.coordinates, mesh.triangles, skin, view, SIDE, rng), elevation


def dyed(skin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A coat in another colour, now and then in two with large patches."""
    draw_ = rng.random()
    if draw_ < 0.3:
        return np.clip(skin * rng.uniform(0.7, 1.25) * rng.uniform(0.93, 1.07, 3), 0, 255).astype(np.uint8)
    level = skin.mean(2, keepdims=True)
    level = np.clip(level / max(level.mean(), 1), 0.35, 1.6)
    level = 1 + (level - 1) * rng.uniform(0.3, 0.9)
    first, second = (np.array(DYES[n], np.float32) * rng.uniform(0.8, 1.2) for n in rng.integers(len(DYES), size=2))
    if draw_ > 0.8:
        second = np.array((222, 216, 206), np.float32)
    patches = cv2.resize(rng.random((9, 9), np.float32), skin.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., None]
    share = 1.0 if draw_ < 0.6 else np.clip((patches - rng.uniform(0.35, 0.65)) * 14 + 0.5, 0, 1)
    return np.clip(level * (first * share + second * (1 - share)), 0, 255).astype(np.uint8)


def stamps(folder: Path) -> list[tuple[np.ndarray, str]]:
    """The photographs, as cut-outs with what they show."""
    found = []
    for file in sorted(folder.glob("*/*.png")):
        name = str(file.relative_to(folder).with_suffix(""))
        if file.parent.name not in NOT_STAMPED:
            found.append((np.array(Image.open(file).convert("RGBA")), CATTLE if name in STAMPS else OTHER))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the cut-outs and of the packages")
    parser.add_argument("--teacher", type=Path, required=True, help="yolox_nano.onnx")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    packages, pictures = arguments.out / "packages", arguments.out / "pictures"
    packages.mkdir(parents=True, exist_ok=True)
    pictures.mkdir(exist_ok=True)
    sources = json.loads(SOURCES.read_text())["sources"]
    parts = {
        name: unpack(source, fetch(source, packages), packages) if "package" in source else clone(source, packages)
        for name, source in sources.items()
    }
    keep_photographs(upright(parts["animals_bbpns"], Teacher(arguments.teacher)), arguments.out / "animals_bbpns")
    rows = []

    def keep(cutout: np.ndarray, kind: str, elevation: float, source: str) -> None:
        name = f"{len(rows):05}.png"
        Image.fromarray(cutout).save(pictures / name)
        rows.append((name, kind, f"{elevation:.0f}", source))

    for cutout, kind in stamps(parts["tuxpaint_stamps"]):
        keep(cutout, kind, 5, "tuxpaint_stamps")
    stable = Stable(parts["zero_ad"], packages / "unpacked")
    for kind, count in DRAWN.items():
        for number in range(count):
            if number % 200 == 0:
                print(f"herd: {kind}, {number} of {count}", flush=True)
            rng = np.random.default_rng((arguments.seed, kind == CATTLE, number))
            keep(*_ordered(draw_one(stable, kind, rng), kind), "zero_ad")
    # The list last: what it names is complete.
    with open(arguments.out / "index.part", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t").writerows([("file", "kind", "elevation", "source"), *rows])
    (arguments.out / "index.part").replace(arguments.out / "index.tsv")


def _ordered(drawn: tuple[np.ndarray, float], kind: str) -> tuple[np.ndarray, str, float]:
    return drawn[0], kind, drawn[1]


if __name__ == "__main__":
    main()
