# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device's `secretRotationStatus` says of each of its credentials, and how good that is. Pure.

Private to this collection. Any member of an entry may be missing: recorded were a credential of a BMC without time and
period, a passphrase without expirePeriodDays, and entries without a reference to a secret. What is missing is None, and
where that leaves open whether a credential is in order, its status is `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _documents,
    _method,
    _rotation,
    _secret_archive,
    _secret_archive_settings,
    _time,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import canonical, key

Document = dict[str, Any]

SINCE = "2024-03-01-preview"

OK, UNKNOWN, NOT_DEPLOYED = "ok", "unknown", "not_deployed"
# What may be wrong with a credential, the worst first. It may have several faults.
FAULTS = (
    "expired",
    "overdue",
    "never_rotated",
    "secret_unusable",
    "not_archived",
    "misplaced",
    UNKNOWN,
)
# A credential has that of its worst fault, and a cluster that of its worst credential.
STATUSES = (*FAULTS, OK)
# A cluster without a platform, and so without credentials, is no worse than that.
CLUSTER_STATUSES = (*FAULTS, NOT_DEPLOYED, OK)

NOT_CHECKED: Document = {"found": None, "enabled": None, "expires": None, "problem": None}
"""Of a secret that nothing is known of."""

# How far a controller's clock may be behind Azure's.
_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class Device:
    """A bare metal machine or storage appliance, and what it tells of its credentials: None for nothing at all."""

    id: str
    name: str
    kind: str
    entries: list[Document] | None


@dataclass(frozen=True)
class Terms:
    """By what a credential is judged. `vault` is the id or the URI of the right vault, empty where none is known."""

    now: datetime
    grace: timedelta
    vault: str


def expected_vault(cluster: Document | None, api_version: str) -> Document:
    """The vault of the link that is used, {key_vault_id, key_vault_uri, source}: a link tells one of the two.

    `source` is None when no vault is known.
    """
    method = method_of(cluster, api_version)
    properties = _documents.properties(cluster or {})
    found: Document = {"key_vault_id": None, "key_vault_uri": None, "source": None}
    if method == _method.CLUSTER:
        return {**found, "key_vault_uri": properties["secretArchiveSettings"]["vaultUri"], "source": "link"}
    if method == _method.CLUSTER_MANAGER:
        archive = _secret_archive.report(properties.get("secretArchive")) or {}
        return {**found, "key_vault_id": archive["key_vault_id"], "source": "link"}
    return found


def method_of(cluster: Document | None, api_version: str) -> str | None:
    """The method that the cluster is written by; None also where the api-version shows one of the two links only."""
    if cluster is None or api_version < _secret_archive_settings.SINCE:
        return None
    return _method.in_use(cluster)


def reference_of(entry: Document) -> Document:
    """Where a credential is archived, {key_vault_id, key_vault_uri, secret_name, secret_version}, all maybe None."""
    told = entry.get("secretArchiveReference") or {}
    vault_id = told.get("keyVaultId")
    return {
        "key_vault_id": canonical(str(vault_id)) if vault_id else None,
        # Since 2025-07-01-preview.
        "key_vault_uri": told.get("keyVaultUri") or None,
        "secret_name": told.get("secretName") or None,
        "secret_version": told.get("secretVersion") or None,
    }


def judge(device: Device, entry: Document | None, terms: Terms, secret: Document | None = None) -> Document:
    """One credential as modules return it, but for its cluster. Without an entry it is a device that tells nothing.

    `secret` is what the vault told of the secret version, as NOT_CHECKED; None when it was not to be asked.
    """
    told = entry or {}
    last = _time.moment(told.get("lastRotationTime"))
    due, expiry = _after(last, told.get("rotationPeriodDays")), _after(last, told.get("expirePeriodDays"))
    archived = reference_of(told)
    shown: Document = {
        "device_id": device.id,
        "device_name": device.name,
        "device_kind": device.kind,
        "credential": told.get("secretType") or None,
        "status": OK,
        "faults": [],
        "message": None,
        "last_rotation": _text(last),
        "age_days": max(0, (terms.now - last).days) if last else None,
        "rotation_period_days": _days(told.get("rotationPeriodDays")),
        "next_rotation": _text(due),
        "overdue": terms.now > _plus(due, terms.grace) if due else None,
        "expire_period_days": _days(told.get("expirePeriodDays")),
        "expiry": _text(expiry),
        "expired": terms.now > expiry if expiry else None,
        "archived_in": archived,
        "in_expected_vault": _is_in(archived, terms.vault),
    }
    if secret is not None:
        shown["secret"] = secret
    found = list(_faults(shown, entry, last, terms))
    if found:
        # A secret may be no use in two ways, which is one fault.
        shown["faults"] = list(dict.fromkeys(fault for fault, _why in found))
        shown["status"], shown["message"] = shown["faults"][0], "; ".join(why for _fault, why in found)
    return shown


def worst(statuses: Sequence[str]) -> str:
    """The worst of some statuses, UNKNOWN of none: nothing to be seen is not fine."""
    return min(statuses, key=CLUSTER_STATUSES.index, default=UNKNOWN)


def status_of(cluster: Document | None, problem: str | None, credentials: Sequence[Document]) -> str:
    """That of a cluster; a `problem` is why not all of its credentials could be seen."""
    if not credentials and not problem and cluster is not None and not _rotation.is_deployed(cluster):
        return NOT_DEPLOYED
    return worst([item["status"] for item in credentials] + ([UNKNOWN] if problem else []))


def count(statuses: Sequence[str], known: Sequence[str]) -> dict[str, int]:
    """How often each known status is there."""
    return {name: list(statuses).count(name) for name in known}


def summarize(credentials: Sequence[Document]) -> Document:
    """Numbers and times over some credentials; times are None where no credential tells any."""
    return {
        "devices": len({item["device_id"] for item in credentials}),
        "credentials": len(credentials),
        "by_status": count([item["status"] for item in credentials], STATUSES),
        "by_fault": count([fault for item in credentials for fault in item["faults"]], FAULTS),
        "oldest_rotation": _first(credentials, "last_rotation"),
        "next_rotation": _first(credentials, "next_rotation"),
        "next_expiry": _first(credentials, "expiry"),
    }


def _faults(
    shown: Mapping[str, Any], entry: Document | None, last: datetime | None, terms: Terms
) -> Iterator[tuple[str, str]]:
    """(fault, why) of all that is wrong, the worst first. What another fault brings along is none of its own."""
    if entry is None:
        yield UNKNOWN, "the device tells nothing of its credentials (secretRotationStatus)"
        return
    if shown["expired"]:
        yield "expired", f"it expired {shown['expiry']}"
    if shown["overdue"]:
        yield "overdue", f"it was to be rotated {shown['next_rotation']}"
    if any(shown["archived_in"].values()):
        yield from _faults_of_secret(shown.get("secret") or NOT_CHECKED, terms)
        if shown["in_expected_vault"] is False:
            yield "misplaced", f"it lies in another vault than {terms.vault}"
        gaps = [*_gaps_of_rotation(shown, last, terms), *_gaps_of_archive(shown, terms)]
    elif _time.is_told(entry.get("lastRotationTime")):
        yield "not_archived", "it lies in no vault of yours (secretArchiveReference)"
        gaps = [*_gaps_of_rotation(shown, last, terms)]
    else:
        yield "never_rotated", "no rotation is told of (lastRotationTime)"
        gaps = []
    if not shown["credential"]:
        gaps.append("it does not tell which credential it is (secretType)")
    if gaps:
        yield UNKNOWN, "; ".join(gaps)


def _faults_of_secret(secret: Mapping[str, Any], terms: Terms) -> Iterator[tuple[str, str]]:
    expires = _time.moment(secret["expires"])
    if secret["found"] is False:
        yield "secret_unusable", "the vault does not have this version of the secret"
    if secret["enabled"] is False:
        yield "secret_unusable", "this version of the secret is disabled"
    if expires is not None and terms.now > expires:
        yield "secret_unusable", f"the vault has this version of the secret as expired {secret['expires']}"


# What has to be known for a credential to be in order, and how its lack is told. A missing expirePeriodDays is none of
# it: credentials without one were recorded, and one that is rotated in time does not come to its expiry.


def _gaps_of_rotation(shown: Mapping[str, Any], last: datetime | None, terms: Terms) -> Iterator[str]:
    if last is None:
        yield "it does not tell when it was rotated (lastRotationTime)"
    elif last > _plus(terms.now, _SKEW):
        yield "its last rotation lies in the future: check the clock"
    if shown["rotation_period_days"] is None:
        yield "it does not tell how often it is rotated (rotationPeriodDays)"
    elif last is not None and shown["overdue"] is None:
        # Days beyond the calendar.
        yield "its next rotation is no date"


def _gaps_of_archive(shown: Mapping[str, Any], terms: Terms) -> Iterator[str]:
    archived, secret = shown["archived_in"], shown.get("secret")
    if not archived["secret_name"] or not archived["secret_version"]:
        yield "it does not tell in which secret it lies"
    if not archived["key_vault_id"] and not archived["key_vault_uri"]:
        yield "it does not tell in which vault it lies"
    if not terms.vault:
        yield "no vault is known that it should lie in"
    if secret is not None and secret["found"] is not False and None in (secret["found"], secret["enabled"]):
        yield f"the vault did not tell how the secret is ({secret['problem'] or 'nothing to ask for'})"


def _is_in(archived: Mapping[str, Any], vault: str) -> bool | None:
    """Whether a reference is to this vault; None where either is not known. The name of a vault is taken once."""
    vault_id, vault_uri = archived["key_vault_id"] or "", archived["key_vault_uri"] or ""
    if not vault or not (vault_id or vault_uri):
        return None
    if vault.startswith("/"):
        return key(vault_id) == key(vault) if vault_id else _secret_archive_settings.names_vault(vault_uri, vault)
    if vault_uri:
        return _secret_archive_settings.uri_key(str(vault_uri)) == _secret_archive_settings.uri_key(vault)
    return _secret_archive_settings.names_vault(vault, vault_id)


def _days(value: Any) -> int | None:
    """A period; None for anything that is no period."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _after(last: datetime | None, period: Any) -> datetime | None:
    days = _days(period)
    if last is None or days is None:
        return None
    try:
        return last + timedelta(days=days)
    except OverflowError:
        return None


def _plus(time: datetime, more: timedelta) -> datetime:
    """At most the end of the calendar."""
    try:
        return time + more
    except OverflowError:
        return datetime.max.replace(tzinfo=time.tzinfo)


def _text(time: datetime | None) -> str | None:
    return _time.text(time) if time else None


def _first(credentials: Sequence[Document], name: str) -> str | None:
    """The earliest of some times, which all have the same form."""
    return min((item[name] for item in credentials if item[name]), default=None)
