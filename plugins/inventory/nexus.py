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
      - V(*) means every subscription that the credential can see. Those in which it may not list clusters, or that are
        not in use any more, are left out, with one warning that names them; if that is all of them, it is an error.
      - The default is the subscription of the credential, from O(subscription_id), E(AZURE_SUBSCRIPTION_ID), a profile
        or C(az). Where it has none, as a managed identity, it is V(*).
    type: list
    elements: str
    default: []
  resource_groups:
    description:
      - The names of resource groups. Only clusters in these are hosts, and only these are listed.
      - Each of them must be in one of the subscriptions at least.
      - In a subscription of O(subscriptions), each must let its clusters be listed, or not be there. Azure does not
        tell who may not read a group whether it is there, so a refusal is an error. A credential that may read only
        some groups of several subscriptions needs a source for each subscription.
    type: list
    elements: str
    default: []
  cluster_managers:
    description:
      - Names or ARM ids of cluster managers. Only their clusters are hosts.
      - Each of them must have a cluster where the plugin searches. Otherwise it is an error, which names some that do.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - Jinja2 expressions over the host variables. The first one that gives a text that is not empty is the host's
        name. Characters other than letters, digits, C(.), C(_) and C(-) become C(_), as does C(-) at the beginning.
        V(true) and V(false) are no texts.
      - Without one, or where several clusters would get the same name, the host has the name of its cluster. Where
        clusters of several resource groups have the same name, each is called C(name.resource_group), and if that is
        not enough C(name.resource_group.subscription_id). The order in which Azure lists them does not matter.
      - A name that a group has is taken as well. This goes for groups of earlier sources, for the ready-made ones and
        for those of O(groups). Names that O(keyed_groups) gives are not known beforehand, so there it is an error.
      - What is not Jinja2 is an error. An expression that fails for a cluster is passed over, and with O(strict=true)
        it is an error if no other one gives this cluster a name.
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
        link to a key vault that the platform uses, see C(nexus_method) in the notes. There are always all three.
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
    C(ansible-inventory --list) marks such texts as C(__ansible_unsafe), and AWX shows them so; it means the same to a
    play. Since ansible-core 2.19 this goes for all that O(compose) gives. Only ids, names, locations and states, such
    as C(nexus_id), are ordinary texts, if they have no other characters than letters, digits, V(/), V(.), V(_) and
    V(-). Before ansible-core 2.19, what a play decodes out of these, for example with
    P(ansible.builtin.b64decode#filter), may be taken for a template. Later versions never do that.
  - Credentials may be templates, for example with P(ansible.builtin.env#lookup), or encrypted with C(!vault). Templates
    know the extra variables. The items of O(subscriptions), O(resource_groups) and O(cluster_managers) may be templates
    too, also ones that give lists. Options of the types path and bool, those with choices, and what has to do with the
    cache, are taken as they stand.
  - With O(cache=true), a file has one list in the cache for each login and choice of O(subscriptions),
    O(resource_groups) and O(api_version). It holds clusters, and no credential. A warning of what is left out comes
    with each run. C(--flush-cache) and C(meta=refresh_inventory) read anew.
  - An option that does not exist is an error, since a filter with a wrong name would let everything through.
  - Where a source fails, none of its clusters is a host. Ansible warns of it and goes on with the other sources. It
    stops with E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) set to V(true).
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
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.config.manager import ensure_type
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from jinja2 import Environment, TemplateSyntaxError

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

_SECRETS = {name for name, option in AUTH_SPEC.items() if option.get("no_log")}


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "operator_nexus.credentials.nexus"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith((".nexus.yml", ".nexus.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            config = self._read_config_data(path)
            self.templar.available_variables = self._vars
            self._refuse_unknown(config)
            _check_expressions(self.get_option("hostnames"))
            managers = _hosts.check_managers(self._texts("cluster_managers"))
            self._populate(_hosts.under(managers, self._clusters(path, cache)))
        except NexusError as error:
            # Without a cause: what the libraries say is neither scrubbed nor one line.
            raise AnsibleParserError(str(error)) from None
        except MissingLibrary as error:
            # What else says so tells of ansible_python_interpreter, which is of no use here.
            remedy = f"Install it for the Python that runs Ansible, {sys.executable}, such as with its -m pip install."
            raise AnsibleParserError(f"{error}. {remedy}") from None

    def set_options(self, *arguments: Any, **options: Any) -> None:
        try:
            super().set_options(*arguments, **options)
        except AnsibleError:
            # Ansible's message shows the value.
            for name in _SECRETS & set(options.get("direct") or {}):
                if not _is_text(options["direct"][name]):
                    raise BadInput(name, "its value is not a text") from None
            raise

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
        found = self._cached(entry) if cache else None
        if found is None:
            with quiet_libraries():
                documents, left_out = _fleet.read(session.arm, search)
            found = {"clusters": [_hosts.describe(document) for document in documents], "left_out": left_out}
            if self.get_option("cache"):
                self._cache[entry] = found
        if found["left_out"]:
            self.display.warning(_fleet.warning(found["left_out"]))
        clusters: list[_hosts.Cluster] = found["clusters"]
        if not clusters:
            self.display.warning(f"{path}: there is no cluster where it searches.")
        return clusters

    def _cached(self, entry: str) -> Any:
        if not self.get_option("cache"):
            return None
        try:
            return self._cache[entry]
        except KeyError:
            return None

    def _populate(self, clusters: list[_hosts.Cluster]) -> None:
        before = set(self.inventory.hosts)
        try:
            self._add(clusters)
        except Exception:
            # Ansible goes on without a source that fails, but keeps what it has added: hosts that miss some groups.
            for host in set(self.inventory.hosts) - before:
                self.inventory.remove_host(self.inventory.hosts[host])
            raise

    def _add(self, clusters: list[_hosts.Cluster]) -> None:
        variables = {key(cluster["id"]): _marked(_hosts.variables(cluster)) for cluster in clusters}
        groups = _hosts.groups(clusters, self.get_option("group_by"))
        composed = [self._sanitize_group_name(str(name)) for name in self.get_option("groups") or ()]
        taken = [*groups, *composed, *self.inventory.groups]
        names = _hosts.host_names(clusters, self._wished(variables), taken)
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
                self.inventory.add_host(names[identifier], group)
        try:
            for host in names.values():
                self._construct(host)
        finally:
            # Also where it has failed: this may be why.
            self._refuse_shared(names.values())

    def _refuse_shared(self, hosts: Iterable[str]) -> None:
        """A host that has the name of a group: where Ansible reads the name, it means the group and all its hosts."""
        for host in hosts:
            if host in self.inventory.groups:
                identifier = self.inventory.get_host(host).vars["nexus_id"]
                message = f"'{host}' is the host of {identifier}, and a group that keyed_groups or groups makes"
                remedy = "give the hosts other names, for example by nexus_name ~ '.' ~ nexus_resource_group"
                raise BadInput("hostnames", message, remedy)

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
        failed = []
        for expression in expressions:
            try:
                value = self._compose(expression, known)
            except AnsibleError as error:
                failed.append(f"{expression}: {error}")
                continue
            text = str(value).strip() if isinstance(value, (str, int)) else ""
            # To Python a boolean is a number, and before ansible-core 2.19 it may come as a text.
            if text not in ("", "True", "False"):
                return text
        if failed and self.get_option("strict"):
            raise BadInput("hostnames", f"no name for {known['nexus_id']}: {'; '.join(failed)}")
        return ""

    def _value(self, name: str) -> Any:
        value = self.get_option(name)
        return self._evaluated(name, value) if isinstance(value, str) else value

    def _texts(self, name: str) -> list[str]:
        """An option that is a list of texts; an item may be a template that gives a list, or a text with commas."""
        texts: list[str] = []
        for item in self.get_option(name):
            value = self._evaluated(name, item)
            texts += value if isinstance(value, list) else str(value).split(",")
        return [str(text) for text in texts]

    def _evaluated(self, name: str, text: str) -> Any:
        try:
            return self.templar.template(text)
        except AnsibleError as error:
            reason = "the reason is not shown, it may hold the secret" if name in _SECRETS else str(error)
            raise BadInput(name, f"its template cannot be evaluated: {reason}") from None


def _check_expressions(hostnames: list[str]) -> None:
    """Raises BadInput for one that could never be evaluated, whatever the cluster."""
    for expression in hostnames:
        try:
            Environment().parse(f"{{{{ ({expression}) }}}}")
        except TemplateSyntaxError as error:
            raise BadInput("hostnames", f"'{expression}' is not a Jinja2 expression: {error.message}") from None


def _is_text(value: Any) -> bool:
    """Whether Ansible takes it for an option of type str."""
    try:
        ensure_type(value, "str")
    except Exception:
        return False
    return True


def _marked(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _trust.name(value) if name in _hosts.NAMES else _trust.data(value) for name, value in variables.items()
    }


def _digest(settings: _settings.Settings, search: _fleet.Search) -> str:
    """What tells lists in the cache apart, without a secret: who asks, where, for what, and how it is kept."""
    parts = [f"{name}={value}" for name, value in settings.items() if name not in _SECRETS | {"subscription_id"}]
    if settings["source"] == "cli":
        parts.append(_settings.cli_login(os.environ, Path("~").expanduser()))
    if settings["source"] == "msi" and not settings["client_id"]:
        # The identity of the machine itself, which has no name.
        parts.append(platform.node())
    return hashlib.sha256("\0".join([VERSION, str(search), *parts]).encode()).hexdigest()[:16]
