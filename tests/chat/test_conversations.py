"""The routes of conversations: what was said can be found, changed, followed and stopped."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from functions.chat.app import app
from sluice.domain import uuid7
from sluice.testing.models import ScriptedModel
from tests.chat.conftest import Parts


@pytest.fixture
async def live(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over real HTTP, which sees each event as it comes."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=5))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
            yield client
        server.should_exit = True
        await serving


class Reader:
    """Reads a stream of events: `ids` and `events` hold what has come."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.ids: list[int] = []
        self.events: list[Any] = []

    async def until(self, kind: str) -> Any:
        """Read to the next event of this type and return it; `end` reads to the end."""
        async for line in self._lines:
            if line.startswith("id: "):
                self.ids.append(int(line[4:]))
            elif line.startswith("data: {"):
                self.events.append(json.loads(line[6:]))
                if self.events[-1]["type"] == kind:
                    return self.events[-1]
        assert kind == "end", f"the stream ended before {kind}: {self.events}"
        return None


@asynccontextmanager
async def asked(client: httpx.AsyncClient, message: str = "whales", **body: object) -> AsyncIterator[Reader]:
    async with client.stream("POST", "/api/chat", json={"message": message, **body}) as response:
        assert response.status_code == 200
        yield Reader(response)


async def ask(client: httpx.AsyncClient, **body: object) -> Any:
    """Ask, read to the end and return the `start` event."""
    response = await client.post("/api/chat", json=body)
    assert response.status_code == 200, response.text
    return json.loads(response.text.split("data: ")[1].splitlines()[0])


def said(conversation: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(message["content"], message["finish_reason"]) for message in conversation["messages"]]


async def test_a_running_answer_is_stopped_by_another_request(live: httpx.AsyncClient, parts: Parts) -> None:
    """The stream ends in order, the model is hung up on, and what was said stays."""
    parts.model.enqueue("They eat ", asyncio.Event(), "never")

    async with asked(live) as reader:
        start = await reader.until("start")
        await reader.until("text")
        stopped = await live.post(f"/api/conversations/{start['conversation_id']}/stop")
        done = await reader.until("done")

    conversation = (await live.get(f"/api/conversations/{start['conversation_id']}")).json()
    assert stopped.json() == {"message_ids": [start["message_id"]]}
    assert (done["finish_reason"], parts.model.closed) == ("stopped", 1)
    assert said(conversation) == [("whales", None), ("They eat ", "stopped")]


async def test_a_refresh_in_the_middle_finds_the_running_answer(live: httpx.AsyncClient, parts: Parts) -> None:
    """It is in the conversation, without a finish reason, and can be followed to its end from any event."""
    gate = asyncio.Event()
    parts.model.enqueue("They eat ", gate, "krill.")

    async with asked(live) as first:
        start = await first.until("start")
        await first.until("text")
        conversation = (await live.get(f"/api/conversations/{start['conversation_id']}")).json()
        events = f"/api/conversations/{start['conversation_id']}/messages/{start['message_id']}/events"
        async with live.stream("GET", events, headers={"last-event-id": "2"}) as response:
            second = Reader(response)
            missed = await second.until("text")
            gate.set()
            await second.until("end")
        await first.until("end")

    assert said(conversation)[0] == ("whales", None)
    assert conversation["messages"][1]["finish_reason"] is None
    assert missed["text"] == "They eat "
    assert (second.ids, second.events) == (first.ids[2:], first.events[2:])


async def test_an_answer_that_ended_is_sent_again_from_where_the_client_was(
    client: httpx.AsyncClient, parts: Parts
) -> None:
    """The numbers go on; whoever has all of it gets only the end."""
    parts.model.enqueue("Krill.")
    start = await ask(client, message="whales")
    events = f"/api/conversations/{start['conversation_id']}/messages/{start['message_id']}/events"

    whole, rest, nothing = [
        (await client.get(events, headers=headers)).text
        for headers in ({}, {"last-event-id": "3"}, {"last-event-id": "4"})
    ]

    assert [line for line in whole.splitlines() if line.startswith("id:")] == ["id: 1", "id: 2", "id: 3", "id: 4"]
    assert whole.endswith(rest)
    assert rest.startswith('id: 4\ndata: {"type":"done"')
    assert nothing == "data: [DONE]\n\n"


@pytest.mark.parametrize("last", ["-1", "three", "99999999999"])
async def test_a_senseless_event_number_is_refused(client: httpx.AsyncClient, parts: Parts, last: str) -> None:
    """Ours are numbers."""
    response = await client.get(
        f"/api/conversations/{uuid7()}/messages/{uuid7()}/events", headers={"last-event-id": last}
    )

    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


async def test_events_that_are_gone_are_a_410(client: httpx.AsyncClient, parts: Parts) -> None:
    """The client reads the conversation instead, and never the same text twice."""
    parts.model.enqueue("Krill.")
    start = await ask(client, message="whales")
    for record in parts.conversations.records.values():
        record.events.clear()
    events = f"/api/conversations/{start['conversation_id']}/messages/{start['message_id']}/events"

    part, whole = await client.get(events, headers={"last-event-id": "3"}), await client.get(events)

    assert (part.status_code, part.json()["code"]) == (410, "events_gone")
    assert '"text":"Krill."' in whole.text


async def test_an_edit_and_a_regeneration_are_branches(client: httpx.AsyncClient, parts: Parts) -> None:
    """Nothing is overwritten: the conversation holds all of it, and the path that is being read."""
    for text in ["a1", "a2", "a2 edited", "a2 again"]:
        parts.model.enqueue(text)
    first = await ask(client, message="q1")
    known = {"conversation_id": first["conversation_id"]}
    await ask(client, message="q2", **known)

    edited = await ask(client, message="q2 edited", parent_id=first["message_id"], **known)
    again = await ask(client, regenerate=edited["message_id"], **known)

    body = (await client.get(f"/api/conversations/{first['conversation_id']}")).json()
    by_id = {message["id"]: message for message in body["messages"]}
    assert [content for content, _ in said(body)] == ["q1", "a1", "q2", "a2", "q2 edited", "a2 edited", "a2 again"]
    assert [by_id[key]["content"] for key in body["path"]] == ["q1", "a1", "q2 edited", "a2 again"]
    assert again["question_id"] == edited["question_id"]


async def test_a_conversation_can_begin_anew(client: httpx.AsyncClient, parts: Parts) -> None:
    """`null` as the parent is another first question, not the end of the conversation."""
    parts.model.enqueue("a1")
    parts.model.enqueue("a1 edited")
    first = await ask(client, message="q1")

    await ask(client, message="q1 edited", conversation_id=first["conversation_id"], parent_id=None)

    body = (await client.get(f"/api/conversations/{first['conversation_id']}")).json()
    assert [message["content"] for message in body["messages"] if message["parent_id"] is None] == ["q1", "q1 edited"]


async def test_another_branch_can_be_read(client: httpx.AsyncClient, parts: Parts) -> None:
    """And the next question follows it."""
    for text in ["a1", "a1 again", "a2"]:
        parts.model.enqueue(text)
    first = await ask(client, message="q1")
    known = {"conversation_id": first["conversation_id"]}
    await ask(client, regenerate=first["message_id"], **known)

    body = (
        await client.patch(f"/api/conversations/{first['conversation_id']}", json={"message_id": first["message_id"]})
    ).json()

    await ask(client, message="q2", **known)
    assert body["path"] == [first["question_id"], first["message_id"]]
    assert [message.content for message in parts.model.prompts[2][1:3]] == ["q1", "a1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "whales", "regenerate": str(uuid7()), "conversation_id": str(uuid7())}, "body.message"),
        ({"message": "whales", "parent_id": str(uuid7())}, "body.message"),
        ({"regenerate": str(uuid7())}, "body.message"),
    ],
    ids=["both", "a parent in no conversation", "a message of no conversation"],
)
async def test_a_branch_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, parts: Parts, body: dict[str, str], field: str
) -> None:
    """Before anything is kept."""
    response = await client.post("/api/chat", json=body)

    assert (response.status_code, [each["field"] for each in response.json()["errors"]]) == (422, [field])
    assert parts.conversations.kept == {}


async def test_a_message_that_is_not_there_is_a_404(client: httpx.AsyncClient, parts: Parts) -> None:
    """As a status, before a stream begins."""
    parts.model.enqueue("a1")
    first = await ask(client, message="q1")
    known = {"conversation_id": first["conversation_id"]}

    for body in [{"message": "q", "parent_id": str(uuid7())}, {"regenerate": str(uuid7())}]:
        response = await client.post("/api/chat", json={**known, **body})
        assert (response.status_code, response.json()["code"]) == (404, "message_not_found")


async def test_conversations_are_listed_in_pages(client: httpx.AsyncClient, parts: Parts) -> None:
    """Last used first, with a cursor to what follows; a search is by title."""
    for number in range(4):
        parts.model.enqueue("Krill.")
        await ask(client, message=f"whales {number}")

    first = (await client.get("/api/conversations", params={"limit": 2})).json()
    second = (await client.get("/api/conversations", params={"limit": 2, "after": first["next"]})).json()
    found = (await client.get("/api/conversations", params={"search": "WHALES 1"})).json()

    titles = [[each["title"] for each in page["conversations"]] for page in (first, second, found)]
    assert titles == [["whales 3", "whales 2"], ["whales 1", "whales 0"], ["whales 1"]]
    assert second["next"] is None, "a page that is full may be the last"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1000000000", "after=nonsense", "after=%F0%9F%90%8B", "search=" + "w" * 201]
)
async def test_a_senseless_page_is_refused(client: httpx.AsyncClient, parts: Parts, query: str) -> None:
    """A cursor is only ever one that a page gave."""
    response = await client.get(f"/api/conversations?{query}")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


async def test_a_conversation_is_renamed_and_deleted(client: httpx.AsyncClient, parts: Parts) -> None:
    """By its owner, for good."""
    parts.model.enqueue("Krill.")
    start = await ask(client, message="whales")
    here = f"/api/conversations/{start['conversation_id']}"

    renamed = await client.patch(here, json={"title": "  Food of whales "})
    deleted = await client.delete(here)

    assert renamed.json()["title"] == "Food of whales"
    assert (deleted.status_code, deleted.content) == (204, b"")
    for response in [
        await client.get(here),
        await client.delete(here),
        await client.patch(here, json={"title": "x"}),
        await client.post(f"{here}/stop"),
    ]:
        assert (response.status_code, response.json()["code"]) == (404, "conversation_not_found")


@pytest.mark.parametrize("body", [{}, {"title": " "}, {"title": "t" * 201}, {"titel": "x"}, {"message_id": "x"}])
async def test_a_senseless_change_is_refused(client: httpx.AsyncClient, parts: Parts, body: dict[str, str]) -> None:
    """It changes something, and nothing else."""
    response = await client.patch(f"/api/conversations/{uuid7()}", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


async def test_a_new_conversation_is_titled_after_its_first_answer(client: httpx.AsyncClient, parts: Parts) -> None:
    """In the background, once; a second question changes nothing."""
    parts.titles = ScriptedModel("titles")
    parts.titles.enqueue("Food of whales")
    parts.model.enqueue("Krill.")
    parts.model.enqueue("Four tonnes.")
    start = await ask(client, message="What do they eat?")

    await ask(client, message="How much?", conversation_id=start["conversation_id"])

    assert (await client.get("/api/conversations")).json()["conversations"][0]["title"] == "Food of whales"
    assert len(parts.titles.prompts) == 1


async def test_nothing_to_stop_is_no_error(client: httpx.AsyncClient, parts: Parts) -> None:
    """The answer may have ended in the meantime."""
    parts.model.enqueue("Krill.")
    start = await ask(client, message="whales")

    assert (await client.post(f"/api/conversations/{start['conversation_id']}/stop")).json() == {"message_ids": []}
