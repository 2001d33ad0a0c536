# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the environment asks of the benchmark, and the machine that it runs on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from typing import Any

NUMBERS = {
    "runs": 5,
    "forks": 20,
    "modules_max": 100,
    "lag_seconds": 30,
    "lag_clusters": 5,
    "lag_forks": 50,
    "peers_runs": 1,
    "peers_clusters": 10,
}
"""Setting -> default. The variable is BENCH_ and the name in capitals."""
SIZES = "10,30,100,300"
COMPARED = 100
"""The number of clusters at which ways are compared."""


def read_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """The numbers above, `clusters` (list of fleet sizes, rising) and `peers` (bool). Raises ValueError."""
    settings: dict[str, Any] = {name: _number(environment, name, default) for name, default in NUMBERS.items()}
    sizes = environment.get("BENCH_CLUSTERS") or SIZES
    settings["clusters"] = sorted({int(size) for size in sizes.split(",")})
    if settings["clusters"][0] < 1:
        raise ValueError(f"BENCH_CLUSTERS takes numbers from 1 on, not {sizes}")
    settings["peers"] = environment.get("BENCH_PEERS", "") not in ("", "0")
    return settings


def compared_size(sizes: list[int]) -> int:
    """The fleet size of the ratios: the largest one up to 100, or the smallest of all."""
    return max((size for size in sizes if size <= COMPARED), default=min(sizes))


def describe_machine() -> dict[str, Any]:
    """What figures depend on, without the machine's name."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "ansible_core": importlib.metadata.version("ansible-core"),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    variable = f"BENCH_{name.upper()}"
    value = int(environment.get(variable) or default)
    if value < 1:
        raise ValueError(f"{variable} takes a number from 1 on, not {value}")
    return value
