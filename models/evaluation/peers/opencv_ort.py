#!/usr/bin/env python3
"""The script that everybody writes first: OpenCV reads a clip, ONNX Runtime looks at five of its
pictures a second. Prints one line of JSON."""
import argparse
import json
import resource

import cv2

from yolox import Yolox


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--clip", required=True)
    words.add_argument("--model", required=True)
    words.add_argument("--fps", type=float, default=5.0)
    words.add_argument("--rounds", type=int, default=2)
    asked = words.parse_args()
    cv2.setNumThreads(1)
    model = Yolox(asked.model)
    began = cpu()
    seconds = looked = found = 0
    for _ in range(asked.rounds):
        clip = cv2.VideoCapture(asked.clip, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        rate, due, count = clip.get(cv2.CAP_PROP_FPS), 0.0, 0
        while True:
            there, picture = clip.read()
            if not there:
                break
            if count / rate >= due - 1e-6:
                due += 1 / asked.fps
                looked += 1
                found += len(model.look(picture)[0])
            count += 1
        seconds += count / rate
    spent = cpu() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peer": "OpenCV + ONNX Runtime", "seconds": seconds, "cpu_s": spent,
                      "streams": seconds / spent, "looked": looked, "found": found,
                      "memory_mib": memory}))


def cpu():
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    main()
