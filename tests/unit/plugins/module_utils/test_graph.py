# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking an application up in Microsoft Graph."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._graph import Graph
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    CLOUD,
    Answer,
    FakeCredential,
    FakeTransport,
)

APP = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"


def test_found_by_application_id_with_a_token_for_graph() -> None:
    credential, transport = FakeCredential(), FakeTransport(Answer(body={"value": [{"id": "o", "appId": APP}]}))
    assert Graph(CLOUD, credential, transport).service_principal_id(APP) == "o"
    wanted = f"GET https://graph.test/v1.0/servicePrincipals?$filter=appId eq '{APP}'&$select=id,appId"
    assert [unquote(call) for call in transport.calls] == [wanted]
    assert credential.scopes == ["https://graph.test//.default"]


def test_none_when_the_tenant_does_not_have_it() -> None:
    assert Graph(CLOUD, FakeCredential(), FakeTransport(Answer(body={"value": []}))).service_principal_id(APP) is None


def test_a_refusal_is_an_error_with_graphs_request_id() -> None:
    body = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
    transport = FakeTransport(Answer(403, body, {"request-id": "g-1"}))
    with pytest.raises(NexusError) as caught:
        Graph(CLOUD, FakeCredential(), transport).service_principal_id(APP)
    assert (caught.value.code, caught.value.correlation_id) == ("Authorization_RequestDenied", "g-1")
    for way_out in ("principal_id", "customer_key_vault_nexus_principal_id", "Application.Read.All"):
        assert way_out in caught.value.remedy


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]"])
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_an_answer_that_is_not_graphs(body: bytes, kind: str) -> None:
    transport = FakeTransport(Answer(200, body, {"Content-Type": kind}))
    with pytest.raises(NexusError) as caught:
        Graph(CLOUD, FakeCredential(), transport).service_principal_id(APP)
    assert caught.value.code == "NotJson"


def test_a_cloud_without_graph_says_so() -> None:
    with pytest.raises(NexusError, match=r"names no Microsoft Graph.*object id.* principal_id"):
        Graph(replace(CLOUD, graph=""), FakeCredential(), FakeTransport()).service_principal_id(APP)
