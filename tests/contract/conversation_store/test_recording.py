"""How an answer is kept while it is made, followed, stopped and given up."""

from __future__ import annotations

from dataclasses import replace
from typing import LiteralString
from uuid import UUID

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.domain import Message, Role, Usage
from sluice.events import (
    AnswerDone,
    AnswerEvent,
    AnswerFailed,
    SourceCited,
    SourcesFound,
    StatusChanged,
    TextAdded,
)
from sluice.ports import ConversationStore, Recorded
from tests.contract.conversation_store.turns import CALLER, SOURCE, STARTED, begin, end, following, new, talk

EVENTS: list[AnswerEvent] = [
    STARTED,
    StatusChanged("fallback", "m2", "model_unavailable"),
    SourcesFound((SOURCE,)),
    TextAdded('They eat "krill" 🐋 [1].'),
    SourceCited(SOURCE),
    AnswerFailed("model_rate_limited", "Wait.", retryable=True, retry_after=20.0),
    AnswerDone("stop", "m", Usage(10, 5), {"total": 12.5}),
]


async def test_events_are_recorded_and_read_from_any_number_on(store: ConversationStore) -> None:
    """Whatever the batches were; a batch that is written twice counts once."""
    turn = new()
    await begin(store, turn)
    answer = Message(turn.answer_id, Role.ASSISTANT, "They", model="m")
    await store.save(CALLER, answer, first=1, events=EVENTS[:3])
    await store.save(CALLER, answer, first=1, events=EVENTS[:3])
    await store.save(CALLER, answer, first=4, events=EVENTS[3:])

    for after in range(len(EVENTS) + 2):
        recorded = await store.recorded(CALLER, turn.conversation_id, turn.answer_id, after=after)
        assert (recorded.events, recorded.kept) == (tuple(EVENTS[after:]), True), f"after {after}"


async def test_an_answer_can_be_read_while_it_is_made(store: ConversationStore) -> None:
    """A refresh in the middle finds it."""
    turn = new()
    await begin(store, turn)
    before = await store.recorded(CALLER, turn.conversation_id, turn.answer_id, after=0)

    await store.save(CALLER, Message(turn.answer_id, Role.ASSISTANT, "They eat", model="m"), first=1, events=[STARTED])

    recorded = await store.recorded(CALLER, turn.conversation_id, turn.answer_id, after=0)
    running = Message(turn.answer_id, Role.ASSISTANT, "", model="m", parent_id=turn.question_id)
    assert replace(before, answer=replace(before.answer, created_at=None)) == Recorded(running, (), kept=False)
    assert (recorded.answer.content, recorded.answer.finish_reason) == ("They eat", None)


async def test_a_stop_reaches_the_answer_with_its_next_save(store: ConversationStore) -> None:
    """Whatever environment makes it; an answer that has ended is not stopped."""
    first, _ = await talk(store, "q1", "q2")
    running = following(first, "q3")
    await begin(store, running)
    answer = Message(running.answer_id, Role.ASSISTANT, "They", model="m")
    wanted = await store.save(CALLER, answer) and await store.keep_alive(CALLER, running.answer_id)

    stopped = await store.stop(CALLER, first.conversation_id)

    assert (wanted, stopped, await store.save(CALLER, answer)) == (True, [running.answer_id], False)
    assert not await store.keep_alive(CALLER, running.answer_id)
    await store.save(CALLER, replace(answer, finish_reason="stopped"))
    assert await store.stop(CALLER, first.conversation_id) == []


async def test_an_answer_of_a_dead_environment_is_interrupted(database: Database) -> None:
    """Its environment gave no sign; readers learn it, and nobody has to write it."""
    store, turn = PostgresConversations(database, dead_after=0.0), new()
    await begin(store, turn)

    recorded = await store.recorded(CALLER, turn.conversation_id, turn.answer_id, after=0)

    assert recorded.answer.finish_reason == "interrupted"
    assert (await store.load(CALLER, turn.conversation_id)).messages[-1].finish_reason == "interrupted"
    assert await store.stop(CALLER, turn.conversation_id) == []


async def test_an_answer_without_news_gives_a_sign_only_when_the_last_one_is_old(database: Database) -> None:
    """To ask whether it is still wanted writes nothing."""
    store, turn = PostgresConversations(database), new()
    await begin(store, turn)
    version: LiteralString = "select xmin::text from message where id = %(id)s"
    age: LiteralString = "update message set alive_at = now() - interval '14 s' where id = %(id)s returning xmin::text"
    row = {"id": turn.answer_id}
    [begun] = await database.fetch(version, row)

    await store.keep_alive(CALLER, turn.answer_id)
    [asked] = await database.fetch(version, row)
    [aged] = await database.fetch(age, row)
    await store.keep_alive(CALLER, turn.answer_id)
    [signed] = await database.fetch(version, row)

    assert (asked == begun, signed == aged) == (True, False)


async def test_old_events_are_swept_by_the_answers_that_end(database: Database) -> None:
    """A table of events that nobody reads any more does not grow."""
    store, long_ago = PostgresConversations(database), UUID(int=0x018B_0000_0000 << 80 | 7 << 76 | 2 << 62)
    old, turn = new(answer_id=long_ago), new()
    await begin(store, old)
    await store.save(CALLER, Message(long_ago, Role.ASSISTANT, "Krill.", model="m"), first=1, events=[STARTED])
    await begin(store, turn)

    await end(store, turn, "Krill.")

    recorded = await store.recorded(CALLER, old.conversation_id, long_ago, after=0)
    assert (recorded.events, recorded.kept, recorded.answer.content) == ((), False, "Krill.")
