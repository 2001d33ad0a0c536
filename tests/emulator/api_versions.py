# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which api-versions each resource type has."""

from __future__ import annotations

import re

from arm import ArmError

NETWORKCLOUD = (
    "2022-12-12-preview",
    "2023-05-01-preview",
    "2023-07-01",
    "2023-10-01-preview",
    "2023-12-01-preview",
    "2024-03-01-preview",
    "2024-05-01-preview",
    "2024-06-01-preview",
    "2024-07-01",
    "2024-10-01-preview",
    "2025-02-01",
    "2025-07-01-preview",
    "2025-09-01",
    "2026-01-01-preview",
    "2026-05-01-preview",
    "2026-07-01",
)
KNOWN: dict[str, tuple[str, ...]] = {}
"""Resource type -> its versions, oldest first. The providers' tables are gathered by providers.py."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(-preview)?")


def supported(resource_type: str) -> tuple[str, ...]:
    wanted = resource_type.lower()
    return next((versions for name, versions in KNOWN.items() if name.lower() == wanted), ())


def check(resource_type: str, api_version: str, location: str) -> None:
    """Raises ArmError 400 for a version that is missing, malformed or unknown to the type."""
    if not api_version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message)
    if not _DATE.fullmatch(api_version):
        raise ArmError(400, "InvalidApiVersionParameter", f"The api-version '{api_version}' is invalid.")
    versions = supported(resource_type)
    if api_version not in versions:
        message = (
            f"No registered resource provider found for location '{location}' and API version '{api_version}' for type "
            f"'{resource_type.partition('/')[2]}'. The supported api-versions are '{', '.join(versions)}'. "
            f"The supported locations are '{location}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", message)
