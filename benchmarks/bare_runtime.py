"""The least that a streaming runtime in Python can do for a request: no app, no loop, no errors, one answer for all.

What ours takes more is what an app's framework, its deadline and its failures cost.

    python -m benchmarks.bare_runtime RUNTIME_API_PORT
"""

from __future__ import annotations

import json
import socket
import sys

from benchmarks.bare_runtime_api import END, SECONDS, read_answer, read_head

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: api\r\n\r\n"
POST = b"""\
POST /2018-06-01/runtime/invocation/%b/response HTTP/1.1\r
Host: api\r
Content-Type: application/vnd.awslambda.http-integration-response\r
Lambda-Runtime-Function-Response-Mode: streaming\r
Transfer-Encoding: chunked\r
Trailer: Lambda-Runtime-Function-Error-Type\r
Trailer: Lambda-Runtime-Function-Error-Body\r
Connection: close\r
\r
"""
BODY = b'{"statusCode":200,"headers":{"content-type":"application/json"}}' + bytes(8) + b'{"hello": "world"}'
CHUNKS = b"%x\r\n%b\r\n" % (len(BODY), BODY)


def serve(port: int) -> None:
    api = socket.create_connection(("127.0.0.1", port))
    while True:
        api.sendall(NEXT)
        head, begun = read_head(api)
        event = bytearray()
        read_answer(api, head, begun, event.extend)
        json.loads(event)
        request_id = head.lower().partition(b"request-id: ")[2].split(b"\r\n")[0]
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as post:
            post.sendall(POST % request_id + CHUNKS)
            post.sendall(END)
            read_head(post)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
