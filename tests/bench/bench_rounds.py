# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timed runs of the collection's plays: every way in turn, round after round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench_fleet import BenchError, check_linked, check_untouched, inventory, running_fleet
from bench_plays import PLAYS, play_arguments, run_play
from bench_settings import compared_size
from bench_table import announce, finish
from bench_ways import Way
from emulator_process import EmulatorProcess

Row = dict[str, Any]
"""{play, run: first or converged, clusters, way, round, wall_s, cpu_s, requests, arm_requests, token_requests}"""


def timed_rows(folder: Path, ways: dict[str, Way], settings: dict[str, Any]) -> Iterator[Row]:
    """All timed runs of the collection, one row each, as they end."""
    for clusters in settings["clusters"]:
        plays = ["steps", "role"] if clusters == compared_size(settings["clusters"]) else ["steps"]
        place = folder / f"fleet-{clusters}"
        with running_fleet(place, clusters) as cloud:
            for play in plays:
                for number in range(1, settings["runs"] + 1):
                    for way in turns(ways, clusters, settings):
                        for row in one_turn(place, cloud, way, play, clusters, settings["forks"]):
                            yield {**row, "round": number}


def memory_rows(folder: Path, ways: dict[str, Way], settings: dict[str, Any]) -> Iterator[Row]:
    """Runs of the steps that are watched and therefore not timed: rows with `memory`, see bench_memory.

    Raises BenchError when the tasks that ought to run in the worker start processes.
    """
    clusters = compared_size(settings["clusters"])
    place = folder / "memory"
    with running_fleet(place, clusters) as cloud:
        for way in turns(ways, clusters, settings):
            for row in one_turn(place, cloud, way, "steps", clusters, settings["forks"], watch=True):
                seen = row["memory"]
                if way["name"] == "in_process" and seen["workers_with_processes"] * 2 > seen["workers"]:
                    raise BenchError(f"the tasks did not run in Ansible's workers, which had processes below: {seen}")
                yield row


def turns(ways: dict[str, Way], clusters: int, settings: dict[str, Any]) -> list[Way]:
    """The ways that run with so many clusters, in turn."""
    return [way for way in ways.values() if way["name"] != "modules" or clusters <= settings["modules_max"]]


def one_turn(
    folder: Path, cloud: EmulatorProcess, way: Way, play: str, clusters: int, forks: int, *, watch: bool = False
) -> Iterator[Row]:
    """A first run on an untouched fleet and a second one, and what must be true after each.

    A way without a first run takes the fleet as the way before it left it.
    """
    arguments = play_arguments(folder, play, PLAYS[play], inventory(cloud, clusters))
    runs = runs_of(way, play)
    if "first" in runs:
        cloud.reset()
    for run in runs:
        row = {"play": play, "run": run, "clusters": clusters, "way": way["name"]}
        announce(row)
        mark = cloud.mark()
        measured = run_play(folder, cloud, way, arguments, forks=forks, watch=watch)
        counted = count_requests(cloud.log(since=str(mark)))
        check_linked(cloud, clusters)
        if run == "converged":
            check_untouched(cloud, mark)
        if way["name"] == "floor" and counted["requests"]:
            raise BenchError(f"the floor is to send no request: {counted}")
        row |= {**measured, **counted}
        finish(row)
        yield row


def runs_of(way: Way, play: str) -> list[str]:
    """The floor does the same whatever the fleet is like, and the role as modules takes minutes: one run for those."""
    once = way["name"] == "floor" or (way["name"], play) == ("modules", "role")
    return ["converged"] if once else ["first", "converged"]


def count_requests(log: list[dict[str, Any]]) -> dict[str, int]:
    """Entries of the emulator's log -> how many, how many to ARM, how many for a token."""
    tokens = [one for one in log if one["service"] == "entra" and one["method"] == "POST"]
    return {
        "requests": len(log),
        "arm_requests": sum(one["service"] == "arm" for one in log),
        "token_requests": sum(one["path"].endswith("/token") for one in tokens),
    }
