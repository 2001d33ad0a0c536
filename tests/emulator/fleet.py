# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet files: a small YAML text becomes the tenant that the emulator starts with (see fleet.example.yml).

Resources are named by their short names; ids are derived from names, so a fleet has the same ids in each run. What the
file leaves out takes a default; what it gets wrong is a FleetError of one line that names the key.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import archive_rotation
import authorization
import deny_assignments
import keyvault
import msi
import nexus_platform
import subscriptions
from archive_validation import MANAGEMENT_APPLICATION
from fleet_documents import appliance_documents, cluster_document, machine_documents, manager_document, stable_id
from role_definitions import custom_role, find_role, role_named
from state import Document, World
from vault_data import VAULT_TYPE, find_vault

NEXUS_APPLICATIONS = {
    "AFOI-NC-MGMT-PME-PROD": MANAGEMENT_APPLICATION,
    "AFOI-NC-RP-PME-PROD": "05cf5e27-931d-47ad-826d-cb9028d8bd7a",
}
"""Microsoft's applications that have a service principal in each tenant that uses Operator Nexus."""
_LONG_AGO = "2024-01-01T00:00:00.0000000Z"
_FULL_RIGHTS = ["Owner", "Key Vault Secrets Officer"]
_REQUIRED = object()
"""Stands for the default of a key that must be there."""
_NETWORKS: dict[str, tuple[str, str, str]] = {
    "open": ("Enabled", "Allow", "AzureServices"),
    "trusted": ("Enabled", "Deny", "AzureServices"),
    "closed": ("Enabled", "Deny", "None"),
    "disabled": ("Disabled", "Deny", "None"),
    "perimeter": ("SecuredByPerimeter", "Deny", "AzureServices"),
}
"""A vault's `network` -> publicNetworkAccess, defaultAction, bypass."""
_IDENTITIES = {
    "none": "None",
    "system": "SystemAssigned",
    "user": "UserAssigned",
    "both": "SystemAssigned, UserAssigned",
}


class FleetError(ValueError):
    """A fleet file that cannot be used; the message is one line and names the key."""


@dataclass
class Draft:
    """A fleet half built. `scopes` and `principals` find what the file has named so far by its short name: ids of
    scopes, and principals. A principal that belongs to a resource is found by the resource's id as well.
    """

    world: World
    location: str
    subscription_id: str
    scopes: dict[str, list[str]] = field(default_factory=dict)
    principals: dict[str, list[Document]] = field(default_factory=dict)


def load(path: str | Path, world: World) -> None:
    """Fill the world from a fleet file. Raises FleetError."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FleetError(f"{path}: {error.strerror}") from error
    load_text(text, world)


def load_text(text: str, world: World) -> None:
    """Fill the world from the text of a fleet file. Raises FleetError."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FleetError("not YAML: " + " ".join(str(error).split())) from error
    keys: dict[str, Any] = {"tenant": stable_id("tenant"), "location": "uksouth", "nexus_applications": True}
    keys |= {"operator": {}, "user": {}, "machine": {}, "generate": {}}
    keys |= {name: [] for name in ("subscriptions", "resource_groups", "roles", *_LISTS)}
    keys |= {"role_assignments": [], "deny_assignments": []}
    fleet = _read({} if raw is None else raw, "", keys)
    world.tenant_id = fleet["tenant"]
    draft = _add_subscriptions(world, fleet)
    for at, item in enumerate(fleet["resource_groups"]):
        _add_group(draft, item if isinstance(item, Mapping) else {"name": item}, f"resource_groups[{at}]")
    for at, item in enumerate(fleet["roles"]):
        _add_role(draft, item, f"roles[{at}]")
    _add_principals(draft, fleet)
    for name, add in _LISTS.items():
        for at, item in enumerate(fleet[name]):
            add(draft, item, f"{name}[{at}]")
    for name in fleet["machine"].get("identities", []):
        identity = _resource(draft, name, "an identity", "machine.identities")
        draft.world.machine_identities.append(identity["properties"]["principalId"])
    if fleet["generate"]:
        _generate(draft, fleet["generate"])
    for at, item in enumerate(fleet["role_assignments"]):
        path = f"role_assignments[{at}]"
        keys = {"principal": _REQUIRED, "role": _REQUIRED, "scope": "subscription", "condition": None}
        wanted = _read(item, path, keys)
        _assign(draft, _who(draft, wanted["principal"], f"{path}.principal"), wanted, path)
    for at, item in enumerate(fleet["deny_assignments"]):
        _add_denial(draft, item, f"deny_assignments[{at}]")


def _read(raw: Any, path: str, keys: dict[str, Any]) -> Document:
    """The mapping at `path` with defaults filled in. A default's type is the type that the value must have."""
    if not isinstance(raw, Mapping):
        raise FleetError(f"{path or 'fleet'}: a mapping is expected")
    prefix = f"{path}." if path else ""
    for name, value in raw.items():
        if name not in keys:
            raise FleetError(f"{prefix}{name}: unknown key; known are {', '.join(keys)}")
        expected = str if keys[name] is _REQUIRED or keys[name] is None else type(keys[name])
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            raise FleetError(f"{prefix}{name}: {_WORDS[expected]} is expected")
    missing = [name for name, default in keys.items() if default is _REQUIRED and name not in raw]
    if missing:
        raise FleetError(f"{prefix}{missing[0]}: is missing")
    return {**keys, **raw}


_WORDS = {str: "a text", int: "a number", bool: "true or false", dict: "a mapping", list: "a list"}


def _known(table: Mapping[str, Any], name: str, path: str) -> Any:
    if name not in table:
        shown = [known for known in table if not known.startswith("/")]
        raise FleetError(f"{path}: '{name}' is not known; known are {', '.join(shown) or 'none'}")
    return table[name]


def _only(table: Mapping[str, list[Any]], name: str, path: str) -> Any:
    """What goes by this short name. Raises FleetError when nothing does, or more than one thing."""
    found = _known(table, name, path)
    if len(found) > 1:
        raise FleetError(f"{path}: '{name}' is the name of {len(found)} things; write the id of the one that is meant")
    return found[0]


def _resource(draft: Draft, name: str, kind: str, path: str) -> Document:
    """The resource of this kind (a key of _KINDS) that a short name or an id means."""
    listed = [name] if str(name).startswith("/") else _known(draft.scopes, name, path)
    found = [item for item in map(draft.world.find, listed) if item and item["type"].lower() == _KINDS[kind].lower()]
    if not found:
        raise FleetError(f"{path}: '{name}' is not {kind}")
    return dict(_only({name: found}, name, path))


_KINDS = {
    "a resource group": subscriptions.GROUP_TYPE,
    "a vault": VAULT_TYPE,
    "an identity": msi.TYPE,
    "a cluster manager": "Microsoft.NetworkCloud/clusterManagers",
}


def _add_subscriptions(world: World, fleet: Document) -> Draft:
    listed = fleet["subscriptions"] or [{"id": stable_id("subscription")}]
    for at, item in enumerate(listed):
        keys = {"id": _REQUIRED, "name": f"Nexus {at + 1}", "unregistered": []}
        wanted = _read(item, f"subscriptions[{at}]", keys)
        document = subscriptions.subscription_document(world.tenant_id, wanted["id"], wanted["name"])
        world.subscriptions[wanted["id"].lower()] = document
        world.unregistered |= {(wanted["id"].lower(), str(name).lower()) for name in wanted["unregistered"]}
    draft = Draft(world, fleet["location"], listed[0]["id"])
    draft.scopes["subscription"] = [f"/subscriptions/{draft.subscription_id}"]
    return draft


def _add_group(draft: Draft, raw: Mapping[str, Any], path: str) -> str:
    keys = {"name": _REQUIRED, "subscription": draft.subscription_id, "location": draft.location}
    wanted = _read(raw, path, keys)
    if wanted["subscription"].lower() not in draft.world.subscriptions:
        raise FleetError(f"{path}.subscription: '{wanted['subscription']}' is not among the subscriptions")
    document = subscriptions.group_document(wanted["subscription"], wanted["name"], wanted["location"], {})
    _store(draft, document, path)
    return str(document["id"])


def _group(draft: Draft, name: str, path: str) -> str:
    """The id of a resource group, named or given by its id; one that is only mentioned is made in the first
    subscription.
    """
    known = [item for item in map(draft.world.find, draft.scopes.get(name, [])) if item]
    if not name.startswith("/") and not any(item["type"] == subscriptions.GROUP_TYPE for item in known):
        return _add_group(draft, {"name": name}, path)
    return str(_resource(draft, name, "a resource group", path)["id"])


def _add_principals(draft: Draft, fleet: Document) -> None:
    if fleet["nexus_applications"]:
        for name, app_id in NEXUS_APPLICATIONS.items():
            _principal(draft, name, name, app_id)
    _add_operator(draft, fleet["operator"])
    if fleet["user"]:
        keys = {"name": _REQUIRED, "password": _REQUIRED, "graph": True, "roles": _FULL_RIGHTS}
        wanted = _read(fleet["user"], "user", keys)
        user = _principal(draft, "user", wanted["name"].split("@")[0], stable_id("user"), "User")
        user.update(userPrincipalName=wanted["name"], password=wanted["password"], graph=wanted["graph"])
        _assign_all(draft, user, wanted["roles"], "user.roles")
    if fleet["machine"]:
        keys = {"name": "machine", "client_id": stable_id("machine"), "graph": True, "roles": _FULL_RIGHTS}
        wanted = _read(fleet["machine"], "machine", {**keys, "identities": []})
        machine = _principal(draft, "machine", wanted["name"], wanted["client_id"])
        machine["graph"] = wanted["graph"]
        draft.world.machine_identities.append(machine["objectId"])
        _assign_all(draft, machine, wanted["roles"], "machine.roles")


def _add_operator(draft: Draft, raw: Mapping[str, Any]) -> None:
    """The application as which playbooks run. Its secret is made up unless the file gives one."""
    keys = {"name": "nexus-operator", "client_id": stable_id("operator"), "secret": None, "certificate": None}
    wanted = _read(raw, "operator", {**keys, "federated": [], "graph": True, "roles": _FULL_RIGHTS})
    operator = _principal(draft, "operator", wanted["name"], wanted["client_id"])
    operator["graph"] = wanted["graph"]
    application = {"secret": wanted["secret"] or _made_up_secret(wanted["client_id"]), "objectId": operator["objectId"]}
    if wanted["certificate"]:
        application["certificate"] = wanted["certificate"]
    if wanted["federated"]:
        trust = dict.fromkeys(("issuer", "subject", "audience", "publicKey"), _REQUIRED)
        application["federated"] = [
            _read(item, f"operator.federated[{at}]", trust) for at, item in enumerate(wanted["federated"])
        ]
    draft.world.applications[wanted["client_id"]] = application
    _assign_all(draft, operator, wanted["roles"], "operator.roles")


@functools.cache
def _made_up_secret(_client_id: str) -> str:
    """This process's secret of an application. It outlives a reset of the world, as the environment file does."""
    return secrets.token_urlsafe(24)


def _principal(draft: Draft, key: str, name: str, app_id: str, kind: str = "ServicePrincipal") -> Document:
    """A directory object that has been there for long, so that no replication delay applies to it.

    `key` is what role assignments call it: a word of the fleet file, or the id of its resource in lower case.
    """
    object_id = stable_id("principal", key)
    principal = {"objectId": object_id, "kind": kind, "displayName": name, "appId": app_id, "createdAt": 0.0}
    draft.world.principals[object_id] = principal
    draft.principals.setdefault(key, []).append(principal)
    return principal


def _managed_principal(draft: Draft, resource_id: str) -> Document:
    """The principal of a resource, which goes by the resource's short name too."""
    name = resource_id.rsplit("/", 1)[-1]
    principal = _principal(draft, resource_id.lower(), name, stable_id("client", resource_id))
    draft.principals.setdefault(name, []).append(principal)
    return principal


def _assign_all(draft: Draft, principal: Document, roles: list[Any], path: str) -> None:
    """Roles of a principal: names (at the first subscription) or mappings of role and scope."""
    for at, item in enumerate(roles):
        where = f"{path}[{at}]"
        raw = {"role": item} if isinstance(item, str) else item
        _assign(draft, principal, _read(raw, where, {"role": _REQUIRED, "scope": "subscription"}), where)


def _assign(draft: Draft, principal: Document, wanted: Document, path: str) -> None:
    custom = [role for role in draft.world.roles.values() if role["properties"]["roleName"] == wanted["role"]]
    role = next(iter(custom), None) or role_named(wanted["role"]) or find_role(wanted["role"])
    if role is None:
        raise FleetError(f"{path}.role: '{wanted['role']}' is not a role of the emulator")
    scope = _scope(draft, wanted["scope"], f"{path}.scope")
    name = stable_id("assignment", scope, role["name"], principal["objectId"])
    more = {"condition": wanted["condition"], "conditionVersion": "2.0"} if wanted.get("condition") else None
    authorization.assign(draft.world, scope, role["name"], principal, name=name, created_on=_LONG_AGO, more=more)


def _scope(draft: Draft, scope: str, path: str) -> str:
    return scope if scope.startswith("/") else str(_only(draft.scopes, scope, path))


def _who(draft: Draft, who: str, path: str) -> Document:
    return dict(_only(draft.principals, who.lower() if who.startswith("/") else who, path))


def _add_role(draft: Draft, raw: Any, path: str) -> None:
    """A custom role of the first subscription."""
    wanted = _read(raw, path, {"name": _REQUIRED, **_PERMISSION})
    guid, scope = stable_id("role", wanted["name"]), f"/subscriptions/{draft.subscription_id}"
    role = custom_role(guid, wanted["name"], scope, _permission(wanted), _LONG_AGO)
    draft.world.roles[guid] = role


_PERMISSION: dict[str, list[str]] = {"actions": [], "not_actions": [], "data_actions": [], "not_data_actions": []}


def _permission(wanted: Document) -> Document:
    names = ("actions", "notActions", "dataActions", "notDataActions")
    return dict(zip(names, (wanted[key] for key in _PERMISSION), strict=True))


def _add_denial(draft: Draft, raw: Any, path: str) -> None:
    """A deny assignment, as a deployment stack or a managed application makes it. `everyone` is a principal too."""
    keys: Document = {"name": _REQUIRED, "scope": "subscription", "children": True, "principals": ["everyone"]}
    wanted = _read(raw, path, {**keys, "excluded": [], **_PERMISSION})

    def listed(key: str) -> list[Document]:
        people = [(who, f"{path}.{key}[{at}]") for at, who in enumerate(wanted[key])]
        return [
            deny_assignments.ALL_PRINCIPALS if who == "everyone" else _named_principal(_who(draft, who, where))
            for who, where in people
        ]

    deny_assignments.deny(
        draft.world,
        _scope(draft, wanted["scope"], f"{path}.scope"),
        wanted["name"],
        stable_id("denial", wanted["name"]),
        permission=_permission(wanted),
        principals=listed("principals"),
        excluded=listed("excluded"),
        children=wanted["children"],
    )


def _named_principal(principal: Document) -> Document:
    return {"id": principal["objectId"], "displayName": principal["displayName"], "type": principal["kind"]}


def _named(draft: Draft, raw: Any, path: str, keys: dict[str, Any]) -> tuple[Document, str]:
    """A resource's entry and the id of its resource group."""
    wanted = _read(raw, path, {"name": _REQUIRED, "resource_group": _REQUIRED, **keys})
    return wanted, _group(draft, wanted["resource_group"], f"{path}.resource_group")


def _store(draft: Draft, document: Document, path: str) -> Document:
    """Keep a resource under its short name. Raises FleetError when its resource group has one like it already."""
    if draft.world.find(document["id"]):
        raise FleetError(f"{path}.name: '{document['name']}' is there already")
    draft.scopes.setdefault(document["name"], []).append(document["id"])
    return draft.world.store(document)


def _add_vault(draft: Draft, raw: Any, path: str) -> None:
    keys = {"location": draft.location, "rbac": True, "network": "open", "tenant": draft.world.tenant_id, "tags": {}}
    wanted, group = _named(draft, raw, path, keys)
    access, default, bypass = _known(_NETWORKS, wanted["network"], f"{path}.network")
    properties: Document = {"enableRbacAuthorization": wanted["rbac"], "publicNetworkAccess": access}
    properties["tenantId"] = wanted["tenant"]
    if wanted["network"] != "open":
        rules = {"bypass": bypass, "defaultAction": default, "ipRules": [], "virtualNetworkRules": []}
        properties["networkAcls"] = rules
    if not wanted["rbac"]:
        policy = {"secrets": ["get", "list"], "keys": [], "certificates": []}
        owner = draft.principals["operator"][0]["objectId"]
        properties["accessPolicies"] = [{"tenantId": draft.world.tenant_id, "objectId": owner, "permissions": policy}]
    if find_vault(draft.world, wanted["name"]):
        raise FleetError(
            f"{path}.name: '{wanted['name']}' is there already; a vault's name is taken in the whole cloud"
        )
    vault_id = f"{group}/providers/{VAULT_TYPE}/{wanted['name']}"
    _store(draft, keyvault.vault_document(draft.world, vault_id, wanted["location"], wanted["tags"], properties), path)


def _add_identity(draft: Draft, raw: Any, path: str) -> None:
    wanted, group = _named(draft, raw, path, {"location": draft.location, "tags": {}})
    identity_id = f"{group}/providers/{msi.TYPE}/{wanted['name']}"
    principal = _managed_principal(draft, identity_id)
    document = msi.identity_document(draft.world, identity_id, wanted["location"], wanted["tags"], principal)
    _store(draft, document, path)


def _add_manager(draft: Draft, raw: Any, path: str) -> None:
    keys = {"location": draft.location, "identity": "none", "user_assigned": [], "tags": {}}
    wanted, group = _named(draft, raw, path, keys)
    details = {"location": wanted["location"], "tags": wanted["tags"]}
    manager = _store(draft, manager_document(draft.world, group, wanted["name"], **details), path)
    manager["identity"] = _identity_block(draft, wanted, manager["id"], path)
    _add_hosted_group(draft, manager)


def _identity_block(draft: Draft, wanted: Document, owner_id: str, path: str) -> Document:
    """The identity of a cluster manager or of a cluster."""
    kind = _known(_IDENTITIES, wanted["identity"], f"{path}.identity")
    if ("UserAssigned" in kind) != bool(wanted["user_assigned"]):
        raise FleetError(f"{path}.user_assigned: names identities if, and only if, identity is user or both")
    block: Document = {"type": kind}
    if "SystemAssigned" in kind:
        principal = _managed_principal(draft, owner_id)
        block |= {"principalId": principal["objectId"], "tenantId": draft.world.tenant_id}
    for name in wanted["user_assigned"]:
        found = _resource(draft, name, "an identity", f"{path}.user_assigned")
        ids = {member: found["properties"][member] for member in ("clientId", "principalId")}
        block.setdefault("userAssignedIdentities", {})[found["id"]] = ids
    return block


def _add_cluster(draft: Draft, raw: Any, path: str) -> None:
    keys: dict[str, Any] = {"manager": _REQUIRED, "machines": 2, "storage_appliances": 1}
    keys |= {"identity": "none", "user_assigned": [], "secret_archive": None, "secret_archive_settings": {}}
    keys |= {"rotated": {}}
    wanted, group = _named(draft, raw, path, keys)
    manager = _resource(draft, wanted["manager"], "a cluster manager", f"{path}.manager")
    world, sizes = draft.world, {"machines": wanted["machines"], "appliances": wanted["storage_appliances"]}
    cluster = _store(draft, cluster_document(world, group, wanted["name"], manager=manager, **sizes), path)
    identity = _identity_block(draft, wanted, cluster["id"], path)
    if identity != {"type": "None"}:  # a cluster that never had one does not show the member (recorded)
        cluster["identity"] = identity
    _add_hosted_group(draft, cluster)
    for device in (*machine_documents(world, cluster), *appliance_documents(world, cluster)):
        world.store(device)
    if wanted["secret_archive"]:
        vault_id = _resource(draft, wanted["secret_archive"], "a vault", f"{path}.secret_archive")["id"]
        cluster["properties"]["secretArchive"] = {"keyVaultId": vault_id, "useKeyVault": "True"}
    if wanted["secret_archive_settings"]:
        settings = _archive_settings(draft, wanted["secret_archive_settings"], f"{path}.secret_archive_settings")
        cluster["properties"]["secretArchiveSettings"] = settings
    if wanted["rotated"]:
        _rotate_before(draft, cluster, wanted["rotated"], f"{path}.rotated")
    nexus_platform.watch(world, cluster)


def _rotate_before(draft: Draft, cluster: Document, raw: Any, path: str) -> None:
    """What was rotated before the emulator's start. What is due the platform rotates then, if it can."""
    wanted = _read(raw, path, {"days_ago": 0, "vault": None})
    vault = _resource(draft, wanted["vault"], "a vault", f"{path}.vault") if wanted["vault"] else None
    archive_rotation.rotated_before(draft.world, cluster, vault, wanted["days_ago"])


def _archive_settings(draft: Draft, raw: Any, path: str) -> Document:
    """The successor's settings. They may select an identity that the cluster does not have, as in Azure."""
    wanted = _read(raw, path, {"vault": _REQUIRED, "identity": _REQUIRED})
    uri = _resource(draft, wanted["vault"], "a vault", f"{path}.vault")["properties"]["vaultUri"]
    if wanted["identity"] == "system":
        return {"vaultUri": uri, "associatedIdentity": {"identityType": "SystemAssignedIdentity"}}
    identity_id = _resource(draft, wanted["identity"], "an identity", f"{path}.identity")["id"]
    selected = {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": identity_id}
    return {"vaultUri": uri, "associatedIdentity": selected}


def _add_hosted_group(draft: Draft, owner: Document) -> None:
    """The managed resource group of a cluster or a manager."""
    name, subscription = owner["properties"]["managedResourceGroupConfiguration"]["name"], owner["id"].split("/")[2]
    draft.world.store(subscriptions.group_document(subscription, name, owner["location"], {}))


def _generate(draft: Draft, raw: Mapping[str, Any]) -> None:
    """Many clusters alike: `cluster-0001` and so on, dealt out to `cm-001` and so on."""
    keys = {"clusters": 0, "managers": 1, "machines": 2, "storage_appliances": 1, "resource_group": "nexus-fleet"}
    wanted = _read(raw, "generate", keys)
    if wanted["managers"] < 1 or wanted["clusters"] < 0:
        raise FleetError("generate: takes at least one manager and no negative number of clusters")
    group = wanted["resource_group"]
    managers = [f"cm-{number:03}" for number in range(1, wanted["managers"] + 1)]
    for name in managers:
        _add_manager(draft, {"name": name, "resource_group": group}, "generate")
    sizes = {name: wanted[name] for name in ("machines", "storage_appliances")}
    for number in range(wanted["clusters"]):
        manager = managers[number % len(managers)]
        entry = {"name": f"cluster-{number + 1:04}", "resource_group": group, "manager": manager, **sizes}
        _add_cluster(draft, entry, "generate")


_LISTS: dict[str, Callable[[Draft, Any, str], None]] = {
    "vaults": _add_vault,
    "identities": _add_identity,
    "managers": _add_manager,
    "clusters": _add_cluster,
}
