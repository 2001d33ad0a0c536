# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic over the rows of a benchmark: scatter, and ratios. Nothing here runs or prints anything."""

from __future__ import annotations

import statistics
from typing import Any

Row = dict[str, Any]
KEY = ("play", "run", "clusters", "way")


def summarize(rows: list[Row]) -> list[Row]:
    """One line for each play, run, fleet size and way, in the order in which they first appear.

    {play, run, clusters, way, runs, wall_s: {min, median, max}, cpu_s (median), requests, arm_requests, token_requests
    (the highest of any run)}
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in KEY), []).append(row)
    return [dict(zip(KEY, key, strict=True)) | _scatter(group) for key, group in groups.items()]


def _scatter(group: list[Row]) -> Row:
    walls = [row["wall_s"] for row in group]
    counts = {name: max(row[name] for row in group) for name in ("requests", "arm_requests", "token_requests")}
    return {
        "runs": len(group),
        "wall_s": {"min": min(walls), "median": round(statistics.median(walls), 3), "max": max(walls)},
        "cpu_s": round(statistics.median(row["cpu_s"] for row in group), 3),
        **counts,
    }


def paired_ratio(rows: list[Row], above: str, below: str, **where: Any) -> float | None:
    """How many times longer one way takes than another: the median over rounds of the ratio within each round.

    The two runs of a round lie close together, so a machine that drifts hits both. None where there is no round with
    both ways.
    """
    chosen = [row for row in rows if all(row[name] == value for name, value in where.items())]
    walls = {(row["way"], row["round"]): row["wall_s"] for row in chosen}
    rounds = [number for way, number in walls if way == above and (below, number) in walls]
    pairs = [walls[above, number] / walls[below, number] for number in rounds]
    return round(statistics.median(pairs), 2) if pairs else None


def ratios(rows: list[Row], memory: list[Row], lag: dict[str, float], clusters: int) -> dict[str, Any]:
    """The figures that a reader wants, at this fleet size; None where nothing was measured.

    `lag` is cluster -> seconds. Requests, memory and lag are those of the worst run, worker and cluster.
    """
    found: dict[str, Any] = {}
    for play, prefix in (("steps", ""), ("role", "role_")):
        where = {"play": play, "run": "converged", "clusters": clusters}
        found[f"{prefix}in_process_to_floor"] = paired_ratio(rows, "in_process", "floor", **where)
        found[f"{prefix}modules_to_in_process"] = paired_ratio(rows, "modules", "in_process", **where)
    ours = [row for row in rows if row["way"] == "in_process"]
    role = [row for row in ours if (row["play"], row["run"], row["clusters"]) == ("role", "converged", clusters)]
    requests = _highest(row["arm_requests"] for row in role)
    found["requests_per_converged_cluster"] = None if requests is None else round(requests / clusters, 3)
    found["token_requests_per_run"] = _highest(row["token_requests"] for row in ours)
    found["unique_memory_mb_per_task"] = _highest(
        row["memory"]["max_mb"] for row in memory if row["way"] == "in_process"
    )
    found["lag_after_operation_s"] = _highest(lag.values())
    return found


def peer_ratios(rows: list[Row]) -> dict[str, float | None]:
    """Peer -> how many times longer its check takes than ours, in the same round."""
    checks = [row for row in rows if row["play"] == "check"]
    peers = dict.fromkeys(row["way"] for row in checks if row["way"] != "in_process")
    return {peer: paired_ratio(checks, peer, "in_process", run="converged") for peer in peers}


def _highest(values: Any) -> Any:
    return max(values, default=None)
