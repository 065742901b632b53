"""Questions of a conversation in other languages than English, on a real PostgreSQL, completed by the rules."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.domain import Message, Role, Weights, uuid7
from sluice.rewriting import carry_over
from tests.conftest import EMBEDDING_MODEL
from tests.db.test_search import Library


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said about whales, a question that goes on with them, and one that has left them, with its passage."""

    asked: str
    answered: str
    goes_on: str
    on: str
    leaves: str
    left: str

    @property
    def path(self) -> list[Message]:
        return [Message(uuid7(), Role.USER, self.asked), Message(uuid7(), Role.ASSISTANT, self.answered)]


TALKS = {
    "german": Talk(
        "Was fressen die Blauwale in den kalten Meeren?",
        "Die Blauwale fressen Krill. Der Krill lebt in Schwärmen, und die Blauwale fressen den Krill am Tag.",
        "Und wie alt werden sie dort?",
        "Blauwale werden in den kalten Meeren bis zu neunzig Jahre alt.",
        "Wie lange ist die Garantie auf die Pumpe in der Halle sieben?",
        "Die Garantie auf jede Pumpe in der Halle sieben ist zwei Jahre lang.",
    ),
    "french": Talk(
        "Que mangent les baleines bleues dans les mers froides ?",
        "Les baleines bleues mangent du krill. Le krill vit en essaims, et les baleines mangent le krill.",
        "Et quel âge ont-elles au plus ?",
        "Les baleines bleues ont au plus quatre-vingt-dix ans d'âge.",
        "Quelle est la durée de la garantie de la pompe dans le hall sept ?",
        "La garantie de chaque pompe dans le hall sept a une durée de deux ans.",
    ),
    "spanish": Talk(
        "¿Qué comen las ballenas azules en los mares fríos?",
        "Las ballenas azules comen kril. El kril vive en enjambres, y las ballenas comen el kril de día.",
        "¿Y cuántos años viven?",
        "Las ballenas azules viven hasta noventa años en los mares.",
        "¿Cuánto dura la garantía de la bomba que está en la nave siete?",
        "La garantía de cada bomba de la nave siete dura dos años.",
    ),
    "russian": Talk(
        "Что едят синие киты в холодных морях?",
        "Синие киты едят криль. Криль живёт стаями, и киты едят криль днём.",
        "А сколько лет они живут?",
        "Синие киты живут до девяноста лет в холодных морях.",
        "Какая гарантия на насос в седьмом цехе и сколько она длится?",
        "Гарантия на насос в седьмом цехе длится два года.",
    ),
    "chinese": Talk(
        "蓝鲸在寒冷的海里吃什么?",
        "蓝鲸主要吃磷虾。磷虾成群生活,蓝鲸白天吃磷虾。",
        "它们能活多久?",
        "蓝鲸能活九十年。",
        "七号车间的水泵保修期是多久?",
        "七号车间每台水泵的保修期是两年。",
    ),
    "japanese": Talk(
        "シロナガスクジラは冷たい海で何を食べますか?",
        "シロナガスクジラはオキアミを食べます。オキアミは群れで暮らします。",
        "寿命はどのくらいですか?",
        "シロナガスクジラの寿命は九十年です。",
        "七番工場のポンプの保証期間はどのくらいですか?",
        "七番工場のポンプの保証期間は二年です。",
    ),
}
OTHERS = {
    "german": [
        "Der Krill lebt in Schwärmen am Rand des Eises.",
        "Ein Elefant wird in der Steppe bis zu sechzig Jahre alt.",
    ],
    "french": [
        "Le krill vit en essaims au bord des glaces.",
        "Un éléphant a dans la savane au plus soixante ans d'âge.",
    ],
    "spanish": ["El kril vive en enjambres cerca del hielo.", "Un elefante vive hasta sesenta años en la sabana."],
    "russian": ["Криль живёт стаями у края льда.", "Слоны живут до шестидесяти лет в саванне."],
    "chinese": ["磷虾成群生活在冰的边缘。", "大象能活六十年。"],
    "japanese": ["オキアミは氷の縁で群れで暮らします。", "ゾウの寿命は六十年です。"],
}


async def library_of(database: Database, language: str) -> Library:
    """Searched by words alone: what the tests embed by knows nothing of any language."""
    library, talk = Library(database), TALKS[language]
    library.passages = PostgresPassages(database, model=EMBEDDING_MODEL, weights_of=lambda _: Weights(0, 1))
    for text in [talk.on, talk.left, *OTHERS[language]]:
        await library.add(f"{text[:5]}.txt", text)
    return library


@pytest.mark.parametrize("language", TALKS)
async def test_a_complete_question_finds_what_it_finds_alone(database: Database, language: str) -> None:
    """Whether it is complete nobody tells cheaply in these languages; what is carried along must not outweigh it."""
    library, talk = await library_of(database, language), TALKS[language]

    found = await library.find(carry_over(talk.leaves, talk.path), limit=1)

    assert found == await library.find(talk.leaves, limit=1) == [talk.left]


@pytest.mark.parametrize("language", TALKS)
async def test_a_question_that_goes_on_finds_what_it_goes_on_with(database: Database, language: str) -> None:
    """Beside it stands the same of other animals."""
    library, talk = await library_of(database, language), TALKS[language]

    assert await library.find(carry_over(talk.goes_on, talk.path), limit=1) == [talk.on]
