"""What the routes are given. Tests put others in their place."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from sluice import bootstrap
from sluice.answering import Answering
from sluice.authenticating import Authenticating
from sluice.domain import Caller, Scope
from sluice.following import Following
from sluice.ports import ConversationStore
from sluice.readiness import Readiness
from sluice.searching import Searching
from sluice.signing_in import sign_in
from sluice.titling import Titling

# Each is async, since FastAPI hands a plain function to a thread.


async def authenticating() -> Authenticating:
    return bootstrap.authenticating()


async def caller(request: Request, authenticating: Annotated[Authenticating, Depends(authenticating)]) -> Caller:
    """Who asks."""
    return await sign_in(request, authenticating, Scope.ASK)


async def answering() -> Answering:
    return bootstrap.answering()


async def searching() -> Searching:
    return bootstrap.searching()


async def conversations() -> ConversationStore:
    return bootstrap.conversations()


async def following() -> Following:
    return bootstrap.following()


async def titling() -> Titling:
    return bootstrap.titling()


async def readiness() -> Readiness:
    return bootstrap.readiness()


TheCaller = Annotated[Caller, Depends(caller)]
TheAnswering = Annotated[Answering, Depends(answering)]
TheSearching = Annotated[Searching, Depends(searching)]
TheConversations = Annotated[ConversationStore, Depends(conversations)]
TheFollowing = Annotated[Following, Depends(following)]
TheTitling = Annotated[Titling, Depends(titling)]
TheReadiness = Annotated[Readiness, Depends(readiness)]
