"""Prints one table of several models, and writes it into a Markdown file between two marks.

`python3 -m vong_scoreboard --truths FILE --write models/README.md NAME=DETECTIONS.ndjson…`
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path

from .board import score
from .table import Column, environment, markdown, replace_between

MODELS = Path(__file__).resolve().parents[2]


def read_detections(file: Path) -> dict[str, dict]:
    """Lines of `edge-agent detect` by picture; a picture that could not be read ends the matter."""
    lines = {}
    for text in file.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if "detections" not in line:
            raise SystemExit(f"scoreboard: {file}: {line}")
        lines[line["image"]] = line
    return lines


def shipped(name: str) -> dict:
    """The manifest of a model that ships, or of a variant of one; else an empty one."""
    for file in MODELS.glob("*/manifest.toml"):
        manifest = tomllib.loads(file.read_text(encoding="utf-8"))
        for variant in manifest.get("variant", []):
            if name == f"{manifest['name']}-{variant['name']}":
                return manifest | variant
        if name == manifest["name"]:
            return manifest
    return {}


def size_of(name: str) -> int | None:
    """Bytes of the model's file, from its manifest or the catalogue."""
    catalogue = tomllib.loads((MODELS / "catalog.toml").read_text(encoding="utf-8"))
    entries = [shipped(name), *(entry for entry in catalogue["model"] if entry["name"] == name)]
    return next((entry["bytes"] for entry in entries if "bytes" in entry), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--truths", type=Path, required=True)
    parser.add_argument("--write", type=Path, help="the Markdown file whose table is replaced")
    parser.add_argument("--mark", default="scoreboard", help="name of the marks around the table")
    parser.add_argument("models", nargs="+", metavar="NAME=FILE")
    arguments = parser.parse_args()
    truths = [json.loads(line) for line in arguments.truths.read_text(encoding="utf-8").splitlines()]
    columns = []
    for item in arguments.models:
        name, _, file = item.partition("=")
        detections = read_detections(Path(file))
        missing = [truth["image"] for truth in truths if truth["image"] not in detections]
        if missing:
            raise SystemExit(f"scoreboard: {file}: no line for {len(missing)} pictures, the first is {missing[0]}")
        columns.append(Column(name, score(truths, detections, shipped(name).get("confidence")), size_of(name)))
    text = markdown(columns, len(truths)) + "\n" + environment(MODELS)
    print(text)
    if arguments.write:
        arguments.write.write_text(replace_between(arguments.write.read_text(encoding="utf-8"), arguments.mark, text), encoding="utf-8")


if __name__ == "__main__":
    main()
