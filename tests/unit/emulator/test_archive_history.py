# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of what the platform has done for a cluster, as the control endpoint gives it."""

from __future__ import annotations

from emulated import CLUSTER, IDENTITIES, MANAGER, VAULT, Emulated

from moments import precise
from state import Document

SETTINGS = {
    "vaultUri": "https://kv-one.vault.azure.emulator/",
    "associatedIdentity": {"identityType": "SystemAssignedIdentity"},
}
DAY = 86_400


def history(azure: Emulated) -> list[Document]:
    return list(azure.control("GET", f"history?cluster={CLUSTER}").json()["value"])


def kinds(azure: Emulated) -> list[str]:
    return [item["event"] for item in history(azure)]


def update(azure: Emulated, **body: object) -> None:
    assert azure.arm("PATCH", CLUSTER, body).status == 202
    azure.finish()


def test_from_the_link_to_the_successor(azure: Emulated) -> None:
    assert history(azure) == []
    identity = azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}}).json()["identity"]
    update(azure, properties={"secretArchive": {"keyVaultId": VAULT, "useKeyVault": "True"}})
    old = {"method": "cluster_manager", "vault": "kv-one", "identity": identity["principalId"]}
    first = {"time": precise(azure.now), "event": "refused", **old, "code": "KeyVaultAccessDenied"}
    assert history(azure) == [first]
    azure.now += 120
    assert history(azure) == [first]  # it has retried
    azure.grant_writer(identity["principalId"])
    time = precise(azure.now)
    assert history(azure)[1:] == [
        {"time": time, "event": "validated", **old},
        {"time": time, "event": "rotated", **old, "count": 7},
    ]

    update(azure, identity={"type": "SystemAssigned"}, properties={"secretArchiveSettings": SETTINGS})
    own = {"method": "cluster", "vault": "kv-one", "identity": azure.get(CLUSTER)["identity"]["principalId"]}
    time = precise(azure.now)
    assert history(azure)[3:] == [{"time": time, "event": "refused", **own, "code": "KeyVaultAccessDenied"}]
    azure.grant_writer(own["identity"])
    azure.get(CLUSTER)
    assert kinds(azure)[4:] == ["validated"]  # the same vault: everything lies there already
    azure.control("POST", "rotate", {"cluster": CLUSTER})
    assert history(azure)[-1] == {"time": time, "event": "rotated", **own, "count": 7}


def test_each_write_begins_anew(azure: Emulated) -> None:
    for _time in range(2):
        update(azure, properties={"secretArchiveSettings": SETTINGS})
        azure.get(CLUSTER)
    assert kinds(azure) == ["refused", "refused"]
    assert {item["code"] for item in history(azure)} == {"KeyVaultIdentityMissing"}
    assert {item["identity"] for item in history(azure)} == {None}


def test_another_failure_is_another_event(azure: Emulated) -> None:
    selected = {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": f"{IDENTITIES}/id-a"}
    identity = {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/id-a": {}}}
    settings = SETTINGS | {"associatedIdentity": selected}
    update(azure, identity=identity, properties={"secretArchiveSettings": settings})
    azure.get(CLUSTER)
    azure.arm("DELETE", f"{IDENTITIES}/id-a", version="2023-01-31")
    assert [item["code"] for item in history(azure)] == ["KeyVaultAccessDenied", "KeyVaultIdentityResourceIdInvalid"]


def test_a_vault_that_is_not_there_goes_by_what_the_cluster_calls_it(azure: Emulated) -> None:
    identity = {"type": "SystemAssigned"}
    update(azure, identity=identity, properties={"secretArchiveSettings": {"vaultUri": "https://kv"}})
    update(azure, properties={"secretArchiveSettings": None, "secretArchive": {"keyVaultId": "/kv"}})
    update(azure, properties={"secretArchive": {"keyVaultId": "/kv", "useKeyVault": "True"}})
    assert [(item["method"], item["vault"], item["code"]) for item in history(azure)] == [
        ("cluster", "https://kv", "KeyVaultUriInvalid"),
        ("cluster_manager", "/kv", "KeyVaultIdentityMissing"),
    ]


def test_rotations_by_schedule_are_counted(azure: Emulated) -> None:
    azure.world.settings.token_seconds = 2 * DAY
    update(azure, identity={"type": "SystemAssigned"}, properties={"secretArchiveSettings": SETTINGS})
    azure.grant_writer(azure.get(CLUSTER)["identity"]["principalId"])
    azure.get(CLUSTER)
    azure.now += DAY
    azure.get(CLUSTER)
    assert [item["count"] for item in history(azure) if item["event"] == "rotated"] == [7, 1]


def test_it_goes_with_the_cluster(azure: Emulated) -> None:
    update(azure, properties={"secretArchiveSettings": SETTINGS})
    assert kinds(azure) == ["refused"]
    azure.arm("DELETE", CLUSTER)
    azure.finish()
    assert azure.control("GET", f"history?cluster={CLUSTER}").status == 400
    assert azure.world.history == {}
