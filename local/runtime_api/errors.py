"""Errors as runtimes report them: in the headers and body of an error request, or in the trailers of a response."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping

from local.runtime_api.invocation import InvocationError

TYPE = "lambda-runtime-function-error-type"
BODY = "lambda-runtime-function-error-body"
_VALID_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


def posted(headers: Mapping[str, str], body: bytes) -> InvocationError:
    """Read the error of an `/error` request."""
    return InvocationError(_accepted_type(headers.get(TYPE, "")), _decoded(body))


def trailed(trailers: Mapping[str, str]) -> InvocationError | None:
    """Read the error in a streamed response's trailers: its type, and base64 of the JSON error object."""
    if TYPE not in trailers:
        return None
    try:
        body = base64.b64decode(trailers.get(BODY, ""), validate=True)
    except binascii.Error:
        body = trailers[BODY].encode()
    return InvocationError(_accepted_type(trailers[TYPE]), _decoded(body))


def _accepted_type(given: str) -> str:
    if _VALID_TYPE.fullmatch(given):
        return given
    return "Function.Unknown" if given.startswith("Function.") else "Runtime.Unknown"


def _decoded(body: bytes) -> object:
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text or None
