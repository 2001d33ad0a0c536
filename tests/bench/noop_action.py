# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of the floor: it answers at once, with all that a play or the role reads from a result."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

PRINCIPAL = "00000000-0000-4000-8000-000000000001"
MANAGER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.NetworkCloud/clusterManagers/cm-001"
IDENTITY = {"type": "SystemAssigned", "principal_id": PRINCIPAL, "tenant_id": "t", "user_assigned_identities": []}


class ActionModule(ActionBase):
    """Stands in for each module of the collection."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        options = self._task.args
        resource_id = options.get("id") or options.get("name") or ""
        archive = {"key_vault_id": options.get("key_vault_id"), "use_key_vault": True}
        resource = {
            "id": resource_id,
            "name": resource_id.rpartition("/")[2],
            "location": "uksouth",
            "tags": {},
            "identity": IDENTITY,
            "provisioning_state": "Succeeded",
            "detailed_status": "Running",
            "detailed_status_message": "",
            "cluster_manager_id": MANAGER,
            "secret_archive": archive,
            "secret_archive_settings": None,
            "method": "cluster",
            "previous_method": "cluster",
            "redirected": False,
        }
        return {
            "changed": False,
            **resource,
            "clusters": [resource],
            "cluster_managers": [resource],
            "principal_id": PRINCIPAL,
            "principal_ids": [PRINCIPAL],
            "principals": [{"principal_id": PRINCIPAL, "identity": MANAGER}],
            "scope": resource_id,
            "role_assignments": [],
        }
