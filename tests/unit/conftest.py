# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a checkout with any folder name be imported as ``ansible_collections.operator_nexus.credentials``."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def offer_collection(checkout: Path) -> None:
    """Put a tree on ``sys.path`` in which a symlink gives the checkout its collection path."""
    tree = Path(tempfile.mkdtemp(prefix="nexus-collections-"))
    atexit.register(shutil.rmtree, tree, ignore_errors=True)
    link = tree / "ansible_collections" / "operator_nexus" / "credentials"
    link.parent.mkdir(parents=True)
    link.symlink_to(checkout, target_is_directory=True)
    sys.path.insert(0, str(tree))


# Inside a real collection tree (ansible-test, a checkout that already lies in one) the import works by itself,
# and a second path to the same files would load every module twice.
if "ansible_collections" not in CHECKOUT.parts:
    offer_collection(CHECKOUT)
