# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin: clusters as hosts for ansible-inventory, for a play, for the playbook, for AWX."""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_fleet import CHECKOUT, PLAYBOOK, assert_secrets_arrive, assert_unchanged
from e2e_leaks import assert_nothing_leaks
from e2e_plays import AWX_INJECTS, COLLECTION, credential_options, network, write_play
from emulator_process import EXAMPLE_FLEET

PLUGIN = f"{COLLECTION}.nexus"
HOME, FAR, CLOSED = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "189")
GENERATED = 300
MARK = "somebody-was-here"
NAMES = {
    "customer_key_vault_cluster_id",
    "nexus_cluster_manager_id",
    "nexus_cluster_manager_name",
    "nexus_detailed_status",
    "nexus_id",
    "nexus_location",
    "nexus_method",
    "nexus_name",
    "nexus_provisioning_state",
    "nexus_resource_group",
    "nexus_subscription_id",
}
COMMAND = "lookup('ansible.builtin.pipe', 'touch $HOME/" + MARK + "')"
TAGS = {
    "site": "oslo",
    "sum": "{{ 7*7 }}",
    "evil": "{{ " + COMMAND + " }}",
    # No brace in them, until a filter makes one.
    "yaml": r'"\x7b\x7b ' + COMMAND + ' }}"',
    "url": "%7B%7B " + COMMAND + " }}",
    "round": "(( 7*7 }}",
    "base64": "e3sgNyo3IH19",
    "%7B%7B 7*7 }}": "of_the_name",
}
# What a filter makes of each, and what that is.
MADE = {
    "nexus_tags.yaml | from_yaml": TAGS["evil"],
    "nexus_tags.url | urldecode": TAGS["evil"],
    "nexus_tags.round | replace('(', '{')": TAGS["sum"],
    "nexus_tags.round | regex_replace('[(]', '{')": TAGS["sum"],
    "nexus_tags.base64 | b64decode": TAGS["sum"],
    "nexus_tags.keys() | map('urldecode') | sort | last": TAGS["sum"],
}
CLUSTERS = "/providers/Microsoft.NetworkCloud/clusters"


def id_of(subscription: str, group: str, kind: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.NetworkCloud/{kind}/{name}"


OSLO = id_of(HOME, "nexus-prod", "clusters", "cluster-oslo")


def big_fleet() -> dict[str, Any]:
    """The example's clusters, one more of the same name and manager's name, one far away, and three hundred others.

    In a third subscription the operator may read something else, and no clusters.
    """
    fleet: dict[str, Any] = yaml.safe_load(EXAMPLE_FLEET.read_text())
    fleet["subscriptions"] = [{"id": item, "name": item} for item in (HOME, FAR, CLOSED)]
    fleet["resource_groups"] += [
        "nexus-lab",
        {"name": "nexus-far", "subscription": FAR},
        {"name": "other", "subscription": CLOSED},
    ]
    owner = {"role": "Owner", "scope": f"/subscriptions/{FAR}"}
    reader = {"role": "Reader", "scope": f"/subscriptions/{CLOSED}/resourceGroups/other"}
    fleet["operator"]["roles"] += [owner, reader]
    fleet["managers"] += [
        {"name": "cm-north", "resource_group": "nexus-lab"},
        {"name": "cm-far", "resource_group": "nexus-far"},
    ]
    for cluster in fleet["clusters"]:
        cluster["manager"] = id_of(HOME, "nexus-prod", "clusterManagers", cluster["manager"])
    fleet["clusters"][1]["secret_archive"] = "kv-nexus-prod"
    lab = id_of(HOME, "nexus-lab", "clusterManagers", "cm-north")
    fleet["clusters"] += [
        {"name": "cluster-oslo", "resource_group": "nexus-lab", "manager": lab},
        {"name": "cluster-far", "resource_group": "nexus-far", "manager": "cm-far"},
    ]
    fleet["generate"] = {"clusters": GENERATED, "managers": 3, "machines": 1, "storage_appliances": 0}
    return fleet


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "fleet.yml").write_text(json.dumps(big_fleet()))
    with Cloud.running(folder / "emulator", folder / "fleet.yml") as running:
        running.patch(OSLO, {"tags": TAGS})
        settings = {"vaultUri": running.vaults()["kv-nexus-prod"]["properties"]["vaultUri"]}
        settings |= {"associatedIdentity": {"identityType": "SystemAssignedIdentity"}}
        rome = id_of(HOME, "nexus-prod", "clusters", "cluster-rome")
        identity = {"type": "SystemAssigned"}
        running.patch(rome, {"identity": identity, "properties": {"secretArchiveSettings": settings}})
        yield running


def write_source(folder: Path, **options: Any) -> str:
    """An inventory source (JSON is YAML too)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fleet.nexus.yml"
    path.write_text(json.dumps({"plugin": PLUGIN, **options}))
    return str(path)


def inventory(core: Core, home: Path, variables: Mapping[str, str], source: str, *more: str) -> Run:
    return core.run(home, variables, "ansible-inventory", "-i", source, *more)


def listed(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.assert_good().home / "out.txt").read_text())
    return found


def names(document: dict[str, Any]) -> set[str]:
    """Of the hosts in a list."""
    return set(document["_meta"]["hostvars"])


def arm_requests(cloud: Cloud, since: int) -> list[str]:
    """The paths that were asked for, in their order; a page has the path of its list."""
    return [entry["path"] for entry in cloud.log(since=str(since)) if entry["service"] == "arm"]


def test_the_graph_needs_no_configuration(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    run = inventory(core, next(homes), cloud.env, write_source(tmp_path), "--graph").assert_good()
    everyone = ["cluster-bergen", "cluster-oslo", "cluster-rome"]
    groups = {
        "nexus_cluster_manager_cm_north": everyone[:2],
        "nexus_cluster_manager_cm_south": everyone[2:],
        "nexus_detailed_status_running": everyone,
        "nexus_location_uksouth": everyone,
        "nexus_method_cluster": [],
        "nexus_method_cluster_manager": [],
        "nexus_method_none": everyone,
    }
    lines = ["@all:", "  |--@ungrouped:", "  |--@nexus_clusters:"]
    for name, hosts in groups.items():
        lines += [f"  |  |--@{name}:", *(f"  |  |  |--{host}" for host in hosts)]
    lines += [f"  |  |--{host}" for host in everyone]
    assert (run.home / "out.txt").read_text().splitlines() == lines


def test_three_hundred_clusters_are_as_many_requests_as_pages(
    core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    seen = world.mark()
    document = listed(inventory(core, next(homes), world.env, write_source(tmp_path), "--list"))
    in_home = {"cluster-bergen", "cluster-rome", "cluster-oslo.nexus-prod", "cluster-oslo.nexus-lab"}
    assert names(document) == in_home | {f"cluster-{number:04}" for number in range(1, GENERATED + 1)}
    # 304 clusters on pages of 100.
    assert arm_requests(world, seen) == [f"/subscriptions/{HOME}{CLUSTERS}"] * 4
    assert len(document["nexus_cluster_manager_cm_002"]["hosts"]) == GENERATED / 3


def test_the_same_whatever_the_pages_are(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    source, printed = write_source(tmp_path, resource_groups=["nexus-prod", "nexus-lab"]), []
    for size in (100, 1):
        world.settings(page_size=size)
        try:
            run = inventory(core, next(homes), world.env, source, "--list", "--export").assert_good()
        finally:
            world.settings(page_size=100)
        printed.append((run.home / "out.txt").read_text())
    assert printed[0] == printed[1]


def test_variables_and_groups(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    source = write_source(tmp_path, resource_groups=["nexus-prod", "nexus-lab"])
    document = listed(inventory(core, next(homes), world.env, source, "--list", "--export"))
    oslo = document["_meta"]["hostvars"]["cluster-oslo.nexus-prod"]
    expected = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "customer_key_vault_cluster_id": OSLO,
        "nexus_id": OSLO,
        "nexus_name": "cluster-oslo",
        "nexus_subscription_id": HOME,
        "nexus_resource_group": "nexus-prod",
        "nexus_location": "uksouth",
        "nexus_cluster_manager_id": id_of(HOME, "nexus-prod", "clusterManagers", "cm-north"),
        "nexus_cluster_manager_name": "cm-north",
        "nexus_secret_archive": None,
        "nexus_secret_archive_settings": None,
        "nexus_method": "none",
        "nexus_detailed_status": "Running",
        "nexus_provisioning_state": "Succeeded",
    }
    assert {name: oslo[name] for name in expected} == expected
    # What people may write as they like is marked as no template for whoever reads the list.
    assert oslo["nexus_tags"] == {name: {"__ansible_unsafe": text} for name, text in TAGS.items()}
    hosts = {name: group.get("hosts") for name, group in document.items() if name.startswith("nexus_method")}
    assert hosts == {
        "nexus_method_cluster": ["cluster-rome"],
        "nexus_method_cluster_manager": ["cluster-bergen"],
        "nexus_method_none": ["cluster-oslo.nexus-lab", "cluster-oslo.nexus-prod"],
    }
    # Two managers of one name have a group each.
    for group, place in (("nexus_cluster_manager_cm_north_nexus_lab", "nexus-lab"),):
        assert document[group]["hosts"] == [f"cluster-oslo.{place}"]
        assert document[group]["vars"] == {
            "nexus_cluster_manager_id": id_of(HOME, place, "clusterManagers", "cm-north")
        }
    assert sorted(document["nexus_clusters"]["hosts"]) == sorted(names(document))


@pytest.mark.parametrize(
    ("options", "hosts", "lists"),
    [
        ({"subscriptions": [FAR]}, {"cluster-far"}, [f"/subscriptions/{FAR}"]),
        (
            {"resource_groups": ["nexus-lab"]},
            {"cluster-oslo"},
            [f"/subscriptions/{HOME}/resourceGroups/nexus-lab"],
        ),
        (
            {"subscriptions": [HOME, FAR], "resource_groups": ["nexus-far"], "cluster_managers": ["CM-far"]},
            {"cluster-far"},
            [f"/subscriptions/{item}/resourceGroups/nexus-far" for item in (HOME, FAR)],
        ),
        (
            {"cluster_managers": [id_of(HOME, "nexus-lab", "clusterManagers", "cm-north")]},
            {"cluster-oslo"},
            [f"/subscriptions/{HOME}"] * 4,
        ),
    ],
)
def test_filters(
    core: Core,
    world: Cloud,
    homes: Iterator[Path],
    tmp_path: Path,
    options: dict[str, Any],
    hosts: set[str],
    lists: list[str],
) -> None:
    seen = world.mark()
    document = listed(inventory(core, next(homes), world.env, write_source(tmp_path, **options), "--list"))
    assert names(document) == hosts
    assert arm_requests(world, seen) == [place + CLUSTERS for place in lists]


def test_every_subscription_in_sight(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """By name, or because the login has none of its own. One that may not be read is told of, unless it is named."""
    without = {name: value for name, value in world.env.items() if name != "AZURE_SUBSCRIPTION_ID"}
    source = write_source(tmp_path / "own", group_by=[])
    runs = [
        inventory(core, next(homes), without, source, "--list"),
        inventory(core, next(homes), world.env, write_source(tmp_path / "all", subscriptions="*"), "--list"),
    ]
    for run in runs:
        assert run.rc == 0, run.output
        found = names(json.loads((run.home / "out.txt").read_text()))
        assert {"cluster-far", "cluster-rome"} < found and len(found) == GENERATED + 5
        warning = " ".join((run.home / "err.txt").read_text().split())
        assert warning.count("[WARNING]") == 1 and CLOSED in warning and FAR not in warning, warning
    named = write_source(tmp_path / "named", subscriptions=[HOME, CLOSED])
    run = inventory(core, next(homes), {**world.env, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1"}, named, "--list")
    assert run.rc != 0
    output = " ".join(run.output.split())
    assert "AuthorizationFailed" in output and "correlation id" in output and CLOSED in output, run.output


def test_what_is_left_out_is_told_each_time(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """Also where the list comes from the cache, and where groups are named; a named subscription is not left out."""
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    options = {"resource_groups": ["nexus-far", "nexus-prod"], "group_by": [], **cache}
    source = write_source(tmp_path, subscriptions="*", **options)
    for requests in (7, 0):
        seen = world.mark()
        run = inventory(core, next(homes), world.env, source, "--list")
        assert run.rc == 0, run.output
        assert "cluster-far" in names(json.loads((run.home / "out.txt").read_text()))
        warning = " ".join((run.home / "err.txt").read_text().split())
        assert warning.count("[WARNING]") == 1 and f"{CLOSED} (AuthorizationFailed)" in warning, warning
        assert FAR not in warning
        assert len(arm_requests(world, seen)) == requests
    named = write_source(tmp_path / "named", subscriptions=[FAR, CLOSED], **options)
    run = inventory(core, next(homes), {**world.env, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1"}, named, "--list")
    assert run.rc != 0
    assert "AuthorizationFailed" in run.output


def test_a_group_with_the_name_of_a_cluster(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """Whoever names the group means the hosts that were put into it."""
    source = write_source(
        tmp_path,
        resource_groups=["nexus-prod"],
        hostnames=["nexus_name.split('-')[1]"],
        groups={"rome": "nexus_name != 'cluster-rome'", "special": "nexus_name == 'cluster-rome'"},
    )
    document = listed(inventory(core, next(homes), world.env, source, "--list"))
    assert document["rome"]["hosts"] == ["bergen", "oslo"]
    assert document["special"]["hosts"] == ["cluster-rome"]


def test_nothing_from_azure_is_a_template(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """In a play, in what the file composes, in facts, in the name of a host; nor is what a filter makes of it."""
    composed = {f"composed_{number}": expression for number, expression in enumerate(MADE)}
    source = write_source(
        tmp_path,
        resource_groups=["nexus-prod"],
        group_by=[],
        compose={
            **composed,
            "same": "nexus_tags.sum",
            "joined": "nexus_tags.sum ~ nexus_tags.evil",
            "site": "nexus_tags.site",
        },
        keyed_groups=[{"key": "nexus_tags", "prefix": "tag"}],
        groups={"tagged": "nexus_tags != {}"},
        hostnames=["nexus_tags.evil"],
    )
    message = "{{ nexus_tags.sum }} {{ same }} {{ joined }} {{ nexus_tags.evil }} {{ site }}"
    facts = {f"fact_{number}": f"{{{{ {expression} }}}}" for number, expression in enumerate(MADE)}
    tasks = [
        {"name": "Show", "ansible.builtin.debug": {"msg": message}},
        {"name": "Keep", "ansible.builtin.set_fact": facts},
        {"name": "Show facts", "ansible.builtin.debug": {"msg": [f"{{{{ {name} }}}}" for name in facts]}},
        {"name": "Show composed", "ansible.builtin.debug": {"msg": [f"{{{{ {name} }}}}" for name in composed]}},
    ]
    play = write_play(tmp_path, tasks, hosts=())
    home = next(homes)
    run = core.play(home, world.env, str(play), "-i", source, "--limit", "tagged").assert_good()
    expected = f"{TAGS['sum']} {TAGS['sum']} {TAGS['sum']}{TAGS['evil']} {TAGS['evil']} oslo"
    assert run.result("Show")["msg"] == expected
    assert run.result("Show facts")["msg"] == run.result("Show composed")["msg"] == list(MADE.values())
    (host,) = run.stats
    assert "{" not in host
    found = listed(inventory(core, home, world.env, source, "--list"))
    assert {"tag_site_oslo", "tag_sum____7_7___"} < found.keys()
    assert not list(home.rglob(MARK))


def test_the_second_run_asks_for_nothing(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """Not even for a token. --flush-cache asks anew; another login has a list of its own."""
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    source = write_source(tmp_path, **cache)
    seen = world.mark()
    first = inventory(core, next(homes), world.env, source, "--list", "--export")
    assert len(arm_requests(world, seen)) == 4
    seen = world.mark()
    second = inventory(core, next(homes), world.env, source, "--list", "--export")
    assert listed(first) == listed(second)
    assert world.log(since=str(seen)) == []
    files = [path for path in (tmp_path / "cache").iterdir() if path.is_file()]
    assert len(files) == 1
    assert world.env["AZURE_SECRET"] not in files[0].read_text()
    # Marked texts stay marked.
    play = write_play(tmp_path, [{"name": "Show", "ansible.builtin.debug": {"var": "nexus_tags"}}], hosts=())
    limit = ("--limit", "cluster-oslo.nexus-prod")
    run = core.play(next(homes), world.env, str(play), "-i", source, *limit).assert_good()
    assert run.result("Show")["nexus_tags"] == TAGS
    assert world.log(since=str(seen)) == []
    core.play(next(homes), world.env, str(play), "-i", source, "--flush-cache", *limit).assert_good()
    assert len(arm_requests(world, seen)) == 4
    seen = world.mark()
    elsewhere = {**world.env, "AZURE_SUBSCRIPTION_ID": FAR}
    assert names(listed(inventory(core, next(homes), elsewhere, source, "--list"))) == {"cluster-far"}
    assert len(arm_requests(world, seen)) == 1
    assert not (tmp_path / MARK).exists()


def test_the_playbook_runs_on_it_as_it_is(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    vault = cloud.vaults()["kv-nexus-prod"]["id"]
    # Nothing but ids tells subscription and group; group_vars beside the source count as for any inventory.
    source = write_source(tmp_path)
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "nexus_clusters.yml").write_text(f"customer_key_vault_key_vault_id: {vault}\n")
    run = core.play(next(homes), cloud.env, PLAYBOOK, "-i", source).assert_good()
    assert run.changed.keys() == {"cluster-oslo", "cluster-bergen", "cluster-rome"}
    assert all(run.changed.values())
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo", "cluster-bergen", "cluster-rome"])
    assert_unchanged(core.play(next(homes), cloud.env, PLAYBOOK, "-i", source), hosts=3)
    # Those that are written into no vault: none is left, and that is no error.
    run = core.play(
        next(homes), cloud.env, PLAYBOOK, "-i", source, "-e", "customer_key_vault_hosts=nexus_method_none"
    ).assert_good()
    assert run.stats == {} and "skipping: no hosts matched" in run.output


def test_the_guides_play_on_readiness(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """It runs as it stands in the guide, and tells what mends what it finds."""
    guide = (CHECKOUT / "docs/docsite/rst/operate_guide.rst").read_text()
    block = guide.split(".. code-block:: yaml\n\n", 1)[1].split("\n\nWith ", 1)[0]
    play = tmp_path / "readiness.yml"
    play.write_text(textwrap.dedent(block))
    source = write_source(tmp_path, resource_groups=["nexus-prod"])
    run = core.play(next(homes), world.env, str(play), "-i", source)
    assert run.rc == 2, run.output
    failed = {event["host"]: event["result"]["msg"] for event in run.results if event["event"] == "failed"}
    assert failed.keys() == {"cluster-bergen", "cluster-rome"}
    assert "Remedy: - operator_nexus.credentials.nexus_clustermanager_identity: {" in failed["cluster-bergen"][0]
    assert "Remedy: - operator_nexus.credentials.nexus_kv_role: {" in failed["cluster-rome"][0]


def test_as_awx_does_it(core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """A sync stores the list; a job gets it back from a script. With the built-in credential's variables only."""
    awx = {name: world.env[name] for name in AWX_INJECTS} | network(world)
    sync = {
        "ANSIBLE_INVENTORY_EXPORT": "True",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_VERBOSE_TO_STDERR": "True",
    }
    source = write_source(tmp_path, resource_groups=["nexus-prod"])
    output = tmp_path / "output.json"
    arguments = ("--list", "--export", "--output", str(output), "-vvvv")
    run = inventory(core, next(homes), {**awx, **sync}, source, *arguments)
    assert run.rc == 0, run.output
    assert_nothing_leaks(run, world.env["AZURE_SECRET"])
    stored = json.loads(output.read_text())
    stored["_meta"].pop("profile", None)
    # A dictionary that AWX would show instead of a text is only where it has to be.
    oslo = stored["_meta"]["hostvars"]["cluster-oslo"]
    assert "__ansible_unsafe" in json.dumps(oslo["nexus_tags"])
    assert not [name for name in oslo if name in NAMES and not isinstance(oslo[name], str)]
    assert stored["nexus_cluster_manager_cm_south"]["vars"]["nexus_cluster_manager_id"].endswith("/cm-south")

    script = tmp_path / "inventory_script"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(stored)}\nEND\n")
    script.chmod(0o755)
    facts = {f"fact_{number}": f"{{{{ {expression} }}}}" for number, expression in enumerate(MADE)}
    tasks = [
        {"name": "Show", "ansible.builtin.debug": {"var": "nexus_tags"}},
        {"name": "Keep", "ansible.builtin.set_fact": facts},
        {"name": "Show facts", "ansible.builtin.debug": {"msg": [f"{{{{ {name} }}}}" for name in facts]}},
        {"name": "Read", f"{COLLECTION}.nexus_cluster_info": {"id": "{{ nexus_id }}"}},
    ]
    play = write_play(tmp_path / "project", tasks, hosts=())
    home = next(homes)
    job = core.play(home, awx, str(play), "-i", str(script), "--limit", "cluster-oslo").assert_good()
    assert job.result("Show")["nexus_tags"] == TAGS
    assert job.result("Show facts")["msg"] == list(MADE.values())
    assert job.result("Read")["clusters"][0]["id"] == OSLO
    assert not list(home.rglob(MARK))


def examples() -> list[str]:
    """Of the plugin's documentation, as they stand there."""
    tree = ast.parse((CHECKOUT / "plugins/inventory/nexus.py").read_text())
    values = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
    ]
    return str(ast.literal_eval(values[0])).split("\n---\n")


def test_the_examples(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """They are written for the example fleet: its tenant, its application, its names."""
    oslo = next(one for one in cloud.clusters() if one["name"] == "cluster-oslo")
    cloud.patch(oslo["id"], {"tags": {"site": "oslo"}})
    variables = {**cloud.env, "NEXUS_READER_SECRET": cloud.env["AZURE_SECRET"]}
    found = []
    for number, text in enumerate(examples()):
        source = tmp_path / f"{number}.nexus.yml"
        source.write_text(text)
        found.append(listed(inventory(core, next(homes), variables, str(source), "--list")))
    assert [names(document) for document in found] == [
        {"cluster-oslo", "cluster-bergen", "cluster-rome"},
        {"cluster-oslo", "cluster-bergen"},
        {"cluster-oslo", "cluster-bergen", "cluster-rome"},
        {"oslo", "cluster-bergen.nexus-prod", "cluster-rome.nexus-prod"},
    ]
    assert found[2]["tag_site_oslo"]["hosts"] == ["cluster-oslo"]
    assert len(found[2]["to_do"]["hosts"]) == 3
    vault = found[2]["_meta"]["hostvars"]["cluster-rome"]["customer_key_vault_key_vault_id"]
    # Since ansible-core 2.19 what an expression gives is marked as data, whichever plugin evaluates it.
    assert (
        vault["__ansible_unsafe"] if isinstance(vault, dict) else vault
    ) == f"/subscriptions/{HOME}/resourceGroups/security-prod/providers/Microsoft.KeyVault/vaults/kv-uksouth"


def test_credentials_as_templates_and_from_a_vault(
    core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    options = credential_options(world)
    secret = options.pop("secret")
    tmp_path.joinpath("password").write_text("open sesame")
    vault = ("--vault-password-file", str(tmp_path / "password"))
    encrypted = core.run(next(homes), {}, "ansible-vault", "encrypt_string", *vault, "--name", "secret", secret)
    given = {**options, "client_id": "{{ who }}", "subscriptions": ["{{ lookup('ansible.builtin.env', 'SUBS') }}"]}
    environment = {**network(world), "SUBS": f"{HOME},{FAR}", "READER": secret}
    template = write_source(tmp_path, **given, secret="{{ lookup('ansible.builtin.env', 'READER') }}")
    vaulted = Path(write_source(tmp_path / "vault"))
    text = "\n".join(f"{name}: {json.dumps(value)}" for name, value in {"plugin": PLUGIN, **given}.items())
    vaulted.write_text(f"{text}\n{(encrypted.assert_good().home / 'out.txt').read_text()}")
    who = ("-e", f"who={options['client_id']}")
    for source, more in ((template, ()), (str(vaulted), vault)):
        run = inventory(core, next(homes), environment, source, "--list", "-vvvv", *who, *more)
        assert run.rc == 0, run.output
        assert "cluster-far" in run.output and "cluster-rome" in run.output
        assert_nothing_leaks(run, secret)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"secret": "no-secret-of-his"}, "AADSTS7000215"),
        ({"resource_group": ["nexus-prod"]}, "resource_group: there is no such option."),
        ({"subscriptions": ["Production"]}, "subscriptions: 'Production' is not a subscription id."),
        ({"resource_groups": ["nexus-prd"]}, "resource_groups: 'nexus-prd' is in none of the subscriptions"),
        ({"group_by": ["colour"]}, "group_by"),
        ({"secret": {"a": "no-secret-of-his"}}, "secret: its value is not a text."),
        ({"secret": "no-secret-of-his{{ nowhere }}"}, "secret: its template cannot be evaluated"),
        ({"client_id": "{{ nowhere }}"}, "client_id: its template cannot be evaluated: 'nowhere' is undefined."),
        ({"hostnames": ["nexus_tags."]}, "hostnames: 'nexus_tags.' is not a Jinja2 expression: expected name"),
        ({"cluster_managers": ["cm-nort"]}, "cluster_managers: no cluster that was found has the manager cm-nort."),
        (
            {"keyed_groups": [{"key": "'rome'", "separator": ""}], "hostnames": ["nexus_name.split('-')[1]"]},
            "hostnames: 'rome' is the host of",
        ),
        ({"cluster_managers": ["/subscriptions/x"]}, "cluster_managers: '/subscriptions/x' is not a resource id."),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    core: Core, world: Cloud, homes: Iterator[Path], tmp_path: Path, options: dict[str, Any], text: str
) -> None:
    """Also when the plugin is enabled by itself, and not found by its file."""
    login = credential_options(world) if "secret" in options else {}
    environment = {
        **(network(world) if login else world.env),
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
        "ANSIBLE_INVENTORY_ENABLED": PLUGIN,
    }
    run = inventory(core, next(homes), environment, write_source(tmp_path, **{**login, **options}), "--list", "-vvvv")
    assert run.rc != 0
    assert text in " ".join(run.output.split()), run.output
    assert_nothing_leaks(run, world.env["AZURE_SECRET"])
    assert "no-secret-of-his" not in run.output


def test_a_file_of_another_name_is_left_to_others(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    path = Path(write_source(tmp_path)).rename(tmp_path / "fleet.yml")
    environment = {**cloud.env, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    run = inventory(core, next(homes), environment, str(path), "--list")
    assert run.rc != 0
    assert f"could not be verified by inventory plugin '{PLUGIN}'" in " ".join(run.output.split())
