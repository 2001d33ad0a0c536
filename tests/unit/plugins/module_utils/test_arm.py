# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing resources: what goes over the wire, and what an answer becomes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_store import FakeStore
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    CLOUD,
    Answer,
    FakeCredential,
    FakeTime,
    FakeTransport,
)

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things/t"
SUBSCRIPTION = "/subscriptions/s/providers/Microsoft.Test/things"
GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things"
URL = f"https://arm.test{ID}?api-version=2025-09-01"
STATUS_URL = "https://arm.test/subscriptions/s/providers/Microsoft.Test/locations/X/operationStatuses/a*B?api-version=v&t=1&s=SIGNATURE"
VERSION = "2025-09-01"


def make(*answers: Answer, time: FakeTime | None = None) -> tuple[Arm, FakeTransport]:
    transport = FakeTransport(*answers)
    time = time or FakeTime()
    return Arm(CLOUD, FakeCredential(), transport, clock=time.clock, sleep=time.sleep), transport


def remembering(*answers: Answer) -> tuple[Arm, FakeTransport]:
    """One of the tasks of a run that share what they read."""
    transport = FakeTransport(*answers)
    return Arm(CLOUD, FakeCredential(), transport, Memory(FakeStore(), (), 60)), transport


def error(code: str, status: int = 404, message: str = "words", **headers: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}}, headers)


def test_get_gives_the_raw_document() -> None:
    document = {
        "id": ID,
        "etag": '"e"',
        "identity": {"type": "SystemAssigned, UserAssigned"},
        "properties": {"a": None},
    }
    arm, transport = make(Answer(body=document))
    assert arm.get(ID, VERSION) == document
    assert transport.calls == [f"GET {URL}"]


def test_requests_say_who_they_are() -> None:
    arm, transport = make(Answer(body={}))
    arm.get(ID, VERSION)
    headers = transport.requests[0].headers
    assert headers["Authorization"] == "Bearer fake-token"
    assert headers["User-Agent"].startswith("ansible-operator_nexus.credentials/")
    assert headers["x-ms-client-request-id"]


def test_the_token_is_for_the_clouds_own_audience() -> None:
    credential = FakeCredential()
    Arm(CLOUD, credential, FakeTransport(Answer(body={}))).get(ID, VERSION)
    assert credential.scopes == ["https://arm.test//.default"]


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "NotFound"])
def test_get_gives_none_when_the_resource_is_not_there(code: str) -> None:
    arm, _transport = make(error(code))
    assert arm.get(ID, VERSION) is None


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "InvalidResourceType", "InvalidResourceNamespace", "Other"])
def test_another_404_is_an_error(code: str) -> None:
    arm, _transport = make(error(code))
    with pytest.raises(NexusError) as caught:
        arm.get(ID, VERSION)
    assert (caught.value.status, caught.value.code) == (404, code)


def test_a_404_that_azure_did_not_write_is_an_error() -> None:
    arm, _transport = make(Answer(404, b"<html>nginx</html>", {"Content-Type": "text/html"}))
    with pytest.raises(NexusError, match="Http404"):
        arm.get(ID, VERSION)


def test_a_403_names_operation_resource_code_and_correlation_id() -> None:
    arm, _transport = make(
        error("AuthorizationFailed", 403, "The client lacks it.", **{"x-ms-correlation-request-id": "c-1"})
    )
    with pytest.raises(NexusError) as caught:
        arm.get(ID, VERSION)
    assert str(caught.value).startswith(
        f"Could not read {ID}: AuthorizationFailed: The client lacks it (correlation id c-1). Give"
    )


def test_an_unregistered_provider_is_reported_and_not_registered() -> None:
    answer = error("MissingSubscriptionRegistration", 409, "not registered to use namespace 'Microsoft.Test'.")
    arm, transport = make(answer)
    with pytest.raises(NexusError, match="MissingSubscriptionRegistration"):
        arm.get(ID, VERSION)
    assert transport.calls == [f"GET {URL}"]


def test_throttling_is_waited_out_as_told() -> None:
    arm, transport = make(Answer(429, {}, {"Retry-After": "7"}), Answer(503, {}), Answer(body={"id": ID}))
    assert arm.get(ID, VERSION) == {"id": ID}
    assert transport.slept[0] == 7


def test_a_broken_connection_is_tried_again() -> None:
    arm, transport = make(Answer(raises=requests.ConnectionError("reset")), Answer(body={"id": ID}))
    assert arm.get(ID, VERSION) == {"id": ID}
    assert len(transport.calls) == 2


def test_list_follows_the_next_link_as_it_is() -> None:
    path = "/subscriptions/s/providers/Microsoft.Test/things"
    link = f"https://arm.test{path}?api-version=2024-07-01&%24skipToken=a%2Bb%3D%3D&x=1"
    arm, transport = make(
        Answer(body={"value": [{"id": "1"}], "nextLink": link}), Answer(body={"value": [{"id": "2"}]})
    )
    assert arm.list(path, VERSION) == [{"id": "1"}, {"id": "2"}]
    assert transport.calls[0] == f"GET https://arm.test{path}?api-version={VERSION}"
    asked = transport.calls[1].removeprefix(f"GET https://arm.test{path}?").split("&")
    assert sorted(asked) == ["%24skipToken=a%2Bb%3D%3D", "api-version=2024-07-01", "x=1"]


def test_list_never_gives_the_token_to_another_host() -> None:
    link = "https://evil.test/subscriptions?api-version=1"
    arm, transport = make(Answer(body={"value": [], "nextLink": link}), Answer(body={"value": []}))
    arm.list("/subscriptions", VERSION)
    assert transport.calls[1] == "GET https://arm.test/subscriptions?api-version=1"


def test_list_quotes_its_query() -> None:
    arm, transport = make(Answer(body={"value": []}))
    arm.list("/things", VERSION, {"$filter": "name eq 'a b'"})
    assert "$filter=name%20eq%20%27a%20b%27" in transport.calls[0]


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    arm, transport = make(Answer(body={}))
    arm.get("/things/a?b#c%2F{d}", VERSION)
    assert transport.calls == [f"GET https://arm.test/things/a%3Fb%23c%252F%7Bd%7D?api-version={VERSION}"]


def test_patch_sends_nulls_and_the_etag() -> None:
    body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {"a": None, "b": {}}}}
    arm, transport = make(Answer(body={"id": ID, "properties": {"provisioningState": "Succeeded"}}))
    arm.patch(ID, body, VERSION, if_match='"e"')
    sent = transport.requests[0]
    assert (sent.method, sent.url, sent.headers["If-Match"]) == ("PATCH", URL, '"e"')
    assert json.loads(sent.body or "") == body


def test_a_patch_without_etag_sends_no_condition() -> None:
    arm, transport = make(Answer(body={"id": ID}))
    arm.patch(ID, {}, VERSION)
    assert "If-Match" not in transport.requests[0].headers


@pytest.mark.parametrize("state", ["Succeeded", "Failed", "Canceled", None])
def test_a_synchronous_patch_gives_its_body(state: str | None) -> None:
    document = {"id": ID, "properties": {"provisioningState": state}}
    arm, transport = make(Answer(body=document))
    assert arm.patch(ID, {}, VERSION) == document
    assert len(transport.calls) == 1


def accepted(**headers: str) -> Answer:
    return Answer(202, None, {"Azure-AsyncOperation": STATUS_URL, "Location": STATUS_URL, **headers})


def status(state: str, http: int = 200, **more: Any) -> Answer:
    return Answer(http, {"id": "x", "status": state, "startTime": "2024-11-22T22:55:08.9392954Z", **more})


def test_patch_polls_to_the_real_end_and_reads_the_resource_anew() -> None:
    time = FakeTime()
    final = {"id": ID, "etag": "new"}
    done = status("Succeeded", error={}, properties=None)
    arm, transport = make(accepted(), status("Accepted"), status("Updating", 202), done, Answer(body=final), time=time)
    assert arm.patch(ID, {}, VERSION) == final
    assert transport.calls == [f"PATCH {URL}", *[f"GET {STATUS_URL}"] * 3, f"GET {URL}"]
    assert time.slept == [0.5, 0.75]


def test_patch_without_waiting_ends_with_the_202() -> None:
    arm, transport = make(accepted())
    assert arm.patch(ID, {}, VERSION, wait=False) is None
    assert len(transport.calls) == 1


HTML = b"<html>Please log in</html>"


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "application/octet-stream"])
@pytest.mark.parametrize("body", [HTML, b"", b"[]", b'"text"', b"null"])
def test_an_answer_that_is_no_json_object_is_not_azures(body: bytes, kind: str) -> None:
    calls: list[Callable[[Arm], Any]] = [lambda arm: arm.get(ID, VERSION), lambda arm: arm.list("/things", VERSION)]
    for call in calls:
        arm, _transport = make(Answer(200, body, {"Content-Type": kind}))
        with pytest.raises(NexusError) as caught:
            call(arm)
        assert caught.value.code == "NotJson"
        assert caught.value.operation
        assert "HTTPS_PROXY" in caught.value.remedy and "cloud_environment" in caught.value.remedy
        assert "log in" not in str(caught.value)


@pytest.mark.parametrize("wait", [True, False])
def test_an_answer_to_a_patch_that_is_no_json(wait: bool) -> None:
    arm, _transport = make(Answer(200, HTML, {"Content-Type": "text/html"}))
    with pytest.raises(NexusError) as caught:
        arm.patch(ID, {}, VERSION, wait=wait)
    assert caught.value.code == "NotJson"
    assert caught.value.failure["resource_id"] == ID


@pytest.mark.parametrize("wait", [True, False])
def test_an_empty_answer_to_a_patch_is_an_answer(wait: bool) -> None:
    arm, transport = make(Answer(200, b""))
    assert arm.patch(ID, {}, VERSION, wait=wait) is None
    assert len(transport.calls) == 1


def test_accepted_without_a_body() -> None:
    arm, transport = make(Answer(202, b"", {"Azure-AsyncOperation": STATUS_URL}))
    assert arm.patch(ID, {}, VERSION, wait=False) is None
    arm, transport = make(
        Answer(202, b"", {"Azure-AsyncOperation": STATUS_URL}), status("Succeeded"), Answer(body={"id": ID})
    )
    assert arm.patch(ID, {}, VERSION) == {"id": ID}
    assert len(transport.calls) == 3


def test_a_list_of_a_group_that_is_not_there_says_what_to_correct() -> None:
    arm, _transport = make(error("ResourceGroupNotFound"))
    with pytest.raises(NexusError) as caught:
        arm.list("/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things", VERSION)
    assert "resource_group" in caught.value.remedy and "subscription_id" in caught.value.remedy


def test_a_patch_that_is_throttled_or_cut_off_is_repeated() -> None:
    answers = (Answer(429, {}), Answer(502, {}), Answer(raises=requests.ReadTimeout("slow")), Answer(body={"id": ID}))
    arm, transport = make(*answers)
    assert arm.patch(ID, {"tags": {}}, VERSION) == {"id": ID}
    assert [(sent.method, sent.body) for sent in transport.requests] == [("PATCH", b'{"tags": {}}')] * 4


def test_a_lost_race_is_told_by_its_status() -> None:
    arm, _transport = make(error("PreconditionFailed", 412))
    with pytest.raises(NexusError) as caught:
        arm.patch(ID, {}, VERSION, if_match="old")
    assert caught.value.status == 412


def created(state: str | None = "Accepted", **headers: str) -> Answer:
    """The answer to the creation of a cluster manager, as recorded: no Location, and the body tells what it knows."""
    body = {"id": ID, "location": "uksouth", "properties": {"provisioningState": state}}
    return Answer(201, body, {"Azure-AsyncOperation": STATUS_URL, "etag": '"e"', **headers})


def test_put_sends_the_body_and_its_conditions() -> None:
    body = {"location": "uksouth", "identity": {"type": "None"}, "properties": {"a": None}}
    arm, transport = make(Answer(201, {"id": ID, "properties": {"provisioningState": "Succeeded"}}))
    arm.put(ID, body, VERSION, if_none_match="*")
    sent = transport.requests[0]
    assert (sent.method, sent.url, sent.headers["If-None-Match"]) == ("PUT", URL, "*")
    assert "If-Match" not in sent.headers
    assert json.loads(sent.body or "") == body

    arm, transport = make(Answer(200, {"id": ID}))
    arm.put(ID, body, VERSION, if_match='"e"')
    sent = transport.requests[0]
    assert sent.headers["If-Match"] == '"e"'
    assert "If-None-Match" not in sent.headers


def test_put_polls_to_the_real_end_and_reads_the_resource_anew() -> None:
    time = FakeTime()
    final = {"id": ID, "properties": {"provisioningState": "Succeeded", "vmSize": "Standard_D4_v2"}}
    done = status("Succeeded", properties=None)
    arm, transport = make(created(), status("Accepted"), status("Accepted"), done, Answer(body=final), time=time)
    assert arm.put(ID, {}, VERSION) == final
    assert transport.calls == [f"PUT {URL}", *[f"GET {STATUS_URL}"] * 3, f"GET {URL}"]
    assert time.slept == [0.5, 0.75]


def test_put_without_waiting_gives_what_the_answer_tells() -> None:
    arm, transport = make(created())
    document = arm.put(ID, {}, VERSION, wait=False)
    assert document is not None and document["properties"] == {"provisioningState": "Accepted"}
    assert len(transport.calls) == 1


def test_a_creation_without_the_url_of_its_operation_is_followed_by_its_state() -> None:
    going, done = ({"id": ID, "properties": {"provisioningState": state}} for state in ("Accepted", "Succeeded"))
    arm, transport = make(Answer(201, going), Answer(body=going), Answer(body=done))
    assert arm.put(ID, {}, VERSION) == done
    assert len(transport.calls) == 3


def test_a_creation_that_fails_is_told_as_one() -> None:
    words = {"code": "SkuNotAvailable", "message": "No capacity."}
    arm, _transport = make(created(), status("Failed", error=words))
    with pytest.raises(NexusError) as caught:
        arm.put(ID, {}, VERSION)
    assert str(caught.value).startswith(f"Could not finish the creation of {ID}: SkuNotAvailable: No capacity.")


def test_a_creation_that_somebody_else_has_begun_is_told_by_its_status() -> None:
    arm, _transport = make(error("PreconditionFailed", 412))
    with pytest.raises(NexusError) as caught:
        arm.put(ID, {}, VERSION, if_none_match="*")
    assert (caught.value.status, caught.value.operation) == (412, "create")


def test_a_put_or_delete_that_is_throttled_or_cut_off_is_repeated() -> None:
    disturbances = [Answer(429, {}), Answer(502, {}), Answer(raises=requests.ReadTimeout("slow"))]
    arm, transport = make(*disturbances, Answer(body={"id": ID}))
    assert arm.put(ID, {"a": 1}, VERSION) == {"id": ID}
    assert [(sent.method, sent.body) for sent in transport.requests] == [("PUT", b'{"a": 1}')] * 4
    arm, transport = make(*disturbances, Answer(204, b""))
    assert arm.delete(ID, VERSION) is False
    assert len(transport.calls) == 4


def test_delete_polls_while_the_polls_answer_202() -> None:
    """As recorded: the state of the operation is Deleting, and each poll has the URLs anew."""
    time = FakeTime()
    urls = {"Azure-AsyncOperation": STATUS_URL + "2", "Location": STATUS_URL + "3"}
    deleting = Answer(202, {"id": "x", "status": "Deleting", "startTime": "2024-08-14T20:13:51Z"}, urls)
    arm, transport = make(accepted(), deleting, deleting, status("Succeeded", properties=None), time=time)
    assert arm.delete(ID, VERSION) is True
    assert transport.calls == [f"DELETE {URL}", *[f"GET {STATUS_URL}"] * 3]
    assert time.slept == [0.5, 0.75]


@pytest.mark.parametrize("body", [None, b""])
def test_delete_without_waiting_ends_with_the_202(body: bytes | None) -> None:
    arm, transport = make(Answer(202, body, {"Azure-AsyncOperation": STATUS_URL, "Location": STATUS_URL}))
    assert arm.delete(ID, VERSION, wait=False) is True
    assert len(transport.calls) == 1


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(
    ("answer", "was_there"),
    [
        (Answer(204, b""), False),
        (error("ResourceGroupNotFound"), False),
        (error("ResourceNotFound"), False),
        # Of api-versions up to 2023-07-01.
        (Answer(200, b""), True),
    ],
)
def test_delete_tells_whether_there_was_something(answer: Answer, was_there: bool, wait: bool) -> None:
    arm, transport = make(answer)
    assert arm.delete(ID, VERSION, wait=wait) is was_there
    assert len(transport.calls) == 1


def test_what_delete_cannot_do_is_an_error() -> None:
    for answer in (error("SubscriptionNotFound"), error("ScopeLocked", 409), error("AuthorizationFailed", 403)):
        arm, _transport = make(answer)
        with pytest.raises(NexusError) as caught:
            arm.delete(ID, VERSION)
        assert caught.value.status == answer.status
        assert caught.value.operation == "delete"


def test_a_deletion_that_fails_is_told_as_one() -> None:
    arm, _transport = make(accepted(), status("Deleting", 202), status("Failed", error={"code": "C", "message": "m"}))
    with pytest.raises(NexusError, match="Could not finish the deletion of"):
        arm.delete(ID, VERSION)


def test_a_status_that_cannot_be_found_is_no_end_of_a_deletion() -> None:
    arm, _transport = make(accepted(), error("NotFound"))
    with pytest.raises(NexusError, match="NotFound"):
        arm.delete(ID, VERSION)


@pytest.mark.parametrize("wait", [True, False])
def test_a_proxy_neither_creates_nor_deletes(wait: bool) -> None:
    calls: list[Callable[[Arm], Any]] = [
        lambda arm: arm.put(ID, {}, VERSION, wait=wait),
        lambda arm: arm.delete(ID, VERSION, wait=wait),
    ]
    for call in calls:
        arm, _transport = make(Answer(200, HTML, {"Content-Type": "text/html"}))
        with pytest.raises(NexusError) as caught:
            call(arm)
        assert caught.value.code == "NotJson"


def test_settle_reads_until_nothing_goes_on() -> None:
    time = FakeTime()
    answers = [
        Answer(body={"properties": {"provisioningState": state}}) for state in ("Updating", "Accepted", "Failed")
    ]
    arm, _transport = make(*answers, time=time)
    assert arm.settle(ID, VERSION, 60) == {"properties": {"provisioningState": "Failed"}}
    assert time.slept == [0.5, 0.75]


def test_settle_gives_up_at_the_callers_limit() -> None:
    time = FakeTime()
    arm, _transport = make(*[Answer(body={"properties": {"provisioningState": "Updating"}})] * 9, time=time)
    with pytest.raises(NexusError, match="OperationTimeout"):
        arm.settle(ID, VERSION, 2)
    assert time.now == 2


def test_a_redirection_to_another_host_does_not_get_the_token() -> None:
    arm, transport = make(Answer(307, None, {"Location": "https://other.test/x"}), Answer(body={"id": ID}))
    assert arm.get(ID, VERSION) == {"id": ID}
    assert transport.calls[1] == "GET https://other.test/x"
    assert "Authorization" not in transport.requests[1].headers


def things(*names: str) -> list[dict[str, Any]]:
    return [{"id": f"{GROUP}/{name}", "name": name} for name in names]


def test_what_was_read_is_recalled_in_any_letter_case() -> None:
    arm, transport = remembering(Answer(body={"id": ID}))
    arm.get(ID, VERSION)
    assert arm.recall(ID.upper().strip("/"), VERSION) == {"id": ID}
    assert len(transport.calls) == 1


def test_another_version_is_another_document() -> None:
    arm, _transport = remembering(Answer(body={"id": ID}), Answer(body={"id": ID, "new": True}))
    arm.get(ID, VERSION)
    assert arm.recall(ID, "2026-07-01") == {"id": ID, "new": True}


def test_what_nobody_has_read_is_read_for_all() -> None:
    arm, transport = remembering(Answer(body={"id": ID}))
    assert [arm.recall(ID, VERSION) for _time in range(2)] == [{"id": ID}] * 2
    assert len(transport.calls) == 1


def test_without_a_run_nothing_is_recalled_and_nothing_read_for_it() -> None:
    arm, transport = make()
    assert arm.recall(ID, VERSION) is arm.recall(ID, VERSION, [GROUP]) is None
    assert transport.calls == []


def test_get_always_reads() -> None:
    arm, transport = remembering(Answer(body={"id": ID}), Answer(body={"id": ID, "new": True}))
    arm.get(ID, VERSION)
    assert arm.get(ID, VERSION) == arm.recall(ID, VERSION) == {"id": ID, "new": True}
    assert len(transport.calls) == 2


def test_a_listed_resource_is_a_read_one() -> None:
    arm, transport = remembering(Answer(body={"value": things("t", "u")}))
    arm.list_resources(GROUP, VERSION)
    assert arm.recall(f"{GROUP}/u", VERSION) == things("u")[0]
    assert len(transport.calls) == 1


def test_the_third_of_many_brings_all_the_others() -> None:
    """The first two are left to whoever needs them."""
    arm, transport = remembering(Answer(body={"value": things("a", "b", "c", "d")}))
    found = [arm.recall(f"{GROUP}/{name}", VERSION, [SUBSCRIPTION, GROUP]) for name in "abcd"]
    assert found == [None, None, *things("c", "d")]
    assert transport.calls == [f"GET https://arm.test{SUBSCRIPTION}?api-version={VERSION}"]
    assert arm.recall(f"{GROUP}/e", VERSION, [SUBSCRIPTION, GROUP]) is None, "not in the list, and not worth another"


def test_who_may_not_read_the_long_list_reads_the_short_one() -> None:
    """Each group's, for a fleet may lie in many."""
    arm, transport = remembering(error("AuthorizationFailed", 403), *[Answer(body={"value": things("e")})] * 2)
    found = [arm.recall(f"{GROUP}/{name}", VERSION, [SUBSCRIPTION, GROUP]) for name in "abcde"]
    assert found == [None] * 4 + things("e")
    other = GROUP.replace("/g/", "/other/")
    for name in "abc":
        arm.recall(f"{other}/{name}", VERSION, [SUBSCRIPTION, other])
    assert transport.calls == [
        f"GET https://arm.test{path}?api-version={VERSION}" for path in (SUBSCRIPTION, GROUP, other)
    ]


def test_who_may_read_no_list_is_not_told_of_it() -> None:
    arm, transport = remembering(*[error("AuthorizationFailed", 403)] * 2)
    assert [arm.recall(f"{GROUP}/{name}", VERSION, [SUBSCRIPTION, GROUP]) for name in "abcdefg"] == [None] * 7
    assert len(transport.calls) == 2


def test_a_write_makes_it_unknown_again() -> None:
    arm, _transport = remembering(Answer(body={"id": ID}), Answer(body={"id": ID}))
    arm.get(ID, VERSION)
    arm.patch(ID, {}, VERSION)
    assert arm.recall(ID, VERSION, ["/list"]) is None


def test_what_is_seen_to_be_gone_is_not_recalled() -> None:
    arm, _transport = remembering(Answer(body={"id": ID}), error("ResourceNotFound"))
    arm.get(ID, VERSION)
    assert arm.get(ID, VERSION) is None
    assert arm.recall(ID, VERSION, ["/list"]) is None


def test_creation_and_deletion_make_it_unknown_again() -> None:
    calls: list[Callable[[Arm], Any]] = [lambda arm: arm.put(ID, {}, VERSION), lambda arm: arm.delete(ID, VERSION)]
    for call in calls:
        arm, _transport = remembering(Answer(body={"id": ID}), Answer(200, {"id": ID}))
        arm.get(ID, VERSION)
        call(arm)
        assert arm.recall(ID, VERSION, ["/list"]) is None
