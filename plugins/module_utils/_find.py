# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read resources without changing them: one, those of a resource group, or those of a subscription.

Private to this collection. The shared engine of the `_info` modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _api_version, _resource_id
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session


def find(params: Mapping[str, Any], session: Session, kind: str) -> list[dict[str, Any]]:
    """The ARM documents that id, name and resource_group mean; a resource that does not exist is an empty list."""
    version = _api_version.check(params["api_version"])
    if params.get("id") or params.get("name"):
        resource_id = _resource_id.address(params, kind, lambda: session.subscription_id)
        document = session.arm.get(resource_id, version)
        return [] if document is None else [document]
    path = _resource_id.collection(kind, params.get("resource_group"), lambda: session.subscription_id)
    return session.arm.list_resources(path, version)
