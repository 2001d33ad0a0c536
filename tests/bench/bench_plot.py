# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw build/bench.json as a picture: what `make bench-plot` runs.

    bench_plot.py BENCH_JSON SVG

The same figures give the same file, byte for byte. Needs matplotlib (tests/requirements-bench.txt).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

STYLES = {
    "modules": ("as modules", "#b04a00", "s"),
    "in_process": ("in the Ansible worker", "#0060a8", "o"),
    "floor": ("the same tasks, doing nothing", "#6b6b6b", "^"),
}
"""Way -> label, colour, marker. The slowest comes first, as its line lies highest."""


def draw(report: dict[str, Any]) -> Figure:
    """Wall seconds of the converged steps against the number of clusters, a line for each way."""
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    lines = [line for line in report["summary"] if (line["play"], line["run"]) == ("steps", "converged")]
    for way, (label, colour, marker) in STYLES.items():
        points = [(line["clusters"], line["wall_s"]) for line in lines if line["way"] == way]
        middles = [wall["median"] for _clusters, wall in points]
        below = [wall["median"] - wall["min"] for _clusters, wall in points]
        above = [wall["max"] - wall["median"] for _clusters, wall in points]
        sizes = [clusters for clusters, _wall in points]
        axes.errorbar(sizes, middles, [below, above], label=label, color=colour, marker=marker, capsize=4)
    # costs that grow with the fleet are straight lines of slope one, whatever their size
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    axes.set_xticks(sorted({line["clusters"] for line in lines}))
    axes.set_yticks(_seconds(max(line["wall_s"]["max"] for line in lines)))
    axes.set_xlabel("clusters")
    axes.set_ylabel("seconds (median; bars from fastest to slowest run)")
    axes.grid(True, color="#dddddd")
    axes.legend()
    machine, settings = report["machine"], report["settings"]
    figure.suptitle("Nothing to do: one play, three tasks for each cluster")
    axes.set_title(
        f"{machine['cores']} cores, ansible-core {machine['ansible_core']}, {settings['forks']} forks, "
        f"{settings['runs']} runs of each",
        fontsize="small",
    )
    return figure


def _seconds(most: float) -> list[float]:
    """1, 2, 5, 10, 20, 50, ... up to the first that is not below `most`."""
    ticks = [1.0]
    while ticks[-1] < most:
        ticks.append(ticks[-1] * (2.5 if f"{ticks[-1]:g}".startswith("2") else 2))
    return ticks


def main(source: str, target: str) -> None:
    # text stays text, and ids do not come from chance
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.family": "sans-serif"})
    figure = draw(json.loads(Path(source).read_text()))
    figure.savefig(target, format="svg", facecolor="white", metadata={"Date": None, "Creator": None})
    print(f"drawn: {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
