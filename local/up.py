"""Runs the laptop until Ctrl-C or SIGTERM, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping

import psutil

from local.instance import end_leftover_database, exclusive
from local.laptop import Laptop, Options

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(options: Options, users: Mapping[str, str], announce: Callable[[Laptop], None]) -> None:
    """Start everything, announce it, and end it when told to; told twice, end it at once.

    `users` are the variables of the user's shell. Raises `AlreadyRunning`, `PortBusy`, or the error of a part that did
    not start.
    """
    with exclusive(options.data):
        end_leftover_database(options.data)
        asyncio.run(_until_told(options, users, announce))


async def _until_told(options: Options, users: Mapping[str, str], announce: Callable[[Laptop], None]) -> None:
    running = asyncio.create_task(_serve(options, users, announce))
    told = False

    def tell() -> None:
        nonlocal told
        if told:
            kill_everything()
        told = True
        running.cancel()

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, tell)
    await asyncio.wait([running])
    if not running.cancelled() and not told:
        running.result()


async def _serve(options: Options, users: Mapping[str, str], announce: Callable[[Laptop], None]) -> None:
    try:
        async with Laptop(options, users) as laptop:
            announce(laptop)
            await laptop.work()
    except* Exception as group:
        raise _first(group) from group


def _first(error: BaseException) -> BaseException:
    """Return the error that came first out of a group; the others are its consequences."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def kill_everything() -> None:
    """End this process and all that it started, at once."""
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(128 + signal.SIGINT)
