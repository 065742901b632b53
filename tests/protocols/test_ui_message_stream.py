"""The AI SDK's UI message stream, read by the SDK's own transport and reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx

from functions.chat import dependencies
from functions.chat.app import app
from functions.chat.ui_schemas import conversation_id
from sluice.domain import Caller, Filter
from sluice.errors import ModelRateLimited, ModelUnavailable
from sluice.events import AnswerEvent
from sluice.following import Following
from sluice.ports import ConversationStore
from tests.protocols.conftest import Parts, Served, node

QUESTION = "What do blue whales eat?"
CHAT = "V1StGXR8Z5jdHi6B"


class WatchedFollowing(Following):
    """Tells when somebody follows an answer."""

    def __init__(self, conversations: ConversationStore) -> None:
        super().__init__(conversations=conversations, poll=0.01)
        self.opened = asyncio.Event()

    async def open(
        self, caller: Caller, conversation_id: UUID, message_id: UUID, *, after: int = 0
    ) -> AsyncGenerator[AnswerEvent, None]:
        events = await super().open(caller, conversation_id, message_id, after=after)
        self.opened.set()
        return events


def ask(served: Served, **more: Any) -> dict[str, Any]:
    """Return what `httpx` needs to send a question as `useChat` does."""
    message = {"id": "u1", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}
    body = {"id": CHAT, "messages": [message], "trigger": "submit-message", **more}
    return {"json": body, "headers": {"authorization": f"Bearer {served.key}"}}


def parts_of(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


async def test_the_parts_of_a_message_in_their_order(served: Served, parts: Parts) -> None:
    """As the protocol wants them, with the citations by character range."""
    parts.model.enqueue("They eat ", "krill [1].")

    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as client:
        answer = await client.post("/api/chat", **ask(served))

    start, step, source, *texts, citation, end, finish_step, finish = parts_of(answer.text)
    named = {"mediaType": "application/pdf", "title": "Whales", "filename": "whales.pdf"}
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert (start["type"], UUID(start["messageId"]).version, step) == ("start", 7, {"type": "start-step"})
    assert {name: source[name] for name in ("type", "sourceId", *named)} == {
        "type": "source-document",
        "sourceId": "1",
        **named,
    }
    assert source["providerMetadata"]["sluice"]["page"] == 4
    assert source["providerMetadata"]["sluice"]["url"].startswith(f"{served.address}/v1/sources/")
    assert texts == [
        {"type": "text-start", "id": "text"},
        {"type": "text-delta", "id": "text", "delta": "They eat "},
        {"type": "text-delta", "id": "text", "delta": "krill [1]."},
    ]
    assert (citation["type"], citation["data"]["page"]) == ("data-citation", 4)
    cited = {"source": {"type": "source", "sourceType": "document", "id": "1", **named}}
    place = {"startIndex": 15, "endIndex": 18, "citedText": "Blue whales eat krill."}
    assert end == {"type": "text-end", "id": "text", "citations": [cited | place]}
    assert (finish_step, finish["finishReason"]) == ({"type": "finish-step"}, "stop")
    assert finish["messageMetadata"]["usage"] == {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.0}


async def test_an_error_comes_with_its_code_beside_the_protocols_own_words(served: Served, parts: Parts) -> None:
    """A page can tell what to do about it; the SDK shows the words."""
    parts.model.enqueue("They eat ", ModelRateLimited("Wait.", retry_after=20.0))

    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as client:
        answer = await client.post("/api/chat", **ask(served))

    code = {"code": "model_rate_limited", "retryable": True, "retry_after": 20.0}
    assert parts_of(answer.text)[-3:] == [
        {"type": "text-end", "id": "text"},
        {"type": "data-error", "data": code, "transient": True},
        {"type": "error", "errorText": "Wait."},
    ]


async def test_the_sdk_holds_a_conversation(served: Served, parts: Parts) -> None:
    """A second question, the same again as a branch, an error, nothing to resume, a refusal: as `useChat` sees it."""
    parts.model.enqueue("They eat ", "krill [1].")
    parts.model.enqueue("Tons.")
    parts.model.enqueue("Many tons.")
    parts.model.enqueue("They ", ModelUnavailable())

    understood = await node("ai_sdk_ui.mjs", served.address, served.key, CHAT)

    shown = [
        "".join(part["text"] for part in understood[which]["parts"] if part["type"] == "text")
        for which in ("first", "second", "again")
    ]
    assert shown == ["They eat krill [1].", "Tons.", "Many tons."]
    kinds = [part["type"] for part in understood["first"]["parts"]]
    assert kinds == ["step-start", "source-document", "text", "data-citation"]
    assert understood["failed"]["errors"] == ["The model can't be reached; try again in a moment."]
    assert understood["resumed"] is None
    assert "the last of the messages must be the user's question" in understood["refusal"]
    [conversation] = parts.conversations.kept.values()
    answers = [message for message in conversation.messages if message.role == "assistant"][:3]
    assert [str(answer.id) for answer in answers] == [understood[which]["id"] for which in ("first", "second", "again")]
    assert answers[1].parent_id == answers[2].parent_id
    assert parts.passages.searched[0].where == Filter("sea")
    history = [(message.role, message.content) for message in parts.model.prompts[1]]
    assert ("assistant", "They eat krill.") in history
    queries = [searched.query for searched in parts.passages.searched]
    assert all("whales" in query for query in queries[:3]), "a follow-up is searched with the topic of the conversation"


async def test_a_page_that_was_loaded_anew_gets_the_answer_that_is_being_made(served: Served, parts: Parts) -> None:
    """From its beginning to its end, while the first reader still reads."""
    go_on = asyncio.Event()
    parts.model.enqueue("They eat ", go_on, "krill [1].")
    following = WatchedFollowing(parts.conversations)
    app.dependency_overrides[dependencies.following] = lambda: following
    async with (
        httpx.AsyncClient(base_url=served.address, trust_env=False) as client,
        client.stream("POST", "/api/chat", **ask(served)) as answer,
    ):
        lines = answer.aiter_lines()
        while '"text-delta"' not in await anext(lines):
            pass
        resuming = asyncio.create_task(node("ai_sdk_resume.mjs", served.address, served.key, CHAT))
        opening = asyncio.create_task(following.opened.wait())
        # A client that fails, or is not installed, opens nothing.
        await asyncio.wait([opening, resuming], return_when=asyncio.FIRST_COMPLETED)
        opening.cancel()
        go_on.set()
        async for _ in lines:
            pass
        understood = await resuming

    text = "".join(part["text"] for part in understood["message"]["parts"] if part["type"] == "text")
    assert text == "They eat krill [1]."


async def test_two_users_with_the_same_chat_id_do_not_meet(served: Served, parts: Parts) -> None:
    """The client chooses the id; whose it is decides which conversation it means."""
    ids = {conversation_id(CHAT, Caller("acme", user)) for user in ("ada", "bob")}

    assert len(ids) == 2
