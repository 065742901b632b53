"""The ingest function's handler with fakes behind its ports, called with events as Lambda calls it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.ingest import dependencies
from functions.ingest.app import app
from functions.ingest.records import Doors, Records
from sluice import bootstrap
from sluice.adapters.parsers.limits import Limits
from sluice.authenticating import Authenticating
from sluice.domain import Allowance, Caller, Document
from sluice.ingesting import Ingesting, Sizes, Tools
from sluice.limiting import Limiting
from sluice.reconciling import Reconciling
from sluice.redriving import AGAIN
from sluice.settings import Settings
from sluice.streaming import Streaming
from sluice.testing.document_passages import DocumentPassages
from sluice.testing.documents import InMemoryDocuments
from sluice.testing.ledger import FixedPrices, InMemoryLedger
from sluice.testing.models import HashEmbedder
from sluice.testing.objects import InMemoryObjects, InMemoryQueue, etag
from tests.parsing import InProcessParser

MAX_BYTES = 20_000
ATTEMPTS = 3


class Context:
    """What Lambda tells a handler about its invocation."""

    def __init__(self, seconds: float = 30.0) -> None:
        self._seconds = seconds

    aws_request_id = "request"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:ingest"

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@dataclass
class Answer:
    """An HTTP answer as a function URL gives it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Read the stream as the simplest client would: the `data:` lines up to `[DONE]`."""
        lines = [line.removeprefix("data: ") for line in self.text.splitlines() if line.startswith("data: ")]
        assert lines[-1] == "[DONE]"
        return [json.loads(line) for line in lines[:-1]]


@dataclass
class Function:
    """The function and what stands behind it."""

    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    allowance: Allowance = field(default_factory=Allowance)
    documents: InMemoryDocuments = field(default_factory=InMemoryDocuments)
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    embedder: HashEmbedder = field(default_factory=HashEmbedder)
    queue: InMemoryQueue = field(default_factory=InMemoryQueue)

    def __post_init__(self) -> None:
        parser = InProcessParser(Limits(bytes=MAX_BYTES, pages=10, characters=100_000))
        self.passages = DocumentPassages(self.documents)
        self.ingesting = Ingesting(
            objects=self.objects,
            passages=self.passages,
            tools=Tools(self.documents, parser, self.embedder),
            sizes=Sizes(MAX_BYTES, chunk_characters=200, chunk_overlap=20, embedding_batch=8, claim_seconds=60),
        )
        self.reconciling = Reconciling(
            ingesting=self.ingesting, documents=self.documents, objects=self.objects, queue=self.queue
        )
        doors = Doors(lambda: self.ingesting, lambda: self.reconciling, lambda: self.queue, lambda: ATTEMPTS)
        self.handler = Streaming(app, events=Records(doors))

    @property
    def limiting(self) -> Limiting:
        return Limiting(ledger=self.ledger, prices=FixedPrices(), model="scripted", of_users=self.allowance)

    def invoke(self, event: Any, *, seconds: float = 30.0) -> Any:
        return self.handler(event, Context(seconds))

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send an HTTP request as a function URL's event (payload format 2.0)."""
        answer = self.invoke(
            {
                "version": "2.0",
                "routeKey": "$default",
                "rawPath": path,
                "rawQueryString": query,
                "headers": {"host": "id.lambda-url.eu-west-1.on.aws", **(headers or {})},
                "requestContext": {
                    "domainName": "id.lambda-url.eu-west-1.on.aws",
                    "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                    "requestId": "request",
                },
                "body": base64.b64encode(body).decode(),
                "isBase64Encoded": True,
            }
        )
        text = answer["body"]
        decoded = base64.b64decode(text).decode() if answer["isBase64Encoded"] else text
        return Answer(answer["statusCode"], answer["headers"], decoded)

    def put(self, key: str, body: bytes, *, sequencer: str = "0055AED6DCD90281E5") -> dict[str, Any]:
        """Put an object as another program would, and return the bucket's event."""
        self.objects.contents[self.objects.bucket, key] = body
        return notification("ObjectCreated:Put", key, body, sequencer=sequencer)

    async def recent(self) -> list[Document]:
        return await self.documents.recent(Caller(), collection=None, limit=100)


def notification(name: str, key: str, body: bytes = b"", *, sequencer: str = "0055AED6DCD90281E5") -> dict[str, Any]:
    """Return S3's event for a key that is encoded already; without a sequencer where that is empty."""
    item = {"key": key, "size": len(body), "eTag": etag(body), **({"sequencer": sequencer} if sequencer else {})}
    bucket = {"name": "documents", "arn": "arn:aws:s3:::documents"}
    return {
        "Records": [
            {
                "eventVersion": "2.3",
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {"s3SchemaVersion": "1.0", "bucket": bucket, "object": item},
            }
        ]
    }


def batch(*bodies: Any, tries: int = 1, again: bool = False) -> dict[str, Any]:
    """Return a queue's batch with these bodies, as messages 1, 2, 3 and so on."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": f"handle-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(tries)},
                "messageAttributes": {AGAIN: {"stringValue": "1", "dataType": "String"}} if again else {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:ingest",
            }
            for number, body in enumerate(bodies, 1)
        ]
    }


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    function = Function()
    # The page's origins are read where no dependency reaches.
    monkeypatch.setenv("SLUICE_DATABASE_URL", "postgresql://nowhere")
    monkeypatch.setenv("SLUICE_BUCKET", "documents")
    bootstrap.settings.cache_clear()
    settings = Settings(database_url="postgresql://nowhere", bucket="documents", document_bytes=MAX_BYTES)
    app.dependency_overrides = {
        dependencies.authenticating: lambda: Authenticating([]),
        dependencies.limiting: lambda: function.limiting,
        dependencies.ingesting: lambda: function.ingesting,
        dependencies.documents: lambda: function.documents,
        dependencies.objects: lambda: function.objects,
        dependencies.queue: lambda: function.queue,
        dependencies.reconciling: lambda: function.reconciling,
        dependencies.settings: lambda: settings,
    }
    yield function
    app.dependency_overrides = {}
    bootstrap.settings.cache_clear()
