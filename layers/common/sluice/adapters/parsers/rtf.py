"""Reads RTF: control words, groups and bytes in the code page of their font (Rich Text Format specification 1.9.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
# The code pages of `\fcharset`.
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_SIGNS = {
    b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"par": "\n", b"line": "\n", b"sect": "\n\n", b"page": "\n\n", b"row": "\n", b"nestrow": "\n",
    b"footnote": " ", b"tab": "\t", b"cell": " | ", b"nestcell": " | ", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SYMBOLS = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n", b"\r": "\n"}
_UNSAID = frozenset({
    b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"headerl", b"headerr", b"headerf", b"footer",
    b"footerl", b"footerr", b"footerf", b"fldinst", b"datastore", b"themedata", b"xmlnstbl", b"listtable", b"rsidtbl",
    b"listoverridetable", b"generator", b"filetbl", b"revtbl", b"bkmkstart", b"bkmkend", b"latentstyles", b"pntext",
})  # fmt: skip
# Words that switch something on when they have no number.
_ON = {b"v": 1, b"deleted": 1}
# Marked like a destination that older readers may skip, but shown.
_STYLES = frozenset({b"cs", b"ds", b"ts"})


@dataclass(frozen=True, slots=True)
class _State:
    """What a group has set and its end takes back."""

    said: bool = True
    hidden: bool = False
    fonts: bool = False
    title: bool = False
    font: int = -1
    fallback: int = 1


@dataclass
class _Reader:
    limits: Limits
    codepage: str = "cp1252"
    default_font: int = -1
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    charsets: dict[int, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    skip: int = 0
    is_utf8: bool = False
    is_destination: bool = False

    def read(self, body: bytes) -> None:
        self.is_utf8 = _is_utf8(body)
        position = 0
        while match := _TOKEN.match(body, position):
            position = match.end()
            if match["word"] == b"bin":
                position += max(0, int(match["number"] or 0))
            self._token(match)
        self._flush()
        if self.stack:
            raise DamagedDocument("The RTF file is cut off: its last group is not closed.")

    def _token(self, match: re.Match[bytes]) -> None:
        if match["hex"]:
            self._byte(int(match["hex"], 16))
        elif match["text"] is not None:
            self._bytes(match["text"])
        elif match["brace"]:
            self._brace(match["brace"])
        elif match["word"]:
            self._word(match["word"], int(match["number"]) if match["number"] else None)
        elif match["symbol"]:
            self._symbol(match["symbol"])

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self.skip, self.is_destination = 0, False
        if brace == b"{":
            self.limits.check_nesting(len(self.stack) // 10)
            self.stack.append(self.state)
        elif self.stack:
            self.state = self.stack.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.is_destination = True
        elif sign := _SYMBOLS.get(symbol):
            self._write(sign)

    def _word(self, word: bytes, number: int | None) -> None:
        if (self.is_destination and word not in _STYLES) or word in _UNSAID:
            self._flush()
            self.state = replace(self.state, said=False)
        self.is_destination = False
        if sign := _SIGNS.get(word):
            self._write(sign)
        elif word in (b"fonttbl", b"title"):
            self.state = replace(self.state, said=False, fonts=word == b"fonttbl", title=word == b"title")
        elif word == b"u" and number is not None:
            self._write(chr(number % 0x10000))
            self.skip = self.state.fallback
        else:
            self._set(word, number if number is not None else _ON.get(word, 0))

    def _set(self, word: bytes, number: int) -> None:
        """Take note of what the following bytes mean."""
        match word:
            case b"ansicpg" if number:
                self.codepage = f"cp{number}"
            case b"mac":
                self.codepage = "mac_roman"
            case b"deff":
                self.default_font = number
            case b"f":
                self._flush()
                self.state = replace(self.state, font=number)
            case b"plain":
                self._flush()
                self.state = replace(self.state, font=self.default_font, hidden=False)
            case b"v" | b"deleted":
                self._flush()
                self.state = replace(self.state, hidden=number != 0)
            case b"fcharset" if self.state.fonts:
                self.charsets[self.state.font] = _CHARSETS.get(number, self.codepage)
            case b"uc":
                self.state = replace(self.state, fallback=max(0, number))

    def _byte(self, value: int) -> None:
        if self.skip:
            self.skip -= 1
        else:
            self.pending.append(value)

    def _bytes(self, text: bytes) -> None:
        skipped = min(self.skip, len(text))
        self.skip -= skipped
        if self.is_utf8 and not text.isascii():
            self._write(text[skipped:].decode("utf-8", "replace"))
        else:
            self.pending += text[skipped:]

    def _write(self, text: str) -> None:
        self._flush()
        if self.state.title:
            self.title.append(text)
        elif self.state.said and not self.state.hidden:
            self.written.append(text)

    def _flush(self) -> None:
        """Decode the bytes so far: a character of an eastern code page may be two bytes, written in either way."""
        if self.pending:
            raw = bytes(self.pending)
            self.pending.clear()
            self._write(_decode(raw, self.charsets.get(self.state.font, ""), self.codepage))


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return the text as one block; raise `DamagedDocument`."""
    reader = _Reader(limits)
    reader.read(body[body.index(b"{\\rtf") :])
    text = _whole("".join(reader.written))
    return ParsedDocument("rtf", tuple(_blocks(text)), title=one_line(_whole("".join(reader.title))) or None)


def _blocks(text: str) -> Iterator[Block]:
    rows = (line.strip(" |") if " | " in line else line for line in text.split("\n"))
    if cleaned := clean("\n".join(rows)):
        yield Block(cleaned)


def _decode(raw: bytes, charset: str, codepage: str) -> str:
    """Raise `DamagedDocument` rather than write what nobody wrote."""
    for encoding in filter(None, (charset, codepage)):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DamagedDocument("The RTF file's bytes do not fit the encoding that it declares.") from error


def _is_utf8(body: bytes) -> bool:
    """RTF is ASCII; a file with other bytes that are all UTF-8 was written by a program that did not know."""
    if body.isascii():
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _whole(text: str) -> str:
    r"""Join the halves of characters beyond U+FFFF, which RTF writes as two `\u`."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
