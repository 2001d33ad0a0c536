# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deny assignments: from the fleet file, read through ARM, and in force for callers, vaults and the platform."""

from __future__ import annotations

from typing import Any

import pytest
from emulated import CLUSTER, Emulated
from emulated import FLEET as EMULATED_FLEET
from emulated import SUBSCRIPTION as SUBSCRIPTION_GUID
from emulated import VAULT as EMULATED_VAULT
from tenant import FLEET, IDENTITY, OPERATOR_ROLE, SUBSCRIPTION, VAULT, WRITER, Tenant

import fleet
import nexus_platform
from access import EVERYONE, allowed, denying
from fleet import FleetError
from state import World

SET_SECRET = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
LIST = "providers/Microsoft.Authorization/denyAssignments"
GROUP = f"{SUBSCRIPTION}/resourceGroups/security"


def tenant_with(*denials: str) -> Tenant:
    return Tenant(FLEET + "deny_assignments:\n" + "".join(f"  - {item}\n" for item in denials))


@pytest.mark.parametrize(
    ("denial", "denied"),
    [
        ("{name: d, data_actions: ['*']}", True),
        ("{name: d, scope: security, data_actions: ['*'], not_data_actions: [Microsoft.KeyVault/*]}", False),
        ("{name: d, scope: kv-one, data_actions: [Microsoft.KeyVault/vaults/secrets/*]}", True),
        ("{name: d, scope: kv-legacy, data_actions: ['*']}", False),
        ("{name: d, scope: security, children: false, data_actions: ['*']}", False),
        ("{name: d, scope: kv-one, children: false, data_actions: ['*']}", True),
        ("{name: d, actions: ['*']}", False),
        ("{name: d, principals: [id-one], data_actions: ['*']}", True),
        ("{name: d, principals: [id-two], data_actions: ['*']}", False),
        ("{name: d, excluded: [id-one], data_actions: ['*']}", False),
        ("{name: d, excluded: [id-two], data_actions: ['*']}", True),
    ],
)
def test_what_is_denied_to_whom(denial: str, denied: bool) -> None:
    tenant = tenant_with(denial)
    tenant.grant("id-one", WRITER, VAULT)
    who = tenant.principal("id-one")["objectId"]
    assert (denying(tenant.world, who.upper(), SET_SECRET, VAULT, data=True) is not None) is denied
    assert allowed(tenant.world, who, SET_SECRET, VAULT, data=True) is not denied


def names(body: Any) -> list[str]:
    return [item["properties"]["denyAssignmentName"] for item in body["value"]]


def test_they_are_listed_at_above_and_below_a_scope() -> None:
    tenant = tenant_with(
        "{name: on all, actions: ['*']}",
        "{name: on the group, scope: security, principals: [id-one], actions: ['*']}",
        "{name: on the vault, scope: kv-one, data_actions: ['*']}",
        "{name: elsewhere, scope: nexus, actions: ['*']}",
    )
    one = tenant.principal("id-one")["objectId"]
    for scope, text, expected in (
        (SUBSCRIPTION, "", ["on all", "on the group", "on the vault", "elsewhere"]),
        (SUBSCRIPTION, "atScope()", ["on all"]),
        (GROUP, "", ["on all", "on the group", "on the vault"]),
        (VAULT.upper(), "atScope()", ["on all", "on the group", "on the vault"]),
        (VAULT, f"atScope() and principalId eq '{one}'", ["on the group"]),
        (VAULT, f"atScope() and assignedTo('{one}')", ["on the group"]),
        (VAULT, "denyAssignmentName eq 'On all'", ["on all"]),
    ):
        status, body = tenant.ask("GET", f"{scope}/{LIST}", **({"$filter": text} if text else {}))
        assert (status, names(body)) == (200, expected), (scope, text)
    assert tenant.ask("GET", f"{VAULT}/{LIST}", **{"$filter": "asTarget()"})[0] == 400


def test_one_of_them() -> None:
    tenant = tenant_with("{name: stack, scope: kv-one, excluded: [AFOI-NC-MGMT-PME-PROD], data_actions: ['*']}")
    _status, listed = tenant.ask("GET", f"{VAULT}/{LIST}")
    shown = listed["value"][0]
    assert tenant.ask("GET", shown["id"]) == (200, shown)
    properties = shown["properties"]
    assert shown["id"].startswith(f"{VAULT}/{LIST}/")
    assert (properties["scope"], properties["doNotApplyToChildScopes"], properties["isSystemProtected"]) == (
        VAULT,
        False,
        True,
    )
    assert properties["principals"] == [{"id": EVERYONE, "displayName": "All Principals", "type": "SystemDefined"}]
    assert [item["type"] for item in properties["excludePrincipals"]] == ["ServicePrincipal"]
    assert properties["permissions"] == [{"actions": [], "notActions": [], "dataActions": ["*"], "notDataActions": []}]
    status, body = tenant.ask("GET", f"{VAULT}/{LIST}/{OPERATOR_ROLE}")
    assert (status, body["error"]["code"]) == (404, "DenyAssignmentNotFound")


@pytest.mark.parametrize(("cluster", "vault_denied"), [("c-system", True), ("c-user", False)])
def test_the_platform_is_kept_out(cluster: str, vault_denied: bool) -> None:
    """From the vault, or from the identity that it would write as."""
    denial = (
        "{name: d, scope: kv-one, data_actions: ['*']}" if vault_denied else "{name: d, scope: id-one, actions: ['*']}"
    )
    for tenant, denied in ((Tenant(), False), (tenant_with(denial), True)):
        tenant.grant("cm-system", WRITER, VAULT)
        tenant.grant("id-one", WRITER, VAULT)
        tenant.grant("AFOI-NC-MGMT-PME-PROD", OPERATOR_ROLE, IDENTITY)
        outcome = nexus_platform.rotate_now(tenant.world, tenant.link(cluster, "kv-one"))
        assert (outcome["rotated"] == 0) is denied
        if denied:
            assert outcome["error"]["code"] == "KeyVaultAccessDenied"


class Denied(Emulated):
    """The operator may set secrets and write clusters by his roles, and a deny assignment is on both."""

    def _build(self) -> World:
        world = World(tenant_id="", clock=lambda: self.now)
        rights = "[Owner, Key Vault Secrets Officer]"
        text = EMULATED_FLEET.replace("roles: [Owner]", f"roles: {rights}")
        denial = "{name: the stack, actions: ['*/write'], data_actions: ['*/setSecret/action'], principals: [operator]}"
        fleet.load_text(f"{text}deny_assignments: [{denial}]\n", world)
        return world


def test_the_caller_is_told_in_arms_words() -> None:
    azure = Denied()
    assert azure.arm("GET", CLUSTER).status == 200
    refused = azure.arm("PATCH", CLUSTER, {"tags": {}})
    denial = azure.get(f"/subscriptions/{SUBSCRIPTION_GUID}/{LIST}", "2022-04-01")["value"][0]
    assert (refused.status, refused.code) == (403, "DenyAssignmentAuthorizationFailed")
    words = refused.json()["error"]["message"]
    assert "has permission to perform action 'Microsoft.NetworkCloud/clusters/write'" in words
    assert f"with name 'the stack' and Id '{denial['name'].replace('-', '')}'" in words


def test_a_vault_refuses_the_caller() -> None:
    azure = Denied()
    token = azure.token("https://vault.azure.emulator/.default").json()["access_token"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    url = "https://kv-one.vault.azure.emulator/secrets"
    assert azure.send("GET", f"{url}?api-version=7.4", headers).status == 200
    refused = azure.send("PUT", f"{url}/a?api-version=7.4", headers, b'{"value": "x"}')
    assert refused.status == 403
    assert f"DenyAssignmentId: '/subscriptions/{SUBSCRIPTION_GUID}/{LIST}/" in refused.json()["error"]["message"]
    assert EMULATED_VAULT.lower() in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("denial", "key"),
    [
        ("{actions: ['*']}", r"deny_assignments\[0\]\.name"),
        ("{name: d, principals: [nobody]}", r"deny_assignments\[0\]\.principals\[0\]"),
        ("{name: d, excluded: [id-one, nobody]}", r"deny_assignments\[0\]\.excluded\[1\]"),
        ("{name: d, scope: nowhere}", r"deny_assignments\[0\]\.scope"),
    ],
)
def test_a_fleet_file_that_is_wrong(denial: str, key: str) -> None:
    with pytest.raises(FleetError, match=f"^{key}: "):
        tenant_with(denial)
