# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet files: what they make, what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from tenant import SUBSCRIPTION

import fleet
import nexus_platform
from access import allowed
from moments import from_second
from names import VAULT_DOMAIN
from networkcloud_schema import SHAPES
from shapes import Shape
from state import Document, World

EXAMPLE = Path(fleet.__file__).parent / "fleet.example.yml"
NEXUS = f"{SUBSCRIPTION}/resourceGroups/nexus-prod/providers/Microsoft.NetworkCloud"


def load(text: str) -> World:
    world = World(tenant_id="", clock=lambda: 1_790_000_000.0)
    fleet.load_text(text, world)
    return world


@pytest.fixture(scope="module")
def example() -> World:
    world = World(tenant_id="")
    fleet.load(EXAMPLE, world)
    return world


def named(world: World, kind: str) -> list[str]:
    return [item["name"] for item in world.of_type(kind)]


def test_the_example(example: World) -> None:
    assert example.tenant_id == "22222222-2222-4222-8222-222222222222"
    assert list(example.applications) == ["33333333-3333-4333-8333-333333333333"]
    assert named(example, "Microsoft.NetworkCloud/clusterManagers") == ["cm-north", "cm-south"]
    assert named(example, "Microsoft.NetworkCloud/clusters") == ["cluster-oslo", "cluster-bergen", "cluster-rome"]
    managers = {
        item["name"]: item["properties"]["clusterManagerId"]
        for item in example.of_type("microsoft.networkcloud/clusters")
    }
    assert managers["cluster-rome"] == f"{NEXUS}/clusterManagers/cm-south"
    vaults = {item["name"]: item["properties"] for item in example.of_type("Microsoft.KeyVault/vaults")}
    assert {name: item["enableRbacAuthorization"] for name, item in vaults.items()} == {
        "kv-nexus-prod": True,
        "kv-other": True,
        "kv-legacy": False,
    }
    assert vaults["kv-nexus-prod"]["vaultUri"] == f"https://kv-nexus-prod.{VAULT_DOMAIN}/"


def test_nothing_is_done_yet_in_the_example(example: World) -> None:
    for manager in example.of_type("microsoft.networkcloud/clustermanagers"):
        assert manager["identity"] == {"type": "None"}
    for cluster in example.of_type("microsoft.networkcloud/clusters"):
        assert "secretArchive" not in cluster["properties"]
    operator = example.applications["33333333-3333-4333-8333-333333333333"]["objectId"]
    assert {item["properties"]["principalId"] for item in example.assignments.values()} == {operator}
    assert not example.secrets


def test_the_operator_may_do_the_procedure_and_see_the_secrets(example: World) -> None:
    (operator,) = [item["objectId"] for item in example.applications.values()]
    for action in ("NetworkCloud/clusters/write", "Authorization/roleAssignments/write", "KeyVault/vaults/read"):
        assert allowed(example, operator, f"Microsoft.{action}", SUBSCRIPTION)
    assert allowed(example, operator, "Microsoft.KeyVault/vaults/secrets/readMetadata/action", SUBSCRIPTION, data=True)
    assert not allowed(example, operator, "Microsoft.KeyVault/vaults/secrets/setSecret/action", SUBSCRIPTION, data=True)


def test_devices_of_the_example(example: World) -> None:
    cluster = example.find(f"{NEXUS}/clusters/cluster-oslo")
    assert cluster is not None
    for kind, types in {
        "bareMetalMachines": {
            "BMC Credential",
            "Bare Metal Machine Identity - console",
            "local-path-provisioner volume passphrase",
        },
        "storageAppliances": {"Storage Appliance User"},
    }.items():
        own = [
            item
            for item in example.of_type(f"microsoft.networkcloud/{kind}")
            if item["properties"]["clusterId"] == cluster["id"]
        ]
        assert own
        for device in own:
            status = device["properties"]["secretRotationStatus"]
            assert {item["secretType"] for item in status} == types
            assert not any("secretArchiveReference" in item for item in status)


@pytest.mark.parametrize("kind", ["clusterManagers", "clusters", "bareMetalMachines", "storageAppliances"])
def test_documents_have_known_members_only(example: World, kind: str) -> None:
    def unknown(shape: Shape, document: Document, path: str = "") -> list[str]:
        found = []
        for name, value in document.items():
            if name not in shape:
                found.append(path + name)
            elif shape[name].members:
                for item in value if isinstance(value, list) else [value]:
                    found += unknown(shape[name].members, item, f"{path}{name}.")
        return found

    documents = example.of_type(f"microsoft.networkcloud/{kind}")
    assert documents
    for document in documents:
        assert unknown(SHAPES[kind.lower()], document) == []


def test_ids_are_the_same_in_each_run_and_secrets_are_not_weak() -> None:
    first, second = load(EXAMPLE.read_text()), load(EXAMPLE.read_text())
    assert first.resources == second.resources
    assert first.principals == second.principals
    assert first.assignments == second.assignments
    (application,) = first.applications.values()
    assert len(application["secret"]) >= 32


def test_a_fleet_may_be_generated() -> None:
    world = load("generate: {clusters: 5, managers: 2, machines: 1, storage_appliances: 0}")
    clusters = world.of_type("microsoft.networkcloud/clusters")
    assert [item["name"] for item in clusters] == [f"cluster-{number:04}" for number in range(1, 6)]
    managers = [item["properties"]["clusterManagerId"].rsplit("/", 1)[-1] for item in clusters]
    assert managers == ["cm-001", "cm-002", "cm-001", "cm-002", "cm-001"]
    assert len(world.of_type("microsoft.networkcloud/baremetalmachines")) == 5
    assert not world.of_type("microsoft.networkcloud/storageappliances")


def test_a_fleet_may_start_linked() -> None:
    world = load("""
        vaults: [{name: kv-one, resource_group: rg}]
        identities: [{name: id-one, resource_group: rg}]
        managers: [{name: cm, resource_group: rg, identity: both, user_assigned: [id-one]}]
        clusters: [{name: cl, resource_group: rg, manager: cm, secret_archive: kv-one}]
        role_assignments:
          - {principal: cm, role: 44f0a1a8-6fea-4b35-980a-8ff50c487c97, scope: kv-one}
          - {principal: AFOI-NC-MGMT-PME-PROD, role: Managed Identity Operator, scope: id-one}
    """)
    (manager,) = world.of_type("microsoft.networkcloud/clustermanagers")
    assert manager["identity"]["type"] == "SystemAssigned, UserAssigned"
    ((identity_id, ids),) = manager["identity"]["userAssignedIdentities"].items()
    assert "/resourcegroups/" in identity_id
    assert ids["principalId"] in world.principals
    assert manager["identity"]["principalId"] in world.principals
    assert list(world.rotations) == [world.of_type("microsoft.networkcloud/clusters")[0]["id"].lower()]
    assert [item["properties"]["scope"].rsplit("/", 1)[-1] for item in world.assignments.values()][-2:] == [
        "kv-one",
        "id-one",
    ]


def test_a_machine_may_have_user_assigned_identities() -> None:
    world = load("""
        machine: {name: runner, identities: [id-two, id-one]}
        identities: [{name: id-one, resource_group: rg}, {name: id-two, resource_group: rg}]
    """)
    names = [world.principals[object_id]["displayName"] for object_id in world.machine_identities]
    assert names == ["runner", "id-two", "id-one"]


TWICE = """
    vaults: [{name: a, resource_group: one}]
    identities: [{name: a, resource_group: one}, {name: a, resource_group: two}]
    managers:
      - {name: a, resource_group: one, identity: system}
      - {name: b, resource_group: one, identity: user, user_assigned: [%s]}
    clusters:
      - {name: a, resource_group: one, manager: a, secret_archive: a}
      - {name: a, resource_group: two, manager: b}
"""
SECOND = f"{SUBSCRIPTION}/resourceGroups/two/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a"


def test_names_are_unique_in_their_type_and_resource_group_only() -> None:
    first = f"subscriptions: [{{id: {SUBSCRIPTION.rpartition('/')[2]}}}]"
    assigned = f"role_assignments: [{{principal: {SECOND}, role: Reader, scope: {SECOND}}}]"
    world = load(f"{first}\n{TWICE % SECOND}\n{assigned}".replace("\n    ", "\n"))
    assert sorted(named(world, "microsoft.networkcloud/clusters")) == ["a", "a"]
    one, two = world.of_type("Microsoft.ManagedIdentity/userAssignedIdentities")
    assert one["properties"]["principalId"] != two["properties"]["principalId"]
    (_system, user) = world.of_type("microsoft.networkcloud/clustermanagers")
    assert list(user["identity"]["userAssignedIdentities"]) == [two["id"]]
    assert two["properties"]["principalId"] in {
        item["properties"]["principalId"] for item in world.assignments.values()
    }
    linked = [item["properties"].get("secretArchive", {}) for item in world.of_type("microsoft.networkcloud/clusters")]
    assert linked[0]["keyVaultId"].endswith("/vaults/a")


def test_a_fleet_may_start_with_the_successor() -> None:
    world = load("""
        vaults: [{name: kv-one, resource_group: rg, network: perimeter}]
        identities: [{name: id-one, resource_group: rg}]
        managers: [{name: cm, resource_group: rg}]
        clusters:
          - {name: none, resource_group: rg, manager: cm}
          - {name: system, resource_group: rg, manager: cm, identity: system,
             secret_archive_settings: {vault: kv-one, identity: system}}
          - {name: both, resource_group: rg, manager: cm, identity: both, user_assigned: [id-one],
             secret_archive: kv-one, secret_archive_settings: {vault: kv-one, identity: id-one}}
        role_assignments: [{principal: system, role: Reader, scope: kv-one}]
    """)
    none, system, both = world.of_type("microsoft.networkcloud/clusters")
    assert "identity" not in none
    (assignment,) = [item for item in world.assignments.values() if item["properties"]["scope"].endswith("/kv-one")]
    assert assignment["properties"]["principalId"] == system["identity"]["principalId"]
    assert both["identity"]["type"] == "SystemAssigned, UserAssigned"
    (identity_id,) = both["identity"]["userAssignedIdentities"]
    settings = both["properties"]["secretArchiveSettings"]
    assert settings == {
        "vaultUri": f"https://kv-one.{VAULT_DOMAIN}/",
        "associatedIdentity": {
            "identityType": "UserAssignedIdentity",
            "userAssignedIdentityResourceId": identity_id,
        },
    }
    assert system["properties"]["secretArchiveSettings"]["associatedIdentity"] == {
        "identityType": "SystemAssignedIdentity"
    }
    assert set(world.rotations) == {system["id"].lower(), both["id"].lower()}
    (vault,) = world.of_type("Microsoft.KeyVault/vaults")
    assert vault["properties"]["publicNetworkAccess"] == "SecuredByPerimeter"


def test_users_machines_and_rights_in_the_directory() -> None:
    world = load("""
        operator: {graph: false, roles: [{role: Reader, scope: rg}]}
        resource_groups: [{name: rg, location: ukwest}]
        user: {name: ada@nexus.azure.emulator, password: of no account}
        machine: {name: runner, client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa}
        nexus_applications: false
    """)
    people = {item["displayName"]: item for item in world.principals.values()}
    assert set(people) == {"nexus-operator", "ada", "runner"}
    assert people["nexus-operator"]["graph"] is False
    assert (people["ada"]["kind"], people["ada"]["userPrincipalName"]) == ("User", "ada@nexus.azure.emulator")
    assert world.machine_identities == [people["runner"]["objectId"]]
    (group,) = world.of_type("Microsoft.Resources/resourceGroups")
    assert allowed(world, people["nexus-operator"]["objectId"], "a/read", group["id"])
    assert not allowed(world, people["nexus-operator"]["objectId"], "a/read", group["id"].rsplit("/", 2)[0])


def test_credentials_may_have_been_rotated_before_the_start() -> None:
    """Where the platform can write, it rotates what is due at its first look; where it cannot, all stays as it is."""
    world = load("""
        vaults: [{name: kv-one, resource_group: rg}, {name: kv-two, resource_group: rg}]
        managers: [{name: cm, resource_group: rg}]
        clusters:
          - {name: into, resource_group: rg, manager: cm, machines: 1, rotated: {days_ago: 75, vault: kv-two},
             identity: system, secret_archive_settings: {vault: kv-one, identity: system}}
          - {name: nowhere, resource_group: rg, manager: cm, machines: 1, rotated: {days_ago: 5}}
    """)
    nexus_platform.tick(world)
    told: dict[str, list[Document]] = {"into": [], "nowhere": []}
    for kind in ("microsoft.networkcloud/baremetalmachines", "microsoft.networkcloud/storageappliances"):
        for device in world.of_type(kind):
            told[device["properties"]["clusterId"].rpartition("/")[2]] += device["properties"]["secretRotationStatus"]
    for name, days in (("into", 75), ("nowhere", 5)):
        assert len(told[name]) == 4
        for entry in told[name]:
            assert world.clock() - from_second(entry["lastRotationTime"]) == pytest.approx(days * 86_400, abs=60)
            assert entry["rotationPeriodDays"] in (1, 60)
    assert {entry["secretArchiveReference"]["keyVaultId"].rpartition("/")[2] for entry in told["into"]} == {"kv-two"}
    assert not [entry for entry in told["nowhere"] if "secretArchiveReference" in entry]
    assert [len(names) for names in world.secrets.values()] == [4]


OWN_CLUSTER = "{managers: [{name: cm, resource_group: a}], clusters: [{name: c, resource_group: a, manager: cm"
TWO_IDS = "identities: [{name: id, resource_group: a}, {name: id, resource_group: b}]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not YAML: "),
        ("[]", "fleet: a mapping is expected"),
        ("clutsers: []", "clutsers: unknown key; known are tenant, "),
        ("vaults: {}", "vaults: a list is expected"),
        ("vaults: [kv]", "vaults[0]: a mapping is expected"),
        ("vaults: [{name: kv}]", "vaults[0].resource_group: is missing"),
        ("vaults: [{name: kv, resource_group: rg, rbac: 'yes'}]", "vaults[0].rbac: true or false is expected"),
        (
            "vaults: [{name: kv, resource_group: rg, network: shut}]",
            "vaults[0].network: 'shut' is not known; known are open, ",
        ),
        (
            "vaults: [{name: kv, resource_group: rg}, {name: kv, resource_group: rg}]",
            "vaults[1].name: 'kv' is there already",
        ),
        (
            f"{{{TWO_IDS}, managers: [{{name: cm, resource_group: a, identity: user, user_assigned: [id]}}]}}",
            "managers[0].user_assigned: 'id' is the name of 2 things; write the id",
        ),
        (
            f"{{{TWO_IDS}, role_assignments: [{{principal: id, role: Owner}}]}}",
            "role_assignments[0].principal: 'id' is the name of 2 things",
        ),
        (
            f"{{{TWO_IDS}, role_assignments: [{{principal: operator, role: Owner, scope: id}}]}}",
            "role_assignments[0].scope: 'id' is the name of 2 things",
        ),
        ("identities: [{name: id, resource_group: rg}, {name: ID, resource_group: rg}]", "identities[1].name: 'ID' is"),
        ("resource_groups: [rg, rg]", "resource_groups[1].name: 'rg' is there already"),
        ("vaults: [{name: kv, resource_group: a}, {name: KV, resource_group: b}]", "vaults[1].name: 'KV' is there"),
        ("vaults: [{name: kv, resource_group: /nowhere}]", "vaults[0].resource_group: '/nowhere' is not a resource"),
        ("machine: {identities: [id]}", "machine.identities: 'id' is not known"),
        ("machine: {identities: [1]}", "machine.identities: '1' is not known"),
        ("managers: [{name: cm, resource_group: rg, identity: user}]", "managers[0].user_assigned: names identities"),
        (
            "managers: [{name: cm, resource_group: rg, identity: user, user_assigned: [rg]}]",
            "managers[0].user_assigned: 'rg' is not an identity",
        ),
        ("clusters: [{name: c, resource_group: rg, manager: cm}]", "clusters[0].manager: 'cm' is not known"),
        (f"{OWN_CLUSTER}, identity: user}}]}}", "clusters[0].user_assigned: names identities if, and only if,"),
        (f"{OWN_CLUSTER}, identity: some}}]}}", "clusters[0].identity: 'some' is not known; known are none, system,"),
        (
            f"{OWN_CLUSTER}, secret_archive_settings: {{vault: cm}}}}]}}",
            "clusters[0].secret_archive_settings.identity: is missing",
        ),
        (
            f"{OWN_CLUSTER}, secret_archive_settings: {{vault: cm, identity: system}}}}]}}",
            "clusters[0].secret_archive_settings.vault: 'cm' is not a vault",
        ),
        (f"{OWN_CLUSTER}, rotated: {{vault: kv}}}}]}}", "clusters[0].rotated.vault: 'kv' is not known"),
        ("generate: {clusters: 1, machines: true}", "generate.machines: a number is expected"),
        ("operator: {roles: [{role: King}]}", "operator.roles[0].role: 'King' is not a role"),
        ("operator: {roles: [{role: Owner, scope: kv}]}", "operator.roles[0].scope: 'kv' is not known"),
        ("operator: {federated: [{issuer: a}]}", "operator.federated[0].subject: is missing"),
        ("role_assignments: [{principal: cm, role: Owner}]", "role_assignments[0].principal: 'cm' is not known"),
        ("resource_groups: [{name: rg, subscription: s}]", "resource_groups[0].subscription: 's' is not among"),
        ("generate: {clusters: 1, managers: 0}", "generate: takes at least one manager"),
    ],
)
def test_a_bad_fleet_is_refused_in_one_line_that_names_the_key(text: str, message: str) -> None:
    with pytest.raises(fleet.FleetError) as caught:
        load(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_fleet_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(fleet.FleetError, match="No such file"):
        fleet.load(tmp_path / "none.yml", World(tenant_id=""))
