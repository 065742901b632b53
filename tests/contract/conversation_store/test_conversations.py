"""How conversations are listed, named, deleted, and kept from strangers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from sluice.domain import Caller, Message, Regeneration, Role, TitledBy, uuid7
from sluice.errors import ConversationNotFound, MessageNotFound
from sluice.events import TextAdded
from sluice.ports import ConversationStore
from tests.contract.conversation_store.turns import ALL, CALLER, STARTED, STRANGERS, begin, following, new, talk


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
