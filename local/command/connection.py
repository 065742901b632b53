"""Where a command finds Sluice and how it signs in: the options that commands share."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urljoin

import typer

from local import keys, running
from local.addresses import CHAT_URL

if TYPE_CHECKING:
    import httpx

    from local.client import ChatClient, IngestClient

T = TypeVar("T")

_PANEL = "Where, and who"


def _found(context: typer.Context, url: str) -> str:
    """Nobody has to say where this machine's own Sluice listens."""
    source = context.get_parameter_source("url")
    return running.address(running.noted().chat) if source and source.name == "DEFAULT" else url


Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="SLUICE_URL",
        help="Address of the chat function.",
        show_default="this machine's",
        callback=_found,
        rich_help_panel=_PANEL,
    ),
]
IngestUrl = Annotated[
    str | None,
    typer.Option(
        "--ingest-url",
        envvar="SLUICE_INGEST_URL",
        help="Address of the ingest function; the chat function knows it, unless this says otherwise.",
        rich_help_panel=_PANEL,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="SLUICE_API_KEY",
        help="API key, or a token of the identity provider.",
        show_envvar=True,
        rich_help_panel=_PANEL,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        envvar="SLUICE_PROFILE",
        help="AWS profile that signs the requests, for function URLs of the type AWS_IAM.",
        rich_help_panel=_PANEL,
    ),
]
Collection = Annotated[str | None, typer.Option(help="Look at, or add to, this collection only.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True)
class Connection:
    """What the options say. Making a client of it raises `ClientError`."""

    url: str = CHAT_URL
    key: str | None = None
    profile: str | None = None
    ingest_url: str | None = None

    def chat(self) -> ChatClient:
        """Return a client of the chat function, to be entered."""
        from local.client import ChatClient

        return ChatClient(self.url, key=self._key_for(self.url), auth=self._auth_for(self.url))

    @asynccontextmanager
    async def ingest(self) -> AsyncIterator[IngestClient]:
        """Give a client of the ingest function, whose address the chat function tells."""
        from local.client import IngestClient

        url = self.ingest_url or await self._told_ingest_url()
        async with IngestClient(url, key=self._key_for(url), auth=self._auth_for(url)) as client:
            yield client

    async def _told_ingest_url(self) -> str:
        from local.client import ClientError, NotSignedIn, Unreachable

        chat, why = self.chat(), ""
        try:
            async with chat:
                url = (await chat.page_config()).get("ingest_url")
        except (Unreachable, NotSignedIn):
            raise
        except ClientError as error:
            url, why = None, f" {error}"
        if not url:
            raise ClientError(f"{self.url} does not say where documents go. Give --ingest-url.{why}")
        # One address may serve both functions: then it is told relative to the page.
        return urljoin(self.url.rstrip("/") + "/", str(url))

    async def from_chat(self, call: Callable[[ChatClient], Awaitable[T]]) -> T:
        """Return what one call of the chat function gives."""
        async with self.chat() as client:
            return await call(client)

    async def from_ingest(self, call: Callable[[IngestClient], Awaitable[T]]) -> T:
        """Return what one call of the ingest function gives."""
        async with self.ingest() as client:
            return await call(client)

    def _key_for(self, url: str) -> str | None:
        """The laptop's own key is for this machine only."""
        from local.client.transport import is_here

        return self.key or (keys.remembered(os.environ) if is_here(url) else None)

    def _auth_for(self, url: str) -> httpx.Auth | None:
        from local.client.signing import signature

        return signature(self.profile, url) if self.profile else None


Command = Callable[..., None]


def _giving(options: Callable[..., Connection]) -> Callable[[Command], Command]:
    """Return a decorator that gives a command these options beside its own; its `connection` is what they come to.

    Typer reads options from a function's signature, and so those of the two are put together into one.
    """
    shared = _parameters(options)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_options(**given: object) -> None:
            said = {each.name: given.pop(each.name) for each in shared}
            command(**given, connection=options(**said))

        parameters = [*(each for each in _parameters(command) if each.name != "connection"), *shared]
        with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # where Typer looks first
        with_options.__annotations__ = {each.name: each.annotation for each in parameters}
        return with_options

    return decorate


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(function, eval_str=True).parameters.values())


@_giving
def connected_to_chat(url: Url = CHAT_URL, api_key: Key = None, profile: Profile = None) -> Connection:
    """Give a command the options that say where the chat function is and who asks."""
    return Connection(url, api_key, profile)


@_giving
def connected_to_both(
    url: Url = CHAT_URL, ingest_url: IngestUrl = None, api_key: Key = None, profile: Profile = None
) -> Connection:
    """Give a command the options that say where both functions are and who asks."""
    return Connection(url, api_key, profile, ingest_url)
