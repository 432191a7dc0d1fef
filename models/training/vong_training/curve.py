"""Draws the training log: losses, held-out figures, against steps."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, MARGIN = 900, 340, 50
COLOURS = ((200, 80, 30), (40, 140, 40), (30, 30, 200), (160, 40, 160), (20, 120, 220), (110, 110, 110), (0, 0, 0), (150, 150, 0))


def draw_curve(log: Path, file: Path) -> None:
    """Writes the PNG: losses above, AP50 and fire or smoke recall below."""
    with open(log, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    figures = [name for name in rows[0] if name.startswith("ap50_")] + ["recall"]
    panels = [_panel(rows, ["class", "box", "picture"], "loss"), _panel(rows, figures, "held-out scenes")]
    cv2.imwrite(str(file), np.vstack(panels))


def _panel(rows: list[dict[str, str]], columns: list[str], title: str) -> np.ndarray:
    panel = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    last = max(float(row["step"]) for row in rows)
    values = [float(row[column]) for row in rows for column in columns if row[column]]
    top = max(values, default=1.0) or 1.0
    right, bottom = WIDTH - 170, HEIGHT - MARGIN
    where = lambda step, value: (
        int(MARGIN + (right - MARGIN) * step / last),
        int(bottom - (bottom - MARGIN) * value / top),
    )
    write = lambda text, at, colour=(0, 0, 0): cv2.putText(panel, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
    cv2.rectangle(panel, (MARGIN, MARGIN), (right, bottom), (180, 180, 180))
    write(title, (MARGIN, MARGIN - 12))
    write(f"{top:.2f}", (6, MARGIN + 5))
    write("0", (30, bottom))
    write(f"{last:.0f} steps", (right - 70, bottom + 20))
    for index, column in enumerate(columns):
        colour = COLOURS[index % len(COLOURS)]
        points = [where(float(row["step"]), float(row[column])) for row in rows if row[column]]
        cv2.polylines(panel, [np.array(points, np.int32)], False, colour, 2, cv2.LINE_AA)
        write(column.removeprefix("ap50_"), (right + 12, MARGIN + 18 * (index + 1)), colour)
    return panel
