"""What the template has a function do by the clock. The laptop is seldom on for a day, and so does it after each start.

That makes up for what an earlier end left half done: an object whose event was not kept yet, changes made by hand.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from local.concurrency import Lambda, Throttled, describe
from local.runtime_api import EnvironmentLost
from local.sqs import Sqs, SqsError

IDLE_SECONDS = 2.0


async def run_schedules(
    function: Lambda, sqs: Sqs, queue_urls: Sequence[str], *, idle_seconds: float = IDLE_SECONDS
) -> None:
    """Invoke the function with each of its schedules' events, once its queues are empty."""
    log = logging.getLogger(f"local.{function.function.logical_id}")
    for event in function.function.schedules:
        await _until_idle(sqs, queue_urls, idle_seconds)
        try:
            invocation = await function.invoke(event.encode())
            await invocation.read()
        except (EnvironmentLost, Throttled) as error:
            log.warning("%s could not be run: %s", event, error)
            continue
        if invocation.error:
            log.warning("%s has failed: %s", event, describe(invocation.error))


async def _until_idle(sqs: Sqs, queue_urls: Sequence[str], seconds: float) -> None:
    while True:
        try:
            if all([await sqs.is_empty(url) for url in queue_urls]):
                return
        except SqsError:
            pass  # whoever polls the queue says it
        await asyncio.sleep(seconds)
