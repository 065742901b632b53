"""Scans are read by Textract, asserted against answers in its own form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sluice.adapters.textract import TextractRecognizer
from sluice.domain import Block, ObjectRef
from sluice.errors import DamagedDocument, NoTextLayer, StorageUnavailable

SCAN = ObjectRef("documents", "scan.pdf", "e1")
STARTED = {
    "DocumentLocation": {"S3Object": {"Bucket": "documents", "Name": "scan.pdf"}},
    "ClientRequestToken": hashlib.sha256(b"s3://documents/scan.pdf\ne1\n0").hexdigest(),
}
AGAIN = STARTED | {"ClientRequestToken": hashlib.sha256(b"s3://documents/scan.pdf\ne1\n1").hexdigest()}


async def no_wait(_: float) -> None:
    return None


@pytest.fixture
def textract() -> Iterator[Stubber]:
    """A client of Textract that plays the answers it was given and checks every request."""
    with Stubber(boto3.client("textract")) as stub:
        yield stub
        stub.assert_no_pending_responses()
    stub.client.close()


def recognizer(textract: Stubber) -> TextractRecognizer:
    return TextractRecognizer(timeout_seconds=10, client=textract.client, sleep=no_wait)


def line(text: str, page: int) -> dict[str, Any]:
    return {"BlockType": "LINE", "Text": text, "Page": page}


async def test_lines_become_a_block_a_page(textract: Stubber) -> None:
    """The job is waited for, and its answer read to the last of its parts."""
    textract.add_response("start_document_text_detection", {"JobId": "j"}, STARTED)
    textract.add_response("get_document_text_detection", {"JobStatus": "IN_PROGRESS"}, {"JobId": "j"})
    first = {"JobStatus": "SUCCEEDED", "NextToken": "t", "Blocks": [{"BlockType": "PAGE", "Page": 1}, line("One", 1)]}
    textract.add_response("get_document_text_detection", first, {"JobId": "j"})
    rest = {"JobStatus": "SUCCEEDED", "Blocks": [line("and a half", 1), line("Two", 2)]}
    textract.add_response("get_document_text_detection", rest, {"JobId": "j", "NextToken": "t"})

    assert await recognizer(textract).recognize(SCAN) == (Block("One\nand a half", page=1), Block("Two", page=2))


async def test_a_scan_without_text_says_so(textract: Stubber) -> None:
    """Such a document fails with its reason."""
    textract.add_response("start_document_text_detection", {"JobId": "j"}, STARTED)
    textract.add_response("get_document_text_detection", {"JobStatus": "SUCCEEDED", "Blocks": []}, {"JobId": "j"})

    with pytest.raises(NoTextLayer):
        await recognizer(textract).recognize(SCAN)


FAILED = {"JobStatus": "FAILED", "StatusMessage": "broken"}


async def test_a_job_that_failed_is_begun_once_more(textract: Stubber) -> None:
    """By another token: by its own, Textract would only tell of the first."""
    textract.add_response("start_document_text_detection", {"JobId": "j"}, STARTED)
    textract.add_response("get_document_text_detection", FAILED, {"JobId": "j"})
    textract.add_response("start_document_text_detection", {"JobId": "k"}, AGAIN)
    done = {"JobStatus": "SUCCEEDED", "Blocks": [line("One", 1)]}
    textract.add_response("get_document_text_detection", done, {"JobId": "k"})

    assert await recognizer(textract).recognize(SCAN) == (Block("One", page=1),)


async def test_a_scan_on_which_both_jobs_fail_is_damaged(textract: Stubber) -> None:
    """With Textract's own reason."""
    for job, request in (("j", STARTED), ("k", AGAIN)):
        textract.add_response("start_document_text_detection", {"JobId": job}, request)
        textract.add_response("get_document_text_detection", FAILED, {"JobId": job})

    with pytest.raises(DamagedDocument, match="broken"):
        await recognizer(textract).recognize(SCAN)


async def test_a_job_that_takes_long_comes_again(textract: Stubber) -> None:
    """The same request finds it then, so that it fails nothing and costs nothing more."""
    for answer in ({"JobStatus": "IN_PROGRESS"}, {"JobStatus": "SUCCEEDED", "Blocks": [line("One", 1)]}):
        textract.add_response("start_document_text_detection", {"JobId": "j"}, STARTED)
        textract.add_response("get_document_text_detection", answer, {"JobId": "j"})
    impatient = TextractRecognizer(timeout_seconds=-1, client=textract.client, sleep=no_wait)

    with pytest.raises(StorageUnavailable, match="asked again later"):
        await impatient.recognize(SCAN)
    assert await impatient.recognize(SCAN) == (Block("One", page=1),)


@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", StorageUnavailable), ("UnsupportedDocumentException", NoTextLayer)],
)
async def test_refusals_are_told_apart(textract: Stubber, code: str, error: type[Exception]) -> None:
    """What may pass comes again; what is no document for Textract has no text layer."""
    textract.add_client_error("start_document_text_detection", code)

    with pytest.raises(error):
        await recognizer(textract).recognize(SCAN)
