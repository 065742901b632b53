"""What do the commonest words cost a search by words?

Asks for single words and pairs that large shares of the chunks have, once as searches do, and once with every chunk
ranked that has them, as they did before migration 0018. Tells the CPU time of the server's session for both, and what
the ten best chunks' scores come to beside those of the true ten.

    python -m benchmarks.common_words --chunks 250000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import psycopg

from benchmarks.report import write_json
from benchmarks.retrieval.server import busy_seconds, roomy_server, say
from benchmarks.retrieval.stored import CALLER, MODEL, Stored
from benchmarks.synthetic import Corpus
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Search

_DEPTH = 10
_SHARES = (0.9, 0.66, 0.4, 0.2, 0.1, 0.05)
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, which share of the chunks has its rarest word, and what it took."""

    question: str
    share: float
    cpu_ms: float
    cpu_ms_ranking_all: float
    score_of_true_ten: float


class Asking:
    """Asks in one session of the database."""

    def __init__(self, url: str, *, repeats: int) -> None:
        self._url = url
        self._repeats = repeats
        self._database = Database(url, size=1, timeout=60)
        self._passages = PostgresPassages(self._database, model=MODEL)

    async def ask(self, question: str, share: float) -> Asked:
        """Look the words up both ways."""
        bounded, found = await self._look_up(question, {})
        whole, best = await self._look_up(question, {"ranked": _ALL})
        return Asked(question, round(share, 2), bounded, whole, round(sum(found) / sum(best), 3))

    async def close(self) -> None:
        await self._database.close()

    async def _look_up(self, question: str, instead: Mapping[str, int]) -> tuple[float, Sequence[float]]:
        """Return the milliseconds of CPU that it takes, and the distances of the best."""
        planned = self._passages.plan_look_up(Search(CALLER, question, _DEPTH))
        assert planned is not None
        began = busy_seconds(self._url)
        for _ in range(self._repeats):
            [row] = await self._database.fetch(planned.statement, {**planned.parameters, **instead})
        return round(1000 * (busy_seconds(self._url) - began) / self._repeats, 1), row["distances"][:_DEPTH]


def words_of(url: str, chunks: int) -> list[tuple[str, float]]:
    """Return for each share the commonest word that no larger share has."""
    most = [round(share * chunks) for share in _SHARES]
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select lexeme, chunks from unnest(%s::bigint[]) as most, lateral (select * from lexeme_count "
            "where tenant = %s and lexeme <> '' and chunks <= most order by chunks desc limit 1) as commonest",
            [most, CALLER.tenant],
        ).fetchall()
    return [(word, having / chunks) for word, having in rows]


async def measure(url: str, options: argparse.Namespace) -> list[Asked]:
    """Ask for each word, and for each two that follow each other."""
    words = words_of(url, options.chunks)
    pairs = [(f"{one} {other}", share) for (one, _), (other, share) in pairwise(words)]
    asking = Asking(url, repeats=options.repeats)
    await asking.ask(*words[-1])  # plans
    asked = [await asking.ask(*each) for each in words + pairs]
    await asking.close()
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=250_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--data", type=Path, help="keep the loaded server in this folder, and use it if it is there")
    options = parser.parse_args()
    corpus = Corpus(options.chunks, options.dimension)
    with tempfile.TemporaryDirectory() as folder, roomy_server(options.data or Path(folder)) as server:
        Stored(server.url(), corpus, with_plain=False).store()
        say("asking")
        asked = asyncio.run(measure(server.url(), options))
    result = {"chunks": options.chunks, "asked": [asdict(each) for each in asked]}
    write_json(f"common_words_{options.chunks}", result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
