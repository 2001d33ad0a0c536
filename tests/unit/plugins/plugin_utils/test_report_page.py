# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a report in a real browser. Without a Chromium (E(CHROMIUM), or on PATH) these are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.filter.rotation_report_html import rotation_report_html
from ansible_collections.operator_nexus.credentials.tests.unit.plugins import chromium
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_fleet import cluster, fleet, full_fleet

PROGRAM = chromium.find()
pytestmark = pytest.mark.skipif(not PROGRAM, reason="no Chromium: name one with CHROMIUM, or have it on PATH")

NASTY = (
    "</script><script>document.title='taken'</script><img src=https://example.com/x onerror=\"document.title='taken'\">"
)
# The contrast of each text with what is behind it, as WCAG has it; the ones below what it asks for.
CONTRAST = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rgb = parse(getComputedStyle(at).backgroundColor);
      if (rgb.length === 3 || rgb[3] > 0) return rgb;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.getClientRects().length || element.closest("svg")) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) low.push(`${element.className} ${element.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return [...new Set(low)];
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    with chromium.running(str(PROGRAM), tmp_path_factory.mktemp("chromium")) as page:
        yield page


def assert_quiet(browser: chromium.Page, path: Path) -> None:
    """Only the file itself was asked for, and nothing failed or wrote to the console."""
    assert [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")] == [path.as_uri()]
    for method in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
        assert not browser.told(method)


@pytest.fixture
def page(browser: chromium.Page, tmp_path: Path) -> Iterator[chromium.Page]:
    """Five clusters, one called as an attack. Whatever a test does, nothing is asked for, and nothing fails."""
    result = fleet(
        cluster("alpha", "ok"),
        cluster("beta", "overdue", "ok", "misplaced"),
        cluster("gamma"),
        cluster("delta", "misplaced", "misplaced"),
        cluster(NASTY, "expired"),
    )
    result["clusters"][1]["location"] = "norwayeast"
    result["clusters"][4]["credentials"][0].update(message=NASTY, credential=NASTY, device_name=NASTY)
    path = tmp_path / "report.html"
    path.write_text(rotation_report_html(result, title="Fleet"), encoding="utf-8")
    browser.open(path)
    yield browser
    browser.evaluate("0")
    assert browser.evaluate("document.title") == "Fleet"
    assert_quiet(browser, path)


def names(page: chromium.Page) -> list[str]:
    """Of the rows that are shown, in their order."""
    rows = "[...document.querySelectorAll('#table tbody tr[data-place]:not([hidden]) .name')]"
    found: list[str] = page.evaluate(f"{rows}.map((item) => item.textContent)")
    return found


def click(page: chromium.Page, selector: str) -> None:
    page.evaluate(f"document.querySelector({selector!r}).click()")


def choose(page: chromium.Page, name: str, value: str) -> None:
    field = f"document.querySelector('[name={name}]')"
    page.evaluate(f"{field}.value = {value!r}; {field}.dispatchEvent(new Event('input', {{bubbles: true}}))")


def test_worst_come_first_and_heads_sort(page: chromium.Page) -> None:
    assert names(page) == [NASTY, "beta", "delta", "gamma", "alpha"]
    click(page, "th[data-key=name] button")
    assert names(page) == [NASTY, "alpha", "beta", "delta", "gamma"]
    click(page, "th[data-key=name] button")
    assert names(page) == ["gamma", "delta", "beta", "alpha", NASTY]
    sorts = "[...document.querySelectorAll('#table th[aria-sort]')].map((item) => [item.dataset.key, item.ariaSort])"
    assert page.evaluate(sorts) == [["name", "descending"]]
    # Of what is not in order the most come first, and what is not known last, whichever way the rest goes.
    click(page, "th[data-key=faults] button")
    assert names(page) == ["beta", "delta", NASTY, "alpha", "gamma"]
    assert page.evaluate(sorts) == [["faults", "descending"]]
    click(page, "th[data-key=faults] button")
    assert names(page) == ["alpha", "gamma", NASTY, "beta", "delta"]
    assert page.evaluate(sorts) == [["faults", "ascending"]]
    for direction in ("ascending", "descending"):
        click(page, "th[data-key=oldest] button")
        assert page.evaluate(sorts) == [["oldest", direction]]
        assert names(page)[-1] == "gamma", "it has no date"


def test_signs_are_no_part_of_what_a_screen_reader_says(page: chromium.Page) -> None:
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    said = {node.get("name", {}).get("value") for node in nodes if node.get("role", {}).get("value") == "button"}
    assert {"Cluster", "Not in order", "beta", "gamma"} <= said
    assert not [name for name in said if set(str(name)) & set("↕↑↓▸▾")]


def test_filters(page: chromium.Page) -> None:
    choose(page, "status", "misplaced")
    assert names(page) == ["delta"]
    assert page.evaluate("document.getElementById('count').textContent") == "1 of 5 clusters · Status: Misplaced"
    choose(page, "status", "")
    choose(page, "has", "misplaced")
    assert names(page) == ["beta", "delta"]
    choose(page, "location", "norwayeast")
    assert names(page) == ["beta"]
    page.evaluate("new Promise((done) => { document.querySelector('[type=reset]').click(); setTimeout(done, 20); })")
    assert len(names(page)) == 5
    choose(page, "text", "  DELTA secret-1 ")
    assert names(page) == ["delta"]
    choose(page, "text", "<script>")
    assert names(page) == [NASTY]


def test_tiles_filter_and_give_back(page: chromium.Page) -> None:
    click(page, ".tile.overdue")
    assert names(page) == ["beta"]
    pressed = "[...document.querySelectorAll('.tile[aria-pressed=true]')].map((item) => item.dataset.status)"
    assert page.evaluate(pressed) == ["overdue"]
    click(page, ".tile.overdue")
    assert len(names(page)) == 5
    assert page.evaluate(pressed) == [""]


def test_clusters_open_when_asked_to(page: chromium.Page) -> None:
    """Each of their credentials, by the keyboard too, and along with its cluster where it is sorted or hidden."""
    assert page.evaluate("document.querySelectorAll('.detail').length") == 0
    page.evaluate("document.querySelector('tr[data-place=\"1\"] .name').focus()")
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    page.call("Input.dispatchKeyEvent", type="keyDown", **key)
    page.call("Input.dispatchKeyEvent", type="keyUp", **key)
    button = "document.querySelector('tr[data-place=\"1\"] .name')"
    assert page.evaluate(f"{button}.ariaExpanded") == "true"
    opened = f"document.getElementById({button}.getAttribute('aria-controls'))"
    badges = f"[...{opened}.querySelectorAll('.badge')].map((item) => item.className)"
    assert page.evaluate(badges) == ["badge overdue", "badge misplaced", "badge ok"]
    assert "secret-2" in page.evaluate(f"{opened}.textContent")
    click(page, "th[data-key=name] button")
    assert page.evaluate(f"{opened}.previousElementSibling.querySelector('.name').textContent") == "beta"
    choose(page, "text", "alpha")
    assert page.evaluate(f"{opened}.hidden") is True
    choose(page, "text", "")
    assert page.evaluate(f"{opened}.hidden") is False
    page.evaluate(f"{button}.click()")
    assert page.evaluate(f"{opened}.hidden") is True


def test_an_opened_cluster_shows_every_member(browser: chromium.Page, tmp_path: Path) -> None:
    """What the table has in a row of the CSV, in words."""
    result = full_fleet()
    path = tmp_path / "report.html"
    path.write_text(rotation_report_html(result), encoding="utf-8")
    browser.open(path)
    place = names(browser).index("two")
    click(browser, f"tr[data-place='{place}'] .name")
    opened = browser.evaluate(f"document.getElementById('detail-{place}').textContent")
    two = next(item for item in result["clusters"] if item["name"] == "two")
    told = [two["id"], "Degraded", "/subscriptions/s/vaults/kv-two (option)", "Azure failed: 500"]
    told += ["1 expired, 1 unknown, 2 ok", "1 expired, 1 overdue, 1 misplaced, 1 unknown", "2026-02-03 06:00:00 UTC"]
    for one in two["credentials"]:
        told += [one[name] for name in ("device_name", "device_id", "credential", "message") if one[name]]
        told += [one["archived_in"][name] for name in one["archived_in"] if one["archived_in"][name]]
    (line,) = [
        text
        for text in browser.evaluate(
            f"[...document.querySelectorAll('#detail-{place} tbody tr')].map((row) => row.innerText)"
        )
        if "Storage Appliance User" in text
    ]
    lines = [part.strip() for part in line.replace("\t", "\n").split("\n") if part.strip()]
    assert lines == [
        *("m20", "storage appliance", "Storage Appliance User", "■Expired▲Overdue◇Misplaced", "it is expired"),
        *("2026-03-01", "04:05:06Z", "4 days ago", "2026-03-02", "04:05:06Z", "every 1 day"),
        *("2026-03-03", "04:05:06Z", "valid 2 days", "kv-old", "not the expected vault"),
        "secret-20 / 11a536561da34d6b8b452d880df58f3a",
        *("In the vault: found, disabled", "Ids"),
    ]
    assert "In the vault: found, enabled, expires 2027-01-15 08:00:00 UTC" in opened
    assert "In the vault: not told (Forbidden)" in opened
    assert [text for text in told if text not in opened] == []
    assert_quiet(browser, path)


PRINTED = "[...document.querySelectorAll('#problems tbody tr')].filter((row) => row.getClientRects().length).length"


def test_paper_tells_what_is_not_in_order_and_what_was_chosen(page: chromium.Page) -> None:
    """No cluster can be opened there, and a part of the fleet must not look like the whole."""
    assert page.evaluate(PRINTED) == 0
    choose(page, "has", "misplaced")
    choose(page, "text", "a")
    page.call("Emulation.setEmulatedMedia", media="print")
    # Two of beta's and two of delta's.
    assert page.evaluate(PRINTED) == 4
    assert page.evaluate("document.getElementById('filters').getClientRects().length") == 0
    count = "document.getElementById('count')"
    assert page.evaluate(f"{count}.getClientRects().length") == 1
    assert page.evaluate(f"{count}.textContent") == "2 of 5 clusters · Search: a · Has credentials: Misplaced"
    page.call("Emulation.setEmulatedMedia", media="")


def test_an_attack_is_a_text(page: chromium.Page) -> None:
    click(page, "tr[data-place='0'] .name")
    assert page.evaluate("document.querySelector('.detail').textContent").count(NASTY) == 4
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert page.evaluate("document.scripts.length") == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(page: chromium.Page, scheme: str) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    for place in range(5):
        click(page, f"tr[data-place='{place}'] .name")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")
    assert page.evaluate(CONTRAST) == []
    page.call("Emulation.setEmulatedMedia", features=[])


def test_narrow_screens_need_no_scrolling_to_the_side(page: chromium.Page) -> None:
    size: dict[str, Any] = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.call("Emulation.setDeviceMetricsOverride", **size)
    click(page, "tr[data-place='0'] .name")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.call("Emulation.clearDeviceMetricsOverride")


def test_three_hundred_clusters(browser: chromium.Page, tmp_path: Path) -> None:
    """Of 21 credentials each: all are sorted, filtered and opened, and nothing is asked for."""
    kinds = ["ok"] * 18 + ["overdue", "misplaced", "never_rotated"]
    fleet_of_many = fleet(
        *(cluster(f"cluster-{number:03}", *(kinds if number % 10 == 7 else ["ok"] * 21)) for number in range(300))
    )
    path = tmp_path / "report.html"
    path.write_text(rotation_report_html(fleet_of_many), encoding="utf-8")
    browser.open(path)
    worst = [f"cluster-{number:03}" for number in range(7, 300, 10)]
    assert names(browser)[:31] == [*worst, "cluster-000"]
    click(browser, "th[data-key=name] button")
    assert names(browser) == [f"cluster-{number:03}" for number in range(300)]
    choose(browser, "has", "misplaced")
    assert names(browser) == worst
    assert browser.evaluate("document.getElementById('count').textContent") == (
        "30 of 300 clusters · Has credentials: Misplaced"
    )
    choose(browser, "has", "")
    choose(browser, "text", "cluster-29")
    assert names(browser) == [f"cluster-{number}" for number in range(290, 300)]
    choose(browser, "text", "")
    click(browser, "tr[data-place='297'] .name")
    assert browser.evaluate("document.querySelectorAll('.detail .badge').length") == 21
    assert_quiet(browser, path)


def test_without_scripts_problems_are_listed(browser: chromium.Page, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(rotation_report_html(fleet(cluster("alpha", "overdue"), cluster("beta", "ok"))), encoding="utf-8")
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(path)
    # The protocol itself still may.
    document = browser.call("DOM.getDocument", depth=-1)["root"]["nodeId"]
    found = browser.call("DOM.querySelectorAll", nodeId=document, selector="#problems tbody tr, #table tbody tr")
    assert len(found["nodeIds"]) == 3
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
