"""Pairs of texts that belong together, out of Debian packages: WordNet and manuals."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

MANUALS = {
    "python3.11-doc": "html",
    "postgresql-doc-15": "html",
    "apache2-doc": "manual/en",
    "libreoffice-help-en-us": "en-US",
}
"""Each package with the folder of its pages in English."""
PARAGRAPHS = 25_000
"""The most that one manual contributes, so that none sets the tone."""
LONGEST = 900

Pair = tuple[str, str]


def pairs(folder: Path) -> Iterator[Pair]:
    """Yield the pairs of all packages unpacked under `folder`, the same in every run."""
    chance = random.Random(7)
    yield from _wordnet(folder / "wordnet-base/usr/share/wordnet")
    for package, pages in MANUALS.items():
        yield from _manual(sorted((folder / package).rglob(f"{pages}/**/*.html")), chance)


def _wordnet(folder: Path) -> Iterator[Pair]:
    """Yield each set of synonyms with its gloss and with its kind (the format is described in wndb(5WN))."""
    for part in ("noun", "verb", "adj", "adv"):
        synonyms = dict(_synonyms(folder / f"data.{part}"))
        for names, gloss, kind in synonyms.values():
            yield names, gloss
            if kind in synonyms:
                yield names, f"{synonyms[kind][0]}: {gloss}"


def _synonyms(file: Path) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Yield each set by its address: its names, its gloss, and the address of what it is a kind of."""
    for line in file.read_text("latin-1").splitlines():
        data, bar, gloss = line.partition(" | ")
        if bar and not line.startswith("  "):
            fields = data.split()
            count = int(fields[3], 16)
            names = re.sub(r"\(\w+\)", "", ", ".join(fields[4 : 4 + 2 * count : 2]).replace("_", " "))
            pointers = fields[5 + 2 * count :]
            kinds = [address for symbol, address in pairwise(pointers) if symbol in ("@", "@i")]
            yield fields[0], (names, gloss.replace('"', "").strip(), (kinds or [""])[0])


def _manual(files: Sequence[Path], chance: random.Random) -> Iterator[Pair]:
    """Yield headings with their paragraphs, sentences with the rest of theirs, and neighbouring paragraphs."""
    paragraphs = list(dict.fromkeys(_paragraphs(files)))[:PARAGRAPHS]
    for title, heading, paragraph in paragraphs:
        yield f"{title} {heading}", paragraph
        sentences = re.split(r"(?<=[.!?])\s+", paragraph)
        for number in chance.sample(range(len(sentences)), 2 if len(sentences) > 2 else 0):
            if len(sentences[number]) > 25:
                yield sentences[number], " ".join(sentences[:number] + sentences[number + 1 :])
    for (title, _, before), (other, _, after) in pairwise(paragraphs):
        if title == other and chance.random() < 0.5:
            yield before[: LONGEST // 2], after


def _paragraphs(files: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    for file in files:
        if file.is_file():
            yield from _page(file.read_text("utf-8", "replace"))


def _page(page: str) -> Iterator[tuple[str, str, str]]:
    title = _text("".join(re.findall(r"(?s)<title>(.*?)</title>", page)))
    heading = ""
    body = re.sub(r"(?s)<(script|style|pre|nav|head)\b.*?</\1>", "", page)
    for tag, inner in re.findall(r"(?s)<(h[1-4]|p|dd)\b[^>]*>(.*?)</\1>", body):
        text = _text(inner)
        if tag.startswith("h"):
            heading = text
        elif len(text) > 100:
            yield title, heading, text[:LONGEST]


def _text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).replace("¶", " ").split())
