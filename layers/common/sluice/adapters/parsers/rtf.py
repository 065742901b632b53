"""Reads RTF: control words, groups and bytes in the code page of their font (Rich Text Format specification 1.9.1)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.rtf_encodings import CHARSETS, CODEPAGES, decoded, encoding_of, is_utf8
from sluice.adapters.parsers.rtf_words import (
    ELSEWHERE,
    FALLBACKS,
    ON,
    SHOWN_WITHIN,
    SIGNS,
    STYLES,
    SYMBOLS,
    UNSAID,
)
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|(?P<hex>(?:\\'[0-9a-fA-F]{2})+)|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _State:
    """What a group has set and its end takes back."""

    target: str = "text"
    hidden: bool = False
    fonts: bool = False
    again: bool = False
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
    written: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pending: bytearray = field(default_factory=bytearray)
    skip: int = 0
    is_utf8: bool = False
    is_destination: bool = False

    def read(self, body: bytes) -> None:
        self.is_utf8 = is_utf8(body)
        position = 0
        while match := _TOKEN.match(body, position):
            position = match.end()
            if match["word"] == b"bin":
                position += max(0, int(match["number"] or 0))
            self._token(match)
            if match["brace"] == b"}" and not self.stack:  # what comes behind the document is none of it
                break
        self._flush()
        if self.stack:
            raise DamagedDocument("The RTF file is cut off: its last group is not closed.")

    def _token(self, match: re.Match[bytes]) -> None:
        if match["hex"]:
            self._raw(bytes.fromhex(match["hex"].replace(b"\\'", b"").decode()))
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
        elif sign := SYMBOLS.get(symbol):
            self._write(sign)

    def _word(self, word: bytes, number: int | None) -> None:
        self._turn(word)
        self.is_destination = False
        if sign := SIGNS.get(word):
            self._write(sign)
        elif word == b"u" and number is not None:
            self._write(chr(number % 0x10000))
            self.skip = self.state.fallback
        else:
            self._set(word, number if number is not None else ON.get(word, 0))

    def _turn(self, word: bytes) -> None:
        """Take note of where the words of this group go."""
        target = self.state.target
        if word in SHOWN_WITHIN:
            target = "" if self.state.again else "text"
        elif word in ELSEWHERE:
            target = ELSEWHERE[word]
        elif (self.is_destination and word not in STYLES) or word in UNSAID or word in FALLBACKS:
            target = ""
        if target != self.state.target or word in FALLBACKS or word == b"fonttbl":
            self._flush()
            again = self.state.again or word in FALLBACKS
            self.state = replace(self.state, target=target, again=again, fonts=word == b"fonttbl")
            if word in ELSEWHERE:  # behind another one
                self._write("\n")

    def _set(self, word: bytes, number: int) -> None:
        """Take note of what the following bytes mean."""
        match word:
            case b"ansicpg" if number:
                self.codepage = encoding_of(number)
            case b"mac" | b"pc" | b"pca":
                self.codepage = CODEPAGES[word]
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
                self.charsets[self.state.font] = CHARSETS.get(number, self.codepage)
            case b"uc":
                self.state = replace(self.state, fallback=max(0, number))

    def _raw(self, text: bytes) -> None:
        """Take bytes that are in the code page, without those that stand for a character that was told."""
        self.pending += text[self.skip :]
        self.skip = max(0, self.skip - len(text))

    def _bytes(self, text: bytes) -> None:
        if self.is_utf8 and not text.isascii():
            self._write(text[self.skip :].decode("utf-8", "replace"))
            self.skip = max(0, self.skip - len(text))
        else:
            self._raw(text)

    def _write(self, text: str) -> None:
        self._flush()
        if self.state.target and not self.state.hidden:
            self.written[self.state.target].append(text)

    def _flush(self) -> None:
        """Decode the bytes so far: a character of an eastern code page may be two bytes, written in either way."""
        if self.pending:
            raw = bytes(self.pending)
            self.pending.clear()
            self._write(decoded(raw, self.charsets.get(self.state.font, ""), self.codepage))


def read(body: bytes, limits: Limits) -> ParsedDocument:
    """Return the text with its remarks as one block, headers and footers as another; raise `DamagedDocument`."""
    reader = _Reader(limits)
    reader.read(body[body.index(b"{\\rtf") :])
    written = {target: _whole("".join(pieces)) for target, pieces in reader.written.items()}
    blocks = (_text(written), _margins(written.get("margin", "")))
    title = one_line(written.get("title", "")) or None
    return ParsedDocument("rtf", tuple(Block(text) for text in blocks if text), title=title)


def _text(written: dict[str, str]) -> str:
    rows = (line.strip(" |") if " | " in line else line for line in written.get("text", "").split("\n"))
    remarks = (f"Comment: {one_line(line)}" for line in written.get("remark", "").split("\n") if line.strip())
    return "\n\n".join(filter(None, (clean("\n".join(rows)), "\n".join(remarks))))


def _margins(text: str) -> str:
    """Return each line once, however many headers and footers have it; a number alone is that of a page."""
    lines = dict.fromkeys(one_line(line.replace(" | ", " ")) for line in text.split("\n"))
    return clean("\n".join(line for line in lines if any(map(str.isalpha, line))))


def _whole(text: str) -> str:
    r"""Join the halves of characters beyond U+FFFF, which RTF writes as two `\u`."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
