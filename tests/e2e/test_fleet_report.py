# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook fleet_report: what they write, when they fail, and how little they ask for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import demo_report
import report_forms
from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_leaks import assert_nothing_leaks
from e2e_plays import COLLECTION, run_tasks

Document = dict[str, Any]

PLAYBOOK = f"{COLLECTION}.fleet_report"
READ, FAIL = "Read the credentials of the fleet", "Fail where it is asked for"
STATUSES = {
    "cluster-oslo": "ok",
    "cluster-bergen": "ok",
    "cluster-rome": "ok",
    "cluster-leeds": "overdue",
    "cluster-lyon": "expired",
    "cluster-madrid": "misplaced",
    "cluster-porto": "overdue",
    "cluster-turin": "never_rotated",
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The fleet of `make demo-report`."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "fleet.yml").write_text(json.dumps(demo_report.fleet()))
    with Cloud.running(folder, folder / "fleet.yml") as running:
        yield running


def report(core: Core, home: Path, cloud: Cloud, *arguments: str, **options: Any) -> Run:
    """Run the playbook; the report goes to the folder `out` in its home."""
    variables = {"fleet_report_directory": str(home / "out"), **options}
    return core.play(home, cloud.env, PLAYBOOK, "-i", "localhost,", "-e", json.dumps(variables), *arguments)


def files(home: Path) -> tuple[str, Document, list[dict[str, str]]]:
    """Page, document and table."""
    texts = [(home / "out" / f"nexus-credentials.{kind}").read_text() for kind in ("html", "json", "csv")]
    return texts[0], json.loads(texts[1]), list(csv.DictReader(texts[2].splitlines()))


def test_three_files_say_the_same(core: Core, mixed: Cloud, homes: Iterator[Path]) -> None:
    mixed.reset(refuse_writes=True)
    home = next(homes)
    run = report(core, home, mixed, fleet_report_title="Nexus </title> & co").assert_good()
    page, document, table = files(home)
    assert {item["name"]: item["status"] for item in document["clusters"]} == STATUSES
    read = run.result("Keep the result")["ansible_facts"]["fleet_report_result"]
    assert (document["summary"], document["checked_at"]) == (read["summary"], read["checked_at"])
    assert report_forms.rows_of_json(json.dumps(document)) == table
    assert report_forms.rows_of_page(page) == table
    assert len(table) == document["summary"]["credentials"] == 55
    assert "<title>Nexus &lt;/title&gt; &amp; co</title>" in page
    assert page.endswith("</html>\n")
    for path in (home / "out").iterdir():
        assert path.stat().st_mode & 0o777 == 0o640
    assert (home / "out").stat().st_mode & 0o777 == 0o750
    assert not mixed.writes()
    assert_nothing_leaks(run, mixed.env["AZURE_SECRET"])


def test_it_fails_after_it_has_written(core: Core, mixed: Cloud, homes: Iterator[Path]) -> None:
    """A survey's text serves as well as a list. One that is overdue stays so when it has expired."""
    home = next(homes)
    run = report(core, home, mixed, fleet_report_fail_on="Overdue, never_rotated")
    assert run.rc != 0
    message = run.result(FAIL, event="failed")["msg"]
    assert message.startswith("4 of 8 clusters have what fleet_report_fail_on names (overdue, never_rotated): ")
    assert (
        "cluster-lyon (overdue), cluster-leeds (overdue), cluster-porto (overdue), cluster-turin (never_rotated)."
        in message
    )
    assert len(files(home)[2]) == 55
    report(core, home, mixed, fleet_report_fail_on=["secret_unusable"]).assert_good()


def test_check_mode_writes_nothing(core: Core, mixed: Cloud, homes: Iterator[Path]) -> None:
    home = next(homes)
    run = report(core, home, mixed, "--check").assert_good()
    assert not (home / "out").exists()
    lines = run.result("Sum up")["msg"]
    assert lines[-1].startswith(f"Would write {home / 'out' / 'nexus-credentials.html'}")
    assert lines[0].endswith("clusters 8, devices 23, credentials 55")
    assert "overdue: clusters 2, credentials 15" in lines
    (home / "out").mkdir()
    run = report(core, home, mixed, "--check", "--diff").assert_good()
    assert run.changed == {"localhost": 1}
    assert not list((home / "out").iterdir())


@pytest.mark.newest_only
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"fleet_report_fail_on": "overdue,LATE 7"}, "fleet_report_fail_on names late, 7: it takes expired, overdue"),
        ({"fleet_report_fail_on": ["over-due"]}, "fleet_report_fail_on names over-due: it takes"),
        ({"fleet_report_name": "../x"}, "fleet_report_name must name a file without a folder"),
        ({"fleet_report_detail": "some"}, "fleet_report_detail"),
    ],
)
def test_bad_input_is_refused_before_anything_is_read(
    core: Core, mixed: Cloud, homes: Iterator[Path], options: Document, why: str
) -> None:
    seen = mixed.mark()
    run = report(core, next(homes), mixed, **options)
    assert run.rc != 0
    assert why in run.output
    assert mixed.mark() == seen


def test_the_inventory_says_which_clusters(core: Core, mixed: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """By name and resource group, or by id. Another group, ids and a resource group come before."""
    madrid = mixed.cluster("cluster-madrid")["id"]
    hosts = {
        "cluster-rome": {"customer_key_vault_resource_group": demo_report.GROUP},
        "some-host": {"customer_key_vault_cluster_id": madrid},
    }
    groups = {"nexus_clusters": {"hosts": hosts}, "one": {"hosts": {"some-host": {}}}, "none": {"hosts": {"x": {}}}}
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(groups))
    home = next(homes)

    def found(**options: Any) -> list[str]:
        report(core, home, mixed, "-i", str(path), **options).assert_good()
        return [item["name"] for item in files(home)[1]["clusters"]]

    assert found() == ["cluster-madrid", "cluster-rome"]
    assert found(fleet_report_inventory_group="one") == ["cluster-madrid"]
    assert found(fleet_report_cluster_ids=f"{mixed.cluster('cluster-oslo')['id']},{madrid}") == [
        "cluster-madrid",
        "cluster-oslo",
    ]
    assert len(found(fleet_report_resource_group=demo_report.GROUP)) == 8
    assert len(found(fleet_report_inventory_group="", fleet_report_cluster_ids="")) == 8
    run = report(core, home, mixed, "-i", str(path), fleet_report_inventory_group="none")
    assert run.rc != 0
    assert (
        "These hosts have neither customer_key_vault_cluster_id nor customer_key_vault_resource_group: x" in run.output
    )


@pytest.mark.newest_only
def test_an_inventory_that_could_not_be_read_is_no_reason_to_report_on_others(
    core: Core, mixed: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    other = tmp_path / "inventory.yml"
    other.write_text(json.dumps({"other": {"hosts": {"x": {}}}}))
    (tmp_path / "fleet.nexus.yml").write_text(
        json.dumps({"plugin": "operator_nexus.credentials.nexus", "subscripions": 1})
    )
    for arguments in (
        ("-i", str(tmp_path / "fleet.nexus.yml")),
        ("-i", str(other)),
        ("-i", str(tmp_path / "none.yml")),
    ):
        home, seen = next(homes), mixed.mark()
        run = report(core, home, mixed, *arguments)
        assert run.rc != 0
        assert f"{arguments[1]} has no group nexus_clusters: could it be read?" in run.output.replace("\n", " ")
        assert not (home / "out").exists()
        assert not [entry for entry in mixed.log(since=str(seen)) if "/clusters" in entry["path"]]
    misspelt = report(core, next(homes), mixed, fleet_report_inventory_group="cm_nroth")
    assert misspelt.rc != 0
    assert "has no group cm_nroth" in misspelt.output
    home = next(homes)
    report(core, home, mixed, "-i", str(other), fleet_report_inventory_group="").assert_good()
    assert len(files(home)[1]["clusters"]) == 8


def site(core: Core, home: Path, cloud: Cloud, environment: dict[str, str], *arguments: str, **play: Any) -> Run:
    """Run the role in a play of a site's own, on all of the subscription, with the report in `out`."""
    variables = {"fleet_report_directory": str(home / "out"), "fleet_report_inventory_group": ""}
    tasks = [{"name": "Report", "ansible.builtin.import_role": {"name": PLAYBOOK}, "vars": variables}]
    return run_tasks(core, home, {**cloud.env, **environment}, tasks, *arguments, **play)


def test_the_subscription_of_module_defaults_counts(core: Core, mixed: Cloud, homes: Iterator[Path]) -> None:
    """Unless the role has one, or a host needs it: a role does not see what stands there."""
    home = next(homes)
    elsewhere = {"AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000000f"}
    defaults = {"group/operator_nexus.credentials.nexus": {"subscription_id": mixed.subscription_id}}
    site(core, home, mixed, elsewhere, module_defaults=defaults).assert_good()
    assert len(files(home)[1]["clusters"]) == 8
    wrong = {"group/operator_nexus.credentials.nexus": {"subscription_id": elsewhere["AZURE_SUBSCRIPTION_ID"]}}
    given = ("-e", f"fleet_report_subscription_id={mixed.subscription_id}")
    site(core, home, mixed, elsewhere, *given, module_defaults=wrong).assert_good()
    assert len(files(home)[1]["clusters"]) == 8
    hosts = {"fleet_report_inventory_group": "all", "customer_key_vault_resource_group": demo_report.GROUP}
    run = site(core, home, mixed, {"AZURE_SUBSCRIPTION_ID": ""}, "-e", json.dumps(hosts), module_defaults=defaults)
    assert run.rc != 0
    assert "The subscription of these hosts is not known: site. Set customer_key_vault_subscription_id" in run.output


@pytest.mark.parametrize("told", [None, "/"])
def test_a_relative_folder_lies_where_ansible_was_started(
    core: Core, mixed: Cloud, homes: Iterator[Path], tmp_path: Path, told: str | None
) -> None:
    """Not where the environment says, nor inside the collection. An empty text means "not given"."""
    home = next(homes)
    environment = {**mixed.env, **({"PWD": told} if told else {})}
    empty = dict.fromkeys(("directory", "name", "mode", "title", "resource_group", "fail_on", "api_version"), "")
    variables = {f"fleet_report_{name}": value for name, value in empty.items()}
    command = ("ansible-playbook", PLAYBOOK, "-i", "localhost,", "-e", json.dumps(variables))
    core.run(home, environment, *command, cwd=tmp_path).assert_good()
    assert [path.name for path in tmp_path.iterdir()] == ["fleet-report"]
    page = tmp_path / "fleet-report" / "nexus-credentials.html"
    assert "<title>Credentials of Operator Nexus clusters</title>" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o640


@pytest.mark.newest_only
@pytest.mark.parametrize("fail_on", ["expired,overdue,misplaced,unknown", "problems"])
def test_clusters_that_are_not_there_are_no_success(
    core: Core, mixed: Cloud, homes: Iterator[Path], fail_on: str
) -> None:
    home = next(homes)
    gone = mixed.cluster("cluster-oslo")["id"].replace("cluster-oslo", "gone")
    run = report(core, home, mixed, fleet_report_cluster_ids=[gone], fleet_report_fail_on=fail_on)
    assert run.rc != 0
    assert "gone (unknown)" in run.result(FAIL, event="failed")["msg"]
    assert f"There is no cluster {gone}." in files(home)[0]


@pytest.mark.newest_only
def test_a_limit_without_localhost_reports_on_nothing(core: Core, mixed: Cloud, homes: Iterator[Path]) -> None:
    """As the documents say: Ansible itself skips the play, and takes that for a success."""
    home = next(homes)
    run = report(core, home, mixed, "-i", "cluster-rome,", "--limit", "cluster-rome")
    assert (run.rc, (home / "out").exists()) == (0, False)
    assert "no hosts matched" in run.output


@pytest.mark.newest_only
def test_vaults_are_looked_into_when_asked_to(core: Core, mixed: Cloud, homes: Iterator[Path]) -> None:
    home = next(homes)
    options = {"fleet_report_check_secrets": True, "fleet_report_detail": "problems"}
    run = report(core, home, mixed, **options).assert_good()
    page, document, _table = files(home)
    assert document["vaults"] == run.result(READ)["vaults"]
    assert "credentials are counted but not listed here" in page


@pytest.mark.newest_only
def test_no_cluster_is_no_success(core: Core, homes: Iterator[Path], tmp_path: Path) -> None:
    (tmp_path / "fleet.yml").write_text("{}")
    home = next(homes)
    with Cloud.running(tmp_path / "empty", tmp_path / "fleet.yml") as empty:
        run = report(core, home, empty, fleet_report_fail_on=["unknown"])
        assert report(core, next(homes), empty, fleet_report_fail_on="problems").rc != 0
    assert run.rc != 0
    assert "there is no cluster" in run.result(FAIL, event="failed")["msg"]
    assert "No cluster was found" in files(home)[0]


@pytest.mark.newest_only
def test_a_large_fleet_takes_pages_not_clusters(core: Core, homes: Iterator[Path], tmp_path: Path) -> None:
    (tmp_path / "fleet.yml").write_text(json.dumps({"generate": {"clusters": 300, "managers": 3}}))
    home = next(homes)
    with Cloud.running(tmp_path / "large", tmp_path / "fleet.yml") as large:
        seen = large.mark()
        run = report(core, home, large, fleet_report_fail_on=["overdue"])
        asked = [entry["path"].rpartition("/")[2] for entry in large.log(since=str(seen)) if entry["service"] == "arm"]
    pages = {"clusters": 3, "bareMetalMachines": 6, "storageAppliances": 3}
    assert {kind: asked.count(kind) for kind in set(asked)} == pages
    message = run.result(FAIL, event="failed")["msg"]
    assert message.startswith("300 of 300 clusters")
    assert " and 280 more." in message
    page, document, table = files(home)
    assert (len(document["clusters"]), len(table)) == (300, 2100)
    assert page.count("<tr data-place=") == 300
    assert len(page) < 2_000_000
