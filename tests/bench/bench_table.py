# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark prints: a line for each run as it ends, and tables when all is measured."""

from __future__ import annotations

import time
from typing import Any

STARTED = time.monotonic()
COLUMNS = ("play", "run", "clusters", "way", "runs", "min", "median", "max", "cpu", "arm", "tokens", "all")
WIDTHS = (6, 10, 9, 20, 5, 9, 9, 9, 9, 7, 7, 7)


def say(text: str) -> None:
    """A line with the seconds since the start before it."""
    print(f"[{time.monotonic() - STARTED:6.0f} s] {text}", flush=True)


def announce(row: dict[str, Any]) -> None:
    """Say what begins, and leave the line open for its end."""
    what = f"{row['play']}, {row['run']} run, {row['clusters']} clusters, {row['way']}"
    print(f"[{time.monotonic() - STARTED:6.0f} s] {what}: ", end="", flush=True)


def finish(row: dict[str, Any]) -> None:
    """Say what came of it."""
    if "memory" in row:
        print(f"{row['memory']['max_mb']} MB for a worker at most (watched, not timed)", flush=True)
    else:
        print(f"{row['wall_s']:.1f} s, {row['cpu_s']:.1f} s of CPU, {row['arm_requests']} requests to ARM", flush=True)


def report_text(report: dict[str, Any]) -> str:
    """The tables of bench.json."""
    return "\n".join(
        [
            "",
            "Wall and CPU in seconds (wall: min, median, max; CPU: median), requests of the run with most",
            *_table(report["summary"]),
            "",
            "Unique memory of one task in MB: the median task and the largest",
            *(_memory_line(row) for row in report["memory"]),
            "",
            f"Seconds from the end of an operation of {report['lag']['operation_s']} s to the end of its task",
            *(f"  {name}: {seconds}" for name, seconds in report["lag"]["lag_s"].items()),
            "",
            f"Ratios at {report['settings']['compared']} clusters",
            *(f"  {name:<34}{'-' if value is None else value}" for name, value in report["ratios"].items()),
            *_peer_lines(report["peer_ratios"]),
        ]
    )


def _peer_lines(peer_ratios: dict[str, float]) -> list[str]:
    if not peer_ratios:
        return []
    lines = [f"  {name:<34}{value}" for name, value in peer_ratios.items()]
    return ["", "How many times longer than in_process the same check takes", *lines]


def _table(summary: list[dict[str, Any]]) -> list[str]:
    lines = [_cells(COLUMNS)]
    for line in summary:
        wall = line["wall_s"]
        numbers = [f"{value:.2f}" for value in (wall["min"], wall["median"], wall["max"], line["cpu_s"])]
        counts = (line["arm_requests"], line["token_requests"], line["requests"])
        lines.append(
            _cells((line["play"], line["run"], line["clusters"], line["way"], line["runs"], *numbers, *counts))
        )
    return lines


def _cells(values: tuple[Any, ...]) -> str:
    """Words to the left, numbers to the right."""
    words = {"play", "run", "way"}
    cells = [
        f"{value!s:<{width}}" if name in words else f"{value!s:>{width}}"
        for name, value, width in zip(COLUMNS, values, WIDTHS, strict=True)
    ]
    return "  " + " ".join(cells)


def _memory_line(row: dict[str, Any]) -> str:
    memory = row["memory"]
    sizes = f"{memory['median_mb']:>7} {memory['max_mb']:>7}"
    return f"  {row['run']:<10} {row['way']:<12}{sizes}   ({memory['workers']} workers seen)"
