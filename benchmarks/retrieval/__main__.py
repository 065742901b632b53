"""How fast is the search, at equal recall, against the plain way of searching with pgvector?

The plain way is what most projects begin with: `vector` columns in single precision, an HNSW index with its defaults,
`ORDER BY embedding <=> ... LIMIT` through SQLAlchemy's asyncio. Both search the same synthetic chunks on the same
server; each gets the smallest `hnsw.ef_search` that reaches the recall asked for. The ways take turns, several times,
and the medians count.

    python -m benchmarks.retrieval --chunks 100000
    python -m benchmarks.retrieval --chunks 1000000 --ours-only --data /some/roomy/folder
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks.islands import Islands
from benchmarks.report import write_json
from benchmarks.retrieval.looking_up import after_look_up_p50_ms
from benchmarks.retrieval.measuring import Measured, Measuring, medians
from benchmarks.retrieval.overhead import overhead_p50_ms
from benchmarks.retrieval.server import roomy_server, say, set_ef_search
from benchmarks.retrieval.stored import Stored
from benchmarks.retrieval.ways import DEPTH, Queries, ours, plain
from benchmarks.synthetic import Corpus, Vectors
from benchmarks.topics import OFFLINE, OPENAI, Topics
from sluice.domain import Weights
from sluice.holding import WHOLE

DENSE, HYBRID, LEXICAL = Weights(1, 0), Weights(1, 1), Weights(0, 1)
Facts = dict[str, object]
_DIMENSION = 1536
_LIKENESSES = {"topics": OFFLINE, "openai": OPENAI}


async def measure(url: str, corpus: Corpus, options: argparse.Namespace) -> tuple[list[Measured], Facts]:
    """Return the medians of our dense, hybrid and lexical search, and of the plain way; and what else was found."""
    queries = Queries(*corpus.queries(options.queries))
    say("finding the true neighbours")
    measuring = Measuring(url, corpus.nearest(queries.vectors, DEPTH))
    facts: Facts = {}
    dense, flat = ours(url, queries, DENSE), plain(url, queries)
    ef_search = await measuring.smallest_ef_search("sluice dense", dense, recall=options.recall)
    ways = [
        ("sluice dense", ef_search, dense),
        ("sluice hybrid", ef_search, ours(url, queries, HYBRID)),
        ("sluice lexical", ef_search, ours(url, queries, LEXICAL)),
    ]
    if not options.ours_only:
        plain_ef_search = await measuring.smallest_ef_search("plain pgvector", flat, recall=options.recall)
        ways.append(("plain pgvector", plain_ef_search, flat))
    rounds = [[await measuring.measure(*way) for way in ways] for _ in range(options.rounds)]
    set_ef_search(url, ef_search)
    facts["use_case_overhead_p50_ms"] = await overhead_p50_ms(url, queries.vectors)
    facts["hybrid_after_look_up_p50_ms"] = await after_look_up_p50_ms(url, queries)
    return [medians(each) for each in zip(*rounds, strict=True)], facts


def ratios(measured: Sequence[Measured], facts: Facts) -> dict[str, float]:
    """Return what the comparison comes to; above 1 is better where it says `times`."""
    dense, hybrid, _, *others = measured
    against_dense = {
        "hybrid_p50_of_dense_p50": round(hybrid.p50_ms / dense.p50_ms, 2),
        "hybrid_cpu_of_dense_cpu": round(hybrid.cpu_ms / dense.cpu_ms, 2),
    }
    if not others:
        return against_dense
    [flat] = others
    return against_dense | {
        "dense_queries_per_second_times_plain_at_1": round(dense.queries_per_second_1 / flat.queries_per_second_1, 2),
        "dense_queries_per_second_times_plain_at_8": round(dense.queries_per_second_8 / flat.queries_per_second_8, 2),
        "plain_cpu_times_dense_cpu": round(flat.cpu_ms / dense.cpu_ms, 2),
        "index_size_of_plain": round(
            float(str(facts["chunk_by_embedding_bytes"])) / float(str(facts["plain_by_embedding_bytes"])), 3
        ),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=_DIMENSION)
    parser.add_argument("--words", type=int, default=120, help="of each chunk; fewer are stored sooner")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--recall", type=float, default=0.97, help="what both ways must reach (default 0.97)")
    parser.add_argument("--data", type=Path, help="keep the loaded server in this folder, and use it if it is there")
    parser.add_argument("--rounds", type=int, default=3, help="medians of so many rounds are told (default 3)")
    parser.add_argument("--ours-only", action="store_true", help="leave the plain way out")
    parser.add_argument("--finer", default="", help="build our index so: m = 24, ef_construction = 128")
    parser.add_argument("--held", default=WHOLE, help="what our index holds of each vector: whole, signs, or a number")
    parser.add_argument("--vectors", choices=(*_LIKENESSES, "islands"), default="openai", help="how the vectors lie")
    parser.add_argument("--left-out", action="store_true", help="ask with chunks left out, not with questions")
    return parser.parse_args()


def shape(options: argparse.Namespace) -> Callable[[int, int, int], Vectors]:
    """Return how the vectors lie that the options ask for."""
    if options.vectors == "islands":
        return Islands
    likeness = _LIKENESSES[options.vectors]
    return partial(Topics, likeness=likeness.asked_by_chunks() if options.left_out else likeness)


def _name(options: argparse.Namespace) -> Iterator[object]:
    """Yield the parts of the result's name: what is usual is not said."""
    yield from ("retrieval", options.chunks)
    if options.dimension != _DIMENSION:
        yield options.dimension
    yield options.vectors
    if options.left_out:
        yield "left_out"
    if options.finer:
        yield "finer"
    if options.held != WHOLE:
        yield options.held


def main() -> None:
    options = arguments()
    corpus = Corpus(options.chunks, options.dimension, words=options.words, shape=shape(options))
    with tempfile.TemporaryDirectory() as folder, roomy_server(options.data or Path(folder)) as server:
        stored = Stored(server.url(), corpus, with_plain=not options.ours_only, finer=options.finer, held=options.held)
        stored.store()
        measured, facts = asyncio.run(measure(server.url(), corpus, options))
    facts = stored.facts | facts
    result = {
        "chunks": options.chunks,
        "dimension": options.dimension,
        "words": options.words,
        "vectors": options.vectors,
        "asked_by": "chunks left out" if options.left_out else "questions",
        "index": options.finer or "pgvector's defaults",
        "index_holds": options.held,
        **facts,
        "ways": [asdict(way) for way in measured],
        "ratios": ratios(measured, facts),
    }
    write_json("_".join(map(str, _name(options))), result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
