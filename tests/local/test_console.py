"""What `sluice up` writes to the terminal."""

from __future__ import annotations

import logging

from local.console import Line


def test_no_message_drives_the_terminal() -> None:
    """A document's name or a client's header may hold anything; lines and tabs are left."""
    record = logging.LogRecord("local.ChatFunction", logging.WARNING, "", 1, "one\x1b[2J\r\n\ttwo\x9b", None, None)

    assert Line().format(record).partition(" ")[2] == "chat   │ WARNING: one[2J\n\ttwo"
