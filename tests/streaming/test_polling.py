"""How the runtime waits for the next event."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from sluice.streaming.polling import PollingThread

SECONDS = 20


@pytest.fixture
def heard() -> Iterator[threading.Event]:
    """Be set when SIGUSR1 has been handled."""
    heard = threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.set())
    yield heard
    signal.signal(signal.SIGUSR1, before)


def test_what_the_poll_returns_or_raises_is_passed_on() -> None:
    """One after the other; an error does not end the thread."""
    polling = PollingThread()

    def fail() -> None:
        raise OSError("the Runtime API is gone")

    with pytest.raises(OSError, match="is gone"):
        polling.run(fail)

    assert [polling.run(lambda: "first"), polling.run(lambda: "second")] == ["first", "second"]


def test_all_polls_have_one_thread() -> None:
    """A thread for each would be made, waited for and ended with every answer."""
    polling = PollingThread()

    assert len({polling.run(threading.get_ident) for _ in range(10)} - {threading.get_ident()}) == 1


def test_a_signal_is_heard_while_the_poll_waits(heard: threading.Event) -> None:
    """Whether it comes when the main thread sleeps or when it is on its way there."""
    polling = PollingThread()

    def poll() -> bool:
        os.kill(os.getpid(), signal.SIGUSR1)
        return heard.wait(SECONDS)

    for _ in range(200):
        heard.clear()
        assert polling.run(poll)


def test_the_wake_up_of_others_is_theirs_again_after_the_poll() -> None:
    """An app may have set one, as asyncio does for its handlers of signals."""
    theirs, wake = os.pipe()
    os.set_blocking(wake, False)
    before = signal.set_wakeup_fd(wake)

    PollingThread().run(lambda: None)

    assert signal.set_wakeup_fd(before) == wake
    os.close(theirs)
    os.close(wake)
