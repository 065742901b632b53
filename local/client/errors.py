"""Why a request was not served."""

from __future__ import annotations

import json
from http import HTTPStatus

_NOBODY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_SIGN = " This address wants signed requests: give --profile with an AWS profile that may invoke the function."
_KEY = " Give --api-key, or set SLUICE_API_KEY."


class ClientError(Exception):
    """The request was not served; the message says why, and what to do where that is known."""


class Unreachable(ClientError):
    """Nobody answers at the address."""


class NotSignedIn(ClientError):
    """The server does not know us, or does not let us."""


def refusal(status: int, body: bytes) -> ClientError:
    """Return the error of an answer: in the words of its problem details (RFC 9457), or its status and beginning."""
    try:
        problem = json.loads(body)
        detail = str(problem.get("detail") or problem.get("message") or problem.get("Message") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return ClientError(f"The server answered {status}: {body[:200].decode(errors='replace').strip()}")
    words = " ".join(
        [
            detail if detail.endswith((".", "!", "?")) else f"{detail}.",
            *(f"{it['field']}: {it['message']}." for it in problem.get("errors", [])),
        ]
    )
    if status not in _NOBODY:
        return ClientError(words)
    # A function URL's own refusal has no code of ours.
    hint = "" if status == HTTPStatus.FORBIDDEN else _KEY
    return NotSignedIn(words + (hint if "code" in problem else _SIGN))
