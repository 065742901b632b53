"""Masks text that arrives in pieces: as if it were masked whole, however it is cut."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.masking.kinds import Kind


class Masker:
    """Takes in text and gives it back masked, all but an end that may still become something to mask.

    That end is the last word as a rule, and never longer than the longest thing that is looked for.
    """

    def __init__(self, kinds: Sequence[Kind]) -> None:
        # The one that may hold back most comes first: what it holds needs no look by the others.
        self._kinds = sorted(kinds, key=lambda kind: -kind.longest)
        self._text = ""
        self._settled = 0  # what stands before is only there for the edges of words

    def feed(self, text: str) -> str:
        """Return what is settled with this piece."""
        self._text += text
        return self._settle(self._first_open())

    def end(self) -> str:
        """Return what was held back; the text is over."""
        return self._settle(len(self._text))

    @property
    def held(self) -> int:
        """How many characters wait for what follows."""
        return len(self._text) - self._settled

    def _first_open(self) -> int:
        """Return where the first thing begins of which more may come."""
        end = len(self._text)
        first = end
        for kind in self._kinds:
            start = max(self._settled, end - kind.longest)
            if start < first and (match := kind.open.search(self._text, start)):
                first = min(first, match.start())
        return first

    def _settle(self, limit: int) -> str:
        """Mask what begins before `limit`; it may end behind it."""
        pieces: list[str] = []
        while (found := self._next()) and found[0] < limit:
            start, end, name = found
            pieces += [self._text[self._settled : start], f"[masked: {name}]"]
            self._settled = end
        if self._settled < limit:
            pieces.append(self._text[self._settled : limit])
            self._settled = limit
        self._forget()
        return "".join(pieces)

    def _next(self) -> tuple[int, int, str] | None:
        spans = [(*span, kind.name) for kind in self._kinds if (span := kind.find(self._text, self._settled))]
        return min(spans, key=lambda span: (span[0], -span[1]), default=None)

    def _forget(self) -> None:
        """Keep the last settled character: whether a word begins depends on it."""
        if self._settled > 1:
            self._text = self._text[self._settled - 1 :]
            self._settled = 1


class Masking:
    """Masks some kinds."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds

    def begin(self) -> Masker:
        """Return a masker for a text that arrives in pieces."""
        return Masker(self._kinds)

    def whole(self, text: str) -> str:
        """Return a text masked."""
        masker = self.begin()
        return masker.feed(text) + masker.end()
