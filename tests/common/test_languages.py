"""Which language a text is taken for."""

from __future__ import annotations

import pytest

from sluice.languages import UNKNOWN, content_words, language_of, languages_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("english", "What do blue whales eat?"),
        ("german", "Der Wal ist ein Säugetier und lebt im Meer."),
        ("french", "La baleine est un mammifère qui vit dans la mer."),
        ("spanish", "La ballena es un mamífero que vive en el mar."),
        ("portuguese", "A baleia é um mamífero que vive no mar."),
        ("italian", "La balena è un mammifero che vive nel mare."),
        ("dutch", "De walvis is een zoogdier dat in de zee leeft."),
        ("danish", "Hvalen er et pattedyr, der lever i havet og ikke på land."),
        ("swedish", "Valen är ett däggdjur som lever i havet och inte på land."),
        ("finnish", "Valas on nisäkäs, joka elää meressä, ja se ei ole kala."),
        ("hungarian", "A bálna egy emlős, és nem hal."),
        ("turkish", "Balina denizde yaşayan bir memelidir ve balık değildir."),
        ("russian", "Кит — это млекопитающее, которое живёт в море, и он не рыба."),
        ("greek", "Φάλαινα"),
        ("arabic", "الحوت هو حيوان من الثدييات التي تعيش في البحر"),
        ("hindi", "व्हेल एक स्तनधारी है जो समुद्र में रहता है"),
        ("tamil", "திமிங்கலம்"),
    ],
)
def test_function_words_tell_the_language(language: str, text: str) -> None:
    """One sentence is enough."""
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🐋🐋",
        "12 45 67",
        "Turing machines",
        "鯨は海に住む哺乳類です。",
        "วาฬเป็นสัตว์เลี้ยงลูกด้วยนม",
        "Wieloryb jest ssakiem, który żyje w morzu i nie jest rybą.",
        "Кит — це ссавець, який живе в морі, і він не риба.",
        "Cá voi là động vật có vú sống ở biển và không phải là cá.",
        "x" * 100_000,
    ],
)
def test_where_nothing_tells_nothing_is_claimed(text: str) -> None:
    """Also for languages whose words PostgreSQL has no forms of, however near their relatives are."""
    assert language_of(text) == UNKNOWN


@pytest.mark.parametrize("text", ["It was3the-end_of [the] day", "w1 the2and", "Turing_machines (1936): a.b@c, d/e"])
def test_a_sign_outside_ascii_parts_words_no_otherwise(text: str) -> None:
    """Texts in ASCII are read in a quicker way."""
    assert language_of(text) == language_of(f"{text} — ½")


def test_a_part_that_does_not_tell_follows_its_document() -> None:
    """Headings and tables are in the language of the text around them; a quotation keeps its own."""
    parts = ["Der Wal ist ein Säugetier.", "12 45 67", "The whale is a mammal.", "Und er lebt nicht an Land."]

    assert languages_of(parts) == ["german", "german", "english", "german"]


def test_a_document_of_headings_may_tell_as_a_whole() -> None:
    """What is too little in each is enough together."""
    assert languages_of(["The whale", "Krill of", "Seals and"]) == ["english"] * 3


def test_the_function_words_of_a_question_can_be_left_out() -> None:
    """In another language they would count as rare words."""
    assert content_words("What do the blue whales eat?", "english") == "blue whales eat?"
    assert content_words("Was fressen die Wale?", "german") == "fressen Wale?"
    assert content_words("blue whales", UNKNOWN) == "blue whales"
