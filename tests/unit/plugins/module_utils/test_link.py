# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _identity, _link
from ansible_collections.operator_nexus.credentials.plugins.module_utils._link import Wanted
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    UAI_ONE,
    UAI_TWO,
    VAULT,
    VAULT_URI,
    as_azure_spells,
    cluster,
    identity,
    merge_identity,
    merge_patch,
    settings,
)

Document = dict[str, Any]

OTHER, OTHER_URI = VAULT + "-2", "https://nexus-secrets-2.vault.azure.net/"
BOTH = ("cluster", "cluster_manager")
SYSTEM, USER = "SystemAssignedIdentity", "UserAssignedIdentity"
VERSION = "2025-09-01"


def params(**given: Any) -> Document:
    return {
        "state": "present",
        "method": None,
        "key_vault_id": None,
        "vault_uri": None,
        "identity_type": None,
        "identity_resource_id": None,
        "add_identity": True,
        "use_key_vault": True,
        **given,
    }


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ({"key_vault_id": VAULT}, Wanted(True, ("cluster_manager",), VAULT)),
        ({"key_vault_id": VAULT, "method": "cluster_manager"}, Wanted(True, ("cluster_manager",), VAULT)),
        ({"key_vault_id": as_azure_spells(VAULT)}, Wanted(True, ("cluster_manager",), VAULT)),
        (
            {"key_vault_id": VAULT, "use_key_vault": False},
            Wanted(True, ("cluster_manager",), VAULT, enabled=False),
        ),
        # Each option of the successor chooses its method.
        ({"key_vault_id": VAULT, "identity_type": SYSTEM}, Wanted(True, ("cluster",), VAULT)),
        (
            {"key_vault_id": VAULT, "identity_resource_id": as_azure_spells(UAI_ONE)},
            Wanted(True, ("cluster",), VAULT, identity_id=UAI_ONE),
        ),
        (
            {"key_vault_id": VAULT, "identity_type": USER, "identity_resource_id": UAI_ONE, "method": "cluster"},
            Wanted(True, ("cluster",), VAULT, identity_id=UAI_ONE),
        ),
        (
            {"key_vault_id": VAULT, "identity_resource_id": UAI_ONE, "add_identity": False},
            Wanted(True, ("cluster",), VAULT, identity_id=UAI_ONE, add_identity=False),
        ),
        (
            {"vault_uri": VAULT_URI.rstrip("/").upper(), "identity_type": SYSTEM, "key_vault_id": ""},
            Wanted(True, ("cluster",), "", VAULT_URI),
        ),
        # What is absent, and of which method.
        ({"state": "absent"}, Wanted(False, BOTH)),
        ({"state": "absent", "key_vault_id": VAULT}, Wanted(False, BOTH, VAULT)),
        ({"state": "absent", "method": "cluster"}, Wanted(False, ("cluster",))),
        ({"state": "absent", "method": "cluster_manager"}, Wanted(False, ("cluster_manager",))),
        ({"state": "absent", "vault_uri": VAULT_URI}, Wanted(False, ("cluster",), "", VAULT_URI)),
        (
            {"state": "absent", "use_key_vault": False, "identity_type": SYSTEM, "identity_resource_id": "anything"},
            Wanted(False, BOTH),
        ),
    ],
)
def test_wanted(given: Document, want: Wanted) -> None:
    assert _link.wanted(params(**given)) == want


def test_a_uri_that_is_known_later() -> None:
    want = Wanted(True, ("cluster",), VAULT, identity_id=UAI_ONE)
    assert want.at(VAULT_URI.rstrip("/")) == Wanted(True, ("cluster",), VAULT, VAULT_URI, identity_id=UAI_ONE)


def settings_wanted(identity_id: str = "") -> Wanted:
    return Wanted(True, ("cluster",), VAULT, VAULT_URI, identity_id=identity_id)


ON = {"keyVaultId": VAULT, "useKeyVault": "True"}
ONE, TWO = as_azure_spells(UAI_ONE), as_azure_spells(UAI_TWO)


@pytest.mark.parametrize(
    ("document", "want", "body"),
    [
        # The identity that is missing and the settings go in one PATCH, which lists all that stay.
        (
            cluster(),
            settings_wanted(UAI_ONE),
            {
                "identity": {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}},
                "properties": {"secretArchiveSettings": settings(UAI_ONE)},
            },
        ),
        (
            cluster(ON, block=identity(UAI_TWO, system=True)),
            settings_wanted(UAI_ONE),
            {
                "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {TWO: {}, UAI_ONE: {}}},
                "properties": {"secretArchiveSettings": settings(UAI_ONE)},
            },
        ),
        # Only what is missing.
        (
            cluster(block=identity(UAI_ONE)),
            settings_wanted(UAI_ONE),
            {"properties": {"secretArchiveSettings": settings(UAI_ONE)}},
        ),
        (
            cluster(settings=settings(UAI_ONE), block=identity(UAI_TWO)),
            settings_wanted(UAI_ONE),
            {"identity": {"type": "UserAssigned", "userAssignedIdentities": {TWO: {}, UAI_ONE: {}}}},
        ),
        # No identity is sent for the system assigned one: nobody could have given it the role yet.
        (cluster(), settings_wanted(), {"properties": {"secretArchiveSettings": settings()}}),
        (
            cluster(block=identity(UAI_ONE)),
            settings_wanted(),
            {"properties": {"secretArchiveSettings": settings()}},
        ),
        (cluster(settings=settings(), block=identity(system=True)), settings_wanted(), None),
        (cluster(settings=settings()), settings_wanted(), None),
        (cluster(settings=settings(ONE), block=identity(UAI_ONE)), settings_wanted(UAI_ONE), None),
        # The older method does not touch settings, and the other way round.
        (
            cluster(settings=settings(), block=identity(system=True)),
            Wanted(True, ("cluster_manager",), VAULT),
            {"properties": {"secretArchive": ON}},
        ),
        # Both links are taken away in one PATCH.
        (
            cluster(ON, settings=settings()),
            Wanted(False, BOTH),
            {"properties": {"secretArchive": None, "secretArchiveSettings": None}},
        ),
        (
            cluster(ON, settings=settings()),
            Wanted(False, ("cluster",)),
            {"properties": {"secretArchiveSettings": None}},
        ),
        (
            cluster(ON, settings=settings()),
            Wanted(False, ("cluster_manager",)),
            {"properties": {"secretArchive": None}},
        ),
        (
            cluster({**ON, "keyVaultId": OTHER}, settings=settings()),
            Wanted(False, BOTH, VAULT),
            {"properties": {"secretArchiveSettings": None}},
        ),
        (
            cluster(ON, settings=settings(vault_uri=OTHER_URI)),
            Wanted(False, BOTH, VAULT),
            {"properties": {"secretArchive": None}},
        ),
        (cluster(ON, settings=settings(vault_uri=OTHER_URI)), Wanted(False, ("cluster",), "", VAULT_URI), None),
        (cluster(), Wanted(False, BOTH), None),
        (cluster(block=identity(UAI_ONE, system=True)), Wanted(False, BOTH), None),
        ({"id": "bare"}, Wanted(False, BOTH), None),
        ({"id": "bare"}, settings_wanted(), {"properties": {"secretArchiveSettings": settings()}}),
    ],
)
def test_plan(document: Document, want: Wanted, body: Document | None) -> None:
    assert _link.plan(document, want, VERSION) == body


@pytest.mark.parametrize("version", ["2024-06-01-preview", "2026-07-01"])
def test_where_a_null_is_not_documented_the_older_link_is_switched_off(version: str) -> None:
    switched_off = {"properties": {"secretArchive": {**ON, "useKeyVault": "False"}}}
    assert _link.plan(cluster(ON), Wanted(False, BOTH), version) == switched_off


@pytest.mark.parametrize(
    ("block", "identity_id", "lacks"),
    [
        (None, "", True),
        ({"type": "None"}, "", True),
        (identity(UAI_ONE), "", True),
        (identity(system=True), "", False),
        (identity(UAI_ONE, system=True), "", False),
        # A user assigned one is added with the settings.
        (None, UAI_ONE, False),
    ],
)
def test_lacks_identity(block: Document | None, identity_id: str, lacks: bool) -> None:
    assert _link.lacks_identity(cluster(block=block), settings_wanted(identity_id)) is lacks
    for other in (Wanted(True, ("cluster_manager",), VAULT), Wanted(False, BOTH), Wanted(False, ("cluster",))):
        assert _link.lacks_identity(cluster(block=block), other) is False


def test_a_bare_document_has_no_links() -> None:
    bare = {"id": "bare"}
    assert _link.report(bare) == {"secret_archive": None, "secret_archive_settings": None}
    body = {"properties": {"secretArchive": ON}}
    assert _link.apply(bare, body) == {"id": "bare", "properties": {"secretArchive": ON}}
    assert _link.apply({"id": "bare", "properties": None}, body) == {"id": "bare", **body}


@pytest.mark.parametrize(
    ("want", "shown"),
    [
        (Wanted(True, ("cluster_manager",), VAULT), {"secret_archive"}),
        (settings_wanted(), {"secret_archive_settings"}),
        (settings_wanted(UAI_ONE), {"secret_archive_settings", "identity"}),
        (Wanted(False, BOTH), {"secret_archive", "secret_archive_settings"}),
        (Wanted(False, ("cluster",)), {"secret_archive_settings"}),
        (Wanted(False, ("cluster_manager",)), {"secret_archive"}),
    ],
)
def test_a_diff_shows_what_the_task_is_about(want: Wanted, shown: set[str]) -> None:
    document = cluster(ON, settings=settings(UAI_ONE), block=identity(UAI_ONE, system=True))
    summary = _link.summary(document, want)
    assert set(summary) == shown
    report = _link.report(document)
    assert {name: summary[name] for name in shown & set(report)} == {name: report[name] for name in shown & set(report)}
    if "identity" in shown:
        assert summary["identity"] == {"type": "SystemAssigned,UserAssigned", "user_assigned_identities": [UAI_ONE]}


# What a cluster can look like, and what a task can want of it.
spelled_uris = st.sampled_from([VAULT_URI, VAULT_URI.rstrip("/"), VAULT_URI.upper(), OTHER_URI, "no vault's"])
spelled_ids = st.sampled_from([UAI_ONE, UAI_ONE.upper(), UAI_TWO])
selections: st.SearchStrategy[Document | None] = st.one_of(
    st.none(),
    st.just({"identityType": SYSTEM}),
    st.just({"identityType": SYSTEM, "userAssignedIdentityResourceId": None}),
    st.just({"identityType": USER}),
    st.builds(
        lambda kind, item: {"identityType": kind, "userAssignedIdentityResourceId": item},
        st.sampled_from([USER, USER, SYSTEM]),
        spelled_ids,
    ),
)
settings_blocks = st.one_of(
    st.none(),
    st.builds(lambda uri, selected: {"vaultUri": uri, "associatedIdentity": selected}, spelled_uris, selections),
    st.builds(lambda uri: {"vaultUri": uri}, spelled_uris),
    st.builds(lambda selected: {"associatedIdentity": selected}, selections),
)
archives = st.one_of(
    st.none(),
    st.builds(
        lambda vault, used: {"keyVaultId": vault, "useKeyVault": used},
        st.sampled_from([VAULT, VAULT.upper(), OTHER]),
        st.sampled_from(["True", "False", "true"]),
    ),
)
identities = st.one_of(
    st.none(),
    st.just({"type": "None"}),
    st.builds(
        lambda ids, system: identity(*ids, system=system),
        st.lists(st.sampled_from([UAI_ONE, UAI_TWO]), unique=True),
        st.booleans(),
    ),
)
clusters = st.builds(
    lambda archive, block, own: cluster(archive, settings=block, block=own), archives, settings_blocks, identities
)
vaults = st.sampled_from([{"key_vault_id": VAULT}, {"key_vault_id": OTHER}, {"vault_uri": VAULT_URI.upper()}])
named_identities: st.SearchStrategy[Document] = st.one_of(
    st.just({"identity_type": SYSTEM}),
    st.builds(
        lambda item, kind: {"identity_resource_id": item, "identity_type": kind},
        spelled_ids,
        st.sampled_from([None, USER]),
    ),
)
wishes = st.one_of(
    st.builds(lambda vault, named: params(**vault, **named), vaults, named_identities),
    st.builds(
        lambda vault, used: params(key_vault_id=vault, use_key_vault=used),
        st.sampled_from([VAULT, OTHER]),
        st.booleans(),
    ),
    st.builds(
        lambda method, vault: params(state="absent", method=method, key_vault_id=vault),
        st.sampled_from([None, "cluster", "cluster_manager"]),
        st.sampled_from([None, VAULT, OTHER]),
    ),
    st.just(params(state="absent", vault_uri=VAULT_URI)),
)
versions = st.sampled_from(["2025-09-01", "2024-10-01-preview", "2026-07-01"])
# Whether a PATCH replaces a block of properties or merges into it.
readings = st.sampled_from(["replaces", "merges"])


def azure(document: Document, body: Document, reading: str) -> Document:
    """The cluster that Azure makes of the PATCH."""
    after = copy.deepcopy(document)
    if "identity" in body:
        after["identity"] = merge_identity(document.get("identity"), body["identity"])
    sent = body.get("properties", {})
    if reading == "merges":
        after["properties"] = merge_patch(after["properties"], sent)
    else:
        after["properties"] = {**after["properties"], **sent}
    return after


def uri_of(wish: Document) -> str:
    return VAULT_URI if wish["key_vault_id"] != OTHER else OTHER_URI


def is_reached(document: Document, wish: Document) -> bool:
    """Whether a cluster is as a task wants it, said in other words than the code's."""
    report = _link.report(document)
    archive, block = report["secret_archive"], report["secret_archive_settings"]
    vault = archive["key_vault_id"].lower() if archive else ""
    uri = block["vault_uri"].lower().rstrip("/") + "/" if block else ""
    named = (wish["key_vault_id"] or "").lower()
    if wish["state"] == "absent":
        in_use = bool(archive) and archive["use_key_vault"] and not wish["vault_uri"] and named in ("", vault)
        is_set = bool(block) and (not (named or wish["vault_uri"]) or uri == uri_of(wish))
        return not (in_use and wish["method"] != "cluster") and not (is_set and wish["method"] != "cluster_manager")
    if not (wish["identity_type"] or wish["identity_resource_id"]):
        return bool(archive) and vault == named and archive["use_key_vault"] is wish["use_key_vault"]
    if uri != uri_of(wish):
        return False
    if not wish["identity_resource_id"]:
        return bool(block["identity_type"] == SYSTEM)
    selected = (block["identity_resource_id"] or "").lower()
    return (
        block["identity_type"] == USER
        and selected == wish["identity_resource_id"].lower()
        and selected in ids(document)
    )


def ids(document: Document) -> set[str]:
    """The user assigned identities that it has."""
    return {item.lower() for item in _identity.summary(document.get("identity"))["user_assigned_identities"]}


def has_system(document: Document) -> bool:
    return "SystemAssigned" in _identity.summary(document.get("identity"))["type"]


@given(clusters, wishes, versions, readings)
def test_a_plan_reaches_what_is_wanted_and_nothing_else(
    document: Document, wish: Document, version: str, reading: str
) -> None:
    want = _link.wanted(wish)
    if want.is_settings and not want.vault_uri:
        want = want.at(uri_of(wish))
    before = copy.deepcopy(document)
    body = _link.plan(document, want, version)
    assert document == before
    if body is None:
        assert is_reached(document, wish)
        return
    after = azure(document, body, reading)
    assert is_reached(after, wish)
    assert _link.plan(after, want, version) is None
    # Check mode shows what the real run then has.
    predicted = _link.apply(document, body)
    assert document == before
    assert _link.plan(predicted, want, version) is None
    assert _link.report(predicted) == _link.report(after)
    assert _link.summary(predicted, want) == _link.summary(after, want)
    # An id beside the system assigned identity is not there any more, where a null can take it away.
    can_go = version < "2026-07-01" or reading != "merges"
    selected = ((after["properties"].get("secretArchiveSettings") or {}).get("associatedIdentity")) or {}
    if can_go and "secretArchiveSettings" in body.get("properties", {}) and selected.get("identityType") == SYSTEM:
        assert not selected.get("userAssignedIdentityResourceId")
    # All else stays.
    touched = set(body.get("properties", {}))
    assert touched <= {"secretArchive", "secretArchiveSettings"}
    if wish["method"]:
        assert touched <= {"secretArchive" if wish["method"] == "cluster_manager" else "secretArchiveSettings"}
    for name in set(before["properties"]) - touched:
        assert after["properties"][name] == before["properties"][name]
    assert has_system(after) is has_system(before)
    assert ids(after) == ids(before) | ({want.identity_id.lower()} if want.identity_id else set())
    if "identity" not in body:
        assert after.get("identity") == before.get("identity")
