"""Where an app's answer goes: streamed to the Runtime API, or collected."""

from __future__ import annotations

from typing import Protocol

from sluice.streaming import failures
from sluice.streaming.asgi import RawHeaders
from sluice.streaming.prelude import CONTENT_TYPE, Prelude
from sluice.streaming.wire import StreamedPost

# A function URL never ends an answer without a body, unless its status says that there is none.
FILLER = b"\n"


class Answer(Protocol):
    """The way back to the client."""

    @property
    def committed(self) -> bool:
        """Whether the client may have seen the head, so that another one can't replace it."""
        ...

    async def begin(self, status: int, headers: RawHeaders, *, has_body: bool) -> None:
        """Take the head; a later one replaces it until it is committed."""
        ...

    async def write(self, data: bytes) -> None:
        """Send the head, if it has not gone yet, and bytes of the body; raise `ClientGone`."""
        ...

    async def end(self, error: BaseException | None = None) -> None:
        """Complete the answer; an error says that it was broken off."""
        ...


class StreamedAnswer:
    """Sends every piece on at once."""

    def __init__(self, post: StreamedPost) -> None:
        self.committed = False
        self._post = post
        self._prelude = b""
        self._needs_filler = False

    async def begin(self, status: int, headers: RawHeaders, *, has_body: bool) -> None:
        if has_body and not any(name.lower() == b"content-type" for name, _ in headers):
            headers = [*headers, (b"content-type", b"application/octet-stream")]
        self._prelude = Prelude.of(status, headers).encode()
        self._needs_filler = has_body

    async def write(self, data: bytes) -> None:
        if not self.committed:
            await self._post.open(CONTENT_TYPE, self._prelude)
            self.committed = True
        await self._post.send(data)
        self._needs_filler = self._needs_filler and not data

    async def end(self, error: BaseException | None = None) -> None:
        if self._needs_filler or not self.committed:
            await self.write(FILLER if self._needs_filler else b"")
        await self._post.end(failures.trailers(error) if error else [])


class CollectedAnswer:
    """Keeps the answer until it is complete, so that a failure can still replace it."""

    committed = False

    def __init__(self) -> None:
        self.status = 0
        self.headers: RawHeaders = []
        self.body = bytearray()

    async def begin(self, status: int, headers: RawHeaders, *, has_body: bool) -> None:  # noqa: ARG002 - see `Answer`
        self.status, self.headers = status, headers
        self.body.clear()

    async def write(self, data: bytes) -> None:
        self.body += data

    async def end(self, error: BaseException | None = None) -> None:
        pass
