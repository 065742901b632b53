"""Reads Markdown: a block a heading, tables as rows of cells, the rest as its author wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.headings import Outline
from sluice.domain import ParsedDocument

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"^ {0,3}(`{3,}+|~{3,}+)[^\n]*\n.*?^ {0,3}\1", re.DOTALL | re.MULTILINE)
_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_NOT_A_PARAGRAPH = re.compile(r"^\s*([-*+>|#]|\d+[.)]|$)")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
# What is never closed reaches to the end (CommonMark, section 4.6).
_NOT_SHOWN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
# No part of it may hold what begins another one: text of nothing but beginnings would take the square of its length.
_IMAGE = re.compile(r"!\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*+\)")


def read(text: str) -> ParsedDocument:
    """Return a block for the text under each heading, with the heading's path."""
    text, title = _without_front_matter(clean(text))
    outline = Outline()
    for level, line in _headings(_shown(text).split("\n")):
        if not level:
            outline.add(line)
            continue
        outline.enter(level, line)
        title = title or line
    return ParsedDocument("markdown", outline.blocks(), title=title)


def _without_front_matter(text: str) -> tuple[str, str | None]:
    front = _FRONT_MATTER.match(text)
    if not front:
        return text, None
    title = _FRONT_TITLE.search(front[1])
    return text[front.end() :], one_line(title[1]) if title else None


def _shown(text: str) -> str:
    """Remove comments and scripts, but not from code, where they are the subject."""
    shown, position = [], 0
    for code in _CODE.finditer(text):
        shown += [_NOT_SHOWN.sub("", text[position : code.start()]), code[0]]
        position = code.end()
    return "".join([*shown, _NOT_SHOWN.sub("", text[position:])])


def _headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield each line with its level as a heading, 0 for text."""
    fence = ""
    skip = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
        elif fence or _FENCE.match(line):
            fence = _fence_after(line, fence)
            yield 0, line
        elif heading := _heading(line, following):
            skip = not line.lstrip().startswith("#")
            yield heading
        elif "|" not in line or not _TABLE_RULE.match(line):
            yield 0, _row(line)


def _heading(line: str, following: str) -> tuple[int, str] | None:
    if atx := _ATX.match(line):
        text = _inline(atx[2])
        return (len(atx[1]), text) if text else None
    underline = _SETEXT.match(following)
    if underline and not _NOT_A_PARAGRAPH.match(line):
        return (1 if underline[1][0] == "=" else 2), _inline(line).strip()
    return None


def _fence_after(line: str, fence: str) -> str:
    """Return the fence that is open after this line; only a fence at least as long closes one."""
    mark = _FENCE.match(line)
    if not fence:
        return mark[1] if mark else ""
    closes = mark is not None and mark[1].startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence


def _row(line: str) -> str:
    inner = line.strip()
    if not inner.startswith("|"):
        return _inline(line)
    cells = _CELL_BORDER.split(inner.strip("|"))
    return " | ".join(_inline(cell).strip() for cell in cells)


def _inline(line: str) -> str:
    """Show an image by its description, and drop the tags of lines that are HTML."""
    line = _IMAGE.sub(r"\1", line)
    return _TAG.sub("", line) if line.lstrip().startswith("<") else line
