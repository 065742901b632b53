"""How long does a first word take beyond what the model itself takes, against the plain pipeline?

Both pipelines run as ASGI apps under uvicorn, one process each, on the same database and in front of the same scripted
provider; the function URL and its runtime are measured elsewhere (benchmarks.streaming). A Lambda environment serves
one request at a time, and 500 of them do not fit on one machine: with streams open, one process serves them all, which
is harder on it than Lambda is. Ours does more: it asks for a key, searches by words too, checks citations, keeps the
answer while it streams. Times are milliseconds from sending the question to the first text, less what the provider
takes for vector and first token.

    .venv-bench/bin/python -m benchmarks.first_token
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg

from benchmarks import report
from benchmarks.retrieval.server import roomy_server
from benchmarks.retrieval.stored import CALLER, MODEL, Stored
from benchmarks.scripted_upstream import ENDLESS
from benchmarks.synthetic import Corpus
from local.evaluation.metrics import percentile
from local.postgres import Postgres, free_port
from sluice.access import ApiKey, issue
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.keys import PostgresKeys
from sluice.domain import Scope

EMBEDDING_MODEL, CHAT_MODEL = "openai/bench-embedding", "openai/bench-chat"
EMBEDDING_SECONDS, FIRST_TOKEN_SECONDS = 0.03, 0.1
UPSTREAM_MS = 1000 * (EMBEDDING_SECONDS + FIRST_TOKEN_SECONDS)
OPENING = 20
"""How many streams are opened at once."""


@dataclass
class Pipeline:
    """An app that is asked over HTTP; conversations go on, so that there is a history."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    conversation: str = field(default_factory=lambda: str(uuid4()))

    def body(self, question: str) -> dict[str, str]:
        return {"message": question, "conversation_id": self.conversation}


@dataclass(frozen=True, slots=True)
class Row:
    """One pipeline with some streams open beside the questions that are timed."""

    pipeline: str
    streams_open: int
    questions: int
    p50_ms: float
    p99_ms: float


def asked(corpus: Corpus, count: int) -> list[str]:
    """Return questions that name all they ask about, in words as common and as rare as those of the chunks."""
    return [f"What does the report say about {words}?" for words in corpus.queries(count)[1]]


async def first_text(client: httpx.AsyncClient, pipeline: Pipeline, text: str) -> float:
    """Return the milliseconds to the first text; the answer is read to its end."""
    began, first = time.perf_counter(), 0.0
    async with client.stream("POST", pipeline.url, json=pipeline.body(text), headers=pipeline.headers) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if not first and '"text":' in line:
                first = 1000 * (time.perf_counter() - began)
    assert first, f"{pipeline.name} said nothing"
    return first - UPSTREAM_MS


async def ask(client: httpx.AsyncClient, pipelines: list[Pipeline], questions: list[str]) -> dict[str, list[float]]:
    """Ask every pipeline in turn, so that what else the machine does meets all alike."""
    times: dict[str, list[float]] = {pipeline.name: [] for pipeline in pipelines}
    for question in questions:
        for pipeline in pipelines:
            times[pipeline.name].append(await first_text(client, pipeline, question))
    return times


@contextlib.asynccontextmanager
async def streams(pipeline: Pipeline, count: int, new: Mapping[str, str]) -> AsyncIterator[None]:
    """Hold so many endless answers open, each of a conversation of its own."""
    places, begun = asyncio.Semaphore(OPENING), asyncio.Semaphore(0)

    async def hold(client: httpx.AsyncClient) -> None:
        await places.acquire()
        body = {"message": f"Tell the {ENDLESS} story about words w1, w2 and w3 of the report", **new}
        async with client.stream("POST", pipeline.url, json=body, headers=pipeline.headers) as answer:
            async for line in answer.aiter_lines():
                if '"text":' in line:
                    break
            places.release()
            begun.release()
            async for _ in answer.aiter_bytes():
                pass

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=600) as client:
        held = [asyncio.create_task(hold(client)) for _ in range(count)]
        for _ in held:
            await begun.acquire()
        try:
            yield
        finally:
            for task in held:
                task.cancel()
            await asyncio.gather(*held, return_exceptions=True)


async def measure(ours: Pipeline, plain: Pipeline, questions: list[str], open_streams: list[int]) -> list[Row]:
    async with httpx.AsyncClient(timeout=60) as client:
        begun = await client.post(ours.url, json={"message": questions[0]}, headers=ours.headers)
        ours.conversation = str(UUID(begun.text.partition('"conversation_id":"')[2][:36]))
        await ask(client, [ours, plain], questions[:15])  # both are warm then, and have a history
        rows = [_row(name, 0, times) for name, times in (await ask(client, [ours, plain], questions)).items()]
        for count in open_streams:
            for pipeline, new in ((ours, {}), (plain, {"conversation_id": "held"})):
                async with streams(pipeline, count, new):
                    await ask(client, [pipeline], questions[:5])
                    times = await ask(client, [pipeline], questions)
                rows.append(_row(pipeline.name, count, times[pipeline.name]))
                report_row(rows[-1])
    return rows


def _row(name: str, count: int, times: list[float]) -> Row:
    return Row(name, count, len(times), round(percentile(times, 0.5), 1), round(percentile(times, 0.99), 1))


def report_row(row: Row) -> None:
    print(f"  {asdict(row)}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def process(module: list[str], port: int, variables: Mapping[str, str]) -> Iterator[int]:
    """Run a module until the block ends; it listens on the port."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    with subprocess.Popen([sys.executable, "-m", *module], env=environment) as running:
        try:
            _wait_for(port)
            yield port
        finally:
            running.terminate()


def _wait_for(port: int, seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def uvicorn(app: str, port: int) -> list[str]:
    return ["uvicorn", app, "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--backlog", "2048"]


async def make_key(url: str) -> str:
    database = Database(url, size=1, timeout=30)
    key = ApiKey("", CALLER.tenant, "bench", "bench", b"", frozenset({Scope.ASK}))
    made, text = issue(key, pepper="")
    await PostgresKeys(database).add(made)
    await database.close()
    return text


@contextlib.contextmanager
def prepared(server: Postgres) -> Iterator[None]:
    """Name the vectors by the model that the apps ask for, and make the plain pipeline's table of messages."""
    renamed = "update embedding_space set model = %s"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            "create table if not exists plain_message (id serial primary key, conversation_id text not null, "
            "role text not null, content text not null, created_at timestamp not null)"
        )
        connection.execute(
            "create index if not exists plain_message_by_conversation on plain_message (conversation_id)"
        )
        connection.execute(renamed, [EMBEDDING_MODEL])
        try:
            yield
        finally:
            connection.execute(renamed, [MODEL])


def scripted(corpus: Corpus, port: int, pause: float) -> list[str]:
    """Return the arguments of a provider that knows the chunks' vectors and takes its time as a real one does."""
    corpus_of = ["--chunks", str(corpus.size), "--dimension", str(corpus.dimension)]
    takes = ["--embedding", str(EMBEDDING_SECONDS), "--first-token", str(FIRST_TOKEN_SECONDS), "--pause", str(pause)]
    return ["benchmarks.scripted_upstream", "--port", str(port), *corpus_of, *takes]


def run(server: Postgres, corpus: Corpus, questions: int, open_streams: list[int], pause: float) -> list[Row]:
    key = asyncio.run(make_key(server.url()))
    upstream, ours, plain = free_port(), free_port(), free_port()
    provider = {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1"}
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
    of_ours = {
        "SLUICE_DATABASE_URL": server.url(),
        "SLUICE_BUCKET": "bench",
        "SLUICE_EMBEDDING_MODEL": EMBEDDING_MODEL,
        "SLUICE_CHAT_MODEL": CHAT_MODEL,
        "SLUICE_MODEL_PRICES": json.dumps({CHAT_MODEL: [0, 0], EMBEDDING_MODEL: [0, 0]}),
        "SLUICE_DATABASE_POOL_SIZE": "8",
        **provider,
    }
    of_plain = {
        "PLAIN_DATABASE_URL": server.url().replace("postgresql://", "postgresql+asyncpg://"),
        "PLAIN_EMBEDDING_MODEL": EMBEDDING_MODEL,
        "PLAIN_CHAT_MODEL": CHAT_MODEL,
        **provider,
        **quiet,
    }
    with (
        process(scripted(corpus, upstream, pause), upstream, {}),
        process(uvicorn("functions.chat.app:app", ours), ours, of_ours),
        process(uvicorn("benchmarks.plain_chat:app", plain), plain, of_plain),
    ):
        sluice = Pipeline("sluice", f"http://127.0.0.1:{ours}/api/chat", {"authorization": f"Bearer {key}"})
        by_hand = Pipeline("plain", f"http://127.0.0.1:{plain}/chat")
        return asyncio.run(measure(sluice, by_hand, asked(corpus, questions), open_streams))


def ratios(rows: list[Row]) -> dict[str, float]:
    """Return what the comparison comes to; below 1 is faster than plain."""
    by = {(row.pipeline, row.streams_open): row for row in rows}
    alone = by["sluice", 0]
    found = {"p50_alone_of_plain": round(alone.p50_ms / by["plain", 0].p50_ms, 2)}
    for name, count in by:
        if name == "sluice" and count:
            found[f"p50_with_{count}_open_of_plain"] = round(by[name, count].p50_ms / by["plain", count].p50_ms, 2)
            found[f"p99_with_{count}_open_of_p50_alone"] = round(by[name, count].p99_ms / alone.p50_ms, 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=1536)
    parser.add_argument("--questions", type=int, default=200, help="timed in each row (default 200)")
    parser.add_argument("--open", type=int, nargs="*", default=[50, 500], help="streams open beside them")
    parser.add_argument(
        "--pause", type=float, default=2.0, help="seconds between the words of open streams (default 2)"
    )
    parser.add_argument("--data", type=Path, help="keep the loaded server in this folder, and use it if it is there")
    chosen = parser.parse_args()
    corpus = Corpus(chosen.chunks, chosen.dimension)
    with tempfile.TemporaryDirectory() as folder, roomy_server(chosen.data or Path(folder)) as server:
        Stored(server.url(), corpus).store()
        with prepared(server):
            rows = run(server, corpus, chosen.questions, chosen.open, chosen.pause)
    compared = ratios(rows)
    setting = {"chunks": chosen.chunks, "dimension": chosen.dimension, "seconds_between_words": chosen.pause}
    report.write_json("first_token", {**setting, "rows": [asdict(row) for row in rows], "ratios": compared})
    table = [(row.pipeline, row.streams_open, row.questions, row.p50_ms, row.p99_ms) for row in rows]
    print(report.table(("pipeline", "streams open", "questions", "p50 ms", "p99 ms"), table))
    print("\n".join(f"{name:40} {value}" for name, value in compared.items()))


if __name__ == "__main__":
    main()
