"""Passes connections on: `relay.py LISTEN TARGET [LISTEN TARGET ...]`, each `HOST:PORT` or the path of a Unix socket.

Two of them join containers to servers that listen on this machine's loopback interface only: one here, from socket
files to the servers, and one in a container, from ports to the same files. Standard library only.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Sequence

LISTENING = "listening"


async def main(addresses: Sequence[str]) -> None:
    """Say on standard output when all of them listen, and serve until the process ends."""
    pairs = zip(addresses[::2], addresses[1::2], strict=True)
    servers = [await bind(passing_to(target), listen) for listen, target in pairs]
    sys.stdout.write(f"{LISTENING}\n")
    sys.stdout.flush()
    await asyncio.gather(*(server.serve_forever() for server in servers))


def passing_to(target: str) -> Callable[[StreamReader, StreamWriter], Awaitable[None]]:
    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await connect(target)
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    return serve


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
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1:]))
