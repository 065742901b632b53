"""What the routes are given. Tests put others in their place."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from sluice import bootstrap
from sluice.domain import Caller
from sluice.ingesting import Ingesting
from sluice.ports import DocumentStore, ObjectStore
from sluice.settings import Settings

# Each is async, since FastAPI hands a plain function to a thread.


async def caller() -> Caller:
    """Who asks: everybody is one tenant as long as nobody signs in."""
    return Caller()


async def ingesting() -> Ingesting:
    return bootstrap.ingesting()


async def documents() -> DocumentStore:
    return bootstrap.documents()


async def objects() -> ObjectStore:
    return bootstrap.objects()


async def settings() -> Settings:
    return bootstrap.settings()


TheCaller = Annotated[Caller, Depends(caller)]
TheIngesting = Annotated[Ingesting, Depends(ingesting)]
TheDocuments = Annotated[DocumentStore, Depends(documents)]
TheObjects = Annotated[ObjectStore, Depends(objects)]
TheSettings = Annotated[Settings, Depends(settings)]
