"""A service of both functions' routes over real HTTP, which remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.http_server import HttpServer, bind

CONVERSATION = "01990000-0000-7000-8000-000000000001"
SOURCES = [
    {"id": 1, "title": "Report", "source": "s3://b/report.pdf", "page": 3},
    {"id": 2, "title": "Notes", "source": "s3://b/notes.md", "page": None},
]
ANSWER: list[dict[str, Any]] = [
    {"type": "start", "conversation_id": CONVERSATION, "message_id": "m"},
    {"type": "sources", "sources": SOURCES},
    {"type": "text", "text": "It is "},
    {"type": "text", "text": "so [1]."},
    {"type": "citation", **SOURCES[0]},
    {"type": "done", "finish_reason": "stop"},
]
PROBLEM = {"title": "Unprocessable", "detail": "The request is not valid.", "errors": [{"field": "q", "message": "no"}]}
DOCUMENT: dict[str, Any] = {
    "id": "d",
    "status": "failed",
    "title": "scan.pdf",
    "collection": "default",
    "pages": 2,
    "chunks": 0,
    "reason": "The PDF has no text layer.",
    "source": "s3://b/scan.pdf",
    "updated_at": "now",
}
NONE: dict[str, Any] = {"count": 0, "sources": []}
REPORT: dict[str, Any] = {
    "objects": 4,
    "documents": 3,
    "repaired": 0,
    "missing": {"count": 2, "sources": ["s3://b/a.md", "s3://b/new\nline.md"]},
    "orphaned": {"count": 1, "sources": ["s3://b/gone.md"]},
    "outdated": NONE,
    "stuck": NONE,
}
PASSAGE = {"document_id": "d", "title": "Report", "content": "One\n two", "score": 0.5, "page": 3, "source": "s3://b/r"}
MESSAGES = [
    {"id": "q", "role": "user", "content": "Why?\nReally?", "citations": []},
    {"id": "a", "role": "assistant", "content": "So [1].", "citations": [SOURCES[0]]},
]
SUMMARY = {"id": CONVERSATION, "title": "Reasons", "updated_at": "2026-11-24T10:11:12Z"}
SPAN = {"answers": 1, "prompt_tokens": 20, "completion_tokens": 3, "cost": 0.0125}
USAGE = {
    "day": SPAN,
    "month": {**SPAN, "answers": 4},
    "days": [{"date": "2026-11-24", **SPAN}],
    "streams": 0,
    "limits": {"tokens_per_day": 100.0, "requests_per_minute": 30.0},
    "left": {"tokens_per_day": 77.0},
}


@dataclass
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def events(*sent: dict[str, Any], whole: bool = True) -> Response:
    """Return a stream of events, cut off before its end unless `whole`."""

    def lines() -> Iterator[str]:
        for number, event in enumerate(sent):
            yield f"id: {number}\ndata: {json.dumps(event)}\n\n: waiting\n\n"
        if whole:
            yield "data: [DONE]\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


@dataclass
class Service:
    """What it is asked, and the answers that a test may put in place of the usual ones."""

    url: str = ""
    # What it tells of where documents go; its own address, unless a test says otherwise.
    ingest_url: str = ""
    seen: list[Seen] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    # How many documents a page of the list holds at most.
    page: int = 500
    report: dict[str, Any] = field(default_factory=lambda: dict(REPORT))
    health: dict[str, Any] = field(default_factory=lambda: {"status": "ready", "problems": {}})
    # Where a key is wanted, others are refused.
    key: str | None = None

    def body(self) -> Any:
        """Return the JSON of the last request."""
        return json.loads(self.seen[-1].body)

    async def chat(self, request: Request) -> Response:
        question = (await request.json())["message"]
        broken = {"type": "error", "code": "c", "message": "The model broke off.", "retryable": True}
        match question:
            case "bad":
                return JSONResponse(PROBLEM, 422, media_type="application/problem+json")
            case "broken":
                return events(*ANSWER[:3], broken)
            case "uncited":
                return events(*(event for event in ANSWER if event["type"] != "citation"))
            case "waking":
                return events(ANSWER[0], {"type": "status", "state": "database_waking"}, *ANSWER[1:])
            case "hostile":
                return events(ANSWER[0], {"type": "text", "text": "\x1b]0;title\x07red\x9b31m"}, ANSWER[-1])
        return events(*ANSWER, whole=question != "cut")

    async def upload(self, request: Request) -> Response:
        if request.query_params["name"].startswith("scan"):
            return events({"type": "received"}, {"type": "failed", "document": DOCUMENT})
        if request.query_params["name"].startswith("long"):
            late = {"type": "error", "code": "document_unfinished", "message": "The time was up.", "retryable": True}
            return events({"type": "received", "document_id": DOCUMENT["id"]}, late)
        steps: list[dict[str, Any]] = [{"type": "received"}, {"type": "embedded", "done": 1, "total": 2}]
        ready = {**DOCUMENT, "status": "ready", "chunks": 7}
        if request.query_params["name"].startswith("part"):
            ready |= {"chunks": 4, "pages": 9, "pages_without_text": 8}
        return events(*steps, {"type": "ready", "document": ready})

    async def listing(self, request: Request) -> Response:
        asked = dict(request.query_params)
        begin = int(asked.pop("before", 0))
        size = min(int(asked.pop("limit")), self.page)
        wanted = [each for each in self.documents if all(each[name] == value for name, value in asked.items())]
        following = str(begin + size) if begin + size < len(wanted) else None
        return JSONResponse({"documents": wanted[begin : begin + size], "next": following})

    async def delete(self, request: Request) -> Response:
        self.documents = [each for each in self.documents if each["id"] != request.path_params["id"]]
        return Response(status_code=204)

    async def presign(self, request: Request) -> Response:
        name = (await request.json())["name"]
        form = {"url": f"{self.url}/bucket", "fields": {"key": name}, "source": f"s3://b/{name}"}
        return JSONResponse({**form, "max_bytes": 6 * 1024 * 1024})

    async def take(self, request: Request) -> Response:
        async with request.form() as form:
            self.documents = [{**DOCUMENT, "source": f"s3://b/{form['key']}", "status": "ready", "chunks": 9}]
        return Response(status_code=204)

    async def healthz(self, _: Request) -> Response:
        return JSONResponse(self.health, 503 if self.health["problems"] else 200)

    async def moved(self, _: Request) -> Response:
        return Response(status_code=307, headers={"location": "https://elsewhere.invalid/"})

    async def conversation(self, request: Request) -> Response:
        if request.method == "DELETE":
            return Response(status_code=204)
        return JSONResponse({**SUMMARY, "messages": MESSAGES, "path": ["q", "a"]})

    def app(self) -> Starlette:
        def fixed(value: Any) -> Any:
            async def answer(_: Request) -> Response:
                return JSONResponse(value() if callable(value) else value)

            return answer

        conversation = "/api/conversations/{id}"
        routes = [
            Route("/config.json", fixed(lambda: {"ingest_url": self.ingest_url or self.url, "auth": ["key"]})),
            Route("/healthz", self.healthz),
            Route("/api/chat", self.chat, methods=["POST"]),
            Route("/api/search", fixed({"results": [PASSAGE]}), methods=["POST"]),
            Route("/api/usage", fixed(USAGE)),
            Route("/api/conversations", fixed({"conversations": [SUMMARY], "next": None})),
            Route(conversation, self.conversation, methods=["GET", "PATCH", "DELETE"]),
            Route("/api/documents", self.upload, methods=["POST"]),
            Route("/api/documents", self.listing),
            Route("/api/documents/{id}", self.delete, methods=["DELETE"]),
            Route("/api/documents/{id}", fixed({**DOCUMENT, "status": "ready", "chunks": 800})),
            Route("/api/documents/{id}/retry", fixed({**DOCUMENT, "status": "pending"}), methods=["POST"]),
            Route("/api/uploads", self.presign, methods=["POST"]),
            Route("/bucket", self.take, methods=["POST"]),
            Route("/api/reconcile", fixed(lambda: self.report), methods=["POST"]),
            Route("/api/redrive", fixed({"messages": 3}), methods=["POST"]),
            Route("/moved/{rest:path}", self.moved, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(_Witness, service=self)])


class _Witness:
    """Writes down every request, and refuses those without the key where one is wanted."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        target = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        self._service.seen.append(Seen(request.method, target, dict(request.headers), body))

        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> MutableMapping[str, Any]:
            return unread.pop() if unread else await receive()

        key = self._service.key
        if key and target.startswith("/api") and request.headers.get("x-api-key") != key:
            refusal = {"title": "Unauthorized", "detail": "Who are you?", "code": "credentials_missing"}
            return await JSONResponse(refusal, 401)(scope, receive, send)
        return await self._app(scope, again, send)


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve on a free loopback port, in a thread, until the block ends; yield the address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = HttpServer(app, bind(0))
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield f"http://127.0.0.1:{server.port}"
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
