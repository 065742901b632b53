"""Waits for something in a thread, where the main thread hears signals meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_DONE = b"\0"  # no signal has this number


class PollingThread:
    """One thread for all polls. It is started by the first, so that no snapshot has it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="poll")
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)

    def run(self, poll: Callable[[], Result]) -> Result:
        """Return what the poll returns, or raise what it raises; call it in the main thread.

        A signal writes its number into the same pipe as the end of the poll. A lock or a future would not do: one that
        comes when the main thread is on its way to sleep would not wake it.
        """
        before = signal.set_wakeup_fd(self._wake)
        try:
            polled = self._thread.submit(poll)
            polled.add_done_callback(self._report)
            while os.read(self._woken, 1) != _DONE:
                pass  # a signal; its handler has run when this is reached
            return polled.result()
        finally:
            signal.set_wakeup_fd(before)

    def _report(self, _: Future[Result]) -> None:
        os.write(self._wake, _DONE)
