"""Looks at a running service by its address, as a user would reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from local.client import ClientError, NotSignedIn, Unreachable
from local.diagnosis.finding import Finding

if TYPE_CHECKING:
    import httpx

    from local.client import ChatClient
    from local.command.connection import Connection

# AWS refuses signatures that are five minutes off, and tokens expire by the server's clock.
MOST_SKEW_SECONDS = 240


async def findings(connection: Connection) -> AsyncIterator[Finding]:
    """Yield what is found, part by part; an address where nobody answers ends the search."""
    async with connection.chat() as chat:
        try:
            health = await chat.look("/healthz")
        except ClientError as error:
            yield Finding("chat function", False, str(error))
            return
        yield _health(chat.url, health)
        if "date" in health.headers:
            yield clock(health.headers["date"], datetime.now(UTC))
        yield await _signing_in(chat)
    yield await _documents(connection)


def _health(url: str, answer: httpx.Response) -> Finding:
    try:
        problems = answer.json()["problems"]
    except (ValueError, KeyError, TypeError):
        return Finding("chat function", False, _no_health(url, answer.status_code))
    said = " ".join(f"{name}: {problem['message']}" for name, problem in problems.items())
    return Finding("chat function", not problems, said or f"{url} can answer")


def _no_health(url: str, status: int) -> str:
    if status == 403:  # AWS answers before the function does
        return f"{url} wants signed requests (403). Give --profile with an AWS profile that may invoke the function."
    return f"What answers at {url} is not Sluice's chat function ({status}). Give its address as --url."


def clock(told: str, now: datetime) -> Finding:
    """Compare the server's clock, as its header `date` tells it, with ours."""
    skew = abs((parsedate_to_datetime(told) - now).total_seconds())
    if skew <= MOST_SKEW_SECONDS:
        return Finding("clock", True, "agrees with the server's")
    return Finding("clock", False, f"is {skew:.0f} s off the server's; set it, else signatures and tokens are refused.")


async def _signing_in(chat: ChatClient) -> Finding:
    try:
        await chat.usage(days=1)
    except NotSignedIn as error:
        return Finding("signing in", False, str(error))
    except ClientError as error:
        return Finding("signing in", False, f"could not be tried: {error}")
    return Finding("signing in", True, "these credentials may ask")


async def _documents(connection: Connection) -> Finding:
    try:
        async with connection.ingest() as ingest:
            await ingest.page({}, limit=1)
            return Finding("ingest function", True, f"{ingest.url} lists documents")
    except Unreachable as error:
        return Finding("ingest function", False, str(error).replace("--url", "--ingest-url"))
    except ClientError as error:
        return Finding("ingest function", False, str(error))
