"""Texts and questions in many languages on a real PostgreSQL."""

from __future__ import annotations

import pytest

from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Search, Weights
from sluice.languages import configurations
from tests.conftest import EMBEDDING_MODEL
from tests.db.test_search import CALLER, EMBEDDER, Library

# A sentence, and a question in other forms of its words.
TEXTS = {
    "The committee was discussing several whale protocols": "which whale protocol is discussed",
    "Die Häuser an der Küste sind nach dem Sturm nicht mehr bewohnt": "bewohntes Haus an den Küsten",
    "Les baleines mangent des crevettes dans les mers froides": "que mange la baleine",
    "Los contratos se firmaron en la ciudad de los negocios": "¿quién firmó el contrato?",
    "Договоры были подписаны в городе, и это не секрет": "кто подписал договор",
    "鯨は海に住む大きな哺乳類である": "哺乳類",
    "蓝鲸主要以磷虾为食": "磷虾",
    "고래는 바다에 사는 포유류이다": "포유류",
    "วาฬสีน้ำเงินกินกุ้งเป็นอาหาร": "วาฬกินอะไร",
    "व्हेल एक स्तनधारी है जो समुद्र में रहता है": "समुद्र में व्हेल",
    "Wieloryb jest największym ssakiem i żyje w morzu": "największym ssakiem",
}


@pytest.fixture
async def polyglot(database: Database) -> Library:
    """One document a language, searched by words alone."""
    library = Library(database)
    library.passages = PostgresPassages(database, model=EMBEDDING_MODEL, weights_of=lambda _: Weights(0, 1))
    for number, text in enumerate(TEXTS):
        await library.add(f"{number}.txt", text)
    return library


async def test_each_language_is_found_by_other_forms_of_its_words(polyglot: Library) -> None:
    """Stemmed where PostgreSQL can, as they are where it can't, and by pairs of letters where words aren't parted."""
    found = {text: (await polyglot.find(question, limit=1)) for text, question in TEXTS.items()}

    assert found == {text: [text] for text in TEXTS}


async def test_function_words_of_another_language_find_nothing(polyglot: Library) -> None:
    """The English article is no rare word of the German text."""
    assert await polyglot.find("what is the of and to?") == []


async def test_the_counts_of_words_stay_right_in_every_language(database: Database, polyglot: Library) -> None:
    """BM25's statistics are those of the chunks that are there, also after some are gone; one may have no word."""
    await polyglot.add("signs.txt", "?! ...")
    await polyglot.add("again.txt", "whale, whale and_whale; again: a_whale")
    documents = await database.fetch("select id from document order by id limit 4")
    for row in documents:
        await polyglot.documents.delete(CALLER, row["id"])

    counted = await database.fetch(
        "select lexeme, sum(chunks)::integer as chunks, sum(positions)::integer as positions "
        "from (select * from lexeme_count union all select * from lexeme_change) as each "
        "group by 1 having sum(chunks) <> 0 order by 1"
    )
    there = await database.fetch(
        "select lexeme, count(*)::integer as chunks, sum(cardinality(positions))::integer as positions "
        "from chunk, unnest(lexemes) group by 1 "
        "union all select '', count(*), sum(sluice_length(lexemes)) from chunk order by 1"
    )
    assert counted == there


async def test_signs_part_words_and_marks_do_not(database: Database) -> None:
    """Whatever white space is around them."""
    rows = await database.fetch(
        "select sluice_lexemes('simple', text)::text as words from unnest(%(texts)s::text[]) as given (text)",
        {"texts": ["a_b", "c-d\te\nf", "g.h@i/j  (k)", "e\u0301te\u0301\u2003ete", "鲸 鱼", "हिन्दी"]},
    )

    assert [row["words"] for row in rows] == [
        "'a':1 'b':2",
        "'c':1 'd':2 'e':3 'f':4",
        "'g':1 'h':2 'i':3 'j':4 'k':5",
        "'ete':2 'e\u0301te\u0301':1",
        "'鱼':3,4 '鲸':1,2",
        "'हिन्दी':1",
    ]


async def test_postgresql_has_every_language_that_is_told(database: Database) -> None:
    """A configuration that is not there would fail the document."""
    rows = await database.fetch("select cfgname from pg_ts_config")

    assert configurations() | {"simple"} <= {row["cfgname"] for row in rows}


async def test_text_is_read_in_its_language_beside_a_vector_of_any(database: Database) -> None:
    """The hybrid search of a multilingual library returns the text of the question's language first."""
    library = Library(database)
    for text in TEXTS:
        await library.add(f"{text[:5]}.txt", text)
    [vector] = await EMBEDDER.embed(["que mange la baleine"], purpose="query")

    found = await library.passages.search(Search(CALLER, "que mange la baleine", 1), vector)

    assert [passage.content for passage in found] == ["Les baleines mangent des crevettes dans les mers froides"]
