# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the platform could write: what the module says beforehand, and what the platform does then.

Every case is a cluster, its manager and a vault of a fleet. First all are asked about before anything is linked, in an
Azure that refuses writes; then they are linked all the same, the platform rotates, and all are asked about again.
"""

from __future__ import annotations

import ast
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e_ansible import Core, Run
from e2e_cloud import NEXUS_VERSION, Cloud
from e2e_plays import run_tasks, task
from e2e_ways import comparable, modules, other_interpreter

MODULE = "nexus_archive_readiness_info"
SOURCE = Path(__file__).resolve().parents[2] / f"plugins/modules/{MODULE}.py"
MAIN, OTHER = "11111111-1111-4111-8111-111111111111", "11111111-1111-4111-8111-222222222222"
WRITER = "Operator Nexus Key Vault Writer Service Role (Preview)"
READER = "nina@example.com"
DENIED = "KeyVaultAccessDenied"

Homes = Iterator[Path]
Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """`found` is what the module has to say: code -> check. `ready` is its verdict; with None, `rotates` is what the
    emulated platform makes of it. `roles` of the identity are (role, scope), the writer's at the vault by default.
    """

    name: str
    method: str = "cluster"
    identity: str = "system"
    vault: str = "kv-good"
    found: dict[str, str] = field(default_factory=dict)
    ready: bool | None = True
    rotates: bool = True
    attached: bool = True
    roles: tuple[tuple[str, str], ...] | None = None
    condition: str = ""
    operator: bool = True
    group: str = "nexus"

    @property
    def cluster_id(self) -> str:
        subscription = OTHER if self.group == "elsewhere" else MAIN
        group = f"/subscriptions/{subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.NetworkCloud/clusters/{self.name}"

    @property
    def vault_id(self) -> str:
        return f"/subscriptions/{MAIN}/resourceGroups/security/providers/Microsoft.KeyVault/vaults/{self.vault}"

    @property
    def identity_id(self) -> str:
        group = f"/subscriptions/{MAIN}/resourceGroups/nexus"
        return f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{self.name}"

    @property
    def choice(self) -> Document:
        """The options that select the identity."""
        if self.method == "cluster_manager":
            return {"method": self.method}
        if self.identity == "user":
            return {"identity_resource_id": self.identity_id}
        return {"identity_type": "SystemAssignedIdentity"}


def wrong(name: str, check: str, code: str = DENIED, **more: Any) -> Case:
    return Case(name, found={code: check}, ready=False, rotates=False, **more)


def unclear(name: str, check: str, code: str, **more: Any) -> Case:
    return Case(name, found={code: check}, ready=None, **more)


MANAGER = "cluster_manager"
CASES = [
    Case("own-system"),
    Case("own-user", identity="user"),
    Case("manager-system", method=MANAGER),
    Case("manager-user", method=MANAGER, identity="user"),
    Case("inherited", roles=((WRITER, "security"),)),
    Case("secrets-officer", roles=(("Key Vault Secrets Officer", "subscription"),)),
    Case("custom-role", roles=(("Archive writer", "security"),)),
    Case("spared", vault="kv-spared"),
    wrong("policies", "vault_permission_model", vault="kv-policies"),
    wrong("policies-manager", "vault_permission_model", vault="kv-policies", method=MANAGER),
    wrong("firewall", "vault_network", vault="kv-closed"),
    wrong("disabled", "vault_network", vault="kv-disabled", method=MANAGER),
    wrong("tenant", "vault_tenant", vault="kv-tenant"),
    wrong("tenant-manager", "vault_tenant", vault="kv-tenant", method=MANAGER, identity="user"),
    wrong("no-vault", "vault", "KeyVaultNotFound", vault="kv-missing", method=MANAGER, roles=()),
    wrong("no-role", "vault_role", roles=()),
    wrong("no-role-manager", "vault_role", roles=(), method=MANAGER),
    wrong("other-vault", "vault_role", vault="kv-other", roles=((WRITER, "kv-good"),)),
    wrong("owner", "vault_role", roles=(("Owner", "security"),)),
    wrong("readers-role", "vault_role", roles=(("Key Vault Secrets User", "kv-good"),), identity="user"),
    wrong("half-a-role", "vault_role", roles=(("Anything but writing", "security"),)),
    wrong("denied", "deny_assignments", vault="kv-denied"),
    wrong("denied-manager", "deny_assignments", vault="kv-denied", method=MANAGER, identity="user"),
    # Microsoft's pages disagree whether the role is needed; the emulated platform needs it.
    unclear("no-operator", "operator_role", DENIED, identity="user", operator=False, rotates=False),
    wrong("no-operator-manager", "operator_role", identity="user", operator=False, method=MANAGER),
    wrong("detached", "identity", "KeyVaultIdentityMissing", identity="user", attached=False),
    wrong("another", "identity", "KeyVaultIdentityResourceIdInvalid", identity="user", attached=False),
    wrong("none", "identity", "KeyVaultIdentityMissing", attached=False, roles=()),
    wrong("none-manager", "identity", "KeyVaultIdentityMissing", attached=False, roles=(), method=MANAGER),
    wrong("unregistered", "resource_provider", "ResourceProviderNotRegistered", group="elsewhere"),
    unclear("trusted", "vault_network", "KeyVaultNetworkUncertain", vault="kv-trusted"),
    unclear("perimeter", "vault_network", "KeyVaultNetworkUncertain", vault="kv-perimeter", rotates=False),
    unclear("condition", "vault_role", "RoleAssignmentConditional", condition="@Resource[x] StringEquals 'x'"),
    unclear("new", "vault_role", "RoleAssignmentNew", roles=()),
]  # fmt: skip
BY_NAME = {case.name: case for case in CASES}
IN_CHECK_MODE = ("own-system", "manager-user", "no-role", "unregistered", "trusted")
# Linked by a PATCH: our own module refuses it, or would add the identity.
BY_HAND = ("detached", "another", "none")


def fleet(password: str) -> Document:
    """The estate that has all these cases."""
    entries: Document = {"identities": [], "managers": [], "clusters": [], "role_assignments": []}
    for case in CASES:
        _add(entries, case)
    vaults: list[Document] = [{"name": f"kv-{name}"} for name in ("good", "other", "spared", "denied")]
    vaults += [
        {"name": "kv-policies", "rbac": False},
        {"name": "kv-closed", "network": "closed"},
        {"name": "kv-disabled", "network": "disabled"},
        {"name": "kv-trusted", "network": "trusted"},
        {"name": "kv-perimeter", "network": "perimeter"},
        {"name": "kv-tenant", "tenant": "99999999-9999-4999-8999-999999999999"},
    ]
    set_secret = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
    return {
        **entries,
        "subscriptions": [{"id": MAIN}, {"id": OTHER, "unregistered": ["Microsoft.NetworkCloud"]}],
        "resource_groups": ["nexus", "security", {"name": "elsewhere", "subscription": OTHER}],
        "operator": {"roles": ["Owner"]},
        "user": {"name": READER, "password": password, "graph": False, "roles": [{"role": "Reader", "scope": "nexus"}]},
        "roles": [
            {"name": "Archive writer", "data_actions": ["Microsoft.KeyVault/vaults/*/setSecret/action"]},
            {"name": "Anything but writing", "actions": ["*"], "data_actions": ["*"], "not_data_actions": [set_secret]},
        ],
        "vaults": [{"resource_group": "security", **vault} for vault in vaults],
        "deny_assignments": [
            {"name": "stack", "scope": "kv-denied", "data_actions": ["*"]},
            {"name": "spares", "scope": "kv-spared", "data_actions": ["*"], "excluded": ["spared"]},
            {"name": "deletes", "scope": "security", "actions": ["*/delete"]},
        ],
    }


def _add(entries: Document, case: Case) -> None:
    identity = f"id-{case.name}"
    own: Document = {"identity": case.identity}
    if case.identity == "user":
        entries["identities"].append({"name": identity, "resource_group": "nexus"})
        own["user_assigned"] = [identity]
    if case.name == "another":
        entries["identities"].append({"name": "id-spare", "resource_group": "nexus"})
        own = {"identity": "user", "user_assigned": ["id-spare"]}
    elif not case.attached:
        own = {"identity": "none"}
    of_manager, of_cluster = ({}, own) if case.method == "cluster" else (own, {})
    manager = f"cm-{case.name}"
    entries["managers"].append({"name": manager, "resource_group": "nexus", **of_manager})
    entries["clusters"].append({"name": case.name, "resource_group": case.group, "manager": manager, **of_cluster})
    holder = case.name if case.method == "cluster" else manager
    principal = identity if case.identity == "user" else holder
    roles = ((WRITER, case.vault),) if case.roles is None else case.roles
    for role, scope in roles:
        grant = {"principal": principal, "role": role, "scope": scope}
        entries["role_assignments"].append(grant | ({"condition": case.condition} if case.condition else {}))
    if case.identity == "user" and case.operator:
        grant = {"principal": "AFOI-NC-MGMT-PME-PROD", "role": "Managed Identity Operator", "scope": identity}
        entries["role_assignments"].append(grant)


PASSWORD = secrets.token_urlsafe(24)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("estate")
    (folder / "fleet.yml").write_text(json.dumps(fleet(PASSWORD)))
    with Cloud.running(folder, folder / "fleet.yml") as running:
        yield running


def ask(case: Case, **options: Any) -> Document:
    return task(MODULE, case.name, id=case.cluster_id, **options)


def results(run: Run) -> dict[str, Document]:
    return {event["task"]: event["result"] for event in run.results}


def run_reads(core: Core, cloud: Cloud, homes: Homes, tasks: list[Document], *arguments: str) -> dict[str, Document]:
    """The results by task of a run that may not write, and tries to write nothing."""
    cloud.settings(refuse_writes=True)
    seen = cloud.mark()
    run = run_tasks(core, next(homes), cloud.env, tasks, *arguments).assert_good()
    assert cloud.writes(since=seen) == []
    cloud.settings(refuse_writes=False)
    assert run.changed == {"site": 0}
    return results(run)


def rotate(cloud: Cloud, case: Case) -> Document:
    outcome: Document = cloud.control("POST", "rotate", {"cluster": case.cluster_id})
    return outcome


@dataclass
class Story:
    before: dict[str, Document]
    check_mode: dict[str, Document]
    links: dict[str, Document]
    rotations: dict[str, Document]
    after: dict[str, Document]


@pytest.fixture(scope="module")
def story(core: Core, estate: Cloud, homes: Homes) -> Story:
    estate.reset()
    new = BY_NAME["new"]
    principal = estate.arm(new.cluster_id)["identity"]["principalId"]
    grant = task("nexus_kv_role", id=new.vault_id, principal_ids=[principal])
    run_tasks(core, next(homes), estate.env, [grant]).assert_good()

    unlinked = [ask(case, key_vault_id=case.vault_id, **case.choice) for case in CASES]
    before = run_reads(core, estate, homes, unlinked)
    check_mode = run_reads(core, estate, homes, [item for item in unlinked if item["name"] in IN_CHECK_MODE], "--check")
    links = [
        task("nexus_cluster_secret_archive", case.name, id=case.cluster_id, key_vault_id=case.vault_id, **case.choice)
        | {"ignore_errors": True}
        for case in CASES
        if case.name not in BY_HAND
    ]
    linked = run_tasks(core, next(homes), estate.env, links)
    assert linked.rc == 0, linked.output
    for name in BY_HAND:
        link_by_hand(estate, BY_NAME[name])
    rotations = {case.name: rotate(estate, case) for case in CASES}
    after = run_reads(core, estate, homes, [ask(case) for case in CASES])
    return Story(before, check_mode, results(linked), rotations, after)


def link_by_hand(cloud: Cloud, case: Case) -> None:
    selected = {"identityType": "SystemAssignedIdentity"}
    if case.identity == "user":
        selected = {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": case.identity_id}
    uri = f"https://{case.vault}.vault.azure.emulator/"
    settings = {"vaultUri": uri, "associatedIdentity": selected}
    cloud.patch(case.cluster_id, {"properties": {"secretArchiveSettings": settings}}, NEXUS_VERSION)


def told(result: Document) -> dict[str, str]:
    return {item["code"]: item["check"] for item in result["findings"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_wrong_is_found_and_nothing_else(story: Story, case: Case) -> None:
    result = story.before[case.name]
    assert told(result) == case.found
    assert len(result["findings"]) == len(case.found)
    assert result["ready"] is case.ready
    assert result["error_count"] == (1 if case.ready is False else 0)
    assert result["warning_count"] == (1 if case.ready is None else 0)
    assert {result["checks"][check] for check in case.found.values()} <= {"failed", "warned"}
    assert set(result["checks"].values()) - {"passed", "skipped"} == {
        {False: "failed", None: "warned"}[case.ready] for _check in case.found if case.ready is not True
    }
    assert (result["cluster_id"], result["key_vault_id"]) == (case.cluster_id, case.vault_id)


def test_check_mode_says_the_same(story: Story) -> None:
    assert story.check_mode == {name: story.before[name] for name in IN_CHECK_MODE}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_platform_agrees(story: Story, case: Case) -> None:
    outcome = story.rotations[case.name]
    assert (outcome["rotated"] > 0) is case.rotates
    if case.ready is not None:
        assert case.ready is case.rotates
    if case.name == "unregistered":
        assert story.links[case.name]["failure"]["code"] == "MissingSubscriptionRegistration"
    elif not case.rotates and case.ready is False:
        assert {outcome["error"]["code"]} == set(case.found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_linked_cluster_need_only_be_named(story: Story, case: Case) -> None:
    """Method, vault and identity are those of the link."""
    before, after = story.before[case.name], story.after[case.name]
    if case.name == "unregistered":
        assert (after["key_vault_id"], told(after)) == (None, case.found)
        return
    assert told(after) == case.found
    assert {name: after[name] for name in ("ready", "method", "key_vault_id", "identities", "checks")} == {
        name: before[name] for name in ("ready", "method", "key_vault_id", "identities", "checks")
    }


# The remedies of these are tasks of ours, from the first to the last.
MENDABLE = ("no-role", "no-role-manager", "other-vault", "no-operator", "no-operator-manager", "detached", "another",
            "none", "none-manager")  # fmt: skip


def test_the_remedies_mend_it(story: Story, core: Core, estate: Cloud, homes: Homes) -> None:
    """Run as they stand, until nothing is wrong any more, they make the platform write."""
    mended = [BY_NAME[name] for name in MENDABLE]
    found = {case.name: story.after[case.name] for case in mended}
    for _round in range(3):
        remedies = [item["remedy"] for result in found.values() for item in errors(result)]
        if not remedies:
            break
        tasks = [{"name": remedy, **yaml.safe_load(remedy)[0]} for remedy in remedies]
        assert run_tasks(core, next(homes), estate.env, tasks).assert_good().changed == {"site": len(tasks)}
        found = run_reads(core, estate, homes, [ask(case) for case in mended])
    assert not [item for result in found.values() for item in errors(result)]
    # A role that was just given is the only doubt that is left.
    assert {code for result in found.values() for code in told(result)} <= {"RoleAssignmentNew"}
    assert all(rotate(estate, case)["rotated"] > 0 for case in mended)


def errors(result: Document) -> list[Document]:
    return [item for item in result["findings"] if item["severity"] == "error" or item["code"] == DENIED]


@pytest.mark.newest_only
def test_what_may_not_be_seen_is_told(core: Core, estate: Cloud, homes: Homes) -> None:
    """Of somebody who reads nothing but the clusters' resource group, and not Microsoft Graph."""
    estate.reset()
    login = {
        "ad_user": READER,
        "password": PASSWORD,
        "tenant": estate.env["AZURE_TENANT"],
        "subscription_id": MAIN,
        "cloud_environment": estate.env["AZURE_CLOUD_ENVIRONMENT"],
        "client_id": estate.env["AZURE_CLIENT_ID"],
    }
    case = BY_NAME["own-user"]
    options = {"key_vault_id": case.vault_id, **case.choice, **login}
    seen = run_reads(core, estate, homes, [ask(case, **options)])[case.name]
    assert seen["ready"] is None
    assert [(item["code"], item["check"]) for item in seen["findings"]] == [
        ("NotReadable", "vault"),
        ("NotReadable", "operator_role"),
    ]
    assert seen["checks"]["vault"] == seen["checks"]["operator_role"] == "unknown"
    assert seen["checks"]["vault_role"] == seen["checks"]["vault_network"] == "skipped"
    assert "AuthorizationFailed" in seen["findings"][0]["message"]
    assert case.vault_id in seen["findings"][0]["remedy"]


def test_inside_and_outside_of_ansibles_process_it_says_the_same(
    core: Core, estate: Cloud, homes: Homes, tmp_path: Path
) -> None:
    estate.reset()
    tasks = [ask(BY_NAME[name], key_vault_id=BY_NAME[name].vault_id) for name in ("own-system", "firewall", "none")]
    inside = run_tasks(core, next(homes), estate.env, tasks, "-vvv")
    outside = run_tasks(core, next(homes), estate.env, tasks, "-vvv", vars=other_interpreter(core, tmp_path))
    assert (len(modules(inside)), len(modules(outside))) == (0, len(tasks))
    assert comparable(inside.results) == comparable(outside.results)


def examples() -> str:
    for node in ast.parse(SOURCE.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES":
            return str(ast.literal_eval(node.value))
    raise AssertionError("no EXAMPLES")


@pytest.mark.newest_only
@pytest.mark.parametrize(("name", "stops"), [("own-user", False), ("readers-role", True)])
def test_the_examples_run(core: Core, estate: Cloud, homes: Homes, name: str, stops: bool) -> None:
    """As they stand in the documentation. The play stops where something is surely wrong."""
    estate.reset()
    case = BY_NAME[name]
    text = examples().replace("resource_group: nexus-east", "resource_group: nexus").replace("cluster-1", case.name)
    variables = {"cluster_id": case.cluster_id, "key_vault_id": case.vault_id, "rotation_identity_id": case.identity_id}
    run = run_tasks(core, next(homes), estate.env, yaml.safe_load(text), vars=variables)
    assert (run.rc != 0) is stops, run.output
    failed = [event["result"]["msg"] for event in run.results if event["event"] == "failed"]
    assert [case.vault_id in text for text in failed] == ([True] if stops else [])


NO_IDENTITY = BY_NAME["own-user"].identity_id + "-gone"
# Case -> what the preflight stops for, "" where it does not; with another vault or identity than the case's own.
PREFLIGHTS: list[tuple[str, Document, str]] = [
    ("own-user", {}, ""),
    ("manager-user", {}, ""),
    ("firewall", {}, DENIED),
    ("tenant", {}, DENIED),
    ("denied", {}, DENIED),
    # What the role gives itself does not stop it.
    ("no-role", {}, ""),
    ("no-operator", {}, ""),
    ("none", {}, ""),
    ("none-manager", {}, ""),
    # Unless it is not to give it.
    ("no-operator", {"operator_role": False}, ""),
    ("no-operator-manager", {"operator_role": False}, DENIED),
    # What keeps out any identity is found before there is one.
    ("none", {"vault": "kv-tenant"}, DENIED),
    ("none", {"vault": "kv-denied"}, DENIED),
    ("none-manager", {"vault": "kv-tenant"}, DENIED),
    ("none-manager", {"vault": "kv-denied"}, DENIED),
    ("none", {"user_assigned_identity_ids": [NO_IDENTITY]}, "KeyVaultIdentityResourceIdInvalid"),
    ("own-system", {"user_assigned_identity_ids": [NO_IDENTITY]}, "KeyVaultIdentityResourceIdInvalid"),
]  # fmt: skip


@pytest.mark.newest_only
@pytest.mark.parametrize("stops", [True, False])
def test_the_preflight_of_the_role_stops_before_the_first_write(
    core: Core, estate: Cloud, homes: Homes, tmp_path: Path, stops: bool
) -> None:
    """Each case is a host. Nothing is linked beforehand, so one that is not stopped writes at least the link."""
    estate.reset()
    hosts, vaults = {}, {item["name"]: item["id"] for item in estate.vaults().values()}
    chosen = {f"{number}-{row[0]}": row for number, row in enumerate(PREFLIGHTS) if bool(row[2]) is stops}
    for host, (name, more, _code) in chosen.items():
        case, options = BY_NAME[name], {**more}
        given = {
            "cluster_id": case.cluster_id,
            "cluster_name": case.name,
            "key_vault_id": vaults[options.pop("vault", case.vault)],
            "user_assigned_identity_ids": [case.identity_id] if case.identity == "user" else [],
            "method": case.method,
            "preflight": True,
            "effective_seconds": 0,
            **options,
        }
        hosts[host] = {f"customer_key_vault_{option}": value for option, value in given.items()}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps({"nexus_clusters": {"hosts": hosts}}))
    variables = {**estate.env, "ANSIBLE_FORKS": "1"}
    run = core.play(next(homes), variables, "operator_nexus.credentials.customer_key_vault", "-i", str(inventory))
    assert (run.rc != 0) is stops, run.output
    why = {
        event["host"]: event["result"]["msg"]
        for event in run.results
        if event["event"] == "failed" and event["task"].startswith("Stop before")
    }
    assert why.keys() == (chosen.keys() if stops else set())
    for host, text in why.items():
        code = chosen[host][2]
        assert re.fullmatch(rf"The platform could not write: \w+: {code}\. Nothing was changed\.", text.split("\n")[0])
        assert f"\n1. {code}: " in text
        assert "To mend it:\n" in text
    written = {line.split()[1].rpartition("/")[2] for line in estate.writes()}
    linked = {BY_NAME[name].name for name, _more, _code in chosen.values()}
    assert written >= linked if not stops else not written
