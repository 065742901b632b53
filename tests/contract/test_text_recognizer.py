"""Scans are read by Textract, asserted against answers in its own form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sluice.adapters.textract import TextractRecognizer
from sluice.domain import Block, ObjectRef
from sluice.errors import DamagedDocument, NoTextLayer, StorageUnavailable

SCAN = ObjectRef("documents", "scan.pdf")
STARTED = {"DocumentLocation": {"S3Object": {"Bucket": "documents", "Name": "scan.pdf"}}}


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


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"JobStatus": "FAILED", "StatusMessage": "broken"}, DamagedDocument),
        ({"JobStatus": "SUCCEEDED", "Blocks": []}, NoTextLayer),
    ],
    ids=["failed", "blank"],
)
async def test_a_scan_that_can_not_be_read_says_so(
    textract: Stubber, answer: dict[str, Any], error: type[Exception]
) -> None:
    """Such a document fails with its reason."""
    textract.add_response("start_document_text_detection", {"JobId": "j"}, STARTED)
    textract.add_response("get_document_text_detection", answer, {"JobId": "j"})

    with pytest.raises(error):
        await recognizer(textract).recognize(SCAN)


@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", StorageUnavailable), ("UnsupportedDocumentException", NoTextLayer)],
)
async def test_refusals_are_told_apart(textract: Stubber, code: str, error: type[Exception]) -> None:
    """What may pass comes again; what is no document for Textract has no text layer."""
    textract.add_client_error("start_document_text_detection", code)

    with pytest.raises(error):
        await recognizer(textract).recognize(SCAN)
