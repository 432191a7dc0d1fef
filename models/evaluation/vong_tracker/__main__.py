"""`python -m vong_tracker --agent FILE [--mot FOLDER]`: a table of every sequence with a truth.

A sequence is a folder with `det/det.txt`, `gt/gt.txt` and, where its rate is not known here,
`seqinfo.ini` with `frameRate`. One without a truth is only timed.
"""

import argparse
import configparser
import json
import pathlib
import subprocess
import sys
import tempfile

import motmetrics

RATES = {
    "ADL-Rundle-6": 30,
    "ETH-Bahnhof": 14,
    "KITTI-17": 10,
    "PETS09-S2L1": 7,
    "TUD-Campus": 25,
    "TUD-Stadtmitte": 25,
    "Venice-2": 30,
}
FIGURES = ["mota", "idf1", "num_switches", "num_fragmentations", "num_false_positives", "num_misses"]


def rate_of(sequence: pathlib.Path) -> float:
    """Pictures a second: as the sequence says, else as known, else 25."""
    info = configparser.ConfigParser()
    info.read(sequence / "seqinfo.ini")
    known = RATES.get(sequence.name, 25)
    return info.getfloat("Sequence", "frameRate", fallback=known)


def tracked(agent: str, sequence: pathlib.Path, *options: str) -> subprocess.CompletedProcess:
    command = [agent, "track", sequence / "det/det.txt", "--fps", str(rate_of(sequence)), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True)


def scored(truth: pathlib.Path, results: str) -> dict:
    """The figures at IoU 0.5."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(results)
        file.flush()
        wanted = motmetrics.io.loadtxt(truth, fmt="mot15-2D", min_confidence=1)
        found = motmetrics.io.loadtxt(file.name, fmt="mot15-2D")
    pairs = motmetrics.utils.compare_to_groundtruth(wanted, found, "iou", distth=0.5)
    summary = motmetrics.metrics.create().compute(pairs, metrics=FIGURES, name="x")
    return summary.loc["x"].to_dict()


def main() -> int:
    parser = argparse.ArgumentParser(prog="vong_tracker", description=__doc__)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--mot", type=pathlib.Path, required=True)
    parser.add_argument("--fill-gaps", default="1", help="seconds, for the second row of a sequence")
    parser.add_argument("--time", default="200", help="how often a sequence is tracked for its speed")
    args = parser.parse_args()
    sequences = sorted(path.parent.parent for path in args.mot.glob("*/det/det.txt"))
    if not sequences:
        print(f"vong_tracker: {args.mot} holds no */det/det.txt", file=sys.stderr)
        return 1
    print("| sequence | rows | MOTA | IDF1 | switches | fragments | false | missed | pictures/s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for sequence in sequences:
        online = tracked(args.agent, sequence, "--time", args.time)
        speed = json.loads(online.stderr.splitlines()[-1])["pictures_per_s"]
        truth = sequence / "gt/gt.txt"
        if not truth.exists():
            print(f"| {sequence.name} | no truth here | | | | | | | {speed:.0f} |")
            continue
        filled = tracked(args.agent, sequence, "--fill-gaps", args.fill_gaps)
        rows = [("as tracked", online.stdout, f"{speed:.0f}")]
        rows.append((f"gaps up to {args.fill_gaps} s filled", filled.stdout, ""))
        for name, results, speed in rows:
            figures = scored(truth, results)
            shares = " | ".join(f"{figures[name]:.3f}" for name in FIGURES[:2])
            counts = " | ".join(f"{figures[name]:.0f}" for name in FIGURES[2:])
            print(f"| {sequence.name} | {name} | {shares} | {counts} | {speed} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
