"""What every conversation store does, asserted on the fake and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import LiteralString
from uuid import UUID

import pytest

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.domain import Caller, Conversation, Message, Regeneration, Role, Source, TitledBy, Turn, Usage, uuid7
from sluice.errors import ConversationNotFound, MessageNotFound
from sluice.events import (
    AnswerDone,
    AnswerEvent,
    AnswerFailed,
    AnswerStarted,
    SourceCited,
    SourcesFound,
    StatusChanged,
    TextAdded,
)
from sluice.ports import ConversationStore, Recorded
from sluice.testing.conversations import InMemoryConversations

CALLER = Caller("acme", "ann")
STRANGERS = [Caller("other", "ann"), Caller("acme", "bob")]
SOURCE = Source(1, UUID(int=2), "Whales", "s3://b/whales.pdf", 4, 10, 32, "Blue whales eat krill.", 0.03)
ALL = {"messages": 100, "characters": 100_000}


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> ConversationStore:
    if request.param == "fake":
        return InMemoryConversations()
    database: Database = request.getfixturevalue("database")
    return PostgresConversations(database)


def new(text: str = "What do they eat?", **fields: object) -> Turn:
    """The first turn of a conversation."""
    return replace(Turn(uuid7(), uuid7(), uuid7(), text, "m", "Whales", may_begin=True), **fields)  # type: ignore[arg-type] # names are checked at run time


def following(turn: Turn, text: str, **fields: object) -> Turn:
    """Another turn of the same conversation."""
    return new(text, conversation_id=turn.conversation_id, may_begin=False, **fields)


async def begin(store: ConversationStore, turn: Turn) -> list[str]:
    return [message.content for message in await store.begin(CALLER, turn, **ALL)]


async def end(store: ConversationStore, turn: Turn | Regeneration, text: str) -> Message:
    answer = Message(turn.answer_id, Role.ASSISTANT, text, (SOURCE,), "m", "stop", Usage(10, 5), sources=(SOURCE,))
    assert await store.save(CALLER, answer)
    return answer


async def talk(store: ConversationStore, *texts: str) -> list[Turn]:
    """Ask and answer; the answer to `q` is `a of q`."""
    turns = [new(texts[0])]
    turns += [following(turns[0], text) for text in texts[1:]]
    for turn in turns:
        await begin(store, turn)
        await end(store, turn, f"a of {turn.text}")
    return turns


def without_times(conversation: Conversation) -> Conversation:
    messages = tuple(replace(message, created_at=None) for message in conversation.messages)
    return replace(conversation, messages=messages, created_at=None, updated_at=None)


async def contents(store: ConversationStore, conversation_id: UUID) -> list[str]:
    return [message.content for message in (await store.load(CALLER, conversation_id)).messages]


async def test_a_question_is_kept_before_it_is_answered(store: ConversationStore) -> None:
    """Whatever happens next, what was asked is not lost."""
    turn = new()

    history = await begin(store, turn)

    asked = Message(turn.question_id, Role.USER, "What do they eat?")
    running = Message(turn.answer_id, Role.ASSISTANT, "", model="m", parent_id=turn.question_id)
    loaded = without_times(await store.load(CALLER, turn.conversation_id))
    assert history == []
    assert loaded == Conversation(turn.conversation_id, "Whales", (asked, running), tip=turn.answer_id)


async def test_nothing_of_an_answer_is_lost(store: ConversationStore) -> None:
    """Text, sources, citations, usage, model and how it ended."""
    turn = new()
    await begin(store, turn)

    answer = await end(store, turn, "Krill [1].")

    loaded = without_times(await store.load(CALLER, turn.conversation_id))
    assert loaded.messages[1] == replace(answer, parent_id=turn.question_id)


async def test_beginning_twice_changes_nothing(store: ConversationStore) -> None:
    """A statement that is repeated after a lost connection is safe, and reads the same path."""
    [first] = await talk(store, "q1")
    turn = following(first, "q2")

    paths = [await begin(store, turn), await begin(store, turn)]

    assert paths == [["q1", "a of q1"]] * 2
    assert await contents(store, first.conversation_id) == ["q1", "a of q1", "q2", ""]


async def test_a_question_follows_the_path_that_is_being_read(store: ConversationStore) -> None:
    """The history is the whole path, oldest first."""
    turns = await talk(store, "q1", "q2")

    assert await begin(store, following(turns[0], "q3")) == ["q1", "a of q1", "q2", "a of q2"]


async def test_a_long_path_is_cut_at_its_beginning(store: ConversationStore) -> None:
    """By messages, or as soon as there are characters enough."""
    turns = await talk(store, "q1", "q2", "q3")
    by_messages = await store.begin(CALLER, following(turns[0], "q4"), messages=3, characters=1_000)
    by_characters = await store.begin(
        CALLER, following(turns[0], "q4", at_tip=False, parent_id=turns[2].answer_id), messages=100, characters=8
    )
    none = await store.begin(CALLER, following(turns[0], "q5"), messages=0, characters=1_000)

    assert [message.content for message in by_messages] == ["a of q2", "q3", "a of q3"]
    assert [message.content for message in by_characters] == ["q3", "a of q3"]
    assert none == []


async def test_an_edited_question_is_a_branch(store: ConversationStore) -> None:
    """It follows what the old one followed; the old one stands."""
    first, _ = await talk(store, "q1", "q2")

    history = await begin(store, following(first, "q2 edited", at_tip=False, parent_id=first.answer_id))

    loaded = await store.load(CALLER, first.conversation_id)
    assert history == ["q1", "a of q1"]
    assert [message.content for message in loaded.messages if message.parent_id == first.answer_id] == [
        "q2",
        "q2 edited",
    ]


async def test_the_first_question_can_be_edited_too(store: ConversationStore) -> None:
    """A branch may begin at the root."""
    [first] = await talk(store, "q1")

    history = await begin(store, following(first, "q1 edited", at_tip=False))

    assert history == []
    roots = [m.content for m in (await store.load(CALLER, first.conversation_id)).messages if m.parent_id is None]
    assert roots == ["q1", "q1 edited"]


@pytest.mark.parametrize("named", ["question_id", "answer_id"])
async def test_an_answer_is_made_again_beside_the_old_one(store: ConversationStore, named: str) -> None:
    """Naming the question or one of its answers is the same; the path ends with the question."""
    first, second = await talk(store, "q1", "q2")
    again = Regeneration(first.conversation_id, getattr(second, named), uuid7(), "m2")

    path = await store.begin_again(CALLER, again, **ALL)

    loaded = await store.load(CALLER, first.conversation_id)
    answers = [(message.id, message.model) for message in loaded.messages if message.parent_id == second.question_id]
    assert [message.content for message in path] == ["q1", "a of q1", "q2"]
    assert answers == [(second.answer_id, "m"), (again.answer_id, "m2")]
    assert loaded.tip == again.answer_id


async def test_only_an_answer_of_this_conversation_can_be_followed(store: ConversationStore) -> None:
    """Not a question, not an answer of another conversation, not an id that nobody has; and nothing is written."""
    [first], [other] = await talk(store, "q1"), await talk(store, "elsewhere")

    for parent in [first.question_id, other.answer_id, uuid7()]:
        with pytest.raises(MessageNotFound):
            await begin(store, following(first, "q2", at_tip=False, parent_id=parent))
    for message in [other.answer_id, uuid7()]:
        with pytest.raises(MessageNotFound):
            await store.begin_again(CALLER, Regeneration(first.conversation_id, message, uuid7(), "m"), **ALL)
    assert await contents(store, first.conversation_id) == ["q1", "a of q1"]


async def test_an_unknown_conversation_is_not_found(store: ConversationStore) -> None:
    """Unless it may begin."""
    with pytest.raises(ConversationNotFound):
        await begin(store, new(may_begin=False))
    with pytest.raises(ConversationNotFound):
        await store.load(CALLER, uuid7())


STARTED = AnswerStarted(UUID(int=1), UUID(int=2), UUID(int=3))
EVENTS: list[AnswerEvent] = [
    STARTED,
    StatusChanged("fallback", "m2", "model_unavailable"),
    SourcesFound((SOURCE,)),
    TextAdded('They eat "krill" 🐋 [1].'),
    SourceCited(SOURCE),
    AnswerFailed("answer_cut_off", "Cut off.", retryable=True),
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


async def test_conversations_are_listed_last_used_first_in_pages(store: ConversationStore) -> None:
    """The pages hold each one once."""
    turns = [new(title=f"t{number}") for number in range(5)]
    for turn in turns:
        await begin(store, turn)
    await begin(store, following(turns[0], "again"))

    first = await store.page(CALLER, limit=3)
    second = await store.page(CALLER, after=first[-1], limit=3)

    assert [each.title for each in first] == ["t0", "t4", "t3"]
    assert [each.title for each in second] == ["t2", "t1"]


async def test_titles_are_searched_as_they_are_written(store: ConversationStore) -> None:
    """In any case, and what means something to the database means nothing here."""
    for title in ["Blue Whales", "100% of it", "100 of it", "a_b", "aXb", "back\\slash"]:
        await begin(store, new(title=title))

    found = {
        search: [each.title for each in await store.page(CALLER, search=search, limit=9)]
        for search in ["blue", "0%", "a_b", "k\\s", "squid"]
    }

    assert found == {
        "blue": ["Blue Whales"],
        "0%": ["100% of it"],
        "a_b": ["a_b"],
        "k\\s": ["back\\slash"],
        "squid": [],
    }


async def test_a_users_title_is_never_replaced_by_a_models(store: ConversationStore) -> None:
    """The model may be late."""
    turn = new()
    await begin(store, turn)
    titles = []
    for title, by in [("by model", TitledBy.MODEL), ("by user", TitledBy.USER), ("late", TitledBy.MODEL)]:
        await store.rename(CALLER, turn.conversation_id, title, by=by)
        titles.append((await store.load(CALLER, turn.conversation_id)).title)

    assert titles == ["by model", "by user", "by user"]


async def test_another_branch_is_read_to_its_newest_end(store: ConversationStore) -> None:
    """Naming any message of it is enough."""
    first, second = await talk(store, "q1", "q2")
    edited = following(first, "q1 edited", at_tip=False)
    await begin(store, edited)

    await store.select(CALLER, first.conversation_id, first.question_id)

    assert (await store.load(CALLER, first.conversation_id)).tip == second.answer_id
    with pytest.raises(MessageNotFound):
        await store.select(CALLER, first.conversation_id, uuid7())


async def test_a_deleted_conversation_is_gone_and_its_answer_ends(store: ConversationStore) -> None:
    """With its messages and events."""
    turn = new()
    await begin(store, turn)
    answer = Message(turn.answer_id, Role.ASSISTANT, "They", model="m")
    await store.save(CALLER, answer, first=1, events=[STARTED])

    await store.delete(CALLER, turn.conversation_id)

    assert not await store.save(CALLER, answer, first=2, events=[TextAdded("x")])
    assert not await store.keep_alive(CALLER, turn.answer_id)
    assert await store.page(CALLER, limit=9) == []
    with pytest.raises(ConversationNotFound):
        await store.load(CALLER, turn.conversation_id)
    with pytest.raises(ConversationNotFound):
        await store.delete(CALLER, turn.conversation_id)


@pytest.mark.parametrize("stranger", STRANGERS, ids=["another tenant", "another user"])
async def test_strangers_can_neither_read_nor_write(store: ConversationStore, stranger: Caller) -> None:
    """Knowing the ids does not help: every query of the store is tried."""
    [turn] = await talk(store, "secret")
    running = following(turn, "more")
    await begin(store, running)
    known, message = turn.conversation_id, turn.answer_id
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: store.begin(stranger, following(turn, "intruder"), **ALL),
        lambda: store.begin(stranger, replace(following(turn, "intruder"), may_begin=True), **ALL),
        lambda: store.begin(stranger, following(turn, "intruder", at_tip=False, parent_id=message), **ALL),
        lambda: store.begin_again(stranger, Regeneration(known, message, uuid7(), "m"), **ALL),
        lambda: store.recorded(stranger, known, message, after=0),
        lambda: store.stop(stranger, known),
        lambda: store.load(stranger, known),
        lambda: store.rename(stranger, known, "mine", by=TitledBy.USER),
        lambda: store.select(stranger, known, message),
        lambda: store.delete(stranger, known),
    ]
    before = await store.load(CALLER, known)

    for attempt in attempts:
        with pytest.raises((ConversationNotFound, MessageNotFound)):
            await attempt()

    assert not await store.save(stranger, Message(message, Role.ASSISTANT, "forged", model="m"))
    assert not await store.keep_alive(stranger, message)
    assert await store.page(stranger, limit=9) == []
    assert await store.load(CALLER, known) == before


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
