# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster and a vault with nothing wrong, and each thing that may be: it alone is found, and the verdict fits."""

from __future__ import annotations

import copy
import itertools
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml

from ansible_collections.operator_nexus.credentials.plugins.module_utils._access import EVERYONE
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_assignment import (
    KEY_VAULT_WRITER,
    MANAGED_IDENTITY_OPERATOR,
    NEXUS_APP_ID,
)
from ansible_collections.operator_nexus.credentials.plugins.modules import (
    nexus_archive_readiness_info,
    nexus_cluster_identity,
    nexus_cluster_secret_archive,
    nexus_clustermanager_identity,
    nexus_kv_role,
    nexus_uai_role,
)
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    GROUP,
    MANAGER,
    SUBSCRIPTION,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    VAULT_URI,
    FakeArm,
    FakeGraph,
    FakeSession,
    NoSession,
    as_azure_spells,
    cluster,
    guid,
    identity,
    manager,
    settings,
    vault,
)

Document = dict[str, Any]

SUB = f"/subscriptions/{SUBSCRIPTION}"
OTHER = "00000000-0000-0000-0000-000000000002"
PROVIDER = f"{SUB}/providers/Microsoft.NetworkCloud"
NEXUS, TENANT, SYSTEM = guid("nexus application"), guid("tenant"), guid("system")
WRITER, OPERATOR = KEY_VAULT_WRITER.guid, MANAGED_IDENTITY_OPERATOR.guid
FORBIDDEN = NexusError("You may not.", status=403, code="AuthorizationFailed")

ROLES = {
    WRITER: {"dataActions": ["Microsoft.KeyVault/vaults/secrets/setSecret/action"]},
    OPERATOR: {"actions": ["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"]},
    guid("custom"): {"dataActions": ["Microsoft.KeyVault/*"]},
    guid("owner"): {"actions": ["*"]},
}


class ReadOnlyArm(FakeArm):
    """Resources as `FakeArm` has them, and lists by (path, filter); `errors` by path. Whatever would write fails."""

    def __init__(self, *documents: Document) -> None:
        super().__init__(*documents)
        self.lists: dict[tuple[str, str], list[Document]] = {}
        self.errors: dict[str, NexusError] = {}
        self.shared: dict[str, Document] = {}

    def get(self, resource_id: str, api_version: str) -> Document | None:
        self._fail(resource_id)
        name = resource_id.rpartition("/")[2]
        if "/roleDefinitions/" in resource_id:
            self.log.append(("GET", resource_id))
            return {"id": resource_id, "properties": {"permissions": [ROLES[name]]}} if name in ROLES else None
        return super().get(resource_id, api_version)

    def list(self, path: str, api_version: str, query: dict[str, str] | None = None) -> list[Document]:
        self._fail(path)
        self.log.append(("GET", path))
        return copy.deepcopy(self.lists.get((path.lower(), (query or {}).get("$filter", "")), []))

    def recall(self, resource_id: str, api_version: str, among: Sequence[str] = ()) -> Document | None:
        """What tasks share is asked for roles only: an _info module reads for itself."""
        assert "/roleDefinitions/" in resource_id
        return self.shared.get(resource_id.rpartition("/")[2])

    def patch(self, *_: Any, **__: Any) -> Document | None:
        raise AssertionError("a write")

    put = patch
    delete = patch  # type: ignore[assignment]

    def grant(self, at: str, principal_id: str, role: str, **more: Any) -> None:
        """A role that ARM's list shows there. It may have been assigned further up (`scope`)."""
        properties = {
            "roleDefinitionId": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal_id,
            "scope": at,
            "createdOn": "2026-01-31T12:00:00.0000000Z",
            "condition": None,
            **more,
        }
        item = {"id": f"{at}/providers/Microsoft.Authorization/roleAssignments/{role}", "properties": properties}
        self.lists.setdefault(roles_key(at, principal_id), []).append(item)

    def deny(self, scope: str, *principals: Document, **more: Any) -> None:
        properties = {
            "denyAssignmentName": "stack",
            "permissions": [{"actions": ["*"], "dataActions": ["*"]}],
            "scope": scope,
            "principals": list(principals),
            **more,
        }
        path = f"{scope}/providers/Microsoft.Authorization/denyAssignments"
        self.lists[path.lower(), "atScope()"] = [{"id": f"{path}/stack", "properties": properties}]

    def _fail(self, path: str) -> None:
        for start, error in self.errors.items():
            if path.lower() == start.lower():
                raise error


class Session(FakeSession):
    arm: ReadOnlyArm


def roles_key(scope: str, principal_id: str) -> tuple[str, str]:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    return path.lower(), f"atScope() and assignedTo('{principal_id}')"


def user_identity(identity_id: str) -> Document:
    properties = {"principalId": guid(identity_id), "clientId": guid("client" + identity_id), "tenantId": TENANT}
    return {"id": as_azure_spells(identity_id), "name": identity_id.rpartition("/")[2], "properties": properties}


def healthy(method: str = "cluster", kind: str = "system", linked: bool = True) -> Session:
    """All that one method needs, for a system or a user assigned identity."""
    block = identity(system=True) if kind == "system" else identity(UAI_ONE)
    link: Document = {"keyVaultId": VAULT, "useKeyVault": "True"}
    if method == "cluster":
        own = settings(UAI_ONE if kind == "user" else "") if linked else None
        documents = [cluster(settings=own, block=block), manager(None)]
    else:
        documents = [cluster(link if linked else None), manager(block)]
    store = vault()
    store["properties"]["tenantId"] = TENANT
    provider = {"id": PROVIDER, "namespace": "Microsoft.NetworkCloud", "registrationState": "Registered"}
    subscription = {"id": SUB, "subscriptionId": SUBSCRIPTION, "tenantId": TENANT}
    arm = ReadOnlyArm(*documents, store, provider, subscription, user_identity(UAI_ONE), user_identity(UAI_TWO))
    for each in (UAI_ONE, UAI_TWO):
        # Azure tells the ids of identities in a case of its own, and is asked by either.
        arm.resources[each.lower()] = user_identity(each)
    arm.grant(VAULT, SYSTEM if kind == "system" else guid(UAI_ONE), WRITER)
    if kind == "user":
        arm.grant(UAI_ONE, NEXUS, OPERATOR)
    resources = f"{SUB}/resources".lower(), wanted_vault("nexus-secrets")
    arm.lists[resources] = [{"id": VAULT, "name": "nexus-secrets"}]
    arm.lists["/subscriptions", ""] = [{"subscriptionId": SUBSCRIPTION}, {"subscriptionId": OTHER}]
    return Session(arm, graph=FakeGraph({NEXUS_APP_ID: NEXUS}))


def wanted_vault(name: str) -> str:
    return f"resourceType eq 'Microsoft.KeyVault/vaults' and name eq '{name}'"


def params(**given: Any) -> Document:
    return {
        "id": CLUSTER,
        "api_version": "2025-09-01",
        "key_vault_id": None,
        "method": None,
        "identity_type": None,
        "identity_resource_id": None,
        "operator_role": None,
        "nexus_principal_id": None,
        **given,
    }


def ask(session: Session, **given: Any) -> Document:
    result = nexus_archive_readiness_info.run(params(**given), session, False)  # type: ignore[arg-type]
    assert all(method == "GET" for method, _path in session.arm.log)
    assert result["changed"] is False
    assert result["error_count"] + result["warning_count"] == len(result["findings"])
    for item in result["findings"]:
        check_finding(item, result)
    return result


MODULES = {
    "nexus_archive_readiness_info": nexus_archive_readiness_info,
    "nexus_cluster_identity": nexus_cluster_identity,
    "nexus_cluster_secret_archive": nexus_cluster_secret_archive,
    "nexus_clustermanager_identity": nexus_clustermanager_identity,
    "nexus_kv_role": nexus_kv_role,
    "nexus_uai_role": nexus_uai_role,
}


def check_finding(item: Document, result: Document) -> None:
    """Its parts fit together, and its remedy is something that can be run."""
    assert set(item) == {"code", "severity", "check", "message", "resource_id", "remedy", "mended_by"}
    assert item["resource_id"].startswith("/subscriptions/")
    assert "/subscriptions/" in item["message"]
    failed = {"error": {"failed"}, "warning": {"failed", "warned", "unknown"}}[item["severity"]]
    assert result["checks"][item["check"]] in failed
    modules = [check_step(line) for line in item["remedy"].splitlines()]
    assert item["mended_by"] == modules[0]


# The commands of the Azure CLI with the options that remedies use.
COMMANDS = {
    "account show": {"--subscription", "--query"},
    "identity create": {"--name", "--subscription", "--resource-group"},
    "keyvault create": {"--name", "--resource-group", "--subscription", "--enable-rbac-authorization"},
    "keyvault update": {"--name", "--subscription", "--enable-rbac-authorization", "--bypass", "--default-action",
                        "--public-network-access", "--set", "--remove"},
    "keyvault network-rule add": {"--name", "--subscription", "--ip-address"},
    "network perimeter profile access-rule create": {"--name", "--direction", "--subscriptions", "--perimeter-name",
                                                     "--profile-name", "--resource-group"},
    "networkcloud cluster deploy": {"--ids"},
    "networkcloud cluster show": {"--ids"},
    "networkcloud clustermanager list": {"--subscription", "--output"},
    "provider register": {"--namespace", "--subscription", "--wait"},
    "rest": {"--method", "--url"},
    "role assignment create": {"--role", "--assignee", "--assignee-object-id", "--assignee-principal-type", "--scope"},
    "role assignment delete": {"--ids"},
    "role definition list": {"--name", "--scope"},
}  # fmt: skip


def check_step(line: str) -> str | None:
    """One line of a remedy can be run: a command of az, or a task, of which the module is returned."""
    if line.startswith("az "):
        words = shlex.split(line)[1:]
        options = {word for word in words if word.startswith("--")}
        command = " ".join(itertools.takewhile(lambda word: not word.startswith("--"), words))
        assert options
        assert options <= COMMANDS[command]
        return None
    (loaded,) = yaml.safe_load(line)
    ((name, options),) = loaded.items()
    if name == "ansible.builtin.pause":
        return None
    short: str = name.removeprefix("operator_nexus.credentials.")
    spec = MODULES[short].ARGUMENT_SPEC["argument_spec"]
    assert set(options) <= set(spec)
    assert {option for option, entry in spec.items() if entry.get("required")} <= set(options)
    return short


def told(result: Document) -> list[tuple[str, str, str]]:
    return [(item["code"], item["severity"], item["check"]) for item in result["findings"]]


COMBINATIONS = list(itertools.product(["cluster", "cluster_manager"], ["system", "user"]))


@pytest.mark.parametrize(("method", "kind"), COMBINATIONS)
@pytest.mark.parametrize("linked", [True, False])
def test_nothing_is_found_where_all_is_well(method: str, kind: str, linked: bool) -> None:
    session = healthy(method, kind, linked)
    chosen = {"identity_resource_id": UAI_ONE} if kind == "user" and method == "cluster" else {}
    result = ask(session, **({} if linked else {"key_vault_id": VAULT, "method": method, **chosen}))
    assert result["findings"] == []
    assert result["ready"] is True
    skipped = {name for name, status in result["checks"].items() if status == "skipped"}
    assert skipped == ({"operator_role"} if kind == "system" else set())
    assert set(result["checks"].values()) <= {"passed", "skipped"}
    assert (result["method"], result["key_vault_id"], result["vault_uri"]) == (method, VAULT, VAULT_URI)
    assert (result["cluster_id"], result["cluster_manager_id"]) == (CLUSTER, MANAGER)
    assert result["identities"] == [
        {
            "identity_type": "SystemAssignedIdentity" if kind == "system" else "UserAssignedIdentity",
            "identity_resource_id": None if kind == "system" else UAI_ONE,
            "resource_id": CLUSTER if method == "cluster" else MANAGER,
            "attached": True,
            "principal_id": SYSTEM if kind == "system" else guid(UAI_ONE),
            "tenant_id": TENANT,
        }
    ]


Spoil = Callable[[ReadOnlyArm], object]


def of(resource_id: str, **changes: Any) -> Spoil:
    """Change properties of a resource."""
    return lambda arm: arm.resources[resource_id.lower()]["properties"].update(changes)


def gone(resource_id: str) -> Spoil:
    return lambda arm: arm.resources.pop(resource_id.lower())


def refused(path: str, error: NexusError = FORBIDDEN) -> Spoil:
    return lambda arm: arm.errors.update({path: error})


def firewall(access: str = "Enabled", *addresses: str, bypass: str = "None", **more: Any) -> Spoil:
    rules = {"defaultAction": "Deny", "bypass": bypass, "ipRules": [{"value": item} for item in addresses]}
    return of(VAULT, publicNetworkAccess=access, networkAcls=rules, **more)


def only_role(role: str = WRITER, at: str = VAULT, who: str = SYSTEM, **more: Any) -> Spoil:
    """Another assignment instead of the one that is there."""

    def spoil(arm: ReadOnlyArm) -> None:
        arm.lists[roles_key(at, who)] = []
        arm.grant(at, who, role, **more)

    return spoil


def no_role(scope: str, who: str) -> Spoil:
    return lambda arm: arm.lists.pop(roles_key(scope, who))


def denied(scope: str, *principals: Document, **more: Any) -> Spoil:
    return lambda arm: arm.deny(scope, *principals, **more)


ENDPOINT = [{"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}]
ALL = {"id": EVERYONE, "type": "SystemDefined"}
GRANTS_AT_VAULT = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments"
DENIALS_AT_VAULT = f"{VAULT}/providers/Microsoft.Authorization/denyAssignments"
OPERATOR_DENIALS = f"{UAI_ONE}/providers/Microsoft.Authorization/denyAssignments".lower(), "atScope()"
DEFINITION = f"{VAULT}/providers/Microsoft.Authorization/roleDefinitions/{WRITER}"
SUBNETS = {"defaultAction": "Deny", "bypass": "None", "virtualNetworkRules": [{"id": f"{GROUP}/subnets/one"}]}
NO_SUBSCRIPTION = NexusError("There is none.", status=404, code="SubscriptionNotFound")
NO_PRINCIPAL = NexusError("Nobody knows it.", status=400, code="PrincipalNotFound")
UNREGISTERED = NexusError("no", status=409, code="MissingSubscriptionRegistration")
DENIED, UNSEEN = ("KeyVaultAccessDenied", "error"), ("NotReadable", "warning")
UNCERTAIN = ("KeyVaultNetworkUncertain", "warning")

# What is wrong, with a system assigned identity by either method -> the one finding: code, severity, check.
PROBLEMS: dict[str, tuple[Spoil, tuple[str, str], str]] = {
    "registering": (
        lambda arm: arm.resources[PROVIDER.lower()].update(registrationState="Registering"),
        ("ResourceProviderRegistering", "warning"),
        "resource_provider",
    ),
    "unregistering": (
        lambda arm: arm.resources[PROVIDER.lower()].update(registrationState="Unregistering"),
        ("ResourceProviderNotRegistered", "error"),
        "resource_provider",
    ),
    "not deployed": (of(CLUSTER, detailedStatus="PendingDeployment"), ("ClusterNotDeployed", "warning"), "cluster"),
    "deploying": (of(CLUSTER, detailedStatus="Deploying"), ("ClusterNotDeployed", "warning"), "cluster"),
    "failed": (of(CLUSTER, detailedStatus="Failed"), ("ClusterNotRunning", "warning"), "cluster"),
    "off": (of(CLUSTER, clusterConnectionStatus="Disconnected"), ("ClusterNotRunning", "warning"), "cluster"),
    "access policies": (of(VAULT, enableRbacAuthorization=False), DENIED, "vault_permission_model"),
    "vault unseen": (refused(VAULT), UNSEEN, "vault"),
    "vaults unregistered": (refused(VAULT, UNREGISTERED), UNSEEN, "vault"),
    "subscription unseen": (refused(VAULT, NO_SUBSCRIPTION), UNSEEN, "vault"),
    "closed": (firewall(), DENIED, "vault_network"),
    "disabled": (firewall("Disabled", "1.2.3.4"), DENIED, "vault_network"),
    "a subnet": (of(VAULT, networkAcls=SUBNETS), UNCERTAIN, "vault_network"),
    "disabled, no rules": (of(VAULT, publicNetworkAccess="disabled"), UNCERTAIN, "vault_network"),
    "trusted services": (firewall(bypass="AzureServices"), UNCERTAIN, "vault_network"),
    "disabled but for trusted services": (firewall("Disabled", bypass="AzureServices"), UNCERTAIN, "vault_network"),
    "an address": (firewall("Enabled", "1.2.3.4"), UNCERTAIN, "vault_network"),
    "private endpoint": (firewall("Disabled", privateEndpointConnections=ENDPOINT), UNCERTAIN, "vault_network"),
    "perimeter": (firewall("SecuredByPerimeter", bypass="AzureServices"), UNCERTAIN, "vault_network"),
    "no tenant": (of(VAULT, tenantId=None), UNSEEN, "vault_tenant"),
    "another tenant": (of(VAULT, tenantId=guid("another")), DENIED, "vault_tenant"),
    "no role": (no_role(VAULT, SYSTEM), DENIED, "vault_role"),
    "owner": (only_role(guid("owner"), scope=SUB), DENIED, "vault_role"),
    "roles unseen": (refused(GRANTS_AT_VAULT), UNSEEN, "vault_role"),
    "principal unknown": (refused(GRANTS_AT_VAULT, NO_PRINCIPAL), UNSEEN, "vault_role"),
    "definition unseen": (refused(DEFINITION), UNSEEN, "vault_role"),
    "condition": (only_role(condition="@x eq 'x'"), ("RoleAssignmentConditional", "warning"), "vault_role"),
    "new": (only_role(createdOn="2999-01-01T00:00:00Z"), ("RoleAssignmentNew", "warning"), "vault_role"),
    "denied": (denied(VAULT, {"id": SYSTEM, "type": "ServicePrincipal"}), DENIED, "deny_assignments"),
    "all denied": (denied(VAULT, ALL), DENIED, "deny_assignments"),
    "a group denied": (
        denied(VAULT, {"id": guid("team"), "type": "Group"}),
        ("DenyAssignmentUncertain", "warning"),
        "deny_assignments",
    ),
    "denials unseen": (refused(DENIALS_AT_VAULT), UNSEEN, "deny_assignments"),
}
# Checks that another one leaves without a subject.
ALSO_SKIPPED = {"vault": {"vault_permission_model", "vault_network", "vault_tenant", "vault_role", "deny_assignments"}}


@pytest.mark.parametrize("method", ["cluster", "cluster_manager"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_each_problem_is_found_and_nothing_else(name: str, method: str) -> None:
    spoil, (code, severity), check = PROBLEMS[name]
    session = healthy(method)
    before = ask(session)["checks"]
    spoil(session.arm)
    result = ask(session)
    assert told(result) == [(code, severity, check)]
    assert result["ready"] is (False if severity == "error" else None)
    status = "failed" if severity == "error" else "unknown" if code == "NotReadable" else "warned"
    changed = {one: now for one, now in result["checks"].items() if now != before[one]}
    assert changed == {check: status, **dict.fromkeys(ALSO_SKIPPED.get(check, ()), "skipped")}


def are_apart(first: str, second: str) -> bool:
    """Whether neither leaves nothing for the other to be seen in, nor are they about the same thing."""
    checks = {PROBLEMS[first][2], PROBLEMS[second][2]}
    return len(checks) == 2 and not ("vault" in checks and ALSO_SKIPPED["vault"] & checks)


PAIRS = [pair for pair in itertools.combinations(PROBLEMS, 2) if are_apart(*pair)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_problems_do_not_hide_each_other(first: str, second: str) -> None:
    session = healthy()
    for name in (first, second):
        PROBLEMS[name][0](session.arm)
    result = ask(session)
    wanted = {(*PROBLEMS[name][1], PROBLEMS[name][2]) for name in (first, second)}
    assert set(told(result)) == wanted
    assert len(result["findings"]) == 2
    assert result["ready"] is (False if "error" in {severity for _code, severity, _check in wanted} else None)


@pytest.mark.parametrize(
    "spoil",
    [
        only_role(guid("custom")),
        only_role(WRITER, roleDefinitionId=f"/providers/Microsoft.Authorization/roleDefinitions/{WRITER.upper()}"),
        lambda arm: arm.grant(VAULT, SYSTEM, WRITER, condition="@x eq 'x'"),
        lambda arm: arm.grant(VAULT, SYSTEM, guid("owner"), createdOn="2999-01-01T00:00:00Z"),
        # By way of a group, which the filter of the list sees to.
        only_role(WRITER, principalId=guid("team")),
        # Of a management group, whose id is no part of the vault's.
        only_role(WRITER, scope="/providers/Microsoft.Management/managementGroups/all"),
        denied(VAULT, ALL, excludePrincipals=[{"id": SYSTEM, "type": "ServicePrincipal"}]),
        denied(VAULT, ALL, permissions=[{"actions": ["*/delete"]}]),
        denied(VAULT, ALL, denyAssignmentEffect="audit"),
        of(VAULT, publicNetworkAccess=None, networkAcls=None),
        of(VAULT, networkAcls={"defaultAction": "Allow", "bypass": "None", "ipRules": [{"value": "1.2.3.4"}]}),
        of(VAULT, tenantId=TENANT.upper()),
        refused(PROVIDER),
        gone(PROVIDER),
        of(CLUSTER, detailedStatus="Degraded", clusterConnectionStatus="Connected"),
    ],
)
def test_what_is_no_problem(spoil: Spoil) -> None:
    session = healthy()
    spoil(session.arm)
    result = ask(session)
    assert told(result) == []
    assert result["ready"] is True


def test_a_vault_that_is_not_there() -> None:
    session = healthy("cluster_manager")
    gone(VAULT)(session.arm)
    result = ask(session)
    assert told(result) == [("KeyVaultNotFound", "error", "vault")]
    assert result["ready"] is False
    assert (result["key_vault_id"], result["vault_uri"]) == (VAULT, None)


def test_the_cluster_has_to_be_there() -> None:
    session = healthy()
    gone(CLUSTER)(session.arm)
    with pytest.raises(NexusError) as caught:
        ask(session)
    assert caught.value.code == "ResourceNotFound"


@pytest.mark.parametrize(
    "error",
    [
        NexusError("", status=401, code="ExpiredAuthenticationToken"),
        NexusError("no connection", code="ConnectionFailed"),
        NexusError("busy", status=503),
    ],
)
@pytest.mark.parametrize("path", [VAULT, GRANTS_AT_VAULT, DENIALS_AT_VAULT, PROVIDER, CLUSTER])
def test_other_errors_are_errors(error: NexusError, path: str) -> None:
    session = healthy()
    refused(path, error)(session.arm)
    with pytest.raises(NexusError) as caught:
        ask(session)
    assert caught.value is error


@pytest.mark.parametrize("state", ["NotRegistered", "Unregistered", "Registering", None])
@pytest.mark.parametrize("given", [{}, {"key_vault_id": VAULT}])
def test_a_provider_that_is_not_registered(state: str | None, given: Document) -> None:
    """Then ARM does not even show the cluster."""
    session = healthy()
    refused(CLUSTER, UNREGISTERED)(session.arm)
    session.arm.resources[PROVIDER.lower()]["registrationState"] = state
    result = ask(session, **given)
    registering = state == "Registering"
    code = "ResourceProviderRegistering" if registering else "ResourceProviderNotRegistered"
    assert told(result) == [(code, "warning" if registering else "error", "resource_provider")]
    assert result["ready"] is (None if registering else False)
    assert result["checks"]["cluster"] == result["checks"]["vault_role"] == "skipped"
    assert result["checks"]["vault_network"] == ("passed" if given else "skipped")
    assert result["cluster_manager_id"] is None


IDENTITY = "identity"


@pytest.mark.parametrize(
    ("block", "own", "code"),
    [
        (None, settings(), "KeyVaultIdentityMissing"),
        ({"type": "None"}, settings(UAI_ONE), "KeyVaultIdentityMissing"),
        (identity(UAI_TWO), settings(), "KeyVaultIdentityMissing"),
        (identity(UAI_TWO), settings(UAI_ONE), "KeyVaultIdentityResourceIdInvalid"),
        (identity(system=True), settings(UAI_ONE), "KeyVaultIdentityResourceIdInvalid"),
        (identity(system=True), {"vaultUri": VAULT_URI}, "KeyVaultIdentityMissing"),
        (
            identity(system=True),
            {"vaultUri": VAULT_URI, "associatedIdentity": {"identityType": "Robot"}},
            "KeyVaultIdentityTypeInvalid",
        ),
        (
            identity(UAI_ONE),
            {"vaultUri": VAULT_URI, "associatedIdentity": {"identityType": "UserAssignedIdentity"}},
            "KeyVaultIdentityResourceIdMissing",
        ),
        (identity(UAI_ONE), settings("one"), "KeyVaultIdentityResourceIdInvalid"),
    ],
)
def test_what_may_be_wrong_with_the_clusters_identity(block: Document | None, own: Document, code: str) -> None:
    session = healthy("cluster", "user")
    session.arm.grant(VAULT, SYSTEM, WRITER)
    session.arm.resources[CLUSTER.lower()] = cluster(settings=own, block=block)
    # Settings alone are not in use, so the method has to be named.
    result = ask(session, method="cluster")
    assert told(result) == [(code, "error", IDENTITY)]
    assert result["ready"] is False


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("method", ["cluster", "cluster_manager"])
def test_a_user_assigned_identity_that_was_deleted(method: str, attached: bool) -> None:
    session = healthy(method, "user")
    gone(UAI_ONE)(session.arm)
    if not attached:
        holder = CLUSTER if method == "cluster" else MANAGER
        session.arm.resources[holder.lower()]["identity"] = identity(UAI_TWO)
    result = ask(session, method=method, identity_resource_id=UAI_ONE)
    assert told(result) == [("KeyVaultIdentityResourceIdInvalid", "error", IDENTITY)]
    assert result["identities"][0]["principal_id"] is None


def test_a_user_assigned_identity_that_is_not_shown() -> None:
    """What the cluster says of it is enough for all the rest."""
    session = healthy("cluster", "user")
    refused(UAI_ONE)(session.arm)
    result = ask(session)
    assert told(result) == [("NotReadable", "warning", IDENTITY)]
    assert result["ready"] is None
    assert result["identities"][0]["principal_id"] == guid(UAI_ONE)
    # The tenant is that of the subscription then.
    of(VAULT, tenantId=guid("another"))(session.arm)
    assert ("KeyVaultAccessDenied", "error", "vault_tenant") in told(ask(session))
    refused(SUB)(session.arm)
    assert told(ask(session)) == [("NotReadable", "warning", IDENTITY), ("NotReadable", "warning", "vault_tenant")]


@pytest.mark.parametrize("method", ["cluster", "cluster_manager"])
def test_an_identity_that_is_surely_not_attached_and_not_shown(method: str) -> None:
    session = healthy(method)
    refused(UAI_ONE)(session.arm)
    result = ask(session, method=method, key_vault_id=VAULT, identity_resource_id=UAI_ONE)
    assert ("KeyVaultIdentityResourceIdInvalid", "error", IDENTITY) in told(result)
    assert ("NotReadable", "warning", IDENTITY) in told(result)
    assert result["ready"] is False


@pytest.mark.parametrize("method", ["cluster", "cluster_manager"])
@pytest.mark.parametrize(
    ("spoil", "check"),
    [(of(VAULT, tenantId=guid("another")), "vault_tenant"), (denied(VAULT, ALL), "deny_assignments")],
)
def test_what_refuses_everyone_is_found_before_there_is_an_identity(method: str, spoil: Spoil, check: str) -> None:
    session = healthy(method, linked=False)
    session.arm.resources[(CLUSTER if method == "cluster" else MANAGER).lower()].pop("identity")
    missing = ("KeyVaultIdentityMissing", "error", IDENTITY)
    assert told(ask(session, method=method, key_vault_id=VAULT)) == [missing]
    spoil(session.arm)
    assert told(ask(session, method=method, key_vault_id=VAULT)) == [missing, (*DENIED, check)]


def test_a_user_assigned_identity_that_was_made_anew() -> None:
    """The cluster may still act as the former one, whose roles are gone with it."""
    session = healthy("cluster", "user")
    session.arm.resources[CLUSTER.lower()]["identity"]["userAssignedIdentities"] = {
        UAI_ONE: {"principalId": guid("former"), "clientId": guid("former client")}
    }
    result = ask(session)
    assert told(result) == [("IdentityReplaced", "warning", IDENTITY)]
    steps = result["findings"][0]["remedy"].splitlines()
    assert [check_step(line) for line in steps] == [
        "nexus_cluster_secret_archive",
        "nexus_cluster_identity",
        "nexus_cluster_identity",
        "nexus_cluster_secret_archive",
    ]


def test_an_identity_without_a_principal_id() -> None:
    session = healthy()
    session.arm.resources[CLUSTER.lower()]["identity"] = {"type": "SystemAssigned"}
    assert told(ask(session)) == [("NotReadable", "warning", IDENTITY)]


def test_asking_again_asks_the_same() -> None:
    session = healthy("cluster", "user")
    session.graph.service_principal_id = refuse_graph  # type: ignore[method-assign]
    given = {"key_vault_id": VAULT, "method": "cluster", "identity_resource_id": UAI_ONE, "operator_role": True}
    (finding,) = ask(session, **given)["findings"]
    ((_name, options),) = yaml.safe_load(finding["remedy"])[0].items()
    assert options == {"id": CLUSTER, **given, "nexus_principal_id": "<its object id>"}


def refuse_graph(app_id: str) -> str | None:
    raise NexusError("Insufficient privileges.", status=403, code="Authorization_RequestDenied")


def test_a_role_of_azures_own_is_read_once_for_all() -> None:
    session = healthy()
    permissions = [ROLES[WRITER]]
    for kind, reads in (("BuiltInRole", 0), ("CustomRole", 1)):
        session.arm.shared[WRITER] = {"properties": {"type": kind, "permissions": permissions}}
        session.arm.log.clear()
        assert ask(session)["ready"] is True
        assert len([path for _method, path in session.arm.log if "/roleDefinitions/" in path]) == reads


@pytest.mark.parametrize(
    ("more", "command"),
    [
        ({}, f"az role assignment delete --ids {VAULT}/providers/Microsoft.Authorization/roleAssignments/{WRITER}\n- "),
        ({"scope": GROUP}, f"az role assignment create --role {WRITER} --assignee-object-id {SYSTEM} "),
        ({"scope": None}, f"az role assignment create --role {WRITER} --assignee-object-id {SYSTEM} "),
        ({"principalId": guid("team")}, f"az role assignment create --role {WRITER} --assignee-object-id {SYSTEM} "),
    ],
)
def test_what_mends_a_condition(more: Document, command: str) -> None:
    """Azure does not take the same role for the same principal at the same scope twice."""
    session = healthy()
    only_role(condition="@x eq 'x'", **more)(session.arm)
    assert ask(session)["findings"][0]["remedy"].startswith(command)


def test_the_identity_that_was_asked_about_is_not_the_one_that_is_selected() -> None:
    session = healthy("cluster", "user")
    session.arm.resources[CLUSTER.lower()]["identity"] = identity(UAI_ONE, UAI_TWO, system=True)
    session.arm.grant(VAULT, guid(UAI_TWO), WRITER)
    session.arm.grant(VAULT, SYSTEM, WRITER)
    session.arm.grant(UAI_TWO, NEXUS, OPERATOR)
    for chosen in ({"identity_resource_id": UAI_TWO}, {"identity_type": "SystemAssignedIdentity"}):
        result = ask(session, **chosen)
        assert told(result) == [("IdentityNotSelected", "warning", IDENTITY)]
        assert result["ready"] is None
    assert ask(session, identity_resource_id=UAI_ONE.upper())["ready"] is True
    # Settings with another vault say nothing of this one.
    session.arm.resources[CLUSTER.lower()]["properties"]["secretArchiveSettings"]["vaultUri"] = "https://other.v.net/"
    assert ask(session, key_vault_id=VAULT, identity_resource_id=UAI_TWO)["ready"] is True


def test_a_manager_that_is_not_shown_or_not_there_or_has_no_identity() -> None:
    session = healthy("cluster_manager")
    session.arm.resources[MANAGER.lower()]["identity"] = {"type": "None"}
    assert told(ask(session)) == [("KeyVaultIdentityMissing", "error", IDENTITY)]
    gone(MANAGER)(session.arm)
    assert told(ask(session)) == [("KeyVaultIdentityMissing", "error", IDENTITY)]
    refused(MANAGER)(session.arm)
    result = ask(session)
    assert told(result) == [("NotReadable", "warning", IDENTITY)]
    assert result["checks"]["vault_role"] == "skipped"
    assert result["ready"] is None


def test_the_identities_of_a_manager() -> None:
    """One that can write is enough for the emulated platform, but which one the real one takes is not documented."""
    session = healthy("cluster_manager")
    session.arm.resources[MANAGER.lower()]["identity"] = identity(UAI_ONE, system=True)
    result = ask(session)
    assert told(result) == [
        ("KeyVaultAccessDenied", "warning", "vault_role"),
        ("KeyVaultAccessDenied", "warning", "operator_role"),
    ]
    assert result["ready"] is None
    assert len(result["identities"]) == 2
    assert ask(session, identity_type="SystemAssignedIdentity")["ready"] is True
    assert ask(session, identity_resource_id=UAI_ONE)["ready"] is False

    session.arm.grant(VAULT, guid(UAI_ONE), WRITER)
    session.arm.grant(UAI_ONE, NEXUS, OPERATOR)
    assert told(ask(session)) == []

    no_role(VAULT, SYSTEM)(session.arm)
    no_role(VAULT, guid(UAI_ONE))(session.arm)
    assert {severity for _code, severity, _check in told(ask(session))} == {"error"}

    refused(GRANTS_AT_VAULT)(session.arm)
    assert len(told(ask(session))) == 1


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (no_role(UAI_ONE, NEXUS), DENIED),
        (only_role(WRITER, at=UAI_ONE, who=NEXUS), DENIED),
        (only_role(OPERATOR, at=UAI_ONE, who=NEXUS, condition="@x eq 'x'"), ("RoleAssignmentConditional", "warning")),
        (refused(f"{UAI_ONE}/providers/Microsoft.Authorization/roleAssignments"), UNSEEN),
        (refused(f"{UAI_ONE}/providers/Microsoft.Authorization/denyAssignments"), UNSEEN),
        (denied(UAI_ONE, ALL), DENIED),
        (only_role(guid("owner"), at=UAI_ONE, who=NEXUS), None),
    ],
)
@pytest.mark.parametrize("method", ["cluster", "cluster_manager"])
def test_the_role_of_the_platforms_application(spoil: Spoil, finding: tuple[str, str] | None, method: str) -> None:
    session = healthy(method, "user")
    spoil(session.arm)
    wanted = [(*finding, "operator_role")] if finding else []
    assert told(ask(session, operator_role=True)) == wanted
    # By default that it is missing is a doubt, where the pages disagree.
    is_doubt = method == "cluster" and finding == DENIED and not session.arm.lists.get(OPERATOR_DENIALS)
    assert told(ask(session)) == ([("KeyVaultAccessDenied", "warning", "operator_role")] if is_doubt else wanted)
    # By the newest page a cluster's own identity needs none. A manager's does.
    relaxed = ask(session, operator_role=False)
    assert told(relaxed) == (wanted if method == "cluster_manager" else [])
    assert relaxed["checks"]["operator_role"] != "skipped" or method == "cluster"


def test_who_the_platforms_application_is() -> None:
    session = healthy("cluster", "user")
    session.graph.principals = {}
    assert told(ask(session)) == [("KeyVaultAccessDenied", "error", "operator_role")]
    assert ask(session, nexus_principal_id=NEXUS)["ready"] is True
    session.graph.service_principal_id = refuse_graph  # type: ignore[method-assign]
    result = ask(session)
    assert told(result) == [("NotReadable", "warning", "operator_role")]
    assert result["ready"] is None
    assert ask(session, nexus_principal_id=NEXUS)["ready"] is True
    assert ask(session, operator_role=False)["ready"] is True


def test_a_link_by_the_older_method_that_the_platform_ignores() -> None:
    session = healthy("cluster_manager")
    session.arm.resources[CLUSTER.lower()] = cluster(
        {"keyVaultId": VAULT, "useKeyVault": "True"}, settings=settings(), block=identity(system=True)
    )
    assert ask(session)["ready"] is True
    assert ask(session)["method"] == "cluster"
    assert told(ask(session, method="cluster_manager")) == [("LinkIgnored", "error", "method")]
    # And the other way round: a cluster that is to move.
    assert told(ask(healthy("cluster_manager"), method="cluster", key_vault_id=VAULT)) == [
        ("KeyVaultIdentityMissing", "error", IDENTITY)
    ]


def test_a_cluster_that_is_not_linked() -> None:
    for link in (None, {"keyVaultId": VAULT, "useKeyVault": "False"}):
        session = healthy()
        session.arm.resources[CLUSTER.lower()] = cluster(link, block=identity(system=True))
        result = ask(session)
        assert told(result) == [("KeyVaultUriMissing", "error", "vault")]
        assert (result["method"], result["key_vault_id"], result["vault_uri"]) == ("cluster", None, None)
        assert ask(session, key_vault_id=VAULT)["ready"] is True


def linked_to(session: Session, uri: str) -> None:
    session.arm.resources[CLUSTER.lower()]["properties"]["secretArchiveSettings"]["vaultUri"] = uri


def test_the_vault_of_the_settings_is_looked_for_by_its_name() -> None:
    session = healthy()
    elsewhere = VAULT.replace(SUBSCRIPTION, OTHER)
    session.arm.lists[f"{SUB}/resources".lower(), wanted_vault("nexus-secrets")] = []
    session.arm.lists[f"/subscriptions/{OTHER}/resources", wanted_vault("nexus-secrets")] = [{"id": elsewhere}]
    session.arm.resources[elsewhere.lower()] = {**session.arm.resources[VAULT.lower()], "id": elsewhere}
    session.arm.grant(elsewhere, SYSTEM, WRITER)
    refused(f"{SUB}/resources")(session.arm)
    assert ask(session)["key_vault_id"] == elsewhere
    assert ask(session)["ready"] is True

    refused(f"/subscriptions/{OTHER}/resources")(session.arm)
    result = ask(session)
    assert told(result) == [("NotReadable", "warning", "vault")]
    assert (result["key_vault_id"], result["vault_uri"], result["ready"]) == (None, VAULT_URI, None)
    # Whoever names the vault needs no search.
    session.arm.log.clear()
    assert ask(session, key_vault_id=VAULT)["ready"] is True
    assert not [path for _method, path in session.arm.log if path.endswith("/resources")]


def test_settings_with_a_uri_that_is_none() -> None:
    session = healthy()
    linked_to(session, "nexus-secrets")
    assert told(ask(session)) == [("KeyVaultUriInvalid", "error", "vault")]
    linked_to(session, "https://nexus-secrets.vault.azure.cn")
    assert told(ask(session)) == [("KeyVaultUriInvalid", "error", "vault")]
    linked_to(session, VAULT_URI.upper().rstrip("/"))
    assert told(ask(session)) == []


def test_a_link_to_what_is_no_vault() -> None:
    """Azure takes any text for the id of the vault (recorded)."""
    for text in ("TestKeyVaultId", CLUSTER, f"{VAULT}/secrets/one"):
        session = healthy("cluster_manager")
        session.arm.resources[CLUSTER.lower()]["properties"]["secretArchive"]["keyVaultId"] = text
        result = ask(session)
        assert told(result) == [("KeyVaultNotFound", "error", "vault")]
        assert (result["key_vault_id"], result["vault_uri"]) == (None, None)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"id": VAULT}, "id"),
        ({"id": None}, "id"),
        ({"key_vault_id": CLUSTER}, "key_vault_id"),
        ({"identity_resource_id": VAULT}, "identity_resource_id"),
        ({"identity_type": "UserAssignedIdentity"}, "identity_resource_id"),
        ({"identity_type": "SystemAssignedIdentity", "identity_resource_id": UAI_ONE}, "identity_resource_id"),
        ({"nexus_principal_id": "AFOI-NC-MGMT-PME-PROD"}, "nexus_principal_id"),
        ({"api_version": "x"}, "api_version"),
        ({"api_version": "2024-07-01"}, "api_version"),
        ({"api_version": "2023-07-01", "method": "cluster_manager"}, "api_version"),
    ],
)
def test_bad_input(given: Document, option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_archive_readiness_info.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


def test_an_older_api_version_will_do_for_the_older_method() -> None:
    session = healthy("cluster_manager")
    assert ask(session, api_version="2024-07-01", method="cluster_manager")["ready"] is True


def test_how_little_is_read() -> None:
    """Of a fleet each request counts."""
    session = healthy("cluster", "user")
    ask(session, key_vault_id=VAULT)
    paths = [path.removeprefix(GROUP).removeprefix(SUB) for _method, path in session.arm.log]
    assert len(paths) == len(set(paths)) == 10, paths
