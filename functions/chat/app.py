"""The chat function: questions in, answers that stream out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from snapshot_restore_py import register_before_snapshot

from functions.chat import conversations, feedback, openai_routes, page, sources
from functions.chat.routes import public, router
from sluice import bootstrap, problems
from sluice.settings import streamed_doors
from sluice.streaming import Streaming, rehearse


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Once an environment: make ready for the first question, close the connections at the end."""
    await bootstrap.start()
    yield
    await bootstrap.close()


app = FastAPI(title="Sluice chat", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
app.include_router(public)
app.include_router(page.router)
app.include_router(router)
app.include_router(conversations.router)
app.include_router(openai_routes.router)
app.include_router(sources.router)
app.include_router(feedback.router)
problems.install(app)

register_before_snapshot(bootstrap.prime_snapshot)
register_before_snapshot(rehearse, app)

handler = Streaming(app, streams=streamed_doors())
