"""Sends dead letters back to the queue, so that their documents are tried again."""

from __future__ import annotations

from sluice.ports import IngestQueue

AGAIN = "SluiceAgain"
"""The message attribute that asks for a version to be tried although it has failed before."""


async def redrive(queue: IngestQueue) -> int:
    """Send every dead letter back and return how many there were; raise `QueueUnavailable`.

    A letter is dropped after its copy is queued: one that breaks off between the two comes twice, which has the effect
    of once.
    """
    sent = 0
    while letters := await queue.dead_letters():
        for letter in letters:
            await queue.send(letter.body, again=True)
            await queue.drop(letter)
            sent += 1
    return sent
