# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet: nothing but what it may say, in three forms, and no text of Azure as markup or formula."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

import report_forms
from ansible_collections.operator_nexus.credentials.plugins.filter.rotation_report_csv import rotation_report_csv
from ansible_collections.operator_nexus.credentials.plugins.filter.rotation_report_having import rotation_report_having
from ansible_collections.operator_nexus.credentials.plugins.filter.rotation_report_html import rotation_report_html
from ansible_collections.operator_nexus.credentials.plugins.filter.rotation_report_json import rotation_report_json
from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import (
    CLUSTER_STATUSES,
    FAULTS,
    STATUSES,
    summarize,
)
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import (
    _markup,
    _report,
    _report_csv,
    _report_html,
    _report_timeline,
)
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_fleet import (
    cluster,
    credential,
    fleet,
    full_fleet,
    with_faults,
)

Document = dict[str, Any]

NASTY = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)' x=\"",
    "<!--<script>",
    "]]>&lt;&amp;&#60;",
    "a\u2028b\u2029c",
    "\x00\ud800\r\n\t\u202e",
    "=cmd|'/c calc'!A1",
    "{{ 1 + 1 }}",
    "javascript:alert(1)",
)
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=20))


class Reader(HTMLParser):
    """The elements and attributes of a page, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.scripts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(key for key, _value in attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def parse(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def with_texts(result: Document, text: str) -> Document:
    """The same with this text in every place that is a stranger's."""
    changed = copy.deepcopy(result)
    for item in changed["clusters"]:
        item.update(name=text, location=text, detailed_status=text, problem=text, id=f"/subscriptions/{text}/x/{text}")
        item["expected_vault"].update(key_vault_id=text, key_vault_uri=text)
        for one in item["credentials"]:
            one.update(device_name=text, device_id=text, device_kind=text, credential=text, message=text)
            one["archived_in"] = dict.fromkeys(one["archived_in"], text)
    changed["vaults"] = [{"key_vault_uri": text, "problem": text}]
    return changed


@settings(max_examples=60, deadline=None)
@given(texts)
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever the texts are, the page has the elements and attributes that it has with harmless ones."""
    result = fleet(cluster("one", "overdue", "ok"), cluster("two"))
    page = rotation_report_html(with_texts(result, text), title=text)
    found = parse(page)
    # An empty text leaves an attribute or a part away, but brings none.
    if text:
        assert found.elements == parse(rotation_report_html(with_texts(result, "harmless"), title="harmless")).elements
    page.encode()
    assert {"src", "href", "style"}.isdisjoint(key for _name, keys in found.elements for key in keys)
    assert not [key for _name, keys in found.elements for key in keys if key.startswith("on")]
    data, script = found.scripts
    assert json.loads(data)["clusters"][0]["name"] == _report.clean(text)
    assert not re.search("[<>&\u2028\u2029]", data)
    assert script == _report_html._own("_report_page.js")


@pytest.mark.parametrize("text", NASTY)
def test_no_nasty_text_stands_in_a_page_as_it_is(text: str) -> None:
    page = rotation_report_html(with_texts(fleet(cluster("one", "overdue")), text), title=text)
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "<!--" not in page


@settings(max_examples=60, deadline=None)
@given(texts)
def test_csv_can_be_read_and_calculates_nothing(text: str) -> None:
    result = with_texts(fleet(cluster("one", "overdue", "ok"), cluster("two")), text)
    table = list(csv.DictReader(io.StringIO(rotation_report_csv(result))))
    assert [len(row) for row in table] == [len(_report_csv.COLUMNS)] * 3
    shown = _report.clean(text)
    assert {row["cluster_name"] for row in table} == {_report_csv.defuse(shown)}
    assert table[0]["message"] == _report_csv.defuse(shown)
    assert not [cell for row in table for cell in row.values() if cell[:1] in tuple("=+-@\t\r\n＝＋－＠")]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "＝1"])
def test_formulas_are_defused(text: str) -> None:
    assert _report_csv.defuse(text) == f"'{text}"


def test_island_round_trips() -> None:
    data = {"text": "".join(NASTY), "list": [1, None, True, "é\U0001f600"]}
    assert json.loads(_markup.island(data)) == data


def table_of(result: Document) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rotation_report_csv(result))))


@pytest.mark.parametrize("detail", ["all", "problems", "summary"])
def test_all_three_say_the_same(detail: str) -> None:
    """Each member of each credential and each cluster."""
    result = full_fleet()
    for item in result["clusters"]:
        kept = {"all": STATUSES, "problems": FAULTS, "summary": ()}[detail]
        item["credentials"] = [one for one in item["credentials"] if one["status"] in kept]
    table = table_of(result)
    assert len(table) == {"all": 13, "problems": 10, "summary": 3}[detail]
    assert {column: table[0][column] for column in _report_csv.COLUMNS} == table[0]
    assert report_forms.rows_of_json(rotation_report_json(result)) == table
    assert report_forms.rows_of_page(rotation_report_html(result)) == table


def test_each_member_has_a_column_and_no_column_is_always_empty() -> None:
    table = table_of(full_fleet())
    assert [column for column in _report_csv.COLUMNS if len({row[column] for row in table}) < 2] == [
        *("checked_at", "subscription_id", "resource_group")
    ]


def test_json_has_what_the_module_returns() -> None:
    result = full_fleet()
    document = json.loads(rotation_report_json(result))
    for name in ("status", "checked_at", "summary", "vaults"):
        assert document[name] == result[name]
    for item in document["clusters"]:
        assert item.keys() == {*result["clusters"][0], "resource_group", "subscription_id"}
    one = document["clusters"][0]["credentials"][0]
    assert one.keys() == result["clusters"][0]["credentials"][0].keys() - {"cluster_name"}


def test_numbers_are_there_without_the_credentials() -> None:
    """As with the module's detail=summary."""
    result = full_fleet()
    for item in result["clusters"]:
        item["credentials"] = []
    row = next(row for row in table_of(result) if row["cluster_name"] == "two")
    assert (row["cluster_credentials"], row["status_ok"], row["fault_overdue"], row["status"]) == ("4", "2", "1", "")


def test_only_what_is_named_gets_in() -> None:
    result = fleet(cluster("one", "ok"))
    result["invocation"] = result["clusters"][0]["more"] = {"secret": "hunter2"}
    result["clusters"][0]["credentials"][0]["value"] = "hunter2"
    result["clusters"][0]["credentials"][0]["secret"] = {"found": True, "value": "hunter2"}
    for text in (rotation_report_html(result), rotation_report_csv(result), rotation_report_json(result)):
        assert "hunter2" not in text


def test_same_result_gives_the_same_text() -> None:
    result = fleet(*(cluster(name, "ok", "overdue") for name in "abc"))
    turned = {**result, "clusters": result["clusters"][::-1]}
    for render in (rotation_report_html, rotation_report_csv, rotation_report_json):
        assert render(result) == render(turned)


def test_policy_allows_this_script_and_style_only() -> None:
    page = rotation_report_html(fleet(cluster("one", "ok")))
    policy = next(iter(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)))
    script, style = (_report_html._own(f"_report_page.{kind}") for kind in ("js", "css"))
    assert f"script-src &#x27;{_markup.digest(script)}&#x27;" in policy
    assert f"style-src &#x27;{_markup.digest(style)}&#x27;" in policy
    assert policy.startswith("default-src &#x27;none&#x27;")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|XMLHttp", script)
    assert not re.search(r"url\(|@import", style)
    # A tag in them would end the element that they stand in.
    assert "</" not in script + style


def test_page_lists_problems_for_paper() -> None:
    many = fleet(cluster("one", *["overdue"] * (_report_html.LISTED + 5)))
    page = rotation_report_html(many)
    assert page.count('<tr data-of="0">') == _report_html.LISTED
    assert "5 more are in the CSV file" in page


@pytest.mark.parametrize(
    ("clusters", "sentence"),
    [
        ([], "No cluster was found: nothing is known."),
        ([cluster("new")], "1 cluster, not deployed yet: there is no credential."),
        ([cluster("new"), cluster("newer")], "2 clusters, not deployed yet: there is no credential."),
        ([cluster("one", "ok")], "Every credential of 1 cluster is in order."),
        (
            [cluster("one", "ok"), cluster("new")],
            "Every credential of 1 cluster is in order; 1 more is not deployed yet.",
        ),
        ([cluster("one", "ok"), cluster("bad", "overdue"), cluster("new")], "1 of 3 clusters needs a look."),
    ],
)
def test_the_report_in_one_sentence(clusters: list[Document], sentence: str) -> None:
    assert f'<p class="verdict">{sentence}</p>' in rotation_report_html(fleet(*clusters))


def test_a_fault_has_one_number_wherever_it_is_counted() -> None:
    """Tile, timeline, kinds and cluster: a credential that is overdue and has expired is both."""
    late = {"overdue": True, "next_rotation": "2026-03-01T00:00:00Z"}
    item = cluster("one", "ok")
    item["credentials"] += [
        *(with_faults("expired", "overdue", number=number, **late) for number in (1, 2)),
        with_faults("overdue", number=3, **late),
    ]
    item.update(status="expired", summary=summarize(item["credentials"]))
    page = rotation_report_html(fleet(item))
    assert re.findall(r'data-status="overdue".*?class="quiet">(.*?)<', page) == ["3 credentials"]
    assert "3 overdue." in page
    assert "<small>2 expired, 3 overdue</small>" in page
    assert "3 of 4" in page
    kinds = re.findall(r'<th scope="row">BMC Credential</th>(.*?)</tr>', page)[0]
    assert re.findall(">([0-9]+)<", kinds) == ["2", "3", "1"]


def test_page_tells_what_it_does_not_list() -> None:
    result = fleet(cluster("one", "overdue", "ok"))
    result["clusters"][0]["credentials"].pop()
    assert "1 of 2 credentials are counted but not listed here." in rotation_report_html(result)
    assert "not listed" not in rotation_report_html(fleet(cluster("one", "ok")))


def test_worst_come_first() -> None:
    result = fleet(cluster("b", "ok"), cluster("c", "ok", "expired"), cluster("a", "ok"))
    report = _report.read(result)
    assert [item["name"] for item in report["clusters"]] == ["c", "a", "b"]
    assert [one["status"] for one in report["clusters"][0]["credentials"]] == ["expired", "ok"]
    assert [(one["cluster"], one["status"]) for one in _report.problems(report)] == [(0, "expired")]


def test_clusters_having_a_status_have_it_anywhere() -> None:
    result = fleet(cluster("one", "expired", "misplaced"), cluster("two", "misplaced"), cluster("three"))
    found = rotation_report_having(result, ["misplaced", "not_deployed"])
    assert [(item["name"], item["statuses"]) for item in found] == [
        ("one", ["misplaced"]),
        ("two", ["misplaced"]),
        ("three", ["not_deployed"]),
    ]
    with pytest.raises(AnsibleFilterError, match=r"there is no status late; there are expired, .*, problems"):
        rotation_report_having(result, ["late"])


@pytest.mark.parametrize("listed", [True, False])
def test_a_worse_fault_hides_no_other(listed: bool) -> None:
    """Nor does a worse status hide that not all of a cluster was read. So too where no credential is listed."""
    one = cluster("one", "ok")
    one["credentials"] = [with_faults("expired", "overdue", "misplaced")]
    one.update(status="expired", summary=summarize(one["credentials"]), problem="Azure failed: 500")
    if not listed:
        one["credentials"] = []
    result = fleet(one)
    for wanted in (["overdue"], ["misplaced"], ["overdue", "misplaced"], ["unknown"]):
        assert [item["statuses"] for item in rotation_report_having(result, wanted)] == [wanted]
    assert rotation_report_having(result, ["never_rotated", "ok"]) == []


def test_problems_are_all_that_needs_a_look() -> None:
    result = fleet(*(cluster(status, status) for status in STATUSES), cluster("not_deployed"))
    assert [item["name"] for item in rotation_report_having(result, ["problems"])] == list(FAULTS)
    assert [item["name"] for item in rotation_report_having(result, ["problems", "ok"])] == [*FAULTS, "ok"]


@pytest.mark.parametrize("wrong", [None, "text", [], {}, {"clusters": []}])
@pytest.mark.parametrize("render", [rotation_report_html, rotation_report_csv, rotation_report_json])
def test_anything_else_is_refused(render: Any, wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="this is no result of nexus_credential_rotation_info"):
        render(wrong)


def test_statuses_that_are_new_are_unknown() -> None:
    result = fleet(cluster("one", "ok"))
    result["clusters"][0]["status"] = result["clusters"][0]["credentials"][0]["status"] = "</td>"
    report = _report.read(result)
    assert (report["clusters"][0]["status"], report["clusters"][0]["credentials"][0]["status"]) == ("unknown",) * 2


def test_every_status_has_a_meaning() -> None:
    assert _report_html.MEANINGS.keys() == set(CLUSTER_STATUSES)
    assert len({sign for _word, sign, _meaning in _report_html.MEANINGS.values()}) == len(CLUSTER_STATUSES)


@pytest.mark.parametrize(
    ("vault", "name"),
    [
        ({"key_vault_id": "/subscriptions/s/vaults/kv-one/"}, "kv-one"),
        ({"key_vault_id": None, "key_vault_uri": "https://kv-one.vault.azure.net/"}, "kv-one"),
        ({"key_vault_id": None, "key_vault_uri": None}, ""),
    ],
)
def test_name_of_a_vault(vault: Document, name: str) -> None:
    assert _report.vault_name(vault) == name


def test_days_are_counted_around_the_report() -> None:
    result = fleet(cluster("one", "ok", "ok", "overdue"))
    one, two, three = result["clusters"][0]["credentials"]
    one.update(credential("ok", last_rotation="2026-03-04T23:59:59Z", next_rotation="2026-03-06T00:00:00Z"))
    two.update(credential("ok", last_rotation="2020-01-01T00:00:00Z", next_rotation="9999-12-31T00:00:00Z"))
    three.update(credential("overdue", last_rotation=None, next_rotation="2026-03-01T00:00:00Z", overdue=True))
    days = _report_timeline.count(_report.read(result))
    assert days is not None
    edge = _report_timeline.REACH + 1
    assert (days.rotated, days.due, days.overdue) == ({-1: 1, -edge: 1}, {1: 1, edge: 1}, {-4: 1})
    assert _report_timeline.sentence(days) == (
        "1 rotated within the last 7 days, 1 due within the next 7 days, "
        "0 late but within the days of grace, 1 overdue."
    )
    drawing = _report_timeline.draw(days)
    assert "2026-03-04: 1 last rotations" in drawing
    assert "earlier than 2025-12-05: 1 last rotations" in drawing
    assert "2026-03-01: 1 overdue" in drawing


@pytest.mark.parametrize(
    ("due", "number"),
    [
        ("2026-03-04T06:00:00Z", "0 due within the next 7 days, 1 late but within the days of grace, 0 overdue"),
        ("2026-03-05T05:59:59Z", "0 due within the next 7 days, 1 late but within the days of grace, 0 overdue"),
        ("2026-03-05T06:00:00Z", "1 due within the next 7 days, 0 late but within the days of grace, 0 overdue"),
        ("2026-03-12T06:00:00Z", "1 due within the next 7 days, 0 late but within the days of grace, 0 overdue"),
        ("2026-03-12T06:00:01Z", "0 due within the next 7 days, 0 late but within the days of grace, 0 overdue"),
    ],
)
def test_what_is_late_within_the_grace_is_counted(due: str, number: str) -> None:
    result = fleet(cluster("one", "ok"))
    result["clusters"][0]["credentials"][0]["next_rotation"] = due
    assert number in rotation_report_html(result)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_no_calendar_is_too_short(time: str) -> None:
    result = fleet(cluster("one", "ok"))
    result["checked_at"] = time
    assert "<svg" in rotation_report_html(result)


def test_without_a_time_there_is_no_drawing() -> None:
    result = fleet(cluster("one", "ok"))
    result["checked_at"] = "soon"
    page = rotation_report_html(result)
    assert "<svg" not in page
    assert "soon" in page
