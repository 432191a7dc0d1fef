#!/usr/bin/env python3
"""Runs every peer and the agent on one clip, pinned to one core, and prints one table. Streams are
seconds of video for each second of processor time: as many as the core could carry."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CAMERA = """
[[model]]
name = "yolox-nano"
file = "{model}"
[detect]
threads = 1
[agent]
data_dir = "{folder}"
[[camera]]
id = "clip"
url = "rtsp://127.0.0.1/clip"
analyse_fps = 5.0
[[camera.zone]]
id = "ground"
polygon = [[0.0, 0.3], [1.0, 0.3], [1.0, 1.0], [0.0, 1.0]]
[[camera.rule]]
kind = "illegal_parking"
zone = "ground"
dwell_s = 3600
"""


def main():
    words = argparse.ArgumentParser(description=__doc__)
    for word in ("clip", "model", "agent"):
        words.add_argument(f"--{word}", required=True)
    words.add_argument("--core", type=int, default=1)
    asked = words.parse_args()
    rows = []
    for script in ("opencv_ort.py", "roboflow_pipeline.py"):
        rows.append(run([sys.executable, str(HERE / script), "--clip", asked.clip, "--model",
                         asked.model], asked.core, script))
    rows.append(agent(asked))
    print(f"{Path(asked.clip).name}, YOLOX-Nano, 5 pictures a second, one core")
    print(f"{'':30} streams   looked at   MiB")
    for row in filter(None, rows):
        print(f"{row['peer']:30} {row['streams']:7.2f} {row['looked']:11} "
              f"{row['memory_mib']:5.0f}")


def run(command, core, name):
    """One line of JSON from a command on one core, or nothing and a word on why."""
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    child = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    said, complained = child.communicate()
    lines = [line for line in said.splitlines() if line.startswith('{"peer"') or '"summary"' in line]
    if child.returncode or not lines:
        print(f"{name}: not run: {complained.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def agent(asked):
    """The agent's replay of the same clip: decode, detect, track, rules, lock-step."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "agent.toml"
        model = Path(asked.model).resolve()
        config.write_text(CAMERA.format(model=model, folder=folder))
        told = run([asked.agent, "--config", str(config), "replay", "--camera", "clip",
                    asked.clip], asked.core, "edge-agent")
    if not told:
        return None
    told = told["summary"]
    return {"peer": "Vọng (edge-agent replay)", "streams": told["media_s"] / told["cpu_s"],
            "looked": told["frames_analysed"], "memory_mib": told["memory_most_mib"]}


if __name__ == "__main__":
    main()
