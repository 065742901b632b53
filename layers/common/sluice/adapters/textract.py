"""Reads scanned PDFs with Amazon Textract, which takes them from the bucket and works in the background.

Protocol: StartDocumentTextDetection, then GetDocumentTextDetection until the job is done, page by page of its answer
(Amazon Textract Developer Guide, "Calling Amazon Textract asynchronous operations").
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.domain import Block, ObjectRef
from sluice.errors import DamagedDocument, DocumentTooLarge, NoTextLayer, StorageUnavailable

_POLL_SECONDS = 2.0
_PASSING = frozenset({
    "ThrottlingException", "ProvisionedThroughputExceededException", "LimitExceededException", "InternalServerError",
})  # fmt: skip


class TextractRecognizer:
    """The `TextRecognizer` on Textract; a job may take `timeout_seconds`."""

    def __init__(
        self,
        *,
        timeout_seconds: float,
        client: Any = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        config = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})
        self._client = client or boto3.client("textract", config=config)
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep

    async def recognize(self, ref: ObjectRef) -> tuple[Block, ...]:
        """Return a block a page with its lines; raise `NoTextLayer` when there are none, and `StorageUnavailable`."""
        location = {"S3Object": {"Bucket": ref.bucket, "Name": ref.key}}
        started = await _call(partial(self._client.start_document_text_detection, DocumentLocation=location))
        pages: dict[int, list[str]] = defaultdict(list)
        token: str | None = None
        while True:
            answer = await self._answer(started["JobId"], token)
            for block in answer.get("Blocks", []):
                if block["BlockType"] == "LINE":
                    pages[block.get("Page", 1)].append(block["Text"])
            token = answer.get("NextToken")
            if not token:
                break
        if not pages:
            raise NoTextLayer("The PDF's pages are images, and no text was recognized on them.")
        return tuple(Block("\n".join(lines), page=page) for page, lines in sorted(pages.items()))

    async def _answer(self, job: str, token: str | None) -> Any:
        """Wait for the job to end; return a page of its answer."""
        end = time.monotonic() + self._timeout_seconds
        following = {"NextToken": token} if token else {}
        while True:
            answer = await _call(partial(self._client.get_document_text_detection, JobId=job, **following))
            if answer["JobStatus"] in ("SUCCEEDED", "PARTIAL_SUCCESS"):
                return answer
            if answer["JobStatus"] == "FAILED":
                raise DamagedDocument(f"The text of the scan can't be recognized: {answer.get('StatusMessage', '')}.")
            if time.monotonic() > end:
                raise DocumentTooLarge(f"Recognizing the text took longer than {self._timeout_seconds:g} seconds.")
            await self._sleep(_POLL_SECONDS)


async def _call(call: Callable[[], Any]) -> Any:
    try:
        return await asyncio.to_thread(call)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _PASSING:
            raise StorageUnavailable("Textract has too much to do; try again in a moment.") from error
        if code in ("UnsupportedDocumentException", "BadDocumentException", "DocumentTooLargeException"):
            raise NoTextLayer(f"The PDF's pages are images, and Textract does not take it ({code}).") from error
        raise StorageUnavailable(f"Textract refused with {code or 'an error'}; check the function's rights.") from error
    except BotoCoreError as error:
        raise StorageUnavailable from error
