"""Reads what `sluice.streaming.prelude` writes, as whoever takes a streamed answer has to."""

from __future__ import annotations

import json

from sluice.streaming.prelude import DELIMITER, Prelude


class PreludeReader:
    """Splits a streamed answer, fed in pieces of any size, into its prelude and its body."""

    def __init__(self) -> None:
        self.prelude: Prelude | None = None
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return those of the body; raise `ValueError` if the prelude is not one."""
        if self.prelude:
            return data
        self._pending += data
        encoded, delimiter, body = self._pending.partition(DELIMITER)
        if not delimiter:
            return b""
        self.prelude, self._pending = _decode(encoded), b""
        return body


def _decode(encoded: bytes) -> Prelude:
    try:
        content = json.loads(encoded)
        return Prelude(content["statusCode"], content.get("headers", {}), tuple(content.get("cookies", ())))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"The response does not begin with a prelude, but with {encoded[:80]!r}.") from error
