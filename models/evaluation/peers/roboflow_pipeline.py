#!/usr/bin/env python3
"""Roboflow's InferencePipeline with a model of one's own: it reads and decodes, and hands over every
picture; five a second are looked at. Prints one line of JSON."""
import argparse
import json
import os
import resource

os.environ.setdefault("METRICS_ENABLED", "False")
os.environ.setdefault("TELEMETRY_OPT_OUT", "True")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "threads;1")

import cv2  # noqa: E402
from inference import InferencePipeline  # noqa: E402

from yolox import Yolox  # noqa: E402


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--clip", required=True)
    words.add_argument("--model", required=True)
    words.add_argument("--fps", type=float, default=5.0)
    asked = words.parse_args()
    cv2.setNumThreads(1)
    model = Yolox(asked.model)
    clip = cv2.VideoCapture(asked.clip)
    rate = clip.get(cv2.CAP_PROP_FPS)
    clip.release()
    tally = {"pictures": 0, "looked": 0, "found": 0, "due": 0.0}

    def look(frames):
        found = []
        for frame in frames:
            if tally["pictures"] / rate >= tally["due"] - 1e-6:
                tally["due"] += 1 / asked.fps
                tally["looked"] += 1
                tally["found"] += len(model.look(frame.image)[0])
            tally["pictures"] += 1
            found.append({})
        return found

    began = cpu()
    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=asked.clip, on_video_frame=look, on_prediction=lambda *_: None)
    pipeline.start()
    pipeline.join()
    spent, seconds = cpu() - began, tally["pictures"] / rate
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peer": "Roboflow InferencePipeline", "seconds": seconds, "cpu_s": spent,
                      "streams": seconds / spent, "looked": tally["looked"],
                      "found": tally["found"], "memory_mib": memory}))


def cpu():
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    main()
