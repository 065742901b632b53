"""The ingest function: documents in, over HTTP and by the bucket's events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from functions.ingest.page_access import PageAccess
from functions.ingest.records import Doors, Records
from functions.ingest.routes import router
from sluice import bootstrap, problems
from sluice.settings import streamed_doors
from sluice.streaming import Streaming


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Once an environment: close the connections at the end."""
    yield
    await bootstrap.close()


app = FastAPI(title="Sluice ingest", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
app.include_router(router)
app.add_middleware(PageAccess, origins=lambda: bootstrap.settings().page_origins)
problems.install(app)

doors = Doors(
    ingesting=bootstrap.ingesting,
    reconciling=bootstrap.reconciling,
    queue=bootstrap.queue,
    attempts=lambda: bootstrap.settings().delivery_attempts,
)
handler = Streaming(app, events=Records(doors), streams=streamed_doors())
