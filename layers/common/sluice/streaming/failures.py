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
# Lambda's server is Go's: it breaks off a request whose trailers take more than 4,096 bytes. In characters and, of
# JSON before base64 makes it a third longer, in bytes.
_NAME_SIZE = 100
_MESSAGE_SIZE = 400
_ERROR_SIZE = 2_800


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

    The body is base64 of the JSON error object, as in AWS's Node.js runtime client: cut to what Lambda takes. The log
    has the whole.
    """
    name = type(error).__name__[:_NAME_SIZE]
    return [
        ("Lambda-Runtime-Function-Error-Type", f"Function.{_reason(name)}"),
        ("Lambda-Runtime-Function-Error-Body", base64.b64encode(_error_object(name, error)).decode()),
    ]


def _error_object(name: str, error: BaseException) -> bytes:
    """Return the error as JSON, with as many of the innermost frames as there is room for."""
    frames = traceback.format_tb(error.__traceback__)
    while True:
        content = {"errorType": name, "errorMessage": _message(error)[:_MESSAGE_SIZE], "stackTrace": frames}
        encoded = json.dumps(content, ensure_ascii=False).encode(errors="replace")
        if len(encoded) <= _ERROR_SIZE or not frames:
            return encoded
        frames = frames[1:]


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever an error's own code raises, the answer must still end
        return "The error has no readable message."


def _reason(name: str) -> str:
    """Lambda takes letters only, the first one large, and calls anything else unknown."""
    letters = re.sub(r"[^a-zA-Z]", "", name)
    return letters[:1].upper() + letters[1:] or "Unknown"
