# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic of the benchmark, on rows and logs made by hand."""

from __future__ import annotations

from typing import Any

import pytest

import bench_fleet
import bench_lag
import bench_memory
import bench_rounds
import bench_settings
import bench_summary


def row(
    way: str, wall: float, number: int = 1, play: str = "steps", clusters: int = 100, **more: Any
) -> dict[str, Any]:
    counts = {"requests": 30, "arm_requests": 15, "token_requests": 1}
    place = {"play": play, "run": "converged", "clusters": clusters, "way": way, "round": number}
    return {**place, "wall_s": wall, "cpu_s": wall / 2, **counts, **more}


def test_scatter_of_one_way() -> None:
    rows = [row("floor", 2.0), row("floor", 8.0, 2), row("floor", 3.0, 3, arm_requests=17), row("modules", 9.0)]
    first, second = bench_summary.summarize(rows)
    assert first["wall_s"] == {"min": 2.0, "median": 3.0, "max": 8.0}
    assert (first["runs"], first["cpu_s"], first["arm_requests"]) == (3, 1.5, 17)
    assert second["way"] == "modules"


def test_a_slow_machine_does_not_move_a_ratio() -> None:
    """In the second round everything took ten times as long. The third has no partner."""
    rows = [row("in_process", 4.0), row("floor", 2.0), row("in_process", 40.0, 2), row("floor", 20.0, 2)]
    rows += [row("in_process", 90.0, 3)]
    assert bench_summary.paired_ratio(rows, "in_process", "floor", play="steps", clusters=100) == 2.0
    assert bench_summary.paired_ratio(rows, "modules", "in_process", play="steps") is None


def test_ratios() -> None:
    rows = [row("in_process", 4.0), row("floor", 2.0), row("modules", 40.0)]
    rows += [
        row("in_process", 6.0, play="role", arm_requests=18),
        row("in_process", 1.0, clusters=10, token_requests=2),
    ]
    memory = [{"way": way, "memory": {"max_mb": size}} for way, size in (("in_process", 20.5), ("modules", 60.0))]
    assert bench_summary.ratios(rows, memory, {"cluster-0001": 0.4, "cluster-0002": 1.1}, 100) == {
        "in_process_to_floor": 2.0,
        "modules_to_in_process": 10.0,
        "role_in_process_to_floor": None,
        "role_modules_to_in_process": None,
        "requests_per_converged_cluster": 0.18,
        "token_requests_per_run": 2,
        "unique_memory_mb_per_task": 20.5,
        "lag_after_operation_s": 1.1,
    }


def test_peers_are_compared_with_ours_in_the_same_round() -> None:
    rows = [row("in_process", 2.0, play="check"), row("az_ids", 5.0, play="check"), row("az_ids", 50.0)]
    assert bench_summary.peer_ratios(rows) == {"az_ids": 2.5}


def test_requests_are_counted_by_service() -> None:
    log = [
        {"service": "entra", "method": "GET", "path": "/t/v2.0/.well-known/openid-configuration"},
        {"service": "entra", "method": "POST", "path": "/t/oauth2/v2.0/token"},
        {"service": "arm", "method": "GET", "path": "/subscriptions/s"},
    ]
    assert bench_rounds.count_requests(log) == {"requests": 3, "arm_requests": 1, "token_requests": 1}


def patch(cluster: str, time: str, status: int = 202) -> dict[str, Any]:
    return {"method": "PATCH", "path": f"/Clusters/{cluster}", "time": f"2026-01-31T12:00:{time}0Z", "status": status}


def test_lag_begins_at_the_end_of_the_operation() -> None:
    ids = {"one": "/clusters/one", "two": "/clusters/two"}
    writes = [patch("one", "01.000000"), patch("two", "01.000000", 409), patch("two", "02.500000")]
    noon = 1769860800.0
    answers = [{"host": "one", "task": "t", "time": noon + 32.25}, {"host": "two", "task": "t", "time": noon + 33}]
    assert bench_lag.lag_of_each(writes, ids, answers, 30) == {"one": 1.25, "two": 0.5}
    with pytest.raises(bench_fleet.BenchError, match="of two"):
        bench_lag.lag_of_each(writes, ids, answers[:1], 30)


def test_memory_of_no_worker_is_no_error() -> None:
    assert bench_memory.summed_up({}, set())["max_mb"] == 0
    found = bench_memory.summed_up({7: 10.0, 8: 12.34, 9: 30.0}, {9})
    assert found == {"workers": 3, "workers_with_processes": 1, "max_mb": 30.0, "median_mb": 12.3}


@pytest.mark.parametrize(("sizes", "compared"), [("10,30,100,300", 100), ("300,30", 30), ("250", 250)])
def test_size_of_the_comparison(sizes: str, compared: int) -> None:
    settings = bench_settings.read_settings({"BENCH_CLUSTERS": sizes, "BENCH_RUNS": "2", "BENCH_PEERS": "1"})
    assert (settings["runs"], settings["forks"], settings["peers"]) == (2, 20, True)
    assert bench_settings.compared_size(settings["clusters"]) == compared


def test_settings_that_mean_nothing_are_refused() -> None:
    for name, value in (("BENCH_CLUSTERS", "0"), ("BENCH_RUNS", "-1"), ("BENCH_FORKS", "many")):
        with pytest.raises(ValueError):
            bench_settings.read_settings({name: value})
