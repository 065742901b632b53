"""What a runtime says to the Runtime API, request by request, so that tests can say wrong things too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import h11

PREFIX = "/2018-06-01"
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def error_type(self) -> object:
        return json.loads(self.body)["errorType"]


class RuntimeConnection:
    """One keep-alive connection of a runtime."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, address: str) -> Self:
        host, port = address.split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):  # the other side may have hung up first
            await self.writer.wait_closed()

    async def next(self) -> Answer:
        return await self.ask("GET", "/runtime/invocation/next")

    async def respond(self, request_id: str, body: bytes, headers: Headers | None = None) -> Answer:
        return await self.ask("POST", f"/runtime/invocation/{request_id}/response", body, headers)

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Headers | None = None) -> Answer:
        await self.begin(method, path, {"content-length": str(len(body)), **(headers or {})})
        await self.send(body)
        return await self.end()

    async def begin_stream(self, request_id: str, headers: Headers | None = None) -> None:
        fields = {"transfer-encoding": "chunked", "lambda-runtime-function-response-mode": "streaming"}
        await self.begin("POST", f"/runtime/invocation/{request_id}/response", {**fields, **(headers or {})})

    async def begin(self, method: str, path: str, headers: Headers) -> None:
        if self.http.our_state is h11.DONE:
            self.http.start_next_cycle()
        fields = {"host": "127.0.0.1", **headers}
        await self._write(h11.Request(method=method, target=PREFIX + path, headers=list(fields.items())))

    async def send(self, chunk: bytes) -> None:
        await self._write(h11.Data(data=chunk))

    async def end(self, trailers: Headers | None = None) -> Answer:
        await self._write(h11.EndOfMessage(headers=list((trailers or {}).items())))
        return await self.answer()

    async def answer(self) -> Answer:
        response, body = None, b""
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
        assert response is not None
        return Answer(response.status_code, {n.decode(): v.decode() for n, v in response.headers}, body)

    async def _next_event(self) -> object:
        try:
            while (event := self.http.next_event()) is h11.NEED_DATA:
                self.http.receive_data(await self.reader.read(65_536))
        except h11.RemoteProtocolError as error:
            raise ConnectionError("The Runtime API closed the connection.") from error
        return event

    async def _write(self, event: h11.Event) -> None:
        if data := self.http.send(event):
            self.writer.write(data)
            await self.writer.drain()
