# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _api_version, _documents
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    MANAGER,
    UAI_ONE,
    VAULT,
    VAULT_URI,
    as_azure_spells,
    cluster,
    identity,
    manager,
    settings,
)


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("id", "id"),
        ("clusterManagerId", "cluster_manager_id"),
        ("keyVaultURI", "key_vault_uri"),
        ("etag", "etag"),
        ("bmcMacAddress", "bmc_mac_address"),
        ("HTTPProxy", "http_proxy"),
    ],
)
def test_snake(camel: str, snake: str) -> None:
    assert _documents.snake(camel) == snake


def test_tags_keep_their_names_wherever_they_are() -> None:
    assert _documents.snaked({"innerThing": [{"tags": {"costCenter": "42"}}]}) == {
        "inner_thing": [{"tags": {"costCenter": "42"}}]
    }


def test_a_cluster_is_flat_and_lean() -> None:
    document = cluster({"keyVaultId": VAULT, "useKeyVault": "False"})
    document["tags"] = {"costCenter": "42"}
    found = _documents.cluster(document)
    assert found["id"] == CLUSTER
    assert found["cluster_manager_id"] == MANAGER
    assert found["detailed_status"] == "Running"
    assert found["secret_archive"] == {"key_vault_id": VAULT, "use_key_vault": False}
    assert found["tags"] == {"costCenter": "42"}
    assert set(found["cluster_service_principal"]) == {"application_id"}
    assert not {"properties", "aggregator_or_single_rack_definition", "system_data"} & set(found)


def test_a_cluster_tells_of_both_links_in_the_same_manner() -> None:
    archive = {"keyVaultId": VAULT, "useKeyVault": "True"}
    found = _documents.cluster(cluster(archive, settings=settings(as_azure_spells(UAI_ONE)), block=identity(UAI_ONE)))
    assert found["secret_archive"] == {"key_vault_id": VAULT, "use_key_vault": True}
    assert found["secret_archive_settings"] == {
        "vault_uri": VAULT_URI,
        "identity_type": "UserAssignedIdentity",
        "identity_resource_id": UAI_ONE,
    }
    assert _documents.cluster(cluster(settings=settings()))["secret_archive_settings"] == {
        "vault_uri": VAULT_URI,
        "identity_type": "SystemAssignedIdentity",
        "identity_resource_id": None,
    }
    assert _documents.cluster(cluster(settings={"associatedIdentity": {}}))["secret_archive_settings"] is None


def test_the_documented_members_are_there_even_if_azure_leaves_them_out() -> None:
    bare = {"id": CLUSTER, "name": "cluster-1", "location": "eastus"}
    found = _documents.cluster(bare)
    missing = (
        "cluster_manager_id",
        "secret_archive",
        "secret_archive_settings",
        "provisioning_state",
        "detailed_status",
    )
    assert [found[name] for name in missing] == [None] * len(missing)
    assert found["tags"] == {}
    assert found["identity"]["type"] == "None"


def test_a_cluster_manager() -> None:
    found = _documents.cluster_manager(manager(identity(system=True)))
    assert found["vm_size"] == "Standard_D4_v2"
    assert found["identity"]["type"] == "SystemAssigned"
    assert found["provisioning_state"] == "Succeeded"


@pytest.mark.parametrize("version", ["2025-09-01", "2023-12-01-preview", "2026-08-01-preview"])
def test_api_versions(version: str) -> None:
    assert _api_version.check(version, "2023-12-01-preview", "identities") == version


@pytest.mark.parametrize("version", ["", "latest", "2025-9-1", "2025-09-01\n", "2025-09-01&x=y", "2023-07-01"])
def test_api_versions_that_cannot_work(version: str) -> None:
    with pytest.raises(BadInput) as caught:
        _api_version.check(version, "2023-12-01-preview", "identities")
    assert caught.value.target == "api_version"
    assert caught.value.remedy
