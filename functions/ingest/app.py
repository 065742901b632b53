"""The ingest function: documents in, over HTTP and by the bucket's events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from functions.ingest.records import Records
from functions.ingest.routes import router
from sluice import bootstrap, problems
from sluice.streaming import Streaming


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Once an environment: close the connections at the end."""
    yield
    await bootstrap.close()


app = FastAPI(title="Sluice ingest", lifespan=lifespan, openapi_url=None)
app.include_router(router)
problems.install(app)

handler = Streaming(app, events=Records(bootstrap.ingesting))
