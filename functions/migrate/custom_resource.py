"""Answers CloudFormation, which waits for a custom resource: once, whatever happens, and before the time is up.

Protocol: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)

Event = Mapping[str, Any]
Work = Callable[[Mapping[str, Any]], Mapping[str, str]]

# So long before the function's end CloudFormation is told that it will not be done.
MARGIN_SECONDS = 20.0
# CloudFormation takes 4,096 bytes in all.
_REASON_CHARACTERS = 1_000
_PUT_SECONDS = 5.0
_PUTS = 3


def is_request(event: Event) -> bool:
    return "ResponseURL" in event


def serve(event: Event, work: Work, *, physical_id: str, seconds_left: float, log: str) -> None:
    """Do the work, unless the resource is to be deleted, and answer; work that takes too long is answered for.

    `work` takes the resource's properties and returns its attributes; what it raises is the reason of the failure, and
    `log` is where more can be read. Late work goes on until the function's own timeout ends it.
    """
    answer = _Answer(event, physical_id)
    with _answered_before(seconds_left - MARGIN_SECONDS, answer, log):
        try:
            attributes = {} if event["RequestType"] == "Delete" else work(event["ResourceProperties"])
        except Exception as error:
            logger.exception("The work of the custom resource failed.")
            answer.failed(f"{_words(error)} More in the log {log}.")
        else:
            answer.succeeded(attributes)


class _Answer:
    """The one answer to a request; a second one is dropped."""

    def __init__(self, event: Event, physical_id: str) -> None:
        self._url = event["ResponseURL"]
        self._body = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
        # Another id than before would have CloudFormation delete the resource of the old one.
        self._body["PhysicalResourceId"] = event.get("PhysicalResourceId") or physical_id
        self._lock = threading.Lock()
        self._given = False

    def succeeded(self, attributes: Mapping[str, str]) -> None:
        self._give({"Status": "SUCCESS", "Data": dict(attributes)})

    def failed(self, reason: str) -> None:
        self._give({"Status": "FAILED", "Reason": reason[:_REASON_CHARACTERS]})

    def _give(self, outcome: Mapping[str, Any]) -> None:
        with self._lock:
            if not self._given:
                _put(self._url, json.dumps({**self._body, **outcome}).encode())
                self._given = True


@contextmanager
def _answered_before(seconds: float, answer: _Answer, log: str) -> Iterator[None]:
    reason = f"It takes longer than a function may run. More in the log {log}."
    late = threading.Timer(max(0.0, seconds), answer.failed, [reason])
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()


def _put(url: str, body: bytes) -> None:
    """Send the answer to the signed address, which wants no content type."""
    request = urllib.request.Request(url, body, {"content-type": ""}, method="PUT")  # noqa: S310 - from CloudFormation
    for attempt in range(1, _PUTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=_PUT_SECONDS):  # noqa: S310 - as above
                return
        except OSError as error:
            logger.warning("CloudFormation did not take the answer (try %s of %s): %s", attempt, _PUTS, error)
            if attempt == _PUTS:
                raise


def _words(error: Exception) -> str:
    """Return an error as one line of text."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
