# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin with Ansible's own inventory, and without its configuration: that is tested end to end."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin

from ansible_collections.operator_nexus.credentials.plugins.inventory import nexus
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import AUTH_SPEC
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import MissingLibrary
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _fleet, _hosts, _trust
from ansible_collections.operator_nexus.credentials.tests.unit.plugins import fakes

DOCUMENTED: dict[str, Any] = yaml.safe_load(nexus.DOCUMENTATION)
CONSTRUCTED: dict[str, Any] = {"strict": False, "compose": {}, "groups": {}, "keyed_groups": []}
CACHING: dict[str, Any] = {"cache": False}
LOGIN = {
    "subscription_id": fakes.SUBSCRIPTION,
    "client_id": fakes.guid("me"),
    "tenant": fakes.guid("t"),
    "secret": "s3",
}


class Plugin(nexus.InventoryModule):
    """With these options, whatever the file says; `cached` is what is in the cache."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        own = {name: option.get("default") for name, option in DOCUMENTED["options"].items()}
        defaults = {**dict.fromkeys(AUTH_SPEC), **own, **CONSTRUCTED, **CACHING, "api_version": "2025-09-01", **LOGIN}
        self._options = {**defaults, "leading_separator": True, "use_extra_vars": False, **given}
        self._cache: dict[str, Any] = {}
        self.ansible_name = self.NAME

    def _read_config_data(self, path: str) -> dict[str, Any]:
        return dict.fromkeys(self._options)

    def get_option(self, name: str) -> Any:
        return self._options[name]


@pytest.fixture(autouse=True)
def arm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> fakes.FakeArm:
    """Two clusters of one manager, one of them linked, with a tag that looks like a template."""
    linked = fakes.cluster({"keyVaultId": fakes.VAULT, "useKeyVault": "True"}, name="cluster-2")
    linked["tags"] = {"site": "rome", "evil": "{{ 7*7 }}"}
    azure = fakes.FakeArm(linked, fakes.cluster())
    monkeypatch.setattr(nexus, "Session", lambda params: fakes.FakeSession(azure))
    monkeypatch.setenv("HOME", str(tmp_path))
    return azure


def expressions(value: Any) -> Any:
    """The texts of a file, which Ansible trusts."""
    if isinstance(value, dict):
        return {name: expressions(item) for name, item in value.items()}
    if isinstance(value, list):
        return [expressions(item) for item in value]
    return _trust.template(value)


def parsed(plugin: Plugin, cache: bool = True) -> InventoryData:
    inventory = InventoryData()
    plugin.parse(inventory, DataLoader(), "fleet.nexus.yml", cache)
    inventory.reconcile_inventory()
    return inventory


def groups(inventory: InventoryData) -> dict[str, list[str]]:
    return {name: sorted(host.name for host in group.get_hosts()) for name, group in inventory.groups.items()}


def test_hosts_and_groups() -> None:
    inventory = parsed(Plugin())
    both = ["cluster-1", "cluster-2"]
    assert groups(inventory) == {
        "all": both,
        "ungrouped": [],
        "nexus_clusters": both,
        "nexus_cluster_manager_manager_east": both,
        "nexus_detailed_status_running": both,
        "nexus_location_eastus": both,
        "nexus_method_cluster": [],
        "nexus_method_cluster_manager": ["cluster-2"],
        "nexus_method_none": ["cluster-1"],
    }
    assert {group.name for group in inventory.groups["all"].child_groups} == {"ungrouped", "nexus_clusters"}
    assert inventory.groups["nexus_cluster_manager_manager_east"].vars == {"nexus_cluster_manager_id": fakes.MANAGER}
    variables = inventory.hosts["cluster-1"].vars
    assert variables["ansible_connection"] == "local"
    assert variables["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert variables["customer_key_vault_cluster_id"] == fakes.CLUSTER


def test_without_ready_made_groups() -> None:
    assert groups(parsed(Plugin(group_by=[]))).keys() == {"all", "ungrouped", "nexus_clusters"}


def test_filter_by_manager() -> None:
    assert len(parsed(Plugin(cluster_managers=["MANAGER-east"])).hosts) == 2
    with pytest.raises(AnsibleParserError, match="cluster_managers: no cluster that was found has the manager other"):
        parsed(Plugin(cluster_managers=["other"]))


def test_constructed() -> None:
    wanted = {
        "compose": {"short": "nexus_name[-1]", "evil": "nexus_tags.evil"},
        "groups": {"to_do": "nexus_method == 'none'"},
        "keyed_groups": [{"key": "nexus_tags", "prefix": "tag"}],
    }
    inventory = parsed(Plugin(group_by=[], **expressions(wanted)))
    found = groups(inventory)
    assert found["to_do"] == ["cluster-1"]
    assert {name for name in found if name.startswith("tag")} == {"tag_site_rome", "tag_evil____7_7___"}
    assert inventory.hosts["cluster-2"].vars["short"] == "2"
    assert inventory.hosts["cluster-2"].vars["evil"] == "{{ 7*7 }}"


@pytest.mark.parametrize(
    ("hostnames", "names"),
    [
        (["nexus_tags.site"], {"cluster-1", "rome"}),
        (
            ["nexus_tags.nothing", "nexus_name ~ '.' ~ nexus_resource_group"],
            {"cluster-1.nexus-east", "cluster-2.nexus-east"},
        ),
        (["nexus_tags.evil"], {"cluster-1", "___7_7___"}),
        (["nexus_resource_group"], {"cluster-1", "cluster-2"}),
        (["nexus_tags"], {"cluster-1", "cluster-2"}),
        # No name is a boolean.
        (["nexus_tags != {}", "nexus_method == 'none'"], {"cluster-1", "cluster-2"}),
        (["nexus_manual_action_count | default(7)"], {"cluster-1", "cluster-2"}),
        (["'-' ~ nexus_name"], {"_cluster-1", "_cluster-2"}),
    ],
)
def test_hostnames(hostnames: list[str], names: set[str]) -> None:
    assert parsed(Plugin(hostnames=expressions(hostnames))).hosts.keys() == names


def test_strict() -> None:
    for option in (
        {"hostnames": ["nexus_tags.nothing"]},
        {"hostnames": ["nexus_tags.site", "nexus_tags.nothing"]},
        {"compose": {"x": "nexus_tags.nothing"}},
    ):
        with pytest.raises(AnsibleError, match="nothing"):
            parsed(Plugin(strict=True, **expressions(option)))


def test_with_strict_an_expression_may_fail_where_another_gives_a_name() -> None:
    hostnames = expressions(["nexus_tags.site", "nexus_name"])
    assert parsed(Plugin(strict=True, hostnames=hostnames)).hosts.keys() == {"cluster-1", "rome"}


@pytest.mark.parametrize("expression", ["nexus_tags.", "{{ nexus_name }}", "a }} {{ b", "(nexus_name"])
def test_what_is_no_expression_is_refused(arm: fakes.FakeArm, expression: str) -> None:
    """Before anything is asked for, and without strict too."""
    with pytest.raises(AnsibleParserError, match=r"hostnames: .* is not a Jinja2 expression") as caught:
        parsed(Plugin(hostnames=expressions([expression])))
    assert f"'{expression}'" in str(caught.value)
    assert not arm.log


SHORT = ["nexus_name | replace('-', '')"]
"""cluster1 and cluster2, which may be names of groups too."""


@pytest.mark.parametrize(
    "wanted", [{"cluster1": "True"}, {"cluster1": "nexus_name == 'cluster-2'"}, {"Cluster1": "False"}]
)
def test_no_host_has_the_name_of_a_composed_group(wanted: dict[str, str]) -> None:
    wanted = {**wanted, "special": "nexus_name == 'cluster-1'"}
    inventory = parsed(Plugin(**expressions({"groups": wanted, "hostnames": SHORT})))
    assert inventory.hosts.keys() == {"cluster-1", "cluster2"}
    assert groups(inventory)["special"] == ["cluster-1"]


def test_no_host_has_the_name_of_a_group_of_another_source() -> None:
    inventory = InventoryData()
    inventory.add_group("cluster-1")
    Plugin().parse(inventory, DataLoader(), "fleet.nexus.yml")
    assert inventory.hosts.keys() == {"cluster-1.nexus-east", "cluster-2"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"keyed_groups": [{"key": "nexus_name | replace('-', '')", "separator": ""}]},
        # Before cluster2 is put into a group, its name is that of another one.
        {"keyed_groups": [{"key": "'cluster2'", "separator": ""}], "groups": {"special": "True"}},
        {"keyed_groups": [{"key": "'cluster2'", "separator": "", "parent_group": "special"}]},
        {"keyed_groups": [{"key": "nexus_location", "separator": "", "parent_group": "cluster1"}]},
    ],
)
def test_a_keyed_group_with_the_name_of_a_host(wanted: dict[str, Any]) -> None:
    inventory = InventoryData()
    inventory.add_host("before")
    with pytest.raises(AnsibleParserError) as caught:
        Plugin(hostnames=expressions(SHORT), **expressions(wanted)).parse(inventory, DataLoader(), "fleet.nexus.yml")
    text = str(caught.value)
    assert text.startswith("hostnames: '")
    assert "' is the host of /subscriptions/" in text and "and a group that keyed_groups or groups makes. Give" in text
    # Nothing is left of a source that failed: hosts would miss groups.
    assert inventory.hosts.keys() == {"before"}
    assert not inventory.groups["nexus_clusters"].get_hosts()


def test_no_host_is_left_of_a_source_that_failed() -> None:
    inventory = InventoryData()
    plugin = Plugin(strict=True, **expressions({"groups": {"x": "nexus_tags.nothing == 1"}}))
    with pytest.raises(AnsibleError, match="nothing"):
        plugin.parse(inventory, DataLoader(), "fleet.nexus.yml")
    assert not inventory.hosts


def test_the_cache_is_read_and_flushed(arm: fakes.FakeArm) -> None:
    plugin = Plugin(cache=True)
    first = groups(parsed(plugin))
    assert len(arm.log) == 1
    assert groups(parsed(plugin)) == first
    assert len(arm.log) == 1
    assert "s3" not in str(plugin._cache)
    parsed(plugin, cache=False)
    assert len(arm.log) == 2
    assert len(plugin._cache) == 1
    # Filters that choose among what was read do not read anew, and leave the cache as it is.
    plugin._options["cluster_managers"] = ["manager-east"]
    assert len(parsed(plugin).hosts) == 2
    assert len(arm.log) == 2


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(nexus.InventoryModule, "display", SimpleNamespace(warning=found.append), raising=False)
    return found


def test_what_is_left_out_is_told_from_the_cache_too(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    monkeypatch.setattr(_fleet, "read", lambda arm, search: ([fakes.cluster()], {"sub-1": "AuthorizationFailed"}))
    plugin = Plugin(cache=True)
    plugin.display = nexus.InventoryModule.display
    for times in (1, 2):
        parsed(plugin)
        assert ["sub-1 (AuthorizationFailed)" in text for text in warnings] == [True] * times


def test_a_search_that_finds_nothing_is_told(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    monkeypatch.setattr(_fleet, "read", lambda arm, search: ([], {}))
    plugin = Plugin()
    plugin.display = nexus.InventoryModule.display
    assert not parsed(plugin).hosts
    assert warnings == ["fleet.nexus.yml: there is no cluster where it searches."]


@pytest.mark.parametrize(
    "other",
    [
        {"subscription_id": "00000000-0000-0000-0000-000000000002"},
        {"client_id": fakes.guid("you")},
        {"tenant": fakes.guid("elsewhere")},
        {"cloud_environment": "AzureUSGovernment"},
        {"resource_groups": ["nexus-west"]},
        {"api_version": "2025-02-01"},
    ],
)
def test_another_login_or_search_has_a_cache_of_its_own(arm: fakes.FakeArm, other: dict[str, Any]) -> None:
    plugin = Plugin(cache=True)
    parsed(plugin)
    plugin._options.update(other)
    parsed(plugin)
    assert len(arm.log) == len(plugin._cache) == 2


def test_the_identity_of_another_machine_has_a_cache_of_its_own(
    arm: fakes.FakeArm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else tells two machines' own identities apart."""
    reads = []
    for client_id in ("", fakes.guid("me")):
        plugin = Plugin(cache=True, auth_source="msi", client_id=client_id)
        for machine in ("one", "two", "one"):
            monkeypatch.setattr(platform, "node", lambda machine=machine: machine)
            parsed(plugin)
        reads.append(len(plugin._cache))
    assert reads == [2, 1]


def test_a_new_secret_is_the_same_login(arm: fakes.FakeArm) -> None:
    plugin = Plugin(cache=True)
    parsed(plugin)
    plugin._options["secret"] = "another"
    parsed(plugin)
    assert len(arm.log) == 1


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"subscriptions": ["Production"]}, "subscriptions: 'Production' is not a subscription id. Give the GUID"),
        ({"resource_groups": ["a/b"]}, "resource_groups: 'a/b' is not a resource group's name."),
        ({"cluster_managers": ["a b"]}, "cluster_managers: 'a b' is not the name of a cluster manager."),
        ({"api_version": "new"}, "api_version: 'new' is not an api-version."),
        ({"auth_source": "env", "client_id": ""}, "auth_source: auth_source is env but the environment names no"),
    ],
)
def test_a_bad_option_is_named(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], text: str) -> None:
    monkeypatch.delenv("AZURE_CLIENT_ID", raising=False)
    with pytest.raises(AnsibleParserError) as caught:
        parsed(Plugin(**given))
    assert str(caught.value).startswith(text)


def test_an_unknown_option_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugin, "_read_config_data", lambda self, path: {"plugin": self.NAME, "resource_group": "x"})
    with pytest.raises(AnsibleParserError, match=r"^resource_group: there is no such option"):
        parsed(Plugin())


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, arm: fakes.FakeArm) -> None:
    def missing(path: str, api_version: str) -> None:
        raise MissingLibrary("azure-identity", ImportError("No module named 'azure'"))

    monkeypatch.setattr(arm, "list_resources", missing)
    with pytest.raises(AnsibleParserError) as caught:
        parsed(Plugin())
    text = str(caught.value)
    assert text.count("azure-identity >= 1.15") == 1
    assert f"Install it for the Python that runs Ansible, {sys.executable}," in text
    assert "ansible_python_interpreter" not in text


@pytest.mark.parametrize("value", [{"a": "hunter2"}, ["hunter2"], datetime.date(2024, 5, 6)])
@pytest.mark.parametrize("name", ["secret", "password", "oidc_token"])
def test_a_secret_that_is_no_text_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    def refuse(self: Any, *arguments: Any, **options: Any) -> None:
        raise AnsibleError(f"Invalid value provided: {options['direct']}")

    monkeypatch.setattr(BaseInventoryPlugin, "set_options", refuse)
    plugin = Plugin()
    monkeypatch.setattr(
        Plugin, "_read_config_data", lambda self, path: self.set_options(direct={name: value, "tenant": "t"})
    )
    with pytest.raises(AnsibleParserError, match=f"^{name}: its value is not a text"):
        parsed(plugin)
    monkeypatch.setattr(Plugin, "_read_config_data", lambda self, path: self.set_options(direct={"secret": "x"}))
    with pytest.raises(AnsibleError, match="Invalid value"):
        parsed(plugin)


@pytest.mark.parametrize(
    ("name", "value"),
    [("tenant", "{{ nowhere }}"), ("cluster_managers", ["{{ nowhere }}"]), ("client_id", "{{ x y }}")],
)
def test_the_option_whose_template_fails_is_named(name: str, value: Any) -> None:
    with pytest.raises(AnsibleParserError, match=f"^{name}: its template cannot be evaluated: ."):
        parsed(Plugin(**{name: expressions(value)}))


def test_the_template_of_a_secret_is_not_shown() -> None:
    with pytest.raises(AnsibleParserError, match=r"^secret: its template cannot be evaluated: the reason is") as caught:
        parsed(Plugin(secret=expressions("hunter2{{ nowhere }}")))
    assert "hunter2" not in str(caught.value) and "nowhere" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("fleet.nexus.yml", True),
        ("fleet.nexus.yaml", True),
        ("nexus.yml", False),
        ("fleet.yml", False),
        ("fleet.nexus.json", False),
        ("missing.nexus.yml", False),
    ],
)
def test_which_files(tmp_path: Path, name: str, wanted: bool) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_text("plugin: x")
    assert Plugin().verify_file(str(tmp_path / name)) is wanted


def test_an_item_of_a_list_may_be_a_template(arm: fakes.FakeArm) -> None:
    """It may give a list, or a text with commas."""
    managers = expressions(["{{ ['Manager-East', 'manager-east'] }}"])
    found = parsed(Plugin(cluster_managers=managers, resource_groups=expressions(["{{ 'nexus-east,nexus-west' }}"])))
    assert found.hosts.keys() == {"cluster-1", "cluster-2"}
    assert len(arm.log) == 2


def test_criteria_agree() -> None:
    documented = DOCUMENTED["options"]["group_by"]
    assert documented["choices"] == documented["default"] == list(_hosts.GROUP_BY)


def test_examples_use_options_that_exist() -> None:
    known = {
        *DOCUMENTED["options"],
        *AUTH_SPEC,
        *CONSTRUCTED,
        "cache",
        "cache_plugin",
        "cache_connection",
        "cache_timeout",
    }
    examples = list(yaml.safe_load_all(nexus.EXAMPLES))
    assert len(examples) == 4
    for example in examples:
        assert example["plugin"] == nexus.InventoryModule.NAME
        assert example.keys() <= known


def test_a_run_from_the_cache_loads_no_azure_library() -> None:
    """Nor does Ansible when it looks through all inventory plugins."""
    show = "print([name for name in sys.modules if name.split('.')[0] in ('azure', 'msal', 'requests')])"
    code = f"import sys, {nexus.__name__}; {show}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
