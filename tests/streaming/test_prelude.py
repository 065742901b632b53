"""The head of a streamed answer, written and read."""

from __future__ import annotations

import logging

import pytest

from sluice.streaming.prelude import DELIMITER, Prelude
from tests.streaming.prelude_reader import PreludeReader

PRELUDE = Prelude(201, {"content-type": "text/plain", "x-name": "naïve, \0"}, ("a=1", "b=2"))


def test_a_prelude_contains_no_raw_nul() -> None:
    """JSON escapes it, so the eight NULs are found where they stand."""
    encoded = PRELUDE.encode()

    assert encoded.index(DELIMITER) == len(encoded) - 8
    assert b"\0" not in encoded[:-8]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 50, 1000])
def test_a_prelude_is_read_from_pieces_of_any_size(size: int) -> None:
    """A body that begins with NULs is not mistaken for the delimiter."""
    body = bytes(20) + b"body" + bytes(20)
    stream = PRELUDE.encode() + body
    reader = PreludeReader()

    pieces = [reader.feed(stream[start : start + size]) for start in range(0, len(stream), size)]

    assert (reader.prelude, b"".join(pieces)) == (PRELUDE, body)


def test_a_stream_without_a_prelude_is_refused() -> None:
    """What stands before the delimiter must be JSON with a status."""
    with pytest.raises(ValueError, match="prelude"):
        PreludeReader().feed(b"just text" + DELIMITER)

    with pytest.raises(ValueError, match="prelude"):
        PreludeReader().feed(b'{"headers": {}}' + DELIMITER)


def test_headers_over_the_limit_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Lambda is only known to take 16 KiB."""
    with caplog.at_level(logging.WARNING):
        Prelude(200, {"x-large": "x" * 17_000}).encode()

    assert "17051 bytes" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "Content-Length", "X-Amzn-RequestId"],
)
def test_a_header_that_no_answer_may_have_is_left_out(name: str) -> None:
    """Those of one connection, and those for which a function URL would change the name or refuse the whole head."""
    assert Prelude.of(200, [(name.encode(), b"x"), (b"x-kept", b"2")]).headers == {"x-kept": "2"}


def test_a_header_for_one_connection_is_left_out_whatever_its_name() -> None:
    """`Connection` names further ones."""
    headers = [(b"connection", b"close, X-Trace"), (b"x-trace", b"1"), (b"x-kept", b"2")]

    assert Prelude.of(200, headers).headers == {"x-kept": "2"}
