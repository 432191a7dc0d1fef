"""The table that people read: a column a model, a row a figure."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .board import CLASSES, FALSE_ALARMS, Row

NONE = "–"


@dataclass
class Column:
    """A model's name, its figures, its file's bytes."""

    name: str
    row: Row
    bytes: int | None


def markdown(columns: list[Column], pictures: int) -> str:
    """The table in Markdown."""
    first = columns[0].row
    lines = [
        "| | " + " | ".join(column.name for column in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    add = lambda title, show: lines.append(f"| {title} | " + " | ".join(show(column) for column in columns) + " |")
    for name in CLASSES:
        if first.truths[name]:
            add(f"{name}, {first.truths[name]} boxes: AP50 / AP25", lambda c, name=name: _pair(c.row, name))
    if first.burning and first.negatives:
        add(
            f"fire or smoke in a picture: recall at {FALSE_ALARMS:.0%} false alarms ({first.burning} burning, {first.negatives} not)",
            lambda c: NONE if c.row.recall is None else f"{c.row.recall:.3f}",
        )
        if first.hard:
            add(
                f"the same against the {first.hard} hard negatives alone",
                lambda c: NONE if c.row.hard_recall is None else f"{c.row.hard_recall:.3f}",
            )
        add("the same at the card's thresholds: recall", lambda c: NONE if c.row.own_recall is None else f"{c.row.own_recall:.3f}")
        add(
            f"the same: false alarms on {first.negatives} pictures",
            lambda c: NONE if c.row.own_alarms is None else str(c.row.own_alarms),
        )
    if any(column.row.cattle for column in columns):
        add("cattle at the card's threshold: pictures in which it is seen", lambda c: _of(c.row.cattle and c.row.cattle[:2]))
        add("the same: pictures of other animals taken for it", lambda c: _of(c.row.cattle and c.row.cattle[2:]))
    add("milliseconds a picture, one core, median", lambda c: NONE if c.row.milliseconds is None else f"{c.row.milliseconds:.1f}")
    add("file, MB", lambda c: NONE if c.bytes is None else f"{c.bytes / 1e6:.2f}")
    return "\n".join(lines) + f"\n\n{pictures} pictures. A class is scored on sources that label it, so a dash is a class the model or the labels lack.\n"


def _pair(row: Row, name: str) -> str:
    if name not in row.seen:
        return NONE
    return f"{row.ap50[name]:.3f} / {row.ap25[name]:.3f}"


def _of(counts: tuple[int, int] | None) -> str:
    return NONE if counts is None else f"{counts[0]} of {counts[1]}"


def environment(folder: Path) -> str:
    """Machine and commit, for the line below the table."""
    machine = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        os.uname().machine,
    )
    commit = subprocess.run(["git", "-C", str(folder), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return f"Measured on {machine}, one core of {os.cpu_count()}, at commit {commit.stdout.strip() or 'unknown'}.\n"


def replace_between(text: str, mark: str, table: str) -> str:
    """The text with what stands between `<!-- mark -->` and `<!-- /mark -->` replaced."""
    start, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"scoreboard: no {start.strip()} … {end} to write between")
    return before + start + table + end + after
