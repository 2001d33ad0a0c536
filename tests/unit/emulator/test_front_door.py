# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ARM checks before a resource provider sees a request; the request log; the control endpoint."""

from __future__ import annotations

import pytest
from emulated import CLUSTER, IDENTITIES, MANAGER, NEXUS, SUBSCRIPTION, VERSION, Emulated

import control


@pytest.mark.parametrize(
    ("path", "version", "status", "code"),
    [
        (MANAGER, "", 400, "MissingApiVersionParameter"),
        (MANAGER, "new", 400, "InvalidApiVersionParameter"),
        (MANAGER, "2020-01-01", 400, "NoRegisteredProviderFound"),
        (MANAGER.replace(SUBSCRIPTION, "0000"), VERSION, 404, "SubscriptionNotFound"),
        (MANAGER.replace("/rg/", "/nowhere/"), VERSION, 404, "ResourceGroupNotFound"),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/nowhere", "2021-04-01", 404, "ResourceGroupNotFound"),
        (f"{NEXUS}/clusters/nobody", VERSION, 404, "ResourceNotFound"),
        (f"{NEXUS}/racks/one", VERSION, 404, "InvalidResourceType"),
        (f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Nothing/things", VERSION, 404, "InvalidResourceNamespace"),
    ],
)
def test_errors_in_arms_words(azure: Emulated, path: str, version: str, status: int, code: str) -> None:
    answer = azure.arm("GET", path, version=version)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["x-ms-request-id"]


def test_unsupported_versions_are_answered_with_the_supported_ones(azure: Emulated) -> None:
    message = azure.arm("GET", MANAGER, version="2020-01-01").json()["error"]["message"]
    assert "for type 'clusterManagers'. The supported api-versions are '2022-12-12-preview" in message


def test_wrong_method_and_wrong_json(azure: Emulated) -> None:
    assert azure.arm("POST", MANAGER, {}).status == 405
    answer = azure.send("PATCH", f"{MANAGER}?api-version={VERSION}", {"authorization": "Bearer x"}, b"{")
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")


def test_headers(azure: Emulated) -> None:
    read = azure.arm("GET", MANAGER, x_ms_correlation_request_id="mine").headers
    assert (read["x-ms-correlation-request-id"], read["x-ms-providerhub-traffic"]) == ("mine", "True")
    assert "x-ms-ratelimit-remaining-subscription-global-reads" in read
    written = azure.arm("PATCH", MANAGER, {}).headers
    assert "x-ms-ratelimit-remaining-subscription-writes" in written
    assert "retry-after" not in written
    made_up = {azure.arm("GET", MANAGER).headers["x-ms-correlation-request-id"] for _time in range(2)}
    assert len(made_up) == 2


def only_reads(azure: Emulated) -> None:
    """Take the operator's roles away but for Reader."""
    (assignment,) = azure.world.assignments.values()
    role = assignment["properties"]["roleDefinitionId"]
    reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    assignment["properties"]["roleDefinitionId"] = role.rpartition("/")[0] + f"/{reader}"


def test_the_callers_roles_decide(azure: Emulated) -> None:
    only_reads(azure)
    assert azure.arm("GET", MANAGER).status == 200
    answer = azure.arm("PATCH", MANAGER, {"tags": {}})
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
    message = answer.json()["error"]["message"]
    assert f"to perform action 'Microsoft.NetworkCloud/clusterManagers/write' over scope '{MANAGER}'" in message
    azure.world.assignments.clear()
    listing = azure.arm("GET", f"{NEXUS}/clusters").json()["error"]["message"]
    group = NEXUS.partition("/providers/")[0]
    assert f"'Microsoft.NetworkCloud/clusters/read' over scope '{group}'" in listing


def test_attaching_an_identity_needs_the_right_to_assign_it(azure: Emulated) -> None:
    (assignment,) = azure.world.assignments.values()
    assignment["properties"]["scope"] = MANAGER
    body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/id-a": {}}}}
    answer = azure.arm("PATCH", MANAGER, body)
    assert (answer.status, answer.code) == (403, "LinkedAuthorizationFailed")


def test_refused_writes_change_nothing(azure: Emulated) -> None:
    before = azure.get(MANAGER)
    azure.control("PATCH", "settings", {"refuse_writes": True})
    for method in ("PUT", "PATCH", "DELETE"):
        assert azure.arm(method, MANAGER, {}).code == "EmulatorRefusesWrites"
    assert azure.get(MANAGER) == before


def test_so_many_writes_are_let_through(azure: Emulated) -> None:
    azure.control("PATCH", "settings", {"writes_left": 2})
    assert azure.arm("PATCH", MANAGER, {"tags": {"a": "0"}}).status == 200  # not counted: nothing is refused yet
    azure.control("PATCH", "settings", {"refuse_writes": True})
    answers = []
    for number in range(4):
        azure.get(MANAGER)
        azure.token()
        azure.send("POST", f"/subscriptions/{SUBSCRIPTION}/checkAccess")
        answers.append(azure.arm("PATCH", MANAGER, {"tags": {"a": str(number)}}).status)
    assert answers == [200, 200, 403, 403]
    assert azure.get(MANAGER)["tags"] == {"a": "1"}
    assert azure.send("PUT", "https://kv-one.vault.azure.emulator/secrets/one").code == "EmulatorRefusesWrites"
    assert azure.control("GET", "settings").json()["writes_left"] == 0


def test_log(azure: Emulated) -> None:
    azure.get(MANAGER)
    azure.arm("PATCH", MANAGER, {"tags": {"a": "1"}})
    (written,) = azure.control("GET", "log?writes=true").json()["value"]
    expected = {"method": "PATCH", "path": MANAGER, "api_version": VERSION, "status": 200, "body": {"tags": {"a": "1"}}}
    assert {name: written[name] for name in expected} == expected
    assert written["caller"] in azure.world.principals
    everything = azure.control("GET", "log").json()["value"]
    assert [item["service"] for item in everything] == ["entra", "arm", "arm"]
    assert azure.control("GET", f"log?since={written['number']}").json()["value"] == []
    azure.control("DELETE", "log")
    assert azure.control("GET", "log").json()["value"] == []


def test_reset_brings_back_the_fleet_and_keeps_tokens_good(azure: Emulated) -> None:
    azure.control("PATCH", "settings", {"page_size": 1})
    azure.arm("DELETE", CLUSTER)
    azure.finish()
    assert azure.send("POST", "/emulator/reset", None, b"{not JSON").status == 204
    assert azure.get(CLUSTER)["name"] == "cluster-one"
    assert azure.control("GET", "settings").json()["page_size"] == 100
    assert azure.control("GET", "log?writes=true").json()["value"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"speed": 1},
        {"page_size": "1"},
        {"pace": "fast"},
        {"refuse_writes": 1},
        {"page_size": 5, "speed": 1},
        {"page_size": 0},
        {"token_seconds": 0},
        {"operation_seconds": -1},
        {"writes_left": -1},
        {"fail_operations": 0.5},
        {"cluster_operator_role": "maybe"},
        {"rotation_seconds": float("nan")},
        {"role_effect_seconds": float("inf")},
        {"operation_seconds": 10**400},
    ],
)
def test_bad_settings_are_refused_as_a_whole(azure: Emulated, changes: dict[str, object]) -> None:
    before = azure.control("GET", "settings").json()
    assert azure.control("PATCH", "settings", changes).status == 400
    assert azure.control("GET", "settings").json() == before


def test_settings_of_the_command_line(azure: Emulated) -> None:
    settings = azure.world.settings
    given = ("page_size=7", "operation_seconds=1", "pace=recorded", "refuse_writes=true")
    control.change_settings(settings, dict(control.parse_setting(settings, text) for text in given))
    assert (settings.page_size, settings.operation_seconds, settings.pace) == (7, 1.0, "recorded")
    assert settings.refuse_writes is True
    no = ("refuse_writes=NO", "operation_seconds=0")
    control.change_settings(settings, dict(control.parse_setting(settings, text) for text in no))
    assert (settings.refuse_writes, settings.operation_seconds) == (False, 0.0)
    for wrong in ("page_size", "page_size=x", "page_size=0", "refuse_writes=ture", "operation_seconds=-1"):
        with pytest.raises(control.ControlError):
            control.change_settings(settings, dict([control.parse_setting(settings, wrong)]))


def test_control_shows_one_resource_and_rotates(azure: Emulated) -> None:
    assert azure.control("GET", f"resource?id={CLUSTER.upper()}").json()["name"] == "cluster-one"
    assert azure.control("GET", "resource?id=/nobody").status == 404
    assert azure.control("POST", "rotate", {"cluster": CLUSTER}).json()["rotated"] == 0
    for wrong in ("/nobody", MANAGER):
        assert azure.control("POST", "rotate", {"cluster": wrong}).status == 400
        assert azure.control("GET", f"history?cluster={wrong}").status == 400
    assert azure.control("POST", "explode").status == 404


def test_control_shows_what_was_due(azure: Emulated) -> None:
    azure.arm("PATCH", CLUSTER, {"properties": {"clusterLocation": "cellar"}})
    azure.finish()
    shown = azure.control("GET", f"resource?id={CLUSTER}").json()
    assert shown["properties"]["provisioningState"] == "Succeeded"


def test_a_failure_of_the_emulator_is_one_answer(azure: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise KeyError("secret word")

    monkeypatch.setattr("app.answer_arm", broken)
    answer = azure.arm("PATCH", MANAGER, {"tags": {}})
    assert (answer.status, answer.code) == (500, "InternalServerError")
    assert b"secret word" not in answer.content
    (written,) = azure.control("GET", "log?writes=true").json()["value"]
    assert (written["status"], written["body"]) == (500, {"tags": {}})
    monkeypatch.setattr("control.networkcloud.etag", broken)
    assert azure.control("GET", f"resource?id={MANAGER}").code == "InternalServerError"


@pytest.mark.parametrize("step", ["operations.settle", "nexus_platform.tick"])
def test_reset_helps_whatever_is_broken(azure: Emulated, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(f"app.{step}", broken)
        assert azure.send("GET", f"{MANAGER}?api-version={VERSION}").code == "InternalServerError"
        assert azure.world.log[-1]["status"] == 500
        assert azure.control("GET", "settings").code == "InternalServerError"
        assert azure.control("POST", "reset").status == 204
    assert azure.get(MANAGER)["name"] == "cm-one"


def test_control_is_not_reached_by_another_name(azure: Emulated) -> None:
    assert azure.send("GET", "https://management.azure.emulator/emulator/log").code == "AuthenticationFailed"
