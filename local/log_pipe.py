"""The pipe on which Lambda takes a runtime's log: every message is framed, so that its end needs no line's end.

A frame is its type and its length (4 bytes each), a timestamp (8 bytes, microseconds), all big-endian, and the message.
Source: the public source of `awslambdaric`, class `FramedTelemetryLogSink`.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import suppress

VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"
_HEADER = struct.Struct(">IIQ")


class LogPipe:
    """One pipe: `inherited` is for the process, `messages` for whoever shows what it logs."""

    def __init__(self) -> None:
        self._ours, self.inherited = os.pipe()
        os.set_inheritable(self.inherited, True)

    @property
    def variables(self) -> dict[str, str]:
        """What the process must find in its environment."""
        return {VARIABLE: str(self.inherited)}

    def hand_over(self) -> None:
        """Close our copy of the process's end, so that the messages end with the process."""
        os.close(self.inherited)

    async def messages(self) -> AsyncIterator[str]:
        """Yield the messages as they are written, to the end of the last process that can write some."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._ours, "rb", 0)
        )
        try:
            with suppress(asyncio.IncompleteReadError):
                while True:
                    _, length, _ = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                    yield (await reader.readexactly(length)).decode(errors="replace")
        finally:
            transport.close()
