"""Passes connections on: `relay.py LISTEN TARGET`, each `HOST:PORT` or the path of a Unix socket.

Two of them join a container to a server that listens on this machine's loopback interface only: one here, from a
socket file to the server, and one in a container, from a port to the same file. Standard library only.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

LISTENING = "listening"


async def main(listen: str, target: str) -> None:
    """Say on standard output when it listens, and serve until the process ends."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await connect(target)
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    server = await bind(serve, listen)
    sys.stdout.write(f"{LISTENING}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def connect(address: str) -> tuple[StreamReader, StreamWriter]:
    if address.startswith("/"):
        return await asyncio.open_unix_connection(address)
    host, _, port = address.partition(":")
    return await asyncio.open_connection(host, int(port))


async def bind(serve: Callable[[StreamReader, StreamWriter], Awaitable[None]], address: str) -> asyncio.Server:
    if address.startswith("/"):
        return await asyncio.start_unix_server(serve, address)
    host, _, port = address.partition(":")
    return await asyncio.start_server(serve, host, int(port))


async def copy(source: StreamReader, sink: StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await source.read(1 << 16):
            sink.write(piece)
            await sink.drain()
    sink.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
