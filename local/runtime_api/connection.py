"""HTTP/1.1 as a server over asyncio streams, by h11: unlike the usual servers it shows the trailers of a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from typing import Any

import h11

READ_SIZE = 65_536
# The X-Ray cause of an error travels in a header of up to 1 MiB.
HEADERS_SIZE = 2 * 1024 * 1024


class ConnectionClosed(ConnectionError):
    """The peer closed the connection, or broke the protocol, before its message was complete."""


class Connection:
    """One connection of a client. Take `request()`, read all of `body()`, then `respond()`; repeat until None."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADERS_SIZE)
        self.headers: dict[str, str] = {}
        self.trailers: dict[str, str] = {}

    async def request(self) -> h11.Request | None:
        """Return the next request; None when there will be no more."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        if self._http.our_state is not h11.IDLE:
            return None
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return None
        self.headers, self.trailers = _by_name(event.headers), {}
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the request's bytes as they arrive, then set `trailers`; raise `ConnectionClosed` if it is cut off."""
        if self._http.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        while isinstance(event := await self._next_event(), h11.Data):
            yield bytes(event.data)
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionClosed("The request ended before its body was complete.")
        self.trailers = _by_name(event.headers)

    async def respond(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send one complete response; raise `ConnectionClosed` when nobody is there to take it."""
        fields = {"content-type": "application/json", **(headers or {}), "content-length": str(len(body))}
        await self._send(h11.Response(status_code=status, headers=list(fields.items())))
        await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())

    async def respond_json(self, status: int, content: object) -> None:
        await self.respond(status, json.dumps(content).encode())

    async def unless_closed(self, waiting: Coroutine[Any, Any, Any]) -> None:
        """Wait for the coroutine; raise `ConnectionClosed` at once when the client hangs up meanwhile."""
        wanted = asyncio.ensure_future(waiting)
        hangup = asyncio.ensure_future(self._read())
        try:
            await asyncio.wait({wanted, hangup}, return_when=asyncio.FIRST_COMPLETED)
            if hangup.done() and not hangup.result():
                raise ConnectionClosed("The client hung up.")
            await wanted
        finally:
            wanted.cancel()
            hangup.cancel()
            await asyncio.gather(wanted, hangup, return_exceptions=True)

    def abort(self) -> None:
        """Close the connection at once, whatever is under way."""
        self._writer.transport.abort()

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                await self._read()
        except h11.RemoteProtocolError as error:
            raise ConnectionClosed(str(error)) from error
        return event

    async def _read(self) -> bytes:
        """Read what is there and give it to the protocol; nothing means that the client hung up."""
        try:
            data = await self._reader.read(READ_SIZE)
        except ConnectionError:
            data = b""
        self._http.receive_data(data)
        return data

    async def _send(self, event: h11.Event) -> None:
        try:
            if data := self._http.send(event):
                self._writer.write(data)
                await self._writer.drain()
        except (ConnectionError, h11.LocalProtocolError) as error:
            raise ConnectionClosed(str(error)) from error


def _by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers under names in lower case, repeated ones joined."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
