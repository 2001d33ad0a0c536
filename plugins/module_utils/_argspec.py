# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share.

Private to this collection.
"""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _api_version

# Neither defaults nor fallbacks here: what an unset option means depends on where the credentials come from, and
# `_settings.py` alone decides that. Documented in doc_fragments/_auth.py.
AUTH_SPEC: dict[str, dict[str, Any]] = {
    "auth_source": {"type": "str", "choices": ["auto", "cli", "env", "credential_file", "msi"]},
    "profile": {"type": "str"},
    "subscription_id": {"type": "str"},
    "client_id": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "tenant": {"type": "str"},
    "ad_user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "cloud_environment": {"type": "str"},
    "cert_validation_mode": {"type": "str", "choices": ["validate", "ignore"]},
    "adfs_authority_url": {"type": "str"},
    "x509_certificate_path": {"type": "path"},
    "thumbprint": {"type": "str"},
    "disable_instance_discovery": {"type": "bool"},
    "oidc_token": {"type": "str", "no_log": True},
    "oidc_token_file_path": {"type": "path", "no_log": False},
    # Accepted so that one module_defaults block serves azure.azcollection and this collection.
    "api_profile": {"type": "str"},
    "log_mode": {"type": "str"},
    "log_path": {"type": "str"},
}

# The address of one resource, see doc_fragments/_resource.py.
RESOURCE_SPEC: dict[str, dict[str, Any]] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "resource_group": {"type": "str"},
}
NETWORK_CLOUD_SPEC: dict[str, dict[str, Any]] = {"api_version": {"type": "str", "default": _api_version.NETWORK_CLOUD}}
STATE_SPEC: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
# See doc_fragments/_wait.py. Cluster managers have taken up to 17 minutes.
WAIT_SPEC: dict[str, dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 1800},
}
# For role assignments only the replication of a new principal is waited for: about a minute, so this is generous.
ROLE_WAIT_SPEC: dict[str, dict[str, Any]] = {"wait_timeout": {"type": "int", "default": 300}}


def _variable(name: str) -> str:
    """For `fallback`: a variable of the environment; an empty one, as AWX injects them, is none."""
    if not os.environ.get(name):
        raise AnsibleFallbackNotFound
    return os.environ[name]


# How the tasks of a run work together, see doc_fragments/_run.py. The variables are for those who start playbooks that
# others wrote.
RUN_SPEC: dict[str, dict[str, Any]] = {
    "run_cache_seconds": {
        "type": "int",
        "default": 60,
        "fallback": (_variable, ["OPERATOR_NEXUS_RUN_CACHE_SECONDS"]),
    },
    "progress": {"type": "bool", "default": True, "fallback": (_variable, ["OPERATOR_NEXUS_PROGRESS"])},
}
