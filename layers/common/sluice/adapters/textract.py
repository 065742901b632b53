"""Reads scanned PDFs with Amazon Textract, which takes them from the bucket and works in the background.

Protocol: StartDocumentTextDetection, then GetDocumentTextDetection until the job is done, page by page of its answer
(Amazon Textract Developer Guide, "Calling Amazon Textract asynchronous operations").
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.domain import Block, ObjectRef
from sluice.errors import DamagedDocument, NoTextLayer, StorageUnavailable

_POLL_SECONDS = 2.0
# Textract fails at times for reasons of its own; the same file twice is the file's fault.
_JOBS = 2
_PASSING = frozenset({
    "ThrottlingException", "ProvisionedThroughputExceededException", "LimitExceededException", "InternalServerError",
})  # fmt: skip


class TextractRecognizer:
    """The `TextRecognizer` on Textract; a job is waited for `timeout_seconds` at a time."""

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
        """Return a block a page with its lines; raise `NoTextLayer` when there are none, and `StorageUnavailable`.

        A job is begun once for each version of an object, and found again for a week: whoever is interrupted, or does
        not live to see its end, is not charged twice.
        """
        end = time.monotonic() + self._timeout_seconds
        pages: dict[int, list[str]] = defaultdict(list)
        job, answer = await self._done(ref, end)
        while True:
            for block in answer.get("Blocks", []):
                if block["BlockType"] == "LINE":
                    pages[block.get("Page", 1)].append(block["Text"])
            token = answer.get("NextToken")
            if not token:
                break
            answer = await _call(partial(self._client.get_document_text_detection, JobId=job, NextToken=token))
        if not pages:
            raise NoTextLayer("The PDF's pages are images, and no text was recognized on them.")
        return tuple(Block("\n".join(lines), page=page) for page, lines in sorted(pages.items()))

    async def _done(self, ref: ObjectRef, end: float) -> tuple[str, Any]:
        """Return a job that is done, and the first part of its answer; one that failed is begun once more."""
        location = {"S3Object": {"Bucket": ref.bucket, "Name": ref.key}}
        start = partial(self._client.start_document_text_detection, DocumentLocation=location)
        for job_of_it in range(_JOBS):
            job = (await _call(partial(start, ClientRequestToken=_token(ref, job_of_it))))["JobId"]
            answer = await self._answer(job, end)
            if answer["JobStatus"] != "FAILED":
                return job, answer
        raise DamagedDocument(f"The text of the scan can't be recognized: {answer.get('StatusMessage', '')}.")

    async def _answer(self, job: str, end: float) -> Any:
        """Wait for the job to end; return the first part of its answer."""
        while True:
            answer = await _call(partial(self._client.get_document_text_detection, JobId=job))
            if answer["JobStatus"] != "IN_PROGRESS":
                return answer
            if time.monotonic() > end:
                raise StorageUnavailable(
                    f"Textract has worked on the scan for more than {self._timeout_seconds:g} seconds; "
                    "it goes on, and is asked again later."
                )
            await self._sleep(_POLL_SECONDS)


def _token(ref: ObjectRef, job: int) -> str:
    """Return what makes Textract take the same request for the same job."""
    return hashlib.sha256(f"{ref.source}\n{ref.etag}\n{job}".encode()).hexdigest()


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
