"""`python -m vong_tracker.crowd FOLDER`: rendered crowds as MOTChallenge sequences, truth and detections.

People walk, stop and turn on a ground plane; nearer ones cover farther ones. A detector misses what is
covered, cuts it short, jitters, scores covered people lower, sees people twice and things that are not
there. All of it is drawn from a seed, so two runs give the same files. What does not belong here: any
public sequence; thresholds are chosen here and tried there, not the other way round.
"""

import argparse
import math
import pathlib
import random
from dataclasses import dataclass, field

WIDTH, HEIGHT = 1600, 900


@dataclass
class Crowd:
    """One setting. `noise`: jitter in heights; `shake`: of the camera, in pixels; `floor`: least score."""

    name: str
    fps: float = 25
    seconds: float = 24
    people: int = 10
    noise: float = 0.04
    missed: float = 0.06
    false: float = 0.4
    floor: float = 0.5
    shake: float = 0
    stops: float = 0.15
    turns: float = 0.3


CROWDS = [
    Crowd("crowd-easy-25", people=6, noise=0.03, missed=0.03),
    Crowd("crowd-25"),
    Crowd("crowd-dense-25", people=22),
    Crowd("crowd-near-14", fps=14, people=7, noise=0.06, missed=0.12, false=0.6),
    Crowd("crowd-10", fps=10),
    Crowd("crowd-5", fps=5, seconds=60),
    Crowd("crowd-dense-5", fps=5, seconds=60, people=18),
    Crowd("crowd-shaking-25", shake=6),
    Crowd("crowd-poor-detector-25", noise=0.08, missed=0.2, false=1.2),
    Crowd("crowd-weak-scores-25", floor=0.1, false=2.5),
    Crowd("crowd-weak-scores-5", fps=5, seconds=60, floor=0.1, false=2.5),
    Crowd("crowd-turning-25", turns=1.2, stops=0.4),
    Crowd("crowd-stopping-5", fps=5, seconds=60, turns=0.8, stops=0.6),
]


@dataclass
class Person:
    id: int
    x: float
    y: float
    vx: float
    vy: float
    size: float
    slim: float
    phase: float
    stands: float = 0
    error: list = field(default_factory=lambda: [0.0] * 4)

    @property
    def height(self) -> float:
        return (60 + (self.y - 300) * 0.55) * self.size

    def box(self, dx: float, dy: float) -> tuple:
        h = self.height
        w = h * self.slim * (1 + 0.18 * math.sin(self.phase))
        return self.x - w / 2 + dx, self.y - h + dy, w, h

    def walk(self, dt: float, crowd: Crowd, draw: random.Random) -> None:
        if self.stands > 0:
            self.stands -= dt
            return
        h = self.height
        self.x += self.vx * h * dt
        self.y = min(max(self.y + self.vy * h * dt * 0.6, 360), 895)
        self.phase += 9 * dt
        if draw.random() < crowd.stops * dt * 0.5:
            self.stands = draw.uniform(1, 8)
        if draw.random() < crowd.turns * dt * 0.3:
            self.vx, self.vy = draw.uniform(-1.1, 1.1), draw.gauss(0, 0.15)
        self.vx += draw.gauss(0, 0.15) * math.sqrt(dt)
        self.vy += draw.gauss(0, 0.08) * math.sqrt(dt)


def appear(id: int, draw: random.Random, anywhere: bool) -> Person:
    heading = draw.choice([-1, 1])
    x = draw.uniform(0, WIDTH) if anywhere else (-40 if heading > 0 else WIDTH + 40)
    speed = heading * draw.uniform(0.5, 1.1)
    y, vy = draw.uniform(380, 880), draw.gauss(0, 0.08)
    return Person(id, x, y, speed, vy, draw.uniform(0.85, 1.15), draw.uniform(0.36, 0.44), draw.uniform(0, 6))


def visible(box: tuple, nearer: list) -> float:
    """The share of a box that is in the picture and behind nobody."""
    x, y, w, h = box
    seen = 0
    for column in range(8):
        px = x + w * (column + 0.5) / 8
        for row in range(8):
            py = y + h * (row + 0.5) / 8
            covered = any(
                nx + 0.1 * nw < px < nx + 0.9 * nw and ny < py < ny + nh for nx, ny, nw, nh in nearer
            )
            seen += 0 <= px <= WIDTH and not covered
    return seen / 64


def detected(person: Person, box: tuple, share: float, crowd: Crowd, draw: random.Random):
    """A line's box and score, or None where the detector misses."""
    chance = 1.0 if share > 0.65 else 0.6 if share > 0.35 else 0.15 if share > 0.2 else 0
    if draw.random() >= chance * (1 - crowd.missed):
        return None
    x, y, w, h = box
    jitter = crowd.noise * h * (1.8 if share < 0.7 else 1)
    cut = (1 - share) * 0.25 if share < 0.6 else 0
    ex, ey, ew, eh = person.error
    if share > 0.65:
        sure = 1 - draw.random() ** 3 * 0.5
    else:
        sure = draw.uniform(0.3, 1) if share > 0.35 else draw.uniform(0, 0.6)
    found = (x + ex * jitter * 0.6, y + ey * jitter * 0.6)
    size = (max(w * (1 - cut) + ew * jitter * 0.7, 5), max(h * (1 - cut / 2) + eh * jitter, 10))
    return (*found, *size, crowd.floor + (1 - crowd.floor) * sure)


def false_ones(boxes: list, ghosts: list, dt: float, crowd: Crowd, draw: random.Random):
    """People seen twice, things that look like people for a while, and flashes."""

    def score(most):
        return crowd.floor + (1 - crowd.floor) * draw.uniform(0, most)

    if boxes and draw.random() < crowd.false * 0.3:
        (x, y, w, h), size = draw.choice(boxes), draw.uniform(0.6, 1.3)
        yield x + w * draw.uniform(-0.5, 0.5), y + h * draw.uniform(-0.2, 0.3), w * size, h * size, score(0.7)
    if draw.random() < crowd.false * 1.5 * dt and len(ghosts) < 3:
        h = draw.uniform(80, 300)
        ghosts.append([draw.uniform(0, 1500), draw.uniform(100, 600), 0.4 * h, h, draw.uniform(0.2, 3)])
    for ghost in ghosts:
        ghost[4] -= dt
        if draw.random() < 0.4:
            x, y, w, h, _ = ghost
            yield x + draw.gauss(0, 4), y + draw.gauss(0, 4), w, h, score(0.75)
    ghosts[:] = [ghost for ghost in ghosts if ghost[4] > 0]
    if draw.random() < crowd.false * 0.4:
        h = draw.uniform(50, 250)
        yield draw.uniform(0, 1550), draw.uniform(100, 700), 0.4 * h, h, score(0.6)


def written(crowd: Crowd, seed: int) -> tuple:
    """The lines of truth and detections."""
    draw = random.Random(f"{crowd.name} {seed}")
    people = [appear(index + 1, draw, anywhere=True) for index in range(crowd.people)]
    last_id, ghosts, truth, found = crowd.people, [], [], []
    dt = 1 / crowd.fps
    memory = math.exp(-dt / 0.15)
    for picture in range(1, int(crowd.seconds * crowd.fps) + 1):
        dx, dy = draw.gauss(0, crowd.shake * 0.3), draw.gauss(0, crowd.shake * 0.15)
        for index, person in enumerate(people):
            person.walk(dt, crowd, draw)
            if not -60 < person.x < WIDTH + 60:
                last_id += 1
                people[index] = appear(last_id, draw, anywhere=False)
        people.sort(key=lambda person: -person.y)
        boxes = [person.box(dx, dy) for person in people]
        for index, (person, box) in enumerate(zip(people, boxes)):
            noise = [draw.gauss(0, math.sqrt(1 - memory**2)) for _ in range(4)]
            person.error = [memory * old + new for old, new in zip(person.error, noise)]
            share = visible(box, boxes[:index])
            if share > 0.1:
                truth.append((picture, person.id, *box, 1))
            line = detected(person, box, share, crowd, draw)
            if line:
                found.append((picture, -1, *line))
        found.extend((picture, -1, *line) for line in false_ones(boxes, ghosts, dt, crowd, draw))
    return truth, found


def main() -> None:
    parser = argparse.ArgumentParser(prog="vong_tracker.crowd", description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for crowd in CROWDS:
        folder = args.folder / crowd.name
        for name, lines in zip(["gt", "det"], written(crowd, args.seed)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            text = [f"{p},{i},{x:.2f},{y:.2f},{w:.2f},{h:.2f},{s:.4f},-1,-1,-1\n" for p, i, x, y, w, h, s in lines]
            (folder / name / f"{name}.txt").write_text("".join(text))
        rate = f"[Sequence]\nname={crowd.name}\nframeRate={crowd.fps}\n"
        (folder / "seqinfo.ini").write_text(rate)


if __name__ == "__main__":
    main()
