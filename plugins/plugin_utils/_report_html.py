# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of the fleet as one HTML file that asks nobody for anything. Pure, but for its own two files beside it.

Private to this collection. Clusters, the timeline and the meaning of each status are plain HTML. The credentials are
JSON inside the page, from which _report_page.js makes the rows of a cluster that is opened. The list of credentials
that are not in order is for paper, and for those who run no scripts. The policy of the page allows that one script and
that one style, nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import (
    NOT_DEPLOYED,
    OK,
    STATUSES,
)
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report, _report_timeline
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._markup import (
    Markup,
    digest,
    island,
    join,
    tag,
)

Document = dict[str, Any]

LISTED = 1000
"""Of the credentials that are not in order, where no cluster can be opened. The CSV file has all."""

# status -> (its word, its sign, its meaning). A sign has a shape of its own, for those who see no colours.
MEANINGS = {
    "expired": ("Expired", "■", "The time after which the credential is not valid any more has passed."),
    "overdue": ("Overdue", "▲", "Its next rotation was due, and has not come within the days of grace."),
    "never_rotated": ("Never rotated", "○", "Azure tells of no rotation of it."),
    "secret_unusable": (
        "Secret unusable",
        "◆",
        "The vault does not have the version of the secret that the device names, or has it as disabled or expired.",
    ),
    "not_archived": ("Not archived", "▽", "It was rotated, but into no vault of yours."),
    "misplaced": ("Misplaced", "◇", "It lies in another vault than it should."),
    "unknown": ("Unknown", "?", "Azure tells too little, or did not let all be read. It is never taken for good."),
    "not_deployed": ("Not deployed", "–", "The cluster has no credentials yet."),
    "ok": ("OK", "✓", "Rotated in time, and in the vault that it should lie in."),
}
METHODS = {"cluster": "cluster", "cluster_manager": "cluster manager"}
KINDS = {"bare_metal_machine": "machine", "storage_appliance": "storage appliance"}
# (key for the script, title, whether narrow screens have it)
_COLUMNS = (
    ("name", "Cluster", True),
    ("status", "Status", True),
    ("faults", "Not in order", True),
    ("location", "Location", False),
    ("method", "Method", False),
    ("vault", "Expected vault", False),
    ("oldest", "Oldest rotation", False),
    ("next", "Next due", False),
    ("expiry", "Next expiry", False),
)


def render(report: Mapping[str, Any], title: str) -> str:
    """The page of a report that `_report.read` made."""
    title = str(_report.clean(title))
    style, script = _own("_report_page.css"), _own("_report_page.js")
    policy = (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        {},
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("meta", {"name": "color-scheme", "content": "light dark"}),
        tag("meta", {"name": "referrer", "content": "no-referrer"}),
        tag("title", {}, title),
        tag("style", {}, Markup(style)),
    )
    main = tag("main", {}, *_sections(report))
    data = tag("script", {"type": "application/json", "id": "data"}, island(_data(report)))
    body = tag("body", {}, _header(report, title), main, _footer(report), data, tag("script", {}, Markup(script)))
    return f"<!DOCTYPE html>\n{tag('html', {'lang': 'en'}, head, body)}\n"


def _own(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _header(report: Mapping[str, Any], title: str) -> Markup:
    return tag(
        "header",
        {},
        tag("h1", {}, title),
        tag("p", {"class": "verdict"}, _verdict(report)),
        tag("p", {"class": "quiet"}, "As of ", tag("time", {}, _time(report["checked_at"])), " UTC"),
    )


def _verdict(report: Mapping[str, Any]) -> str:
    """The whole report in one sentence."""
    summary = report["summary"]
    total = summary["clusters"]
    if not total:
        return "No cluster was found: nothing is known."
    good, new = summary["clusters_by_status"][OK], summary["clusters_by_status"][NOT_DEPLOYED]
    bad = total - good - new
    if bad:
        return f"{bad:,} of {_of(total, 'cluster')} {'needs' if bad == 1 else 'need'} a look."
    if not good:
        return f"{_of(new, 'cluster')}, not deployed yet: there is no credential."
    more = f"; {new:,} more {'is' if new == 1 else 'are'} not deployed yet." if new else "."
    return f"Every credential of {_of(good, 'cluster')} is in order{more}"


def _sections(report: Mapping[str, Any]) -> Iterator[Markup]:
    yield _tiles(report)
    yield from _vaults(report)
    yield from _timeline(report)
    yield from _kinds(report)
    yield _clusters(report)
    yield from _problems(report)
    yield _legend()


def _section(name: str, title: str, *children: Any) -> Markup:
    heading = tag("h2", {"id": f"{name}-title"}, title)
    return tag("section", {"id": name, "aria-labelledby": f"{name}-title"}, heading, *children)


def _tiles(report: Mapping[str, Any]) -> Markup:
    """What there is. A tile of a status is a button once the script is there."""
    summary = report["summary"]
    with_it = _report.bearers(summary)
    tiles = [
        _tile(None, "Clusters", summary["clusters"], _of(summary["devices"], "device")),
        *(
            _tile(name, MEANINGS[name][0], number, _of(with_it.get(name, 0), "credential"))
            for name, number in summary["clusters_by_status"].items()
            if number or with_it.get(name) or name == OK
        ),
    ]
    note = (
        "The number is that of clusters by their worst fault; below it, of all credentials that have this fault, be it "
        "their worst or not."
    )
    return _section("overview", "Overview", tag("ul", {"class": "tiles"}, *tiles), tag("p", {"class": "quiet"}, note))


def _tile(status: str | None, word: str, number: int, more: str) -> Markup:
    button = tag(
        "button",
        {"type": "button", "class": f"tile {status or 'all'}", "data-status": status or "", "disabled": True},
        tag("span", {"class": "word"}, _sign(status) if status else "", word),
        tag("span", {"class": "number"}, f"{number:,}"),
        tag("span", {"class": "quiet"}, more),
    )
    return tag("li", {}, button)


def _vaults(report: Mapping[str, Any]) -> Iterator[Markup]:
    silent = [item for item in report["vaults"] if item["problem"]]
    if silent:
        lines = [tag("li", {}, tag("strong", {}, item["key_vault_uri"]), " ", item["problem"]) for item in silent]
        yield _section("vaults", "Vaults that told nothing", tag("ul", {}, *lines))


def _timeline(report: Mapping[str, Any]) -> Iterator[Markup]:
    days = _report_timeline.count(report)
    if days is None or not (days.rotated or days.due or days.overdue):
        return
    keys = [tag("span", {"class": f"key {kind}"}, kind) for kind in ("rotated", "due", "overdue")]
    drawing = tag("div", {"class": "scroll", "id": "days", "tabindex": "0"}, _report_timeline.draw(days))
    words = tag("p", {"class": "quiet"}, _report_timeline.sentence(days), " Credentials per day. ", *keys)
    yield _section("timeline", "Rotations", words, drawing)


def _kinds(report: Mapping[str, Any]) -> Iterator[Markup]:
    """How many of each kind of credential have which fault."""
    numbers: dict[str, Counter[str]] = {}
    for cluster in report["clusters"]:
        for item in cluster["credentials"]:
            numbers.setdefault(item["credential"] or "(not told)", Counter()).update(item["faults"] or [OK])
    if not numbers:
        return
    shown = [name for name in STATUSES if any(one[name] for one in numbers.values())]
    head = [tag("th", {"scope": "col"}, "Credential"), *(tag("th", {"scope": "col"}, _badge(name)) for name in shown)]
    lines = [
        tag(
            "tr",
            {},
            tag("th", {"scope": "row"}, kind),
            *(
                tag("td", {"class": "number" if one[name] else "number none"}, f"{one[name]:,}" if one[name] else "–")
                for name in shown
            ),
        )
        for kind, one in sorted(numbers.items())
    ]
    table = tag("table", {}, tag("thead", {}, tag("tr", {}, *head)), tag("tbody", {}, *lines))
    note = tag("p", {"class": "quiet"}, "A credential counts for each of its faults.")
    yield _section("kinds", "By kind of credential", note, tag("div", {"class": "scroll"}, table))


def _clusters(report: Mapping[str, Any]) -> Markup:
    head = [
        tag("th", {"scope": "col", "data-key": key, "class": None if always else "wide"}, title)
        for key, title, always in _COLUMNS
    ]
    lines = [_cluster(place, cluster) for place, cluster in enumerate(report["clusters"])]
    table = tag(
        "table",
        {"id": "table", "aria-labelledby": "clusters-title"},
        tag("thead", {}, tag("tr", {}, *head)),
        tag("tbody", {}, *lines),
    )
    # Outside of the form, which paper does not have: it tells what the rows were chosen by.
    count = tag("p", {"id": "count", "class": "quiet", "role": "status"})
    return _section("clusters", "Clusters", _filters(), count, tag("div", {"class": "scroll"}, table))


def _filters() -> Markup:
    """Hidden until the script is there, which also knows what can be chosen."""
    search = tag("label", {}, "Search ", tag("input", {"type": "search", "name": "text", "autocomplete": "off"}))
    choices = [
        tag("label", {}, f"{title} ", tag("select", {"name": name}, tag("option", {"value": ""}, "any")))
        for name, title in (
            ("status", "Status"),
            ("has", "Has credentials"),
            ("location", "Location"),
            ("method", "Method"),
            ("vault", "Expected vault"),
        )
    ]
    clear = tag("button", {"type": "reset"}, "Clear")
    return tag("form", {"id": "filters", "hidden": True}, search, *choices, clear)


def _cluster(place: int, cluster: Mapping[str, Any]) -> Markup:
    """A row; what is opened below it the script makes of the data."""
    summary = cluster["summary"]
    where = " · ".join(item for item in (cluster["resource_group"], cluster["problem"]) if item)
    dates = [summary[name] for name in ("oldest_rotation", "next_rotation", "next_expiry")]
    return tag(
        "tr",
        {"data-place": place},
        tag("th", {"scope": "row"}, tag("span", {"class": "name"}, cluster["name"]), tag("small", {}, where)),
        tag("td", {}, _badge(cluster["status"])),
        tag("td", {}, _faults(summary)),
        tag("td", {"class": "wide"}, cluster["location"]),
        tag("td", {"class": "wide method"}, METHODS.get(cluster["method"], "–")),
        tag("td", {"class": "wide"}, _report.vault_name(cluster["expected_vault"]) or "–"),
        *(tag("td", {"class": "wide date"}, _date(text)) for text in dates),
    )


def _faults(summary: Mapping[str, Any]) -> Markup:
    """How many credentials are not in order, and in which ways."""
    if not summary["credentials"]:
        return join("–")
    total = f"{summary['credentials'] - summary['by_status'][OK]} of {summary['credentials']}"
    return join(tag("span", {"class": "figures"}, total), tag("small", {}, _ways(summary["by_fault"])))


def _ways(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {MEANINGS[name][0].lower()}" for name, number in numbers.items() if number)


def _problems(report: Mapping[str, Any]) -> Iterator[Markup]:
    """For paper, and for those who run no scripts."""
    found = _report.problems(report)
    if not found:
        return
    clusters = report["clusters"]
    head = [tag("th", {"scope": "col"}, title) for title in ("Cluster", "Device", "Credential", "Status", "Why")]
    lines = [
        tag(
            "tr",
            {"data-of": item["cluster"]},
            tag("td", {}, clusters[item["cluster"]]["name"]),
            tag("td", {}, item["device_name"]),
            tag("td", {}, item["credential"]),
            tag("td", {}, *map(_badge, item["faults"] or [item["status"]])),
            tag("td", {}, item["message"]),
        )
        for item in found[:LISTED]
    ]
    more = len(found) - len(lines)
    note = f"The worst of them; {more:,} more are in the CSV file." if more else ""
    table = tag("table", {}, tag("thead", {}, tag("tr", {}, *head)), tag("tbody", {}, *lines))
    yield _section("problems", "Credentials that are not in order", tag("p", {"class": "quiet"}, note), table)


def _legend() -> Markup:
    lines = [
        join(tag("dt", {}, _badge(name)), tag("dd", {}, meaning)) for name, (_word, _mark, meaning) in MEANINGS.items()
    ]
    order = (
        "The worst first. A credential may have several of these faults. The worst one is its status, and a cluster "
        "has the status of its worst credential."
    )
    return _section("legend", "What each status means", tag("p", {"class": "quiet"}, order), tag("dl", {}, *lines))


def _footer(report: Mapping[str, Any]) -> Markup:
    listed = sum(len(cluster["credentials"]) for cluster in report["clusters"])
    missing = report["summary"]["credentials"] - listed
    left_out = f" {missing:,} of {report['summary']['credentials']:,} credentials are counted but not listed here."
    words = "Times are UTC. Names and versions of secrets only; nobody has read a value for this report."
    return tag("footer", {}, tag("p", {"class": "quiet"}, words, left_out if missing > 0 else ""))


# What a list of the data has of a credential, behind the numbers of its device and of its vault.
_OF_DEVICE = ("device_id", "device_name", "device_kind")
_OF_VAULT = ("key_vault_id", "key_vault_uri")
_OF_CREDENTIAL = (
    *("credential", "status", "faults", "message", "last_rotation", "age_days", "rotation_period_days"),
    *("next_rotation", "overdue", "expire_period_days", "expiry", "expired", "secret_name", "secret_version"),
    *("in_expected_vault", "secret_found", "secret_enabled", "secret_expires", "secret_problem"),
)


def _data(report: Mapping[str, Any]) -> Document:
    """All that the script shows: clusters in the order of the rows, and credentials as short lists."""
    return {
        "statuses": {name: [word, mark] for name, (word, mark, _meaning) in MEANINGS.items()},
        "kinds": KINDS,
        "members": {"device": _OF_DEVICE, "vault": (*_OF_VAULT, "vault"), "credential": _OF_CREDENTIAL},
        "clusters": [_cluster_data(cluster) for cluster in report["clusters"]],
    }


def _cluster_data(cluster: Mapping[str, Any]) -> Document:
    summary, vault = cluster["summary"], cluster["expected_vault"]
    devices: dict[tuple[Any, ...], int] = {}
    vaults: dict[tuple[Any, ...], int] = {}
    credentials = []
    for item in map(_report.flat, cluster["credentials"]):
        device = tuple(item[name] for name in _OF_DEVICE)
        place = (*(item[name] for name in _OF_VAULT), _report.vault_name(item))
        numbers = [devices.setdefault(device, len(devices)), vaults.setdefault(place, len(vaults))]
        credentials.append([*numbers, *(item[name] for name in _OF_CREDENTIAL)])
    return {
        "name": cluster["name"],
        "id": cluster["id"],
        "status": cluster["status"],
        "location": cluster["location"] or "",
        "method": METHODS.get(cluster["method"], ""),
        "vault": _report.vault_name(vault),
        "vaultInFull": vault["key_vault_id"] or vault["key_vault_uri"],
        "vaultSource": vault["source"],
        "state": cluster["detailed_status"],
        "problem": cluster["problem"],
        "deviceCount": summary["devices"],
        "count": summary["credentials"],
        "statuses": {name: number for name, number in summary["by_status"].items() if number},
        "faults": {name: number for name, number in summary["by_fault"].items() if number},
        "oldest": summary["oldest_rotation"] or "",
        "next": summary["next_rotation"] or "",
        "expiry": summary["next_expiry"] or "",
        "devices": list(devices),
        "vaults": list(vaults),
        "credentials": credentials,
    }


def _badge(status: str) -> Markup:
    return tag("span", {"class": f"badge {status}"}, _sign(status), MEANINGS[status][0])


def _sign(status: str) -> Markup:
    return tag("span", {"class": "sign", "aria-hidden": "true"}, MEANINGS[status][1])


def _of(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _date(text: str | None) -> str:
    return text[:10] if text else "–"


def _time(text: str | None) -> str:
    """For people; what is no time of ours stays as it is."""
    return text.replace("T", " ").removesuffix("Z") if _report_timeline.moment(text) and text else str(text)
