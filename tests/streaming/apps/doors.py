"""An app whose answers show what arrived, behind handlers that stream to REST APIs or do not."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sluice.streaming import Streaming


async def echo(request: Request) -> Response:
    return JSONResponse(
        {
            "method": request.method,
            "path": f"/echo/{request.path_params['rest']}",
            "query": request.query_params.multi_items(),
            "cookies": request.cookies,
            "kind": request.headers.get("x-kind"),
            "scheme": request.scope["scheme"],
            "body": base64.b64encode(await request.body()).decode(),
        }
    )


async def base(request: Request) -> Response:
    return PlainTextResponse(str(request.base_url))


async def cookies(_: Request) -> Response:
    response = Response("baked", media_type="text/plain")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2, with a comma")
    response.headers.append("vary", "accept")
    response.headers.append("vary", "origin")
    return response


async def binary(_: Request) -> Response:
    return Response(bytes(range(256)), media_type="image/png")


async def nothing(request: Request) -> Response:
    return Response(status_code=int(request.query_params["status"]))


async def away(_: Request) -> Response:
    return RedirectResponse("/elsewhere?a=1")


async def events(_: Request) -> Response:
    async def stream() -> AsyncIterator[str]:
        for number in range(3):
            yield f"data: {number} ü\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-cache"})


METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
app = Starlette(
    routes=[
        Route("/base", base),
        Route("/cookies", cookies),
        Route("/binary", binary),
        Route("/nothing", nothing, methods=METHODS),
        Route("/away", away),
        Route("/events", events),
        Route("/echo/{rest:path}", echo, methods=METHODS),
    ]
)

handler = Streaming(app)
streaming_to_rest_apis = Streaming(app, streams=["rest_api"])
