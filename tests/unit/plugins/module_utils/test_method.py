# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _method
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    MANAGER,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    VAULT_URI,
    as_azure_spells,
    cluster,
    guid,
    identity,
    manager,
    settings,
)

ON, OFF = {"keyVaultId": VAULT, "useKeyVault": "True"}, {"keyVaultId": VAULT, "useKeyVault": "False"}
OTHER_URI = "https://nexus-secrets-2.vault.azure.net/"
NO_SELECTION = {"vaultUri": VAULT_URI}
SYSTEM, ONE, TWO = guid("system"), guid(UAI_ONE), guid(UAI_TWO)


@pytest.mark.parametrize(
    ("document", "method"),
    [
        (cluster(), None),
        (cluster(OFF), None),
        (cluster({"keyVaultId": "", "useKeyVault": "True"}), None),
        (cluster(ON), "cluster_manager"),
        (cluster({**ON, "useKeyVault": "true"}), "cluster_manager"),
        (cluster(ON, block=identity(system=True)), "cluster_manager"),
        (cluster(settings=settings(), block=identity(system=True)), "cluster"),
        (cluster(ON, settings=settings(), block=identity(system=True)), "cluster"),
        (cluster(OFF, settings=settings(), block=identity(system=True)), "cluster"),
        (cluster(ON, settings=settings(UAI_ONE), block=identity(UAI_ONE)), "cluster"),
        # Any identity of the cluster's own switches over, even if it is not the selected one.
        (cluster(ON, settings=settings(UAI_ONE), block=identity(UAI_TWO)), "cluster"),
        (cluster(ON, settings=settings(), block=identity(UAI_TWO)), "cluster"),
        # Settings without one do not count.
        (cluster(ON, settings=settings(UAI_ONE)), "cluster_manager"),
        (cluster(ON, settings=settings(), block={"type": "None"}), "cluster_manager"),
        (cluster(settings=settings()), None),
        (cluster(ON, settings={"associatedIdentity": {}}, block=identity(system=True)), "cluster_manager"),
        ({"id": "bare"}, None),
        ({"id": "bare", "properties": None, "identity": None}, None),
    ],
)
def test_in_use(document: dict[str, Any], method: str | None) -> None:
    assert _method.in_use(document) == method


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (cluster(ON), cluster({**ON, "keyVaultId": as_azure_spells(VAULT)}), True),
        (cluster(ON), cluster({**ON, "keyVaultId": VAULT + "-2"}), False),
        (cluster(ON), cluster(ON, settings=settings(), block=identity(system=True)), False),
        (
            cluster(settings=settings(UAI_ONE), block=identity(UAI_ONE)),
            cluster(settings=settings(as_azure_spells(UAI_ONE), VAULT_URI.upper()), block=identity(UAI_ONE, UAI_TWO)),
            True,
        ),
        (
            cluster(settings=settings(), block=identity(system=True)),
            cluster(ON, settings=settings(vault_uri=OTHER_URI), block=identity(system=True)),
            False,
        ),
        (
            cluster(settings=settings(), block=identity(UAI_ONE, system=True)),
            cluster(settings=settings(UAI_ONE), block=identity(UAI_ONE, system=True)),
            False,
        ),
    ],
)
def test_destination(one: dict[str, Any], other: dict[str, Any], equal: bool) -> None:
    first, second = (_method.destination(item, _method.in_use(item) or "") for item in (one, other))
    assert (first == second) is equal


def test_the_id_of_the_manager() -> None:
    assert _method.manager_id(cluster()) == MANAGER
    assert _method.manager_id({"properties": {"clusterManagerId": None}}) == ""
    assert _method.manager_id({}) == ""


def of_manager(block: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    return {key(MANAGER): manager(block)}


@pytest.mark.parametrize(
    ("document", "managers", "principals"),
    [
        # Of the manager any identity may be the one.
        (cluster(ON), of_manager(identity(UAI_ONE, UAI_TWO, system=True)), {SYSTEM, ONE, TWO}),
        (cluster({**ON, "keyVaultId": VAULT.upper()}), of_manager(identity(UAI_ONE)), {ONE}),
        (cluster(ON), of_manager(None), set()),
        (cluster(ON), {}, set()),
        (cluster(OFF), of_manager(identity(system=True)), set()),
        (cluster({**ON, "keyVaultId": VAULT + "-2"}), of_manager(identity(system=True)), set()),
        # The cluster's own identity writes nothing by the older method.
        (cluster(ON, block=identity(UAI_TWO)), of_manager(identity(UAI_ONE)), {ONE}),
        # By the new one, the selected identity and no other, and none of the manager.
        (
            cluster(ON, settings=settings(UAI_ONE), block=identity(UAI_ONE, UAI_TWO, system=True)),
            of_manager(identity(UAI_TWO)),
            {ONE},
        ),
        (
            cluster(settings=settings(UAI_ONE.upper()), block=identity(UAI_ONE, UAI_TWO, system=True)),
            {},
            {ONE},
        ),
        (cluster(settings=settings(as_azure_spells(UAI_TWO)), block=identity(UAI_ONE, UAI_TWO)), {}, {TWO}),
        (cluster(settings=settings(), block=identity(UAI_ONE, system=True)), {}, {SYSTEM}),
        (cluster(settings=settings(vault_uri=VAULT_URI.upper()), block=identity(system=True)), {}, {SYSTEM}),
        (cluster(settings=settings(vault_uri=OTHER_URI), block=identity(system=True)), {}, set()),
        # The older link is ignored then, wherever it leads.
        (cluster(ON, settings=settings(vault_uri=OTHER_URI), block=identity(system=True)), of_manager(None), set()),
        # Selected, but not there.
        (cluster(settings=settings(UAI_ONE), block=identity(UAI_TWO, system=True)), {}, set()),
        (cluster(settings=settings(), block=identity(UAI_TWO)), {}, set()),
        # Nothing is selected: any may be the one.
        (cluster(settings=NO_SELECTION, block=identity(UAI_ONE, system=True)), {}, {SYSTEM, ONE}),
        # An identity whose id Azure has yet to tell.
        (
            cluster(
                settings=settings(UAI_ONE), block={"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}}
            ),
            {},
            set(),
        ),
        (cluster(), of_manager(identity(system=True)), set()),
    ],
)
def test_writers(document: dict[str, Any], managers: dict[str, dict[str, Any]], principals: set[str]) -> None:
    found = _method.writers(document, managers, VAULT)
    assert set(found) == principals
    assert len(found) == len(principals)
