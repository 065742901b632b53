"""Secrets and personal data are masked, however the text is cut."""

from __future__ import annotations

import random
from typing import get_args

import pytest

from sluice.masking import GROUPS, KINDS, Masker, Masking, chosen
from sluice.settings import Maskable

ALL = chosen(["all"])
MASKING = Masking(ALL)
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq98\nZ0+/abc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

EXAMPLES = [
    ("private_key", PEM),
    ("private_key", PEM.replace("\n", "\\n").replace("RSA ", "")),
    ("token", JWT),
    ("api_key", "sk-ant-api03-abcdefghij0123456789_-ABCDEFGHIJ"),
    ("api_key", "sk-proj-Abc1230000000000000000000000000000000000000000"),
    ("api_key", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
    ("api_key", "AKIAIOSFODNN7EXAMPLE"),
    ("api_key", "AIzaSyA-1234567890abcdefghijklmnopqrstu"),
    ("api_key", "xoxb-123456789012-abcdefghijkl"),
    ("email", "ann.other+news@mail.example.co.uk"),
    ("email", "bob@example.com"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB82WEST12345698765432"),
    ("iban", "BE68 5390 0754 7034"),
    ("iban", "NO9386011117947"),
    ("card", "4111 1111 1111 1111"),
    ("card", "5500-0000-0000-0004"),
    ("card", "378282246310005"),
    ("card", "3782 822463 10005"),
    ("us_ssn", "123-45-6789"),
    ("phone", "+49 (30) 1234567"),
    ("phone", "+44 20 7946 0958"),
    ("phone", "(555) 123-4567"),
    ("phone", "1-800-555-0199"),
    ("phone", "555.123.4567"),
]
HARMLESS = [
    "The year 2024, page 12, and 3.14159 of 1,000,000.",
    "Order 4111 1111 1111 1112 is no card: its check digit is wrong.",
    "DE89 1234 5678 9012 3456 78 is no IBAN, for the same reason.",
    "Dates are 2024-01-31 or 31.01.2024; versions are 1.2.3-4.",
    "000-12-3456 and 123-45-67890 are no numbers of persons.",
    "Write to @ann, or see a@b, user@localhost and https://example.com/a?b=c.",
    "Use scikit-learn or sk-learn-with-many-words-in-a-row, --- and -----BEGIN PUBLIC KEY-----.",
    "UUIDs such as 0190f5b2-7c1e-7abc-8def-0123456789ab stay.",
    "It costs 100 200 300 [1][2].",
]


def cut(text: str, chance: random.Random) -> list[str]:
    """Cut a text into pieces of a few characters, as tokens are, or into single ones."""
    longest, pieces, start = chance.choice([1, 2, 4, 9, 30]), [], 0
    while start < len(text):
        end = start + chance.randint(1, longest)
        pieces.append(text[start:end])
        start = end
    return pieces


def stream(pieces: list[str]) -> str:
    masker = Masker(ALL)
    return "".join(map(masker.feed, pieces)) + masker.end()


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
@pytest.mark.parametrize("frame", ["Take {}, please.", "{}", "({})", "„{}“ 鍵{}です", "x: {}\n{}; 12 {}"])
def test_each_kind_is_masked_wherever_it_stands(kind: str, example: str, frame: str) -> None:
    """In words, alone, in brackets, next to another script, and more than once."""
    assert MASKING.whole(frame.replace("{}", example)) == frame.replace("{}", f"[masked: {kind}]")


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_only_what_is_chosen_is_masked(kind: str, example: str) -> None:
    """Another kind may look for other things."""
    others = chosen(KINDS.keys() - {kind})

    assert f"[masked: {kind}]" not in Masking(others).whole(example)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_alike_stays(text: str) -> None:
    """Numbers without their check digit, dates, versions, names."""
    assert MASKING.whole(text) == text


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_every_place_of_a_cut_is_caught(kind: str, example: str) -> None:
    """Between any two characters, and one character at a time."""
    text = f"Take {example}, or {example}."
    whole = MASKING.whole(text)

    cuts = [[text[:place], text[place:]] for place in range(len(text))]

    assert {stream(pieces) for pieces in [*cuts, list(text)]} == {whole}
    assert whole == f"Take [masked: {kind}], or [masked: {kind}]."


@pytest.mark.parametrize("seed", range(40))
def test_a_text_is_masked_alike_however_it_is_cut(seed: int) -> None:
    """Examples, near misses, beginnings of examples and noise in any order, with and without spaces between."""
    chance = random.Random(seed)  # noqa: S311 - it must be the same in every run
    examples = [example for _, example in EXAMPLES]
    beginnings = [example[: chance.randint(1, len(example))] for example in examples]
    noise = ["", " ", "\n", "-", "----", "+", "(", "1 ", "42 ", "AB12 ", "eyJ", "sk-", "é", "鍵", "a.b@", "[1]"]
    for _ in range(25):
        parts = chance.choices([*examples, *beginnings, *HARMLESS, *noise], k=chance.randint(1, 7))
        text = chance.choice(["", " ", ", "]).join(parts)

        assert stream(cut(text, chance)) == MASKING.whole(text), repr(text)


def test_ordinary_text_waits_for_a_word_at_most() -> None:
    """What is held back is the last word, or a number and what may belong to it."""
    masker, text = Masker(ALL), " ".join(HARMLESS[:2]) + " Blue whales eat krill, which live in swarms near the ice."

    held = []
    for character in text:
        masker.feed(character)
        held.append(masker.held)

    assert max(held) <= len("4111 1111 1111 1112 ")
    assert sum(held) / len(held) < 5


@pytest.mark.parametrize(
    "endless", ["x", "4", "4 ", "A1", "eyJ", "-", "a.", "a@", "sk-1", "DE89", "+1", "(", "-----BEGIN PRIVATE KEY-----"]
)
def test_what_is_held_back_has_a_limit(endless: str) -> None:
    """Whatever a model says, text that never comes to an end flows on."""
    masker = Masker(ALL)

    held = []
    for _ in range(12_000 // len(endless)):
        masker.feed(endless)
        held.append(masker.held)

    assert max(held) <= max(kind.longest for kind in ALL)


def test_a_name_that_is_no_kind_is_an_error() -> None:
    """A setting that masks nothing must not look like one that does."""
    with pytest.raises(KeyError, match="emial"):
        chosen(["emial"])


def test_every_kind_can_be_set() -> None:
    """The setting names what there is."""
    assert set(get_args(Maskable)) == {*KINDS, *GROUPS}
