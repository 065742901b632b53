"""One environment makes an answer, another stops or follows it; all they share is the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.answering import Answering
from sluice.domain import Caller
from sluice.events import AnswerDone, AnswerEvent, AnswerStarted, TextAdded
from sluice.following import Following
from sluice.question import Limits, Question
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages

CALLER = Caller("acme", "ann")


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[PostgresConversations]:
    """The same database as another environment sees it."""
    database = Database(database_url, size=2, timeout=5)
    yield PostgresConversations(database)
    await database.close()


def answering(database: Database, model: ScriptedModel) -> Answering:
    return Answering(
        retrieving=Retrieving(Searching(embedder=HashEmbedder(), passages=ScriptedPassages([])), Rewriter()),
        chat_model=model,
        conversations=PostgresConversations(database),
        limits=Limits(),
        beat=0.05,
    )


async def begun(
    database: Database, model: ScriptedModel
) -> tuple[AnswerStarted, list[AnswerEvent], asyncio.Task[None]]:
    """Return the start of an answer whose first text has come, its events so far, and the task that reads the rest."""
    events = await answering(database, model).open(CALLER, Question("whales"))
    seen: list[AnswerEvent] = []
    has_text = asyncio.Event()

    async def read() -> None:
        async for event in events:
            seen.append(event)
            if isinstance(event, TextAdded):
                has_text.set()

    reading = asyncio.create_task(read())
    await has_text.wait()
    assert isinstance(seen[0], AnswerStarted)
    return seen[0], seen, reading


async def test_an_answer_is_stopped_from_another_environment(
    database: Database, elsewhere: PostgresConversations
) -> None:
    """It learns it with its next save, hangs up on the model and keeps what it has said."""
    model = ScriptedModel()
    model.enqueue("They eat ", asyncio.Event(), "never")
    start, seen, reading = await begun(database, model)

    stopped = await elsewhere.stop(CALLER, start.conversation_id)
    await reading

    [_, answer] = (await elsewhere.load(CALLER, start.conversation_id)).messages
    assert (stopped, model.closed) == ([start.message_id], 1)
    assert isinstance(seen[-1], AnswerDone)
    assert (seen[-1].finish_reason, answer.content, answer.finish_reason) == ("stopped", "They eat ", "stopped")


@pytest.mark.parametrize("after", [0, 1, 2, 3])
async def test_an_answer_is_followed_in_another_environment(
    database: Database, elsewhere: PostgresConversations, after: int
) -> None:
    """Whoever lost the connection sees the rest, each event once and in order."""
    gate, model = asyncio.Event(), ScriptedModel()
    model.enqueue("They ", gate, "eat ", "krill.")
    start, seen, reading = await begun(database, model)

    following = Following(conversations=elsewhere, poll=0.02)
    events = await following.open(CALLER, start.conversation_id, start.message_id, after=after)
    gate.set()
    followed = [event async for event in events]

    await reading
    assert followed == seen[after:]


async def test_two_questions_at_once_are_two_branches(database: Database, elsewhere: PostgresConversations) -> None:
    """Two windows on one conversation lose nothing."""
    model = ScriptedModel()
    for text in ["a1", "a2", "a2"]:
        model.enqueue(text)
    use_case = answering(database, model)
    [first, *_] = [event async for event in await use_case.open(CALLER, Question("q1"))]
    assert isinstance(first, AnswerStarted)

    async def ask(text: str) -> None:
        question = Question(text, first.conversation_id, at_tip=False, parent_id=first.message_id)
        _ = [event async for event in await use_case.open(CALLER, question)]

    await asyncio.gather(ask("q2"), ask("q2 too"))

    messages = (await elsewhere.load(CALLER, first.conversation_id)).messages
    assert sorted(each.content for each in messages if each.parent_id == first.message_id) == ["q2", "q2 too"]
    assert [each.finish_reason for each in messages if each.content == "a2"] == ["stop", "stop"]
