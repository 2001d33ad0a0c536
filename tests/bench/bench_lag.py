# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long after an operation's real end its task goes on."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from bench_fleet import BenchError, check_linked, cluster_ids, inventory, running_fleet
from bench_plays import PLAYS, play_arguments, run_play
from bench_ways import Way

CALLBACKS = Path(__file__).with_name("callback_plugins")


def measure_lag(folder: Path, way: Way, settings: dict[str, Any]) -> dict[str, Any]:
    """Link clusters whose operations all take `lag_seconds`: {operation_s, wall_s, lag_s: cluster -> seconds}."""
    clusters, seconds = settings["lag_clusters"], settings["lag_seconds"]
    place = folder / "lag"
    with running_fleet(place, clusters) as cloud:
        cloud.settings(operation_seconds=seconds)
        arguments = play_arguments(place, "archive", PLAYS["archive"], inventory(cloud, clusters))
        ids = cluster_ids(cloud, clusters)
        heard = place / "heard.jsonl"
        more = {
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "bench_clock",
            "BENCH_CLOCK": str(heard),
        }
        measured = run_play(place, cloud, way, arguments, forks=settings["lag_forks"], variables=more)
        check_linked(cloud, clusters)
        answers = [json.loads(line) for line in heard.read_text().splitlines()]
        lags = lag_of_each(cloud.log(writes="true"), ids, answers, seconds)
    return {"operation_s": seconds, "wall_s": measured["wall_s"], "lag_s": lags}


def lag_of_each(
    writes: list[dict[str, Any]], ids: dict[str, str], answers: list[dict[str, Any]], seconds: float
) -> dict[str, float]:
    """Cluster -> seconds from its operation's end to its task's result.

    An operation begins with the PATCH that Azure takes. `answers` are lines of the callback: {host, task, time}.
    Raises BenchError for a cluster without either.
    """
    begun = {one["path"].lower(): _epoch(one["time"]) for one in writes if one["method"] == "PATCH" and _taken(one)}
    heard = {line["host"]: line["time"] for line in answers}
    missing = [name for name, id_ in ids.items() if id_.lower() not in begun or name not in heard]
    if missing:
        raise BenchError(f"no operation, or no result, of {', '.join(missing)}")
    return {name: round(heard[name] - begun[id_.lower()] - seconds, 3) for name, id_ in ids.items()}


def _taken(entry: dict[str, Any]) -> bool:
    return 200 <= int(entry["status"]) < 300


def _epoch(text: str) -> float:
    """Seconds since 1970 of `2026-01-31T12:00:00.1234560Z`; Python reads six decimals."""
    return datetime.fromisoformat(f"{text[:26]}+00:00").timestamp()
