"""The two-process arrangement: polls the Runtime API, asks a web server on this machine, streams its answer back.

A stand-in for AWS's Lambda Web Adapter, which does this in Rust. It forwards the server's chunks as they are, without
looking into them, and so does less than the original.

    python -m benchmarks.web_adapter RUNTIME_API_PORT WEB_SERVER_PORT
"""

from __future__ import annotations

import asyncio
import json
import sys

PRELUDE = b'{"statusCode":200,"headers":{"content-type":"text/event-stream"}}' + bytes(8)
END = b"0\r\n\r\n"


async def serve(api_port: int, web_port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api_port)
    web_reader, web_writer = await asyncio.open_connection("127.0.0.1", web_port)
    while True:
        writer.write(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: api\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        event = json.loads(await reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0])))
        request_id = head.partition("request-id: ")[2].split("\r\n")[0]
        web_writer.write(f"GET {event['rawPath']} HTTP/1.1\r\nHost: web\r\n\r\n".encode())
        await web_reader.readuntil(b"\r\n\r\n")
        await forward(web_reader, api_port, request_id)


async def forward(web: asyncio.StreamReader, api_port: int, request_id: str) -> None:
    """Post the web server's chunked body, with a prelude before it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api_port)
    writer.write(
        f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\nHost: api\r\n"
        "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
        "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode()
        + b"%x\r\n%b\r\n" % (len(PRELUDE), PRELUDE)
    )
    tail = b""
    while not tail.endswith(END):
        data = await web.read(1 << 18)
        writer.write(data)
        await writer.drain()
        tail = (tail + data[-len(END) :])[-len(END) :]
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
