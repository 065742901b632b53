"""An app that logs by the standard library, and logs, measures and traces by Powertools, while it streams."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from aws_lambda_powertools import Logger, Tracer, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sluice.streaming import Streaming

powertools = Logger(service="observable")
tracer = Tracer(service="observable")
plain = logging.getLogger("plain")


async def observe(_: Request) -> StreamingResponse:
    async def stream() -> AsyncIterator[str]:
        plain.warning("by the standard library")
        powertools.info("by Powertools")
        with single_metric(name="Streams", unit=MetricUnit.Count, value=1, namespace="Observable"):
            yield "first "
        with tracer.provider.in_subsegment("## second") as segment:
            yield f"second, in trace {segment.trace_id}"  # type: ignore[attr-defined] # of the X-Ray SDK's segment

    return StreamingResponse(stream(), media_type="text/plain")


handler = powertools.inject_lambda_context(Streaming(Starlette(routes=[Route("/", observe)])))
