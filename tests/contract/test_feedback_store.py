"""What every feedback store does, asserted on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.feedback import PostgresFeedback
from sluice.domain import Caller, Message, Role, Source, Turn, Usage, uuid7
from sluice.errors import MessageNotFound
from sluice.feedback import FeedbackStore, RatedPassage
from sluice.ports import ConversationStore
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.feedback import InMemoryFeedback

ADA = Caller("acme", "ada")
CITED = Source(1, UUID(int=2), "Whales", "s3://b/whales.pdf", 4, 10, 32, "Blue whales eat krill.", 0.03)
SHOWN = Source(2, UUID(int=3), "Krill", "s3://b/krill.md", None, 0, 9, "It swims.", 0.02)


@dataclass
class Stores:
    conversations: ConversationStore
    feedback: FeedbackStore

    async def answered(self, *, finished: bool = True) -> Turn:
        turn = Turn(uuid7(), uuid7(), uuid7(), "What do they eat?", "m", "Whales", may_begin=True)
        await self.conversations.begin(ADA, turn, messages=10, characters=1_000)
        if finished:
            answer = Message(
                turn.answer_id, Role.ASSISTANT, "Krill [1].", (CITED,), "m", "stop", Usage(10, 5),
                sources=(CITED, SHOWN),
            )  # fmt: skip
            await self.conversations.save(ADA, answer)
        return turn


@pytest.fixture(params=["fake", "postgres"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        conversations = InMemoryConversations()
        return Stores(conversations, InMemoryFeedback(conversations))
    database: Database = request.getfixturevalue("database")
    return Stores(PostgresConversations(database), PostgresFeedback(database))


async def test_a_rating_is_kept_with_all_that_it_is_about(stores: Stores) -> None:
    """Question, answer, model, and the passages with their part in it."""
    turn = await stores.answered()

    await stores.feedback.rate(ADA, turn.answer_id, 1, "Just right.")

    [kept] = [each async for each in stores.feedback.all("acme")]
    assert (kept.message_id, kept.user, kept.rating, kept.comment) == (turn.answer_id, "ada", 1, "Just right.")
    assert (kept.question, kept.answer, kept.model) == ("What do they eat?", "Krill [1].", "m")
    assert kept.passages == (
        RatedPassage(UUID(int=2), "s3://b/whales.pdf", "Whales", "Blue whales eat krill.", 10, 4, True),
        RatedPassage(UUID(int=3), "s3://b/krill.md", "Krill", "It swims.", 0, None, False),
    )


async def test_a_reader_may_change_their_mind(stores: Stores) -> None:
    """The last word counts, and counts once."""
    turn = await stores.answered()
    await stores.feedback.rate(ADA, turn.answer_id, 1, "Good.")

    await stores.feedback.rate(ADA, turn.answer_id, -1, None)

    assert [(each.rating, each.comment) async for each in stores.feedback.all("acme")] == [(-1, None)]


@pytest.mark.parametrize("which", ["unknown", "question", "unfinished", "another's", "another tenant's"])
async def test_only_ones_own_finished_answers_can_be_rated(stores: Stores, which: str) -> None:
    """Everything else is not found."""
    turn = await stores.answered(finished=which != "unfinished")
    message_id = {"unknown": uuid7(), "question": turn.question_id}.get(which, turn.answer_id)
    caller = {"another's": Caller("acme", "bob"), "another tenant's": Caller("other", "ada")}.get(which, ADA)

    with pytest.raises(MessageNotFound):
        await stores.feedback.rate(caller, message_id, 1, None)


async def test_a_tenant_reads_its_own_feedback_only(stores: Stores) -> None:
    """The export of one holds nothing of another."""
    turn = await stores.answered()
    await stores.feedback.rate(ADA, turn.answer_id, 1, None)

    assert [each async for each in stores.feedback.all("other")] == []
