"""What the routes are given. Tests put others in their place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from functions.chat.asking import Asking
from sluice import bootstrap
from sluice.answering import Answering
from sluice.authenticating import Authenticating
from sluice.completing import Book
from sluice.domain import Caller, Scope, Usage
from sluice.feedback import FeedbackStore
from sluice.following import Following
from sluice.limiting import Limiting
from sluice.measuring import Metrics
from sluice.ports import ConversationStore, DocumentStore, SourceLinks
from sluice.readiness import Readiness
from sluice.searching import Searching
from sluice.signing import Signer
from sluice.signing_in import sign_in
from sluice.titling import Titling

if TYPE_CHECKING:
    from sluice.moderating import Moderation

# Each is async, since FastAPI hands a plain function to a thread.


async def authenticating() -> Authenticating:
    return bootstrap.authenticating()


TheAuthenticating = Annotated[Authenticating, Depends(authenticating)]


async def caller(request: Request, authenticating: TheAuthenticating) -> Caller:
    """Who asks."""
    return await sign_in(request, authenticating, Scope.ASK)


async def answering() -> Answering:
    return bootstrap.answering()


async def limiting() -> Limiting:
    return bootstrap.limiting()


async def metrics() -> Metrics | None:
    return bootstrap.metrics()


async def moderation() -> Moderation | None:
    return bootstrap.moderation()


async def documents() -> DocumentStore:
    return bootstrap.documents()


async def source_links() -> SourceLinks:
    return bootstrap.source_links()


async def signer() -> Signer:
    return bootstrap.signer()


async def forwards_host() -> bool:
    return bootstrap.settings().forwarded_host


async def question_characters() -> int:
    """How long a question may be, and so what is searched for."""
    return bootstrap.settings().question_characters


async def feedback() -> FeedbackStore:
    return bootstrap.feedback()


async def searching() -> Searching:
    return bootstrap.searching()


async def conversations() -> ConversationStore:
    return bootstrap.conversations()


async def following() -> Following:
    return bootstrap.following()


async def titling() -> Titling:
    return bootstrap.titling()


async def readiness() -> Readiness:
    return bootstrap.chat_readiness()


TheCaller = Annotated[Caller, Depends(caller)]
TheAnswering = Annotated[Answering, Depends(answering)]
TheLimiting = Annotated[Limiting, Depends(limiting)]
TheDocuments = Annotated[DocumentStore, Depends(documents)]
TheSourceLinks = Annotated[SourceLinks, Depends(source_links)]
TheSigner = Annotated[Signer, Depends(signer)]
QuestionCharacters = Annotated[int, Depends(question_characters)]
ForwardsHost = Annotated[bool, Depends(forwards_host)]
TheFeedback = Annotated[FeedbackStore, Depends(feedback)]
TheSearching = Annotated[Searching, Depends(searching)]
TheConversations = Annotated[ConversationStore, Depends(conversations)]
TheFollowing = Annotated[Following, Depends(following)]
TheTitling = Annotated[Titling, Depends(titling)]
TheReadiness = Annotated[Readiness, Depends(readiness)]


async def asking(
    request: Request,
    caller: TheCaller,
    answering: TheAnswering,
    limiting: TheLimiting,
    metrics: Annotated[Metrics | None, Depends(metrics)],
    moderation: Annotated[Any, Depends(moderation)],
) -> Asking:
    """What every protocol asks by."""
    return Asking(caller, answering, limiting, metrics, request.state.auth_ms, moderation)


async def paced(caller: TheCaller, limiting: TheLimiting) -> None:
    """Count a request that is no answer."""
    await limiting.pace(caller)


async def booking(caller: TheCaller, limiting: TheLimiting) -> AsyncIterator[Book]:
    """Give what takes down the cost of models; it is booked after the response, also of a request that failed."""
    taken: list[tuple[str, Usage]] = []

    async def take(model: str, usage: Usage) -> None:
        taken.append((model, usage))

    try:
        yield take
    finally:
        for model, usage in taken:
            await limiting.book(caller, model, usage)


TheAsking = Annotated[Asking, Depends(asking)]
TheBooking = Annotated[Book, Depends(booking)]
