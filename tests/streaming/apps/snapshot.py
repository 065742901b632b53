"""An app that records its life under SnapStart."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from snapshot_restore_py import register_after_restore, register_before_snapshot

from sluice.streaming import Streaming

life: list[str] = []


@register_before_snapshot  # type: ignore[untyped-decorator] # published without type information
def before() -> None:
    random.seed(1)  # what every copy of the snapshot would then share
    life.append("before snapshot")


@register_after_restore  # type: ignore[untyped-decorator] # published without type information
def after() -> None:
    if os.environ.get("TEST_RESTORE_FAILS"):
        raise RuntimeError("could not come back")
    life.append("after restore")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    life.append("startup")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def show() -> dict[str, object]:
    return {"life": life, "random": random.random()}  # noqa: S311 - its predictability is what is looked at


handler = Streaming(app)
