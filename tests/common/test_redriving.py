"""Dead letters go back to the queue, each at least once and none for ever."""

from __future__ import annotations

import pytest

from sluice.errors import QueueUnavailable
from sluice.ports import DeadLetter
from sluice.redriving import redrive
from sluice.testing.objects import InMemoryQueue, Sent


def queue_with(letters: int) -> InMemoryQueue:
    return InMemoryQueue(dead=[DeadLetter(f"body {number}", str(number)) for number in range(letters)])


async def test_every_dead_letter_goes_back() -> None:
    """Marked, so that their readers try what has failed before."""
    queue = queue_with(12)

    assert await redrive(queue) == 12
    assert queue.sent == [Sent(f"body {number}", again=True) for number in range(12)]
    assert queue.dead == []


async def test_a_letter_is_dropped_only_once_its_copy_is_queued() -> None:
    """What breaks off in between is sent twice rather than lost."""
    queue = queue_with(1)
    queue.failures.extend([None, QueueUnavailable()])

    with pytest.raises(QueueUnavailable):
        await redrive(queue)

    assert len(queue.dead) == 1
    assert await redrive(queue) == 1
