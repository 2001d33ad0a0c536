# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the collection is, beside itself and beside nothing: what `make bench` runs. README.md says the rest."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_fleet import BenchError
from bench_lag import measure_lag
from bench_peers import describe_peers, peer_rows
from bench_rounds import memory_rows, timed_rows
from bench_settings import compared_size, describe_machine, read_settings
from bench_summary import peer_ratios, ratios, summarize
from bench_table import report_text, say
from bench_ways import make_ways
from collection_archive import CHECKOUT

BUILD = CHECKOUT / "build"


def bench(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Measure everything. The memory comes first: its runs also warm the machine's caches for the timed ones.

    What takes longest comes last, so that whatever cannot work fails early.
    """
    machine = {**describe_machine(), "peers": describe_peers() if settings["peers"] else {}}
    say("build the collection and install it")
    ways = make_ways(folder / "ways")
    memory = list(memory_rows(folder, ways, settings))
    say(f"operations of {settings['lag_seconds']} s")
    lag = measure_lag(folder, ways["in_process"], settings)
    checks = list(peer_rows(folder, ways["in_process"], settings)) if settings["peers"] else []
    rows = [*timed_rows(folder, ways, settings), *checks]
    clusters = compared_size(settings["clusters"])
    return {
        "machine": machine,
        "settings": {**settings, "compared": clusters},
        "runs": rows,
        "memory": memory,
        "lag": lag,
        "summary": summarize(rows),
        "ratios": ratios(rows, memory, lag["lag_s"], clusters),
        "peer_ratios": peer_ratios(rows),
    }


def main() -> None:
    # SIGTERM must end the blocks that stop the emulator
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        try:
            report = bench(Path(folder), read_settings(os.environ))
        except (BenchError, ValueError) as error:
            sys.exit(f"\nbench: {error}")
    print(report_text(report))
    (BUILD / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    print("\nAll of it is in build/bench.json.")


if __name__ == "__main__":
    main()
