"""Which chunks the words of a question are ranked among, on a real PostgreSQL."""

from __future__ import annotations

from itertools import accumulate, combinations
from random import Random

import pytest

from sluice.adapters.postgres.database import Connection, Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Caller, Filter, Search, Weights
from tests.conftest import EMBEDDING_MODEL
from tests.db.test_search import CALLER, Library

ALL = 2**62


@pytest.fixture
def lexical(database: Database) -> Library:
    """A library that is searched by words alone."""
    library = Library(database)
    library.passages = PostgresPassages(database, model=EMBEDDING_MODEL, weights_of=lambda _: Weights(0, 1))
    return library


async def wanted_by(database: Database, question: str, budget: float, *, language: str = "english") -> str:
    [row] = await database.fetch(
        "select wanted::text from sluice_question(%(tenant)s, %(language)s, %(question)s, %(question)s, %(budget)s)",
        {"tenant": CALLER.tenant, "language": language, "question": question, "budget": budget},
    )
    return str(row["wanted"])


async def found_by(database: Database, wanted: str) -> list[str]:
    rows = await database.fetch("select content from chunk where lexemes @@ %(q)s::tsquery order by 1", {"q": wanted})
    return [row["content"] for row in rows]


async def best_of_wanted(database: Database, question: str, budget: float) -> list[str]:
    """Return the first ten of the chunks that the budget lets be ranked."""
    rows = await database.fetch(
        "select content from chunk, sluice_question(%(tenant)s, 'english', %(question)s, %(question)s, %(budget)s) "
        "where lexemes @@ wanted order by term_weights <#> weights, content limit 10",
        {"tenant": CALLER.tenant, "question": question, "budget": budget},
    )
    return [row["content"] for row in rows]


@pytest.mark.parametrize("seed", range(12))
async def test_the_words_worth_a_sum_are_exactly_those_that_come_to_it(database: Database, seed: int) -> None:
    """The text search query holds for a set of words if and only if their weights sum up to it."""
    random = Random(seed)  # noqa: S311 - it must be the same in every run
    words = [f"w{number}" for number in range(random.randint(1, 7))]
    weights = {word: random.choice([0.25, 1.0, random.uniform(0.1, 9)]) for word in words}
    worth = random.uniform(0.2, 1) * sum(weights.values())
    sets = [each for size in range(len(words) + 1) for each in combinations(words, size)]
    rest = list(accumulate(reversed(weights.values())))[::-1]

    rows = await database.fetch(
        "select array_to_string(words, ' ') as words from jsonb_array_elements(%(sets)s::jsonb) as each, "
        "lateral (select array(select jsonb_array_elements_text(each)) as words) as read "
        "where array_to_tsvector(words) @@ sluice_words_worth(%(worth)s, %(words)s, %(weights)s, %(rest)s)::tsquery",
        {"sets": as_json(sets), "worth": worth, "words": words, "weights": list(weights.values()), "rest": rest},
    )

    assert {row["words"] for row in rows} == {
        " ".join(each) for each in sets if sum(weights[word] for word in each) >= worth
    }


@pytest.mark.parametrize("seed", range(12))
async def test_the_least_sum_is_the_smallest_one_within_the_budget(database: Database, seed: int) -> None:
    """By comparing with every set of words, as if words stood in chunks independently of each other."""
    random = Random(seed)  # noqa: S311 - it must be the same in every run
    every = 10_000.0
    chunks = [random.uniform(1, every / 2) for _ in range(random.randint(1, 7))]
    weights = [random.uniform(0.1, 9) for _ in chunks]
    budget = random.choice([1.0, 100.0, 1_000.0, 9_000.0])

    [row] = await database.fetch(
        "select sluice_least_worth(%(weights)s, %(chunks)s, %(every)s, %(budget)s) as least",
        {"weights": weights, "chunks": chunks, "every": every, "budget": budget},
    )

    sums = sums_of_sets(weights, [each / every for each in chunks])
    within = [worth for worth, _ in sums if worth and every * sum(share for at, share in sums if at >= worth) <= budget]
    assert row["least"] == pytest.approx(min(within, default=sum(weights)))


def sums_of_sets(weights: list[float], shares: list[float]) -> list[tuple[float, float]]:
    """Return for each set of words what it is worth, and which share of chunks is expected to have just that."""
    sums = [(0.0, 1.0)]
    for weight, share in zip(weights, shares, strict=True):
        sums = [(worth, part * (1 - share)) for worth, part in sums] + [
            (worth + weight, part * share) for worth, part in sums
        ]
    return sums


def as_json(sets: list[tuple[str, ...]]) -> str:
    return "[" + ",".join("[" + ",".join(f'"{word}"' for word in each) + "]" for each in sets) + "]"


async def test_all_chunks_with_any_word_are_ranked_where_they_are_few(database: Database, lexical: Library) -> None:
    """A small library loses nothing."""
    await lexical.add("a.txt", "whales sing", "whales eat", "krill drifts", "seals bark")

    assert await found_by(database, await wanted_by(database, "krill whales", 3)) == [
        "krill drifts",
        "whales eat",
        "whales sing",
    ]


async def test_several_middling_words_are_worth_a_rare_one(database: Database, lexical: Library) -> None:
    """Neither the chunk with the rare word is left out, nor the one with all others; those with one of them are."""
    common = ["whale", "krill", "ocean"]
    await lexical.add(
        "a.txt", "hjalmarson", "whale krill ocean", *[f"{word} {n}" for word in common for n in range(20)]
    )

    wanted = await wanted_by(database, "whale krill ocean hjalmarson", 10)

    assert await found_by(database, wanted) == ["hjalmarson", "whale krill ocean"]


async def test_the_best_chunks_are_among_a_part_of_those_with_any_word(database: Database, lexical: Library) -> None:
    """Nine of ten and more of what ranking every chunk finds first, though an eighth of them is ranked."""
    random = Random(1)  # noqa: S311 - it must be the same in every run
    vocabulary = [f"word{letters(number)}" for number in range(300)]
    often = [1 / (number + 3) for number in range(300)]
    texts = [" ".join(random.choices(vocabulary, often, k=random.randint(10, 40))) for _ in range(1200)]
    await lexical.add("a.txt", *dict.fromkeys(texts))
    questions = [" ".join(random.choices(vocabulary, often, k=6)) for _ in range(20)]

    shares = [
        len(set(await best_of_wanted(database, each, 150)) & set(await best_of_wanted(database, each, ALL))) / 10
        for each in questions
    ]

    assert sum(shares) / len(shares) >= 0.9


def letters(number: int) -> str:
    """Return a number as letters that no stemmer takes for an ending."""
    return "".join("bcdfghjklm"[int(digit)] for digit in f"{number:03}")


async def test_forms_of_a_word_in_two_languages_are_not_expected_in_one_text(
    database: Database, lexical: Library
) -> None:
    """Each form stands in chunks of its language: wanted is either, and not both at once."""
    await lexical.add("en.txt", *[f"The plan was discussed here, and this is number {n}" for n in range(30)])
    await lexical.add("de.txt", *[f"Das ist hier nicht discussed, und die Nummer ist {n}" for n in range(30)])

    assert await wanted_by(database, "discussed", 20) == "'discuss' | 'discussed'"


async def test_a_word_that_every_chunk_has_finds_them(database: Database, lexical: Library) -> None:
    """Though it weighs next to nothing."""
    await lexical.add("a.txt", *[f"whale number {number}" for number in range(40)])

    assert await wanted_by(database, "whale", 10) == "'whale'"


async def test_a_page_of_words_makes_a_query_of_some(database: Database, lexical: Library) -> None:
    """A question as long as a chapter does not become a query that takes forever to read the index by."""
    words = [f"word{letters(number)}" for number in range(400)]
    await lexical.add("a.txt", *[" ".join(words[start:] + words[:start]) for start in range(0, 400, 100)])

    wanted = await wanted_by(database, " ".join(words), 3)

    assert len(wanted) < 20_000


@pytest.mark.parametrize("own", [3, 200])
async def test_a_tenant_among_others_finds_its_own_best(database: Database, lexical: Library, own: int) -> None:
    """Whether it has few chunks and they are looked through, or the index finds those of all."""
    texts = [f"whale number {number}" + " and its calf" * (number % 3) for number in range(own)]
    await lexical.add("own.txt", *texts)
    await lexical.add("other.txt", *[f"whale whale {number}" for number in range(400)], caller=Caller("other"))
    await database.fetch("analyze chunk")

    looked_up = await lexical.passages.look_up(Search(CALLER, "whale calf", 3))
    narrowed = await lexical.passages.look_up(Search(CALLER, "whale calf", 3, Filter("default")))

    assert looked_up == narrowed
    assert looked_up is not None
    assert len(looked_up.ids) == 3


async def test_a_version_that_readers_do_not_see_is_not_found_by_words(database: Database, lexical: Library) -> None:
    """Nor one that was replaced."""
    await lexical.add("a.txt", "whales then", etag="1")
    await lexical.add("a.txt", "whales now", etag="2")

    assert await lexical.find("whales") == ["whales now"]


async def test_the_weights_of_a_long_chunk_lie_in_its_row(database: Database, lexical: Library) -> None:
    """To read them from elsewhere would take most of a search's time."""
    await lexical.add("a.txt", " ".join(f"word{letters(number)}" for number in range(300)))

    assert await database.fetch("select pg_column_toast_chunk_id(term_weights) as apart from chunk") == [
        {"apart": None}
    ]


@pytest.fixture
async def crowd(database: Database, lexical: Library) -> Library:
    """Every chunk has whales, every tenth three times, and every seventh has krill too."""
    texts = [f"whale {'whale whale ' * (n % 10 == 0)}{'krill ' * (n % 7 == 0)}{n}" for n in range(1500)]
    await lexical.add("a.txt", *texts)
    await database.fetch("analyze chunk")
    return lexical


async def ranked_by(database: Database, question: str, most: int) -> tuple[list[str], int]:
    """Return the first three of at most so many ranked chunks, and how many rows of chunks were read for them."""

    async def search(connection: Connection) -> tuple[list[str], int]:
        before = await rows_read(connection)
        cursor = await connection.execute(
            "select array(select id from sluice_with_words(%(tenant)s, wanted, weights, 3, %(most)s)) as found "
            "from sluice_question(%(tenant)s, 'english', %(question)s, %(question)s, 50)",
            {"tenant": CALLER.tenant, "question": question, "most": most},
        )
        [found] = await cursor.fetchall()
        read = await rows_read(connection) - before
        cursor = await connection.execute("select content from chunk where id = any(%(found)s) order by id", found)
        return [row["content"] for row in await cursor.fetchall()], read

    return await database.transact(search)


async def rows_read(connection: Connection) -> int:
    cursor = await connection.execute(
        "select pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid) as read "
        "from pg_class where relname = 'chunk'"
    )
    [row] = await cursor.fetchall()
    return int(row["read"])


@pytest.mark.parametrize(("question", "best"), [("whale", "whale whale whale "), ("krill", "krill")])
async def test_common_words_are_ranked_in_a_bounded_number_of_chunks(
    database: Database, crowd: Library, question: str, best: str
) -> None:
    """Whether a sample is taken or the index stops early, it is the same each time, and its best come first."""
    found, read = await ranked_by(database, question, 200)

    assert [best in content for content in found] == [True] * 3
    assert read < 300
    assert (found, read) == await ranked_by(database, question, 200)


async def test_common_words_are_ranked_in_every_chunk_where_nothing_may_be_missed(
    database: Database, crowd: Library
) -> None:
    found, read = await ranked_by(database, "whale", ALL)

    assert [content.count("whale") for content in found] == [3] * 3
    assert read >= 1500


@pytest.mark.parametrize("where", [Filter(), Filter("default")], ids=["everywhere", "a collection"])
async def test_a_tenant_finds_common_words_behind_those_of_others(
    database: Database, lexical: Library, where: Filter
) -> None:
    """What others have of them is not what it is allowed to rank."""
    await lexical.add("other.txt", *[f"whale {number}" for number in range(600)], caller=Caller("other"))
    await lexical.add("own.txt", *[f"whale {number}" for number in range(600)])
    await database.fetch("analyze chunk")
    plan = lexical.passages.plan_look_up(Search(CALLER, "whale", 3, where))
    assert plan is not None

    [found] = await database.fetch(plan.statement, plan.parameters | {"candidates": 3, "ranked": 100})

    assert len(found["ids"]) == 3


async def test_functions_of_an_older_release_need_not_say_how_many_are_ranked(
    database: Database, lexical: Library
) -> None:
    """They search on while a deployment has migrated the database already."""
    await lexical.add("a.txt", "whales sing", "seals bark")

    rows = await database.fetch(
        "select count(*) as found from sluice_question(%(tenant)s, 'simple', 'whales', 'whales', 50), "
        "sluice_with_words(%(tenant)s, wanted, weights, 3)",
        {"tenant": CALLER.tenant},
    )

    assert rows == [{"found": 1}]


async def test_a_session_from_before_an_ingestion_reads_no_counts_of_other_words(
    database: Database, lexical: Library
) -> None:
    """What it has planned among few counts still holds when writers have appended many."""
    await lexical.add("a.txt", "whales sing", "seals bark")
    await database.fetch("analyze lexeme_change")
    question = "select wanted from sluice_question('acme', 'simple', 'whales seals', 'whales seals', 50)"
    appended = "select pg_stat_get_xact_tuples_returned('lexeme_change'::regclass)::int as read"

    async def ask(connection: Connection) -> int:
        for _ in range(10):  # from the sixth on a plan is kept
            await connection.execute(question)
        await connection.execute(
            "insert into lexeme_change (tenant, lexeme, chunks, positions) "
            "select 'acme', 'word' || number, 1, 1 from generate_series(1, 3000) as number"
        )
        [before] = await (await connection.execute(appended)).fetchall()
        await connection.execute(question)
        [after] = await (await connection.execute(appended)).fetchall()
        return int(after["read"]) - int(before["read"])

    assert await database.transact(ask) < 100
