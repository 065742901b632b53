"""Text as sentences, well enough to quote them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CODE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•#>|]|\d+[.)])\s)")  # blank lines; lists, headings, tables
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”’）]*")
_NO_END = re.compile(
    r"(?:\b(?:[A-Z]|Mrs?|Ms|Dr|Prof|Sr|Jr|St|Mt|Inc|Ltd|Co|Corp|No|Nr|Fig|Eq|Sec|Ch|vol|pp?|cf|vs|etc|approx|ca"
    r"|e\.g|i\.e|z\.B|d\.h|u\.a|bzw|al|U\.S|a\.m|p\.m)|^\W*\d+)\.$"
)


def split(text: str) -> Iterator[str]:
    """Yield the sentences in order, each with its white space collapsed to single spaces; fenced code holds none."""
    for block in _BLOCK.split(_CODE.sub("\n\n", text)):
        yield from _sentences(" ".join(block.split()))


def _sentences(block: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(block):
        if _ends(block[start : end.end()], block[end.end() :].lstrip()):
            yield block[start : end.end()].strip()
            start = end.end()
    if rest := block[start:].strip():
        yield rest


def _ends(sentence: str, rest: str) -> bool:
    """An abbreviation, an initial and a list's number end no sentence, nor does a stop before a small letter."""
    if sentence.endswith((" .", "。", "！", "？")):
        return True
    return not _NO_END.search(sentence) and not rest[:1].islower()
