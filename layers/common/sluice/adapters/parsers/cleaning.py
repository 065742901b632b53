"""Makes any text fit for the store: one kind of line end, no control characters, no half characters."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0 and C1 controls but tab and line feed, the byte order mark, the code points that are no characters, and those that
# mean something in one font only.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ufdd0-\ufdef\ue000-\uf8ff\U000f0000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return the text with line feeds only, without control characters, lone surrogates and needless white space."""
    usual = text.replace("\r\n", "\n")
    if usual.replace("\n", " ").replace("\t", " ").isprintable():  # none of the expressions would match
        return _trimmed(usual)
    text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _trimmed(text)


def _trimmed(text: str) -> str:
    lines = "\n".join(map(str.rstrip, text.split("\n")))
    return (_BLANK_LINES.sub("\n\n", lines) if "\n\n\n" in lines else lines).strip("\n")


def one_line(text: str) -> str:
    """Return the cleaned text with every run of white space folded to one space."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(clean(text).split())


def is_blank(text: str) -> bool:
    """Return whether the text has nothing that could be seen."""
    return all(character.isspace() or unicodedata.category(character) == "Cf" for character in text)
