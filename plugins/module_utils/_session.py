# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task's way to Azure.

Private to this collection.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _clouds, _credentials, _settings
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, azure_errors
from ansible_collections.operator_nexus.credentials.plugins.module_utils._graph import Graph
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import Fetcher, make_transport
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_api import RoleApi

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

_SUBSCRIPTIONS_VERSION = "2022-12-01"


class Session:
    """Checks its settings at once (BadInput); imports, connects and signs in when something is first asked for.

    `arm`, `roles` and `graph` share one credential and one pool of connections.
    """

    def __init__(self, params: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._settings = _settings.resolve(params, environ, Path("~").expanduser())
        self._method = _credentials.choose(self._settings)
        self._method.validate()
        _clouds.check_name(self._settings["cloud_environment"], self._settings["cloud_metadata_url"])

    @cached_property
    def subscription_id(self) -> str:
        """The subscription for resources that are not named by a full id. Raises BadInput when none is known."""
        known = self._settings["subscription_id"]
        if not known and self._settings["source"] == "msi":
            listed = self.arm.list("/subscriptions", _SUBSCRIPTIONS_VERSION)
            known = str(listed[0].get("subscriptionId") or "") if listed else ""
        if not known:
            remedy = "set subscription_id or AZURE_SUBSCRIPTION_ID, or name the resource by its full id"
            raise BadInput("subscription_id", "no subscription is known", remedy)
        return known

    @cached_property
    def arm(self) -> Arm:
        return Arm(self._cloud, self._credential, self._transport)

    @cached_property
    def roles(self) -> RoleApi:
        return RoleApi(self.arm, self._cloud, self._credential, self._transport)

    @cached_property
    def graph(self) -> Graph:
        return Graph(self._cloud, self._credential, self._transport)

    @cached_property
    def _cloud(self) -> _clouds.Cloud:
        environment, metadata_url = self._settings["cloud_environment"], self._settings["cloud_metadata_url"]
        with azure_errors("read the cloud's metadata at", environment):
            return _clouds.find(environment, metadata_url, Fetcher(self._transport))

    @cached_property
    def _credential(self) -> TokenCredential:
        return self._method.build(self._cloud, self._transport)

    @cached_property
    def _transport(self) -> HttpTransport:
        return make_transport(self._settings["verify_certificates"])
