"""Is any message lost or doubled when answers are stopped, left and broken off at random?

Every answer is made as if in an execution environment of its own, against PostgreSQL behind PgBouncer with few server
connections. At random a client reads to the end, leaves, or loses the connection and follows the answer elsewhere; the
answer is stopped from elsewhere; the model fails before its first word, in the middle, or ends without an end. Then
every conversation is read and compared with what its client saw.

    python -m benchmarks.lost_messages --answers 5000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from benchmarks.fates import Asked, FatefulModel, complaints
from benchmarks.pooled import pooled_server
from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.answering import Answering
from sluice.domain import Caller, Role
from sluice.events import AnswerEvent
from sluice.fallback import FallbackChat, Patience
from sluice.following import Following
from sluice.question import Limits, Question
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.models import HashEmbedder
from sluice.testing.passages import ScriptedPassages

CALLER = Caller("benchmark", "ann")
RESULTS = Path(__file__).parent / "results" / "lost_messages.json"
AT_ONCE = 50


class Stage:
    """Where answers are asked, left, followed and stopped, each act through a pool of its own."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self._here = Database(url, size=4, timeout=60)
        self._elsewhere = Database(url, size=4, timeout=60)
        self.store = PostgresConversations(self._here)
        self._following = Following(conversations=PostgresConversations(self._elsewhere))
        self._chance = chance

    async def play(self, asked: Asked) -> None:
        answering = Answering(
            retrieving=Retrieving(Searching(embedder=HashEmbedder(), passages=ScriptedPassages([])), Rewriter()),
            chat_model=FallbackChat([FatefulModel(asked, self._chance)], Patience(retry_pause=0.01)),
            conversations=self.store,
            limits=Limits(),
        )
        earlier = asked.conversation.started.conversation_id if asked.conversation else None
        events = await answering.open(CALLER, Question(f"question {asked.number}", earlier))
        until = self._chance.randrange(1, len(asked.words))
        async with aclosing(events):
            await _read(asked, events, until if asked.client != "reads" else None)
            if asked.client == "resumes" and not asked.has_ended:
                # As behind a function URL, nobody tells the function that its client is gone.
                silently = asyncio.create_task(_exhaust(events))
                await self._follow(asked)
                await silently
            if asked.client == "stops" and not asked.has_ended:
                await PostgresConversations(self._elsewhere).stop(CALLER, asked.started.conversation_id)
                await _read(asked, events, None)

    async def _follow(self, asked: Asked) -> None:
        started = asked.started
        events = await self._following.open(CALLER, started.conversation_id, started.message_id, after=len(asked.seen))
        await _read(asked, events, None)

    async def close(self) -> None:
        await self._here.close()
        await self._elsewhere.close()


async def _read(asked: Asked, events: AsyncGenerator[AnswerEvent, None], until: int | None) -> None:
    async for event in events:
        asked.seen.append(event)
        if until is not None and len(asked.seen) > until:
            return


async def _exhaust(events: AsyncGenerator[AnswerEvent, None]) -> None:
    async for _ in events:
        pass


async def run(answers: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    with pooled_server(connections=10) as (_, url):
        stage = Stage(url, chance)
        began = time.perf_counter()
        asked = await _play(stage, answers, chance)
        seconds = time.perf_counter() - began
        wrong = await _compare(stage, asked)
        await stage.close()
    return {
        "answers": len(asked),
        "seed": seed,
        "clients": dict(Counter(each.client for each in asked)),
        "fates": dict(Counter(each.fate for each in asked)),
        "ends_told": dict(Counter(each.end for each in asked)),
        "lost_or_double": len(wrong),
        "first_complaints": wrong[:5],
        "seconds": round(seconds, 1),
    }


async def _play(stage: Stage, answers: int, chance: random.Random) -> list[Asked]:
    """Ask two questions in each conversation, the second once the first has ended for its client."""
    asked = [Asked.by_chance(number, chance) for number in range(answers)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def talk(first: Asked, second: Asked | None) -> None:
        async with gate:
            await stage.play(first)
            if second:
                second.conversation = first
                await stage.play(second)

    pairs = zip(asked[::2], [*asked[1::2], *([None] if answers % 2 else [])], strict=True)
    await asyncio.gather(*(talk(first, second) for first, second in pairs))
    return asked


async def _compare(stage: Stage, asked: Sequence[Asked]) -> list[str]:
    wrong, seen = [], 0
    for each in asked:
        conversation = await stage.store.load(CALLER, each.started.conversation_id)
        wrong += [f"{each.number}: {complaint}" for complaint in complaints(each, conversation)]
        if each.conversation is None:
            seen += len(conversation.messages)
            roles = Counter(message.role for message in conversation.messages)
            if roles[Role.USER] != roles[Role.ASSISTANT]:
                wrong.append(f"{each.number}: {roles}")
    if seen != 2 * len(asked):
        wrong.append(f"{seen} messages are kept of {2 * len(asked)}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument("--seed", type=int, default=7, help="of what happens to them (default 7)")
    arguments = parser.parse_args()
    logging.getLogger("sluice").setLevel(logging.CRITICAL)  # the model fails on purpose
    result = asyncio.run(run(arguments.answers, arguments.seed))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        print(f"{name:20} {value}")
    if result["lost_or_double"]:
        parser.exit(1)


if __name__ == "__main__":
    main()
