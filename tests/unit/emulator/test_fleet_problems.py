# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be unusual in an estate: custom roles, conditions, vaults of another tenant, providers not registered."""

from __future__ import annotations

import pytest
from emulated import CLUSTER, SUBSCRIPTION, Emulated
from emulated import FLEET as EMULATED_FLEET
from tenant import FLEET, VAULT, WRITER, Tenant
from tenant import SUBSCRIPTION as SUBSCRIPTION_ID

import fleet
import nexus_platform
from access import allowed
from fleet_documents import stable_id
from state import World

SET_SECRET = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"
PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud"


def test_a_custom_role() -> None:
    role = "{name: Our writer, data_actions: ['Microsoft.KeyVault/*'], not_data_actions: ['*/getSecret/action']}"
    grant = "{principal: cm-system, role: Our writer, scope: kv-one}"
    tenant = Tenant(f"{FLEET}roles: [{role}]\nrole_assignments: [{grant}]\n")
    who, guid = tenant.principal("cm-system")["objectId"], stable_id("role", "Our writer")
    assert allowed(tenant.world, who, SET_SECRET, VAULT, data=True)
    assert not allowed(tenant.world, who, SET_SECRET.replace("set", "get"), VAULT, data=True)
    status, shown = tenant.ask("GET", f"{VAULT}/{DEFINITIONS}/{guid}")
    assert (status, shown["properties"]["type"]) == (200, "CustomRole")
    assert shown["properties"]["assignableScopes"] == [SUBSCRIPTION_ID]
    assert shown["properties"]["permissions"][0]["notDataActions"] == ["*/getSecret/action"]
    _status, listed = tenant.ask("GET", f"{SUBSCRIPTION_ID}/{DEFINITIONS}", **{"$filter": "type eq 'CustomRole'"})
    assert [item["name"] for item in listed["value"]] == [guid]
    # It can be assigned like any other, and another fleet does not know it.
    tenant.grant("id-one", guid, VAULT)
    assert allowed(tenant.world, tenant.principal("id-one")["objectId"], SET_SECRET, VAULT, data=True)
    assert Tenant().ask("GET", f"{VAULT}/{DEFINITIONS}/{guid}")[0] == 404


def test_a_condition_is_shown_and_counts_as_met() -> None:
    grant = "{principal: cm-system, role: Key Vault Secrets Officer, scope: kv-one, condition: '@x'}"
    tenant = Tenant(f"{FLEET}role_assignments: [{grant}]\n")
    _status, listed = tenant.ask("GET", f"{VAULT}/providers/Microsoft.Authorization/roleAssignments")
    conditions = [item["properties"]["condition"] for item in listed["value"]]
    assert sorted(map(str, conditions)) == ["@x", "None"]
    assert allowed(tenant.world, tenant.principal("cm-system")["objectId"], SET_SECRET, VAULT, data=True)


@pytest.mark.parametrize("method", ["cluster_manager", "cluster"])
def test_a_vault_of_another_tenant_takes_nothing(method: str) -> None:
    foreign = "44444444-4444-4444-8444-444444444444"
    for other in (False, True):
        entry = "{name: kv-one, resource_group: security"
        tenant = Tenant(FLEET.replace(entry, f"{entry}, tenant: {foreign}") if other else FLEET)
        tenant.grant("cm-system", WRITER, VAULT)
        tenant.grant("c-own", WRITER, VAULT)
        if method == "cluster":
            cluster = tenant.settings("c-own", "https://kv-one.vault.azure.emulator/")
        else:
            cluster = tenant.link("c-system", "kv-one")
        outcome = nexus_platform.rotate_now(tenant.world, cluster)
        assert (outcome["rotated"] == 0) is other
        if other:
            assert outcome["error"]["code"] == "KeyVaultAccessDenied"
            assert foreign in outcome["error"]["message"]


class Strange(Emulated):
    """The vault is of another tenant, and Microsoft.NetworkCloud is not registered."""

    def _build(self) -> World:
        world = World(tenant_id="", clock=lambda: self.now)
        text = EMULATED_FLEET.replace("{name: kv-one,", "{name: kv-one, tenant: 44444444-4444-4444-8444-444444444444,")
        text = text.replace("name: test}", "name: test, unregistered: [microsoft.networkcloud]}")
        fleet.load_text(text, world)
        return world


def test_a_vault_of_another_tenant_takes_no_token() -> None:
    azure = Strange()
    token = azure.token("https://vault.azure.emulator/.default").json()["access_token"]
    url = "https://kv-one.vault.azure.emulator/secrets?api-version=7.4"
    refused = azure.send("GET", url, {"authorization": f"Bearer {token}"})
    assert refused.status == 401
    assert "AKV10032: Invalid issuer" in refused.json()["error"]["message"]


def test_a_provider_that_is_not_registered() -> None:
    azure = Strange()
    assert azure.get(PROVIDER, "2021-04-01")["registrationState"] == "NotRegistered"
    assert azure.get("/providers/Microsoft.NetworkCloud", "2021-04-01")["registrationState"] == "Registered"
    for method, body in (("GET", None), ("PATCH", {"tags": {}})):
        refused = azure.arm(method, CLUSTER, body)
        assert (refused.status, refused.code) == (409, "MissingSubscriptionRegistration")
        assert "namespace 'Microsoft.NetworkCloud'" in refused.json()["error"]["message"]
        assert refused.json()["error"]["details"][0]["target"] == "Microsoft.NetworkCloud"
    assert azure.arm("GET", CLUSTER.rpartition("/providers/")[0], version="2021-04-01").status == 200
    assert azure.arm("POST", f"{PROVIDER}/register", version="2021-04-01").status == 200
    assert azure.get(PROVIDER, "2021-04-01")["registrationState"] == "Registered"
    assert azure.get(CLUSTER)["name"] == "cluster-one"
