# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: nexus
short_description: Azure Operator Nexus clusters as hosts
version_added: 1.0.0
description:
  - Makes a host of every Operator Nexus cluster that the credential can see, and groups of their cluster managers,
    locations, states and ways to a key vault.
  - The source is a YAML file whose name ends with C(.nexus.yml) or C(.nexus.yaml).
  - Clusters are read as lists, one for each subscription or resource group, so the number of requests does not depend
    on the number of clusters. Nothing is changed.
  - Tasks for these hosts run on the controller, with the Python that runs Ansible. Each host has C(ansible_connection)
    V(local) and C(ansible_python_interpreter) set to C(ansible_playbook_python).
  - The role and the playbook P(operator_nexus.credentials.customer_key_vault#role) take the hosts as they are, each
    has C(customer_key_vault_cluster_id).
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._auth
  - operator_nexus.credentials._resource.networkcloud
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - The name of this plugin. It says that the file is meant for it.
    type: str
    required: true
    choices: [operator_nexus.credentials.nexus]
  subscriptions:
    description:
      - The ids of the subscriptions to search. Each of them must let its clusters be listed.
      - V(*) means every subscription that the credential can see. Those in which it may not list clusters are left
        out, with one warning that names them; if that is all of them, it is an error.
      - The default is the subscription of the credential, from O(subscription_id), E(AZURE_SUBSCRIPTION_ID), a profile
        or C(az). Where it has none, as a managed identity, it is V(*).
    type: list
    elements: str
    default: []
  resource_groups:
    description:
      - The names of resource groups. Only clusters in these are hosts, and only these are listed.
      - Each of them must be in one of the subscriptions at least, where the credential may list its clusters.
    type: list
    elements: str
    default: []
  cluster_managers:
    description:
      - Names or ARM ids of cluster managers. Only their clusters are hosts.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - Jinja2 expressions over the host variables. The first one that gives a text that is not empty is the host's
        name. Characters other than letters, digits, C(.), C(_) and C(-) become C(_).
      - Without one, or where several clusters would get the same name, the host has the name of its cluster. Where
        clusters of several resource groups have the same name, each is called C(name.resource_group), and if that is
        not enough C(name.resource_group.subscription_id). The order in which Azure lists them does not matter.
    type: list
    elements: str
    default: []
  group_by:
    description:
      - The ready-made groups below C(nexus_clusters). An empty list makes none.
      - V(cluster_manager) makes C(nexus_cluster_manager_<name>), with the manager's id as C(nexus_cluster_manager_id).
        Managers of the same name are told apart like clusters, with C(_) in between.
      - V(location) makes groups like C(nexus_location_eastus), V(detailed_status) like
        C(nexus_detailed_status_running).
      - V(method) makes C(nexus_method_cluster), C(nexus_method_cluster_manager) and C(nexus_method_none), after the
        link to a key vault that the platform uses, see C(nexus_method) in the notes.
    type: list
    elements: str
    choices: [cluster_manager, detailed_status, location, method]
    default: [cluster_manager, detailed_status, location, method]
notes:
  - The group C(nexus_clusters) holds all hosts.
  - Host variables are what M(operator_nexus.credentials.nexus_cluster_info) returns of a cluster, each with C(nexus_)
    before its name, such as C(nexus_id), C(nexus_name), C(nexus_location), C(nexus_tags), C(nexus_identity),
    C(nexus_cluster_manager_id), C(nexus_secret_archive), C(nexus_secret_archive_settings), C(nexus_detailed_status)
    and C(nexus_provisioning_state). C(etag), C(conditions) and C(action_states) are left out.
  - C(nexus_subscription_id), C(nexus_resource_group), C(nexus_cluster_manager_name) and C(nexus_method) come on top.
    C(nexus_method) is V(cluster) where C(nexus_secret_archive_settings) names a vault and the cluster has an identity
    of its own, else V(cluster_manager) where C(nexus_secret_archive) names a vault and uses it, else V(none).
  - No text that Azure returns, such as a tag, is ever evaluated as a template, and nothing that filters make of it.
    C(ansible-inventory --list) marks such texts as C(__ansible_unsafe), and AWX shows them so. Only ids, names,
    locations and states, such as C(nexus_id), are ordinary texts, if they have no other characters than letters,
    digits, V(/), V(.), V(_) and V(-). Before ansible-core 2.19, what a play decodes out of these, for example with
    P(ansible.builtin.b64decode#filter), may be taken for a template; later versions never do that.
  - Credentials may be templates, for example with P(ansible.builtin.env#lookup), or encrypted with C(!vault). Templates
    know the extra variables. They are no good in the options of type path.
  - With O(cache=true), a file has one list in the cache for each login and choice of O(subscriptions),
    O(resource_groups) and O(api_version). It holds clusters, and no credential. C(--flush-cache) and
    C(meta=refresh_inventory) read anew.
  - An option that does not exist is an error, since a filter with a wrong name would let everything through.
  - Where a source fails, Ansible warns of it and goes on with the other sources. It stops with
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) set to V(true).
seealso:
  - module: operator_nexus.credentials.nexus_cluster_info
  - module: operator_nexus.credentials.nexus_clustermanager_info
"""

EXAMPLES = r"""
# All clusters of the subscription that AZURE_SUBSCRIPTION_ID or az names: fleet.nexus.yml
plugin: operator_nexus.credentials.nexus

# Then:
#   ansible-inventory -i fleet.nexus.yml --graph
#   ansible-playbook operator_nexus.credentials.customer_key_vault -i fleet.nexus.yml \
#     -e customer_key_vault_key_vault_id=/subscriptions/.../providers/Microsoft.KeyVault/vaults/kv-nexus-prod

---
# The clusters of one manager, as somebody in particular, in whichever subscription they are.
plugin: operator_nexus.credentials.nexus
tenant: 22222222-2222-4222-8222-222222222222
client_id: 33333333-3333-4333-8333-333333333333
secret: "{{ lookup('ansible.builtin.env', 'NEXUS_READER_SECRET') }}"
subscriptions: ['*']
resource_groups: [nexus-prod]
cluster_managers: [cm-north]

---
# Groups from tags and status, and a vault for each location.
plugin: operator_nexus.credentials.nexus
group_by: [cluster_manager]
keyed_groups:
  # tag_environment_production, tag_site_oslo and so on.
  - key: nexus_tags
    prefix: tag
groups:
  # Clusters that do not write their credentials into a vault of ours.
  to_do: nexus_method == 'none' and nexus_detailed_status == 'Running'
compose:
  customer_key_vault_key_vault_id: >-
    '/subscriptions/' ~ nexus_subscription_id ~ '/resourceGroups/security-prod/providers/Microsoft.KeyVault/vaults/kv-'
    ~ nexus_location

---
# Hosts called after a tag. The list is read once an hour.
plugin: operator_nexus.credentials.nexus
hostnames:
  - nexus_tags.site
  - nexus_name ~ '.' ~ nexus_resource_group
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/nexus-inventory
cache_timeout: 3600
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _settings
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import AUTH_SPEC
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    BadInput,
    MissingLibrary,
    NexusError,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import VERSION
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _fleet, _hosts, _trust
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._quiet import quiet_libraries

# As the playbook does it.
_ON_THE_CONTROLLER = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "operator_nexus.credentials.nexus"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith((".nexus.yml", ".nexus.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        self.templar.available_variables = self._vars
        try:
            self._refuse_unknown(config)
            managers = _hosts.check_managers(self._texts("cluster_managers"))
            clusters = _hosts.under(managers, self._clusters(path, cache))
        except NexusError as error:
            # Without a cause: what the libraries say is neither scrubbed nor one line.
            raise AnsibleParserError(str(error)) from None
        except MissingLibrary as error:
            raise AnsibleParserError(f"{missing_required_lib(error.library)} ({error})") from None
        self._populate(clusters)

    def _refuse_unknown(self, config: Mapping[str, Any]) -> None:
        for name in config:
            if name not in self._options:
                remedy = f"correct it: ansible-doc -t inventory {self.NAME} lists the options"
                raise BadInput(str(name), "there is no such option", remedy)

    def _clusters(self, path: str, cache: bool) -> list[_hosts.Cluster]:
        """The clusters of the search, from the cache if it has them. Settings that cannot work are refused anyhow."""
        params = {name: self._value(name) for name in AUTH_SPEC}
        settings = _settings.resolve(params, os.environ, Path("~").expanduser())
        search = _fleet.plan(
            self._texts("subscriptions"),
            settings["subscription_id"],
            self._texts("resource_groups"),
            str(self._value("api_version")),
        )
        session = Session(params)
        entry = f"{self.get_cache_key(path)}_{_digest(settings, search)}"
        found: list[_hosts.Cluster] | None = self._cached(entry) if cache else None
        if found is None:
            with quiet_libraries():
                documents = _fleet.read(session.arm, search, self.display.warning)
            found = [_hosts.describe(document) for document in documents]
            if self.get_option("cache"):
                self._cache[entry] = found
        return found

    def _cached(self, entry: str) -> Any:
        if not self.get_option("cache"):
            return None
        try:
            return self._cache[entry]
        except KeyError:
            return None

    def _populate(self, clusters: list[_hosts.Cluster]) -> None:
        variables = {key(cluster["id"]): _marked(_hosts.variables(cluster)) for cluster in clusters}
        groups = _hosts.groups(clusters, self.get_option("group_by"))
        names = _hosts.host_names(clusters, self._wished(variables), groups)
        self.inventory.add_group(_hosts.ALL)
        for identifier, host in names.items():
            self.inventory.add_host(host, group=_hosts.ALL)
            for name, text in _ON_THE_CONTROLLER.items():
                self.inventory.set_variable(host, name, _trust.template(text))
            for name, value in variables[identifier].items():
                self.inventory.set_variable(host, name, value)
        for group in sorted(groups):
            self.inventory.add_group(group)
            self.inventory.add_child(_hosts.ALL, group)
            for name, value in groups[group].variables.items():
                self.inventory.set_variable(group, name, _trust.name(value))
            for identifier in groups[group].clusters:
                self.inventory.add_child(group, names[identifier])
        for host in names.values():
            self._construct(host)

    def _construct(self, host: str) -> None:
        """What the file asks for by `compose`, `groups` and `keyed_groups`."""
        strict = self.get_option("strict")
        known = self.inventory.get_host(host).get_vars()
        self._set_composite_vars(self.get_option("compose"), known, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), {}, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, host, strict=strict)

    def _wished(self, variables: Mapping[str, dict[str, Any]]) -> dict[str, str]:
        """Key -> the name by the option hostnames, for the clusters to which it gives one."""
        expressions = self.get_option("hostnames")
        wished = {identifier: self._first_text(expressions, known) for identifier, known in variables.items()}
        return {identifier: name for identifier, name in wished.items() if name}

    def _first_text(self, expressions: list[str], known: dict[str, Any]) -> str:
        for expression in expressions:
            try:
                value = self._compose(expression, known)
            except AnsibleError as error:
                if self.get_option("strict"):
                    raise AnsibleParserError(f"hostnames: {expression} of {known['nexus_id']}: {error}") from None
                continue
            if isinstance(value, (str, int)) and str(value).strip():
                return str(value).strip()
        return ""

    def _value(self, name: str) -> Any:
        value = self.get_option(name)
        return self.templar.template(value) if isinstance(value, str) else value

    def _texts(self, name: str) -> list[str]:
        """An option that is a list of texts; an item may be a template that gives a list, or a text with commas."""
        texts: list[str] = []
        for item in self.get_option(name):
            value = self.templar.template(item)
            texts += value if isinstance(value, list) else str(value).split(",")
        return [str(text) for text in texts]


def _marked(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _trust.name(value) if name in _hosts.NAMES else _trust.data(value) for name, value in variables.items()
    }


def _digest(settings: _settings.Settings, search: _fleet.Search) -> str:
    """What tells lists in the cache apart, without a secret: who asks, where, for what, and how it is kept."""
    secrets = ("secret", "password", "oidc_token", "subscription_id")
    parts = [f"{name}={value}" for name, value in settings.items() if name not in secrets]
    if settings["source"] == "cli":
        parts.append(_settings.cli_login(os.environ, Path("~").expanduser()))
    return hashlib.sha256("\0".join([VERSION, str(search), *parts]).encode()).hexdigest()[:16]
