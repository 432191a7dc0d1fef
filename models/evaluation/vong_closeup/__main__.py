"""`python -m vong_closeup --agent FILE --data FOLDER`: true detections kept at equal false ones.

`truths.json` holds what is in two lent pictures, for each thing its boxes: every box that any run found
with a score of 0.25 and more, looked at by a person (pooled judgement, so what nobody found is missing).
A false one is a thing that is not there, one of another class, or a thing told a second time.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

FALSE = [1, 2, 3, 5]
LEAST = 0.25


def overlap(a: list, b: list) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return w * h / (area(a) + area(b) - w * h)


def kept(detections: list, things: list) -> list:
    """For each number of false ones in `FALSE` how many true ones come before the next."""
    free, true, false, counts = list(things), 0, 0, {}
    for found in sorted(detections, key=lambda one: -one["score"]):
        if found["score"] < LEAST:
            break

        def is_it(thing):
            return any(
                box["class"] == found["class"] and overlap(box["box"], found["box"]) >= 0.5 for box in thing
            )

        thing = next((thing for thing in free if is_it(thing)), None)
        if thing:
            free.remove(thing)
            true += 1
        else:
            false += 1
        counts[false] = true
    return [max((count for at, count in counts.items() if at <= most), default=0) for most in FALSE]


def picture(name: str, data: pathlib.Path, folder: str) -> pathlib.Path:
    """A picture file; `CLIP#N` is the Nth picture of a clip, from 1."""
    file = pathlib.Path(folder) / (name.replace("/", "-").replace("#", "-") + ".png")
    source, _, number = name.partition("#")
    if number:
        source = data / "videos" / source
        choose = ["-vf", f"select=eq(n\\,{int(number) - 1})", "-frames:v", "1"]
    else:
        source, choose = data / "images" / source, []
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *choose, "-pix_fmt", "rgb24", file], check=True)
    return file


def main() -> int:
    parser = argparse.ArgumentParser(prog="vong_closeup", description=__doc__)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", default="yolox-nano")
    parser.add_argument("--looks", type=int, nargs="*", default=[0, 2, 4, 6, 12])
    args = parser.parse_args()
    truths = json.loads((pathlib.Path(__file__).parent / "truths.json").read_text())
    print(f"| picture | closer looks | {' | '.join(f'true at {most} false' for most in FALSE)} | ms |")
    print("|---|---|" + "---|" * (len(FALSE) + 1))
    with tempfile.TemporaryDirectory() as folder:
        for name, things in truths.items():
            file = picture(name, args.data, folder)
            for looks in args.looks:
                command = [args.agent, "--config", args.config, "detect", "--model", args.model]
                command += ["--threads", "1", "--small-objects", str(looks), file, file]
                lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                # The second time everything is warm.
                said = json.loads(lines.splitlines()[-1])
                counts = " | ".join(str(count) for count in kept(said["detections"], things))
                print(f"| {name} | {looks} | {counts} | {said['milliseconds']:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
