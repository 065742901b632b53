"""What a provider's headers say about waiting."""

from __future__ import annotations

import email.utils
import time

import httpx
import pytest

from sluice.adapters.llm.failures import retry_after


class Refusal(Exception):
    def __init__(self, headers: dict[str, str]) -> None:
        self.response = httpx.Response(429, headers=headers)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_the_header(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds or a date (RFC 9110), milliseconds where OpenAI tells them; nonsense is no advice."""
    assert retry_after(Refusal(headers)) == seconds


def test_a_date_to_come_is_the_time_until_then() -> None:
    """A date an hour ahead means about an hour."""
    wait = retry_after(Refusal({"retry-after": email.utils.formatdate(time.time() + 3_600, usegmt=True)}))

    assert wait is not None
    assert 3_500 < wait <= 3_600


def test_an_error_without_a_response_gives_no_advice() -> None:
    """A refused connection has no headers."""
    assert retry_after(ConnectionRefusedError()) is None
