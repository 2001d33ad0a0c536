# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the emulator's modules importable: they import each other by bare names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2] / "emulator"), str(HERE.parent)]

from emulated import Emulated  # noqa: E402


@pytest.fixture
def azure() -> Emulated:
    """A tenant: a cluster manager, a cluster, two user assigned identities, a vault, an operator who owns it all."""
    return Emulated()
