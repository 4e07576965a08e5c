"""What webhooks can be told of, by the API."""

import pytest
from support.contract import contract

pytestmark = pytest.mark.anyio

EVENTS = contract().document["components"]["schemas"]["hook_event"]["properties"]["event"]["enum"]


async def test_the_subjects_lead_to_their_events(api):
    found = (await api.get("/2.0/hook_events")).json()

    assert list(found) == ["repository", "workspace"]
    for subject in found.values():
        path = "/2.0" + subject["events"]["href"].partition("/2.0")[2]
        assert (await api.get(path)).json()["size"] > 20


async def test_a_workspace_is_told_of_every_event_of_the_contract(api):
    found = (await api.get("/2.0/hook_events/workspace")).json()

    assert sorted(one["event"] for one in found["values"]) == sorted(EVENTS)
    assert len(EVENTS) == 29
    assert all(one["label"] and one["description"] and one["category"] for one in found["values"])


async def test_a_repository_is_not_told_of_its_making_nor_of_projects(api):
    found = (await api.get("/2.0/hook_events/repository")).json()

    assert set(EVENTS) - {one["event"] for one in found["values"]} == {"repo:created", "project:updated"}


async def test_events_are_paged_and_asked(api):
    page = (await api.get("/2.0/hook_events/workspace", query={"pagelen": "10", "page": "3"})).json()
    asked = (await api.get("/2.0/hook_events/workspace", query={"q": 'category="Issue"'})).json()

    assert len(page["values"]) == 9
    assert {one["event"] for one in asked["values"]} == {
        "issue:created",
        "issue:updated",
        "issue:comment_created",
    }


@pytest.mark.parametrize("subject", ["user", "team", "Repository", "x" * 300, "%2e%2e", "%00"])
async def test_of_nothing_else_there_are_events(api, subject):
    assert (await api.get(f"/2.0/hook_events/{subject}")).status in {400, 404}
