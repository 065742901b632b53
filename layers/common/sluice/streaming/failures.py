"""What a client is told when an app fails: a problem before the first byte, an event in the stream after it.

Sources: RFC 9457 for problem details, https://html.spec.whatwg.org/multipage/server-sent-events.html for events.
"""

from __future__ import annotations

import base64
import json
import re
import traceback
from dataclasses import dataclass

EVENT_STREAM = "text/event-stream"
_FRAMES_TOLD = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """A way for an answer to fail: how HTTP, a program and a reader call it."""

    status: int
    title: str
    code: str
    message: str

    def problem(self) -> bytes:
        """Return the problem details, for an answer that has not begun."""
        fields = {"type": "about:blank", "title": self.title, "status": self.status, "code": self.code}
        return json.dumps(fields).encode()

    def event(self) -> bytes:
        """Return the last event of a stream that has begun."""
        fields = {"type": "error", "code": self.code, "message": self.message, "retryable": True}
        return b"data: " + json.dumps(fields).encode() + b"\n\n"


INTERNAL_ERROR = Failure(500, "Internal Server Error", "internal_error", "The answer could not be finished; try again.")
DEADLINE = Failure(
    504, "Gateway Timeout", "deadline", "Time ran out before the answer was finished; ask again to go on."
)


def trailers(error: BaseException) -> list[tuple[str, str]]:
    """Return the trailers that tell Lambda why a streamed answer was broken off.

    The body is base64 of the JSON error object, as in AWS's Node.js runtime client.
    """
    name = type(error).__name__
    content = {
        "errorType": name,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__)[-_FRAMES_TOLD:],
    }
    return [
        ("Lambda-Runtime-Function-Error-Type", f"Function.{_reason(name)}"),
        ("Lambda-Runtime-Function-Error-Body", base64.b64encode(json.dumps(content).encode()).decode()),
    ]


def _reason(name: str) -> str:
    """Lambda takes letters only, the first one large, and calls anything else unknown."""
    letters = re.sub(r"[^a-zA-Z]", "", name)
    return letters[:1].upper() + letters[1:] or "Unknown"
