"""How questions and answers are kept, and which path a question follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.domain import Conversation, Message, Regeneration, Role, uuid7
from sluice.errors import ConversationNotFound, MessageNotFound
from sluice.ports import ConversationStore
from tests.contract.conversation_store.turns import (
    ALL,
    CALLER,
    begin,
    contents,
    end,
    following,
    new,
    talk,
    without_times,
)


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
