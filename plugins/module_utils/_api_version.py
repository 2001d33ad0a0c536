# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Api-versions of Azure: dates, with or without `-preview` behind. Pure. Private to this collection."""

from __future__ import annotations

import re

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput

NETWORK_CLOUD = "2025-09-01"
KEY_VAULT = "2023-07-01"
MANAGED_IDENTITY = "2023-01-31"

_VERSION = re.compile(r"\d{4}-\d\d-\d\d(-preview)?")


def check(api_version: str, since: str = "", what: str = "") -> str:
    """The api-version, when it is one and not older than `since`, the first that knows `what`. Raises BadInput."""
    if not _VERSION.fullmatch(api_version):
        raise BadInput("api_version", f"'{api_version}' is not an api-version", "give one like 2025-09-01")
    if api_version < since:
        raise BadInput("api_version", f"{api_version} does not know {what}", f"give {since} or a later one")
    return api_version
