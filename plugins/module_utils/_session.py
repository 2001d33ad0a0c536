# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task's way to Azure.

Private to this collection.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _clouds, _credentials, _settings
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, azure_errors
from ansible_collections.operator_nexus.credentials.plugins.module_utils._graph import Graph
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import Fetcher, make_transport
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Say, say_nothing
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_api import RoleApi
from ansible_collections.operator_nexus.credentials.plugins.module_utils._shared_credential import SharedCredential
from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Store
from ansible_collections.operator_nexus.credentials.plugins.module_utils._vault_secrets import VaultSecrets

if TYPE_CHECKING:
    from azure.core.pipeline.transport import HttpTransport

SUBSCRIPTIONS_VERSION = "2022-12-01"


class Session:
    """Checks its settings at once (BadInput); imports, connects and signs in when something is first asked for.

    All its clients share one credential and one pool of connections; `arm`, `roles` and `graph` share one memory too.
    With a `store` they share sign-ins and what they read with the other tasks of the run; `say` takes lines about
    operations that go on.
    """

    def __init__(
        self,
        params: Mapping[str, Any],
        environ: Mapping[str, str] | None = None,
        *,
        store: Store | None = None,
        say: Say = say_nothing,
    ) -> None:
        environ = os.environ if environ is None else environ
        home = Path("~").expanduser()
        self._settings = _settings.resolve(params, environ, home)
        self._method = _credentials.choose(self._settings)
        self._method.validate()
        _clouds.check_name(self._settings["cloud_environment"], self._settings["cloud_metadata_url"])
        az = _settings.cli_login(environ, home) if self._settings["source"] == "cli" else ""
        self._memory = Memory(store, (*_login(self._settings), az), params.get("run_cache_seconds") or 0)
        self._say = say if params.get("progress") else say_nothing

    @cached_property
    def subscription_id(self) -> str:
        """The subscription for resources that are not named by a full id. Raises BadInput when none is known."""
        known = self._settings["subscription_id"]
        if not known and self._settings["source"] == "msi":
            known = str(self._memory.once(("subscription",), self._first_subscription))
        if not known:
            remedy = "set subscription_id or AZURE_SUBSCRIPTION_ID, or name the resource by its full id"
            raise BadInput("subscription_id", "no subscription is known", remedy)
        return known

    @cached_property
    def arm(self) -> Arm:
        return Arm(self._cloud, self._credential, self._transport, self._memory, self._say)

    @cached_property
    def roles(self) -> RoleApi:
        return RoleApi(self.arm, self._cloud, self._credential, self._transport, self._memory)

    @cached_property
    def graph(self) -> Graph:
        return Graph(self._cloud, self._credential, self._transport, self._memory)

    @cached_property
    def vault_secrets(self) -> VaultSecrets:
        return VaultSecrets(self._cloud, self._credential, self._transport)

    def _first_subscription(self) -> str:
        return next(iter(visible_subscriptions(self.arm)), "")

    @cached_property
    def _cloud(self) -> _clouds.Cloud:
        return _clouds.Cloud(**self._memory.once(("cloud",), lambda: asdict(self._find_cloud())))

    def _find_cloud(self) -> _clouds.Cloud:
        environment, metadata_url = self._settings["cloud_environment"], self._settings["cloud_metadata_url"]
        with azure_errors("read the cloud's metadata at", environment):
            return _clouds.find(environment, metadata_url, Fetcher(self._transport))

    @cached_property
    def _credential(self) -> SharedCredential:
        return SharedCredential(lambda: self._method.build(self._cloud, self._transport), self._memory)

    @cached_property
    def _transport(self) -> HttpTransport:
        return make_transport(self._settings["verify_certificates"])


def visible_subscriptions(arm: Arm) -> list[str]:
    """The ids of all subscriptions in which the login has a role, be it on a single resource. Raises NexusError."""
    return [str(item.get("subscriptionId") or "") for item in arm.list("/subscriptions", SUBSCRIPTIONS_VERSION)]


def _login(settings: _settings.Settings) -> tuple[str, ...]:
    """What tells two logins, or two clouds, apart. One login may be used for many subscriptions."""
    return tuple(f"{name}={value}" for name, value in settings.items() if name != "subscription_id")
