# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import Azure's libraries before anybody waits for them. Private to this collection."""

from __future__ import annotations

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _clouds, _operations
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import MissingLibrary, needs
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import make_transport
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress, say_nothing
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_api import RoleApi
from ansible_collections.operator_nexus.credentials.plugins.module_utils._shared_credential import SharedCredential


def import_early() -> bool:
    """Import whatever a task may come to import, and say whether all of it is there.

    For the parent of Ansible's workers: the clients are made, some libraries import their parts only then, but no
    connection is opened and no thread started.
    """
    try:
        with needs("azure-identity"):
            import azure.identity
            import cryptography.fernet  # noqa: F401
        cloud = _clouds.KNOWN["AzureCloud"]
        credential = SharedCredential(azure.identity.AzureCliCredential, Memory())
        transport = make_transport(verify_certificates=True)
        arm = Arm(cloud, credential, transport)
        arm.prepare()
        RoleApi(arm, cloud, credential, transport).prepare()
        _operations.make_polling("", Clock(0), Progress(say_nothing, ""))
    except MissingLibrary:
        return False
    return True
