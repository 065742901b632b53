"""CloudFormation as the migrate function sees it: an event, a context, and a bucket that takes the answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

PROPERTIES = {"ServiceToken": "arn", "ServiceTimeout": "900", "Layer": "layer:1", "Parameters": ["pause", ""]}


@dataclass
class CloudFormation:
    """Keeps the answers that it is sent, after refusing the first `refusals` of them."""

    url: str = ""
    refusals: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    answered: threading.Event = field(default_factory=threading.Event)

    def event(self, request_type: str = "Create", **more: object) -> dict[str, Any]:
        """Return the request of a custom resource."""
        return {
            "RequestType": request_type,
            "ResponseURL": self.url,
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/sluice/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Migration",
            "ResourceProperties": PROPERTIES,
            **more,
        }

    def answer(self, **outcome: object) -> dict[str, Any]:
        """Return an answer as it must look."""
        return {
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/sluice/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Migration",
            "PhysicalResourceId": "sluice-schema",
            **outcome,
        }


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    """A server on loopback in place of the bucket behind the signed address."""
    kept = CloudFormation()

    class Bucket(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.refusals -= 1
            if kept.refusals < 0:
                kept.content_types.append(self.headers["content-type"])
                kept.answers.append(json.loads(body))
                kept.answered.set()
            self.send_response(200 if kept.refusals < 0 else 503)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        kept.url = f"http://127.0.0.1:{server.server_port}/answer?signed"
        yield kept
        server.shutdown()
        serving.join()
