"""What the routes are given. Tests put others in their place."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from sluice import bootstrap
from sluice.authenticating import Authenticating
from sluice.domain import Caller, Scope
from sluice.errors import QueueUnavailable
from sluice.ingesting import Ingesting
from sluice.limiting import Limiting
from sluice.ports import DocumentStore, IngestQueue, ObjectStore
from sluice.reconciling import Reconciling
from sluice.settings import Settings
from sluice.signing_in import sign_in

# Each is async, since FastAPI hands a plain function to a thread.


async def authenticating() -> Authenticating:
    return bootstrap.authenticating()


async def caller(request: Request, authenticating: Annotated[Authenticating, Depends(authenticating)]) -> Caller:
    """Who asks."""
    return await sign_in(request, authenticating, Scope.INGEST)


async def limiting() -> Limiting:
    return bootstrap.limiting()


async def ingesting() -> Ingesting:
    return bootstrap.ingesting()


async def documents() -> DocumentStore:
    return bootstrap.documents()


async def objects() -> ObjectStore:
    return bootstrap.objects()


async def settings() -> Settings:
    return bootstrap.settings()


async def queue() -> IngestQueue:
    """Raise `QueueUnavailable` where there is none."""
    found = bootstrap.queue()
    if found is None:
        raise QueueUnavailable("There is no queue to send to; name it in SLUICE_QUEUE_URL.")
    return found


async def reconciling() -> Reconciling:
    return bootstrap.reconciling()


async def operator(request: Request, authenticating: Annotated[Authenticating, Depends(authenticating)]) -> Caller:
    """Who asks for what concerns every tenant."""
    return await sign_in(request, authenticating, Scope.ADMIN)


TheCaller = Annotated[Caller, Depends(caller)]
TheIngesting = Annotated[Ingesting, Depends(ingesting)]
TheDocuments = Annotated[DocumentStore, Depends(documents)]
TheObjects = Annotated[ObjectStore, Depends(objects)]
TheQueue = Annotated[IngestQueue, Depends(queue)]
TheReconciling = Annotated[Reconciling, Depends(reconciling)]
TheSettings = Annotated[Settings, Depends(settings)]


async def paced(caller: TheCaller, limiting: Annotated[Limiting, Depends(limiting)]) -> None:
    """Count a request that costs."""
    await limiting.pace(caller)
