"""The `sluice` command, before any of it is imported."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Run the command that the user typed; Ctrl-C before it can end it by itself ends it in silence."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not so in the background
    if is_ours:
        signal.signal(signal.SIGINT, _end)
    from local.command.program import app

    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    app(prog_name="sluice")


def _end(number: int, _: object) -> None:
    os._exit(128 + number)
