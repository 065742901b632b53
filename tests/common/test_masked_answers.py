"""Answers that are masked: what is streamed, quoted and kept is the same."""

from __future__ import annotations

import subprocess
import sys

from sluice.answering import Answering
from sluice.domain import Caller, Message
from sluice.events import AnswerEvent, SourceCited, SourcesFound, TextAdded
from sluice.masking import Masking, chosen
from sluice.question import Limits, Question
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.passages import ScriptedPassages
from tests.common.test_prompting import passage

CALLER = Caller("acme")


class World:
    """Answering about one passage that holds an address."""

    def __init__(self, *names: str) -> None:
        self.model = ScriptedModel()
        self.conversations = InMemoryConversations()
        self.answering = Answering(
            retrieving=Retrieving(
                Searching(
                    embedder=HashEmbedder(),
                    passages=ScriptedPassages([passage("Ann reads mail at ann@example.com.")]),
                ),
                Rewriter(),
            ),
            chat_model=self.model,
            conversations=self.conversations,
            limits=Limits(),
            masking=Masking(chosen(names)) if names else None,
        )

    async def ask(self) -> list[AnswerEvent]:
        return [event async for event in await self.answering.open(CALLER, Question("Where does Ann read mail?"))]

    @property
    def kept(self) -> Message:
        [conversation] = self.conversations.kept.values()
        return conversation.messages[1]


def said(events: list[AnswerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextAdded))


async def test_text_quotes_and_what_is_kept_are_masked_alike() -> None:
    """The address came in pieces, and the marker behind it is still a citation."""
    world = World("personal")
    world.model.enqueue("At ann@", "exam", "ple.com [", "1].")

    events = await world.ask()

    quotes = [event.sources[0].quote for event in events if isinstance(event, SourcesFound)]
    cited = [event.source.quote for event in events if isinstance(event, SourceCited)]
    assert said(events) == world.kept.content == "At [masked: email] [1]."
    assert quotes == cited == ["Ann reads mail at [masked: email]."]
    assert [source.quote for source in (*world.kept.sources, *world.kept.citations)] == quotes * 2


async def test_the_end_of_an_answer_is_not_lost() -> None:
    """What was held back comes before `done`."""
    world = World("all")
    world.model.enqueue("Ask ", "bob")

    assert said(await world.ask()) == world.kept.content == "Ask bob"


async def test_nothing_is_masked_unless_it_is_asked_for() -> None:
    """Off is the default."""
    world = World()
    world.model.enqueue("At ann@example.com [1].")

    assert said(await world.ask()) == "At ann@example.com [1]."


def test_guardrails_that_are_off_are_not_even_loaded() -> None:
    """A function that neither masks nor moderates starts without either."""
    names = "[name for name in sys.modules if 'mask' in name or 'moderat' in name]"
    code = f"import sys, functions.chat.app; print({names})"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
