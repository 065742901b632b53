"""The error that trailers carry."""

from __future__ import annotations

import base64
import json

import pytest

from sluice.streaming.failures import trailers


class HTTP2Error_(Exception):  # noqa: N801 - a name that Lambda would not accept
    pass


class _2(Exception):  # noqa: N801 - a name without a letter
    pass


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("x"), "Function.ValueError"),
        (HTTP2Error_(), "Function.HTTPError"),
        (_2(), "Function.Unknown"),
    ],
)
def test_an_error_type_has_the_form_that_lambda_accepts(error: Exception, expected: str) -> None:
    """Letters only after the dot; any other name would become unknown."""
    assert dict(trailers(error))["Lambda-Runtime-Function-Error-Type"] == expected


class Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no message from me")


@pytest.mark.parametrize(
    "error", [ValueError("\0" * 9_999), ValueError("😀" * 9_999), Unreadable(), type("X" * 9_999, (Exception,), {})()]
)
def test_trailers_take_less_than_lambda_reads(error: Exception) -> None:
    """Its server breaks off a request with more than 4,096 bytes of them."""
    lines = [f"{name}: {value}\r\n" for name, value in trailers(error)]

    assert len("".join(lines)) < 4_000


def test_the_error_object_is_base64_of_json_on_one_line() -> None:
    """Line ends and text of any language in a message can't break the header."""
    body = dict(trailers(ValueError("zwei\r\nZeilen: ü")))["Lambda-Runtime-Function-Error-Body"]

    assert body.isascii()
    assert "\n" not in body
    assert json.loads(base64.b64decode(body)) == {
        "errorType": "ValueError",
        "errorMessage": "zwei\r\nZeilen: ü",
        "stackTrace": [],
    }
