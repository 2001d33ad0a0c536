# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the rotation of a credential is."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _rotation_status
from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import (
    CLUSTER_STATUSES,
    FAULTS,
    NOT_CHECKED,
    STATUSES,
    Device,
    Terms,
    count,
    expected_vault,
    judge,
    method_of,
    reference_of,
    status_of,
    summarize,
    worst,
)
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    VAULT,
    VAULT_URI,
    cluster,
    identity,
    settings,
)

Document = dict[str, Any]

VERSION = "2025-09-01"
NOW = datetime(2026, 3, 5, 6, tzinfo=timezone.utc)
MACHINE = Device("/machine", "rack1compute01", "bare_metal_machine", [])
OTHER = VAULT.replace("nexus-secrets", "other")
REFERENCE = {"keyVaultId": VAULT, "keyVaultUri": VAULT_URI, "secretName": "bmc", "secretVersion": "v1"}
FOUND = {"found": True, "enabled": True, "expires": None, "problem": None}


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(**members: Any) -> Document:
    """A credential that is in order but for these members; None takes one away."""
    whole = {
        "expirePeriodDays": 90,
        "lastRotationTime": ago(10),
        "rotationPeriodDays": 60,
        "secretArchiveReference": REFERENCE,
        "secretType": "BMC Credential",
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def reference(**members: Any) -> Document:
    return {name: value for name, value in {**REFERENCE, **members}.items() if value is not None}


def terms(vault: str = VAULT, grace_days: int = 1) -> Terms:
    return Terms(NOW, timedelta(days=grace_days), vault)


def test_a_credential_in_order() -> None:
    assert judge(MACHINE, entry(), terms()) == {
        "device_id": "/machine",
        "device_name": "rack1compute01",
        "device_kind": "bare_metal_machine",
        "credential": "BMC Credential",
        "status": "ok",
        "faults": [],
        "message": None,
        "last_rotation": "2026-02-23T06:00:00Z",
        "age_days": 10,
        "rotation_period_days": 60,
        "next_rotation": "2026-04-24T06:00:00Z",
        "overdue": False,
        "expire_period_days": 90,
        "expiry": "2026-05-24T06:00:00Z",
        "expired": False,
        "archived_in": {
            "key_vault_id": VAULT,
            "key_vault_uri": VAULT_URI,
            "secret_name": "bmc",
            "secret_version": "v1",
        },
        "in_expected_vault": True,
    }


# One fault each, or several of which the worst one counts.
@pytest.mark.parametrize(
    ("members", "status", "message"),
    [
        ({}, "ok", None),
        # As long as the grace lasts.
        ({"lastRotationTime": ago(60.9)}, "ok", None),
        ({"lastRotationTime": ago(61.1)}, "overdue", "to be rotated 2026-03-04"),
        ({"lastRotationTime": ago(89.9)}, "overdue", "to be rotated"),
        # No grace for this.
        ({"lastRotationTime": ago(90.1)}, "expired", "expired 2026-03-05"),
        ({"lastRotationTime": ago(90.1), "secretArchiveReference": None}, "expired", "expired"),
        ({"lastRotationTime": ago(61.1), "secretArchiveReference": None}, "overdue", "to be rotated"),
        ({"lastRotationTime": ago(61.1), "secretArchiveReference": reference(keyVaultId=OTHER)}, "overdue", "to be"),
        # As recorded, of a BMC.
        (
            {"lastRotationTime": None, "rotationPeriodDays": None, "secretArchiveReference": None},
            "never_rotated",
            "lastRotationTime",
        ),
        ({"lastRotationTime": None, "secretArchiveReference": {}}, "never_rotated", "lastRotationTime"),
        ({"lastRotationTime": "", "secretArchiveReference": None}, "never_rotated", "lastRotationTime"),
        ({"lastRotationTime": "0001-01-01T00:00:00Z", "secretArchiveReference": None}, "never_rotated", "no rotation"),
        # It lies somewhere, so it was rotated.
        ({"lastRotationTime": None}, "unknown", "when it was rotated"),
        ({"lastRotationTime": "yesterday"}, "unknown", "when it was rotated"),
        ({"lastRotationTime": ago(-2)}, "unknown", "future"),
        # A clock that is a little behind.
        ({"lastRotationTime": ago(-0.01)}, "ok", None),
        ({"secretArchiveReference": None}, "not_archived", "no vault of yours"),
        ({"secretArchiveReference": {}}, "not_archived", "no vault of yours"),
        ({"secretArchiveReference": None, "rotationPeriodDays": None}, "not_archived", "no vault of yours"),
        ({"secretArchiveReference": reference(keyVaultId=OTHER)}, "misplaced", f"than {VAULT}"),
        ({"secretArchiveReference": reference(keyVaultId=OTHER), "rotationPeriodDays": None}, "misplaced", "another"),
        ({"secretArchiveReference": reference(keyVaultId=None, keyVaultUri=None)}, "unknown", "in which vault"),
        ({"secretArchiveReference": reference(secretName=None)}, "unknown", "in which secret"),
        ({"secretArchiveReference": reference(secretVersion="")}, "unknown", "in which secret"),
        ({"rotationPeriodDays": None}, "unknown", "how often"),
        ({"rotationPeriodDays": None, "lastRotationTime": ago(90.1)}, "expired", "expired"),
        ({"rotationPeriodDays": 0}, "unknown", "how often"),
        ({"rotationPeriodDays": -1}, "unknown", "how often"),
        ({"rotationPeriodDays": True}, "unknown", "how often"),
        ({"rotationPeriodDays": "60"}, "unknown", "how often"),
        ({"rotationPeriodDays": 2**63 - 1}, "unknown", "no date"),
        ({"rotationPeriodDays": 3_000_000}, "unknown", "no date"),
        ({"secretType": None}, "unknown", "secretType"),
        # As recorded, of a passphrase: it does not expire, and is rotated all the same.
        ({"expirePeriodDays": None}, "ok", None),
        ({"expirePeriodDays": None, "lastRotationTime": ago(500)}, "overdue", "to be rotated"),
    ],
)
def test_statuses(members: Document, status: str, message: str | None) -> None:
    shown = judge(MACHINE, entry(**members), terms())
    assert shown["status"] == status
    assert (message in shown["message"]) if message else shown["message"] is None


ELSEWHERE = reference(keyVaultId=OTHER)
NEVER = {"lastRotationTime": None, "secretArchiveReference": None}


@pytest.mark.parametrize(
    ("members", "secret", "faults"),
    [
        ({}, None, []),
        ({"lastRotationTime": ago(70)}, None, ["overdue"]),
        ({"lastRotationTime": ago(100)}, None, ["expired", "overdue"]),
        (
            {"lastRotationTime": ago(100), "secretArchiveReference": ELSEWHERE},
            None,
            ["expired", "overdue", "misplaced"],
        ),
        ({"lastRotationTime": ago(70), "secretArchiveReference": None}, None, ["overdue", "not_archived"]),
        ({"secretArchiveReference": ELSEWHERE}, {**NOT_CHECKED, "found": False}, ["secret_unusable", "misplaced"]),
        ({"secretArchiveReference": ELSEWHERE, "rotationPeriodDays": None}, None, ["misplaced", "unknown"]),
        ({"lastRotationTime": ago(100), "secretType": None}, None, ["expired", "overdue", "unknown"]),
        # A secret that is no use in two ways has one fault.
        ({}, {**FOUND, "enabled": False, "expires": ago(1)}, ["secret_unusable"]),
        # What another fault brings along is none of its own.
        (NEVER, None, ["never_rotated"]),
        ({**NEVER, "rotationPeriodDays": None}, NOT_CHECKED, ["never_rotated"]),
        ({**NEVER, "secretType": None}, None, ["never_rotated", "unknown"]),
        ({"secretArchiveReference": None}, NOT_CHECKED, ["not_archived"]),
        ({}, {**NOT_CHECKED, "found": False}, ["secret_unusable"]),
    ],
)
def test_all_faults_are_told(members: Document, secret: Document | None, faults: list[str]) -> None:
    shown = judge(MACHINE, entry(**members), terms(), secret)
    assert shown["faults"] == faults
    assert shown["status"] == (faults or ["ok"])[0]


def test_each_fault_has_its_reason() -> None:
    late = entry(lastRotationTime=ago(100), secretArchiveReference=ELSEWHERE)
    assert judge(MACHINE, late, terms())["message"] == (
        f"it expired {ago(10)}; it was to be rotated {ago(40)}; it lies in another vault than {VAULT}"
    )


@pytest.mark.parametrize(("days", "is_overdue"), [(0, True), (1, False), (3650, False)])
def test_grace(days: int, is_overdue: bool) -> None:
    assert judge(MACHINE, entry(lastRotationTime=ago(60.5)), terms(grace_days=days))["overdue"] is is_overdue


@pytest.mark.parametrize(
    ("secret", "status", "message"),
    [
        (FOUND, "ok", None),
        ({**FOUND, "enabled": None}, "unknown", "did not tell how the secret is"),
        ({**FOUND, "enabled": False}, "secret_unusable", "disabled"),
        ({**FOUND, "expires": ago(-1)}, "ok", None),
        ({**FOUND, "expires": ago(1)}, "secret_unusable", f"as expired {ago(1)}"),
        ({**NOT_CHECKED, "found": False}, "secret_unusable", "does not have"),
        ({**NOT_CHECKED, "problem": "Forbidden"}, "unknown", "did not tell how the secret is (Forbidden)"),
        (NOT_CHECKED, "unknown", "nothing to ask for"),
    ],
)
def test_what_a_vault_tells(secret: Document, status: str, message: str | None) -> None:
    shown = judge(MACHINE, entry(), terms(), secret)
    assert (shown["status"], shown["secret"]) == (status, secret)
    assert (message in shown["message"]) if message else shown["message"] is None


def test_an_overdue_one_is_so_whatever_the_vault_tells() -> None:
    late = entry(lastRotationTime=ago(70))
    assert judge(MACHINE, late, terms(), {**NOT_CHECKED, "found": False})["status"] == "overdue"


def test_a_device_that_tells_nothing() -> None:
    shown = judge(MACHINE, None, terms(), dict(NOT_CHECKED))
    assert (shown["status"], shown["credential"], shown["secret"]) == ("unknown", None, NOT_CHECKED)
    assert "secretRotationStatus" in shown["message"]
    assert shown.keys() == judge(MACHINE, entry(), terms(), FOUND).keys()
    assert shown["archived_in"] == dict.fromkeys(shown["archived_in"])


def test_all_that_is_unknown_is_told() -> None:
    told = judge(MACHINE, entry(rotationPeriodDays=None), terms(""))["message"]
    assert (
        told == "it does not tell how often it is rotated (rotationPeriodDays); no vault is known that it should lie in"
    )


@pytest.mark.parametrize(
    ("vault", "lies_in", "told"),
    [
        (VAULT, REFERENCE, True),
        (VAULT.upper(), REFERENCE, True),
        (VAULT, reference(keyVaultUri=None), True),
        # The name of a vault is taken once in a cloud.
        (VAULT, reference(keyVaultId=None), True),
        (OTHER, reference(keyVaultId=None), False),
        (OTHER, REFERENCE, False),
        # A vault of the same name that was there before.
        (VAULT.replace("nexus-east", "gone"), REFERENCE, False),
        (VAULT_URI, REFERENCE, True),
        (VAULT_URI.upper().rstrip("/"), REFERENCE, True),
        # Before 2025-07-01-preview.
        (VAULT_URI, reference(keyVaultUri=None), True),
        (VAULT_URI, reference(keyVaultUri=None, keyVaultId=OTHER), False),
        ("https://other.vault.azure.net/", REFERENCE, False),
        ("https://nexus-secrets.vault.azure.cn/", REFERENCE, False),
        ("", REFERENCE, None),
        (VAULT, reference(keyVaultId=None, keyVaultUri=None), None),
        (VAULT, {}, None),
        # Azure takes any text for the id of a vault, and tells it.
        ("TestKeyVaultId", REFERENCE, False),
    ],
)
def test_the_expected_vault(vault: str, lies_in: Document, told: bool | None) -> None:
    shown = judge(MACHINE, entry(secretArchiveReference=lies_in), terms(vault))
    assert shown["in_expected_vault"] is told
    assert (shown["status"] == "ok") == (told is True)


def test_a_reference_is_shown_as_azure_documents_ids() -> None:
    lower = entry(secretArchiveReference=reference(keyVaultId=VAULT.replace("/resourceGroups/", "/resourcegroups/")))
    assert reference_of(lower)["key_vault_id"] == VAULT
    assert set(reference_of({}).values()) == {None}


LINK_BY_SETTINGS = {"key_vault_id": None, "key_vault_uri": VAULT_URI, "source": "link"}
LINK_BY_MANAGER = {"key_vault_id": VAULT, "key_vault_uri": None, "source": "link"}
NO_LINK = {"key_vault_id": None, "key_vault_uri": None, "source": None}
ARCHIVE = {"keyVaultId": VAULT, "useKeyVault": "True"}


@pytest.mark.parametrize(
    ("document", "version", "method", "vault"),
    [
        (cluster(settings=settings(), block=identity(system=True)), VERSION, "cluster", LINK_BY_SETTINGS),
        # With both links, the older one is ignored.
        (cluster(ARCHIVE, settings=settings(), block=identity(system=True)), VERSION, "cluster", LINK_BY_SETTINGS),
        (cluster(ARCHIVE, settings=settings()), VERSION, "cluster_manager", LINK_BY_MANAGER),
        (cluster(ARCHIVE), VERSION, "cluster_manager", LINK_BY_MANAGER),
        (cluster({**ARCHIVE, "useKeyVault": "False"}), VERSION, None, NO_LINK),
        (cluster(), VERSION, None, NO_LINK),
        (None, VERSION, None, NO_LINK),
        # This version does not show the settings, which may be those that count.
        (cluster(ARCHIVE), "2024-07-01", None, NO_LINK),
        (cluster(ARCHIVE), "2024-10-01-preview", "cluster_manager", LINK_BY_MANAGER),
    ],
)
def test_the_vault_of_a_link(document: Document | None, version: str, method: str | None, vault: Document) -> None:
    assert method_of(document, version) == method
    assert expected_vault(document, version) == vault


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([], "unknown"),
        (["ok"], "ok"),
        (["ok", "not_deployed"], "not_deployed"),
        (["not_deployed", "unknown"], "unknown"),
        (["unknown", "misplaced", "ok"], "misplaced"),
        (["overdue", "expired"], "expired"),
        (list(CLUSTER_STATUSES), "expired"),
    ],
)
def test_the_worst(statuses: list[str], status: str) -> None:
    assert worst(statuses) == status


PENDING = cluster()
PENDING["properties"]["detailedStatus"] = "PendingDeployment"


@pytest.mark.parametrize(
    ("document", "problem", "statuses", "status"),
    [
        (cluster(), None, ["ok", "ok"], "ok"),
        (cluster(), None, ["ok", "not_archived"], "not_archived"),
        (cluster(), "Not all is shown.", ["ok"], "unknown"),
        (cluster(), "Not all is shown.", ["overdue"], "overdue"),
        # A platform without a machine: what is seen cannot be all.
        (cluster(), None, [], "unknown"),
        (PENDING, None, [], "not_deployed"),
        (PENDING, "Not all is shown.", [], "unknown"),
        (PENDING, None, ["ok"], "ok"),
        (None, "There is none.", [], "unknown"),
    ],
)
def test_the_status_of_a_cluster(
    document: Document | None, problem: str | None, statuses: list[str], status: str
) -> None:
    assert status_of(document, problem, [{"status": item} for item in statuses]) == status


def test_a_summary() -> None:
    second = Device("/appliance", "pure01", "storage_appliance", [])
    credentials = [
        judge(MACHINE, entry(lastRotationTime=ago(10)), terms()),
        judge(MACHINE, entry(lastRotationTime=ago(70), expirePeriodDays=None), terms()),
        judge(second, None, terms()),
    ]
    assert summarize(credentials) == {
        "devices": 2,
        "credentials": 3,
        "by_status": {**dict.fromkeys(STATUSES, 0), "ok": 1, "overdue": 1, "unknown": 1},
        "by_fault": {**dict.fromkeys(FAULTS, 0), "overdue": 1, "unknown": 1},
        "oldest_rotation": ago(70),
        "next_rotation": ago(10),
        "next_expiry": ago(-80),
    }


def test_a_credential_counts_for_each_of_its_faults() -> None:
    """One that is overdue stays so when it expires."""
    late = entry(lastRotationTime=ago(100), secretArchiveReference=reference(keyVaultId=OTHER))
    shown = summarize([judge(MACHINE, late, terms())])
    assert {name for name, number in shown["by_status"].items() if number} == {"expired"}
    assert {name for name, number in shown["by_fault"].items() if number} == {"expired", "overdue", "misplaced"}


def test_a_summary_of_nothing() -> None:
    shown = summarize([])
    assert (shown["devices"], shown["credentials"], set(shown["by_status"].values())) == (0, 0, {0})
    assert (shown["oldest_rotation"], shown["next_rotation"], shown["next_expiry"]) == (None, None, None)


def test_counting_tells_each_status() -> None:
    assert count(["ok", "ok"], ("expired", "ok")) == {"expired": 0, "ok": 2}


# Any value that a member may have, by turns whole, missing and no use.
DAYS = st.one_of(st.none(), st.just(60), st.integers(), st.booleans(), st.text(max_size=3))
TIMES = st.one_of(st.none(), st.just(ago(10)), st.datetimes().map(lambda time: time.isoformat()), st.text(max_size=5))
WORDS = st.one_of(st.none(), st.just(""), st.just("v1"))
REFERENCES = st.one_of(
    st.none(),
    st.just(REFERENCE),
    st.fixed_dictionaries(
        {},
        optional={
            "keyVaultId": st.sampled_from([None, "", VAULT, OTHER]),
            "keyVaultUri": st.sampled_from([None, "", VAULT_URI, "https://other.vault.azure.net/"]),
            "secretName": WORDS,
            "secretVersion": WORDS,
        },
    ),
)
ENTRIES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "expirePeriodDays": DAYS,
            "lastRotationTime": TIMES,
            "rotationPeriodDays": DAYS,
            "secretArchiveReference": REFERENCES,
            "secretType": st.sampled_from([None, "", "BMC Credential"]),
        },
    ),
    # Mostly whole: one member is missing or no use.
    st.builds(lambda name: {k: v for k, v in entry().items() if k != name}, st.sampled_from(sorted(entry()))),
)
SECRETS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "found": st.sampled_from([True, False, None]),
            "enabled": st.sampled_from([True, False, None]),
            "expires": st.none(),
            "problem": st.sampled_from([None, "Forbidden"]),
        }
    ),
)


@given(told=ENTRIES, secret=SECRETS, vault=st.sampled_from(["", VAULT, VAULT_URI, OTHER]), days=st.integers(0, 3650))
def test_only_what_is_known_to_be_in_order_is_ok(
    told: Document | None, secret: Document | None, vault: str, days: int
) -> None:
    shown = judge(MACHINE, told, terms(vault, days), secret)
    assert shown["status"] in STATUSES
    assert (shown["message"] is None) == (shown["status"] == "ok")
    assert shown["faults"] == [fault for fault in FAULTS if fault in shown["faults"]]
    assert [shown["status"]] == (shown["faults"] or ["ok"])[:1]
    assert (shown["overdue"] is True, shown["expired"] is True) == (
        "overdue" in shown["faults"],
        "expired" in shown["faults"],
    )
    assert (shown["in_expected_vault"] is False) == ("misplaced" in shown["faults"])
    if shown["status"] != "ok":
        return
    # Nothing of this is guessed: where a member is missing, there is none of it.
    assert shown["credential"]
    assert shown["last_rotation"]
    assert shown["rotation_period_days"]
    assert shown["overdue"] is False
    assert shown["expired"] in (False, None)
    assert shown["archived_in"]["secret_name"] and shown["archived_in"]["secret_version"]
    assert shown["in_expected_vault"] is True
    assert secret is None or (secret["found"], secret["enabled"]) == (True, True)


@given(missing=st.sets(st.sampled_from(sorted(entry())), min_size=1), inner=st.sets(st.sampled_from(sorted(REFERENCE))))
def test_no_combination_of_missing_members_is_ok(missing: set[str], inner: set[str]) -> None:
    """But for the time of validity, which some credentials do not have, and one of the two names of the vault."""
    told = {name: value for name, value in entry().items() if name not in missing}
    if "secretArchiveReference" in told:
        told["secretArchiveReference"] = {name: value for name, value in REFERENCE.items() if name not in inner}
    is_enough = missing == {"expirePeriodDays"} and (inner <= {"keyVaultId"} or inner == {"keyVaultUri"})
    assert (judge(MACHINE, told, terms())["status"] == "ok") == is_enough


def test_statuses_are_a_closed_set() -> None:
    assert set(CLUSTER_STATUSES) == {*STATUSES, _rotation_status.NOT_DEPLOYED}
    assert (CLUSTER_STATUSES[-1], STATUSES[-1]) == ("ok", "ok")
    assert set(FAULTS) == {*STATUSES} - {"ok"}
