"""The routes of the ingest function, from a function URL's event to its answer."""

from __future__ import annotations

import asyncio
import json
import re
from urllib.parse import quote
from uuid import uuid4

import pytest

from sluice.domain import Allowance, DocumentStatus
from sluice.errors import ModelUnavailable
from sluice.testing.pdfs import pdf
from tests.ingest.conftest import ATTEMPTS, Answer, Function, batch
from tests.streaming import doors

STREAM = {"accept": "text/event-stream", "content-type": "text/plain"}


def upload(function: Function, name: str = "a.txt", body: bytes = b"Some text.") -> Answer:
    return function.request("POST", "/api/documents", body, query=f"name={name}", headers=STREAM)


def test_behind_a_rest_api_the_location_has_the_stage(function: Function) -> None:
    """A client that follows it finds the document."""
    event = doors.rest_api(doors.Sent("/api/documents", "POST", query="name=a.txt", body=b"Some text."))

    answer = doors.from_envelope(function.invoke(event))

    document = json.loads(answer.body)
    assert answer.headers["location"] == f"/prod/api/documents/{document['id']}"


def multipart(name: str, body: bytes) -> tuple[bytes, dict[str, str]]:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    return head.encode() + body + b"\r\n--b--\r\n", {"content-type": "multipart/form-data; boundary=b"}


def test_an_upload_streams_its_progress(function: Function) -> None:
    """Every step is an event, and the last one holds the document."""
    answer = upload(function, "report.pdf", pdf("First page.", "Second page."))

    *steps, last = answer.events
    identifier = last["document_id"]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert steps == [
        {"type": "received", "document_id": identifier},
        {"type": "parsed", "document_id": identifier, "done": 2, "total": 2},
        {"type": "chunked", "document_id": identifier, "done": 2, "total": 2},
        {"type": "embedded", "document_id": identifier, "done": 2, "total": 2},
        {"type": "stored", "document_id": identifier},
    ]
    assert (last["type"], last["document"]["status"], last["document"]["chunks"]) == ("ready", "ready", 2)
    assert function.request("GET", f"/api/documents/{identifier}").json == last["document"]


def test_a_form_is_one_however_its_type_is_written(function: Function) -> None:
    """Media types have no case; what was meant as a form's frame is never kept as the file."""
    body, _ = multipart("a.txt", b"Some text.")

    answer = function.request(
        "POST", "/api/documents", body, headers={"content-type": "Multipart/Form-Data; boundary=b"}
    )

    assert (answer.status, list(function.objects.contents.values())) == (202, [b"Some text."])


def test_an_upload_without_a_stream_is_accepted(function: Function) -> None:
    """The bucket's event does the work; the answer says where to look."""
    answer = function.request("POST", "/api/documents", b"Some text.", query="name=a.txt&collection=team%20x")

    document = answer.json
    assert (answer.status, document["status"], document["source"], document["collection"]) == (
        202,
        "pending",
        "s3://documents/team x/a.txt",
        "team x",
    )
    assert answer.headers["location"] == f"/api/documents/{document['id']}"
    assert function.objects.contents == {("documents", "team x/a.txt"): b"Some text."}


def test_an_upload_may_bring_metadata(function: Function) -> None:
    """It is the document's, and travels on the object, so that the bucket's event comes to the same."""
    query = "name=a.txt&metadata=" + quote('{"year": 2024, "tags": ["final"]}')
    answer = function.request("POST", "/api/documents", b"Some text.", query=query, headers=STREAM)

    assert answer.events[-1]["document"]["metadata"] == {"year": 2024, "tags": ["final"], "kind": "text"}
    assert function.objects.metadata == {
        ("documents", "a.txt"): {"sluice-metadata": '{"year":2024,"tags":["final"]}'},
    }


@pytest.mark.parametrize("metadata", ["[]", "{", '{"a": null}', '{"a": "\\u0000"}', '{"a": "' + "w" * 2000 + '"}'])
def test_bad_metadata_is_refused_before_anything_is_stored(function: Function, metadata: str) -> None:
    """With its own code."""
    query = f"name=a.txt&metadata={quote(metadata)}"
    answer = function.request("POST", "/api/documents", b"Some text.", query=query)

    assert (answer.status, answer.json["code"], function.objects.contents) == (400, "invalid_metadata", {})


def test_a_form_may_bring_the_file(function: Function) -> None:
    """A multipart upload names the file itself."""
    body, headers = multipart("Übersicht 文.txt", b"Some text.")

    answer = function.request("POST", "/api/documents", body, headers=headers)

    assert (answer.status, answer.json["title"]) == (202, "Übersicht 文.txt")
    assert function.objects.contents == {("documents", "Übersicht 文.txt"): b"Some text."}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("../../etc/passwd", "passwd"),
        ("C%3A%5CUsers%5Cme%5Creport.txt", "report.txt"),
        ("a%00b%0Ac.txt", "abc.txt"),
        ("%20r%C3%A9sum%C3%A9%20.txt", "résumé .txt"),
    ],
)
def test_names_are_made_safe(function: Function, name: str, key: str) -> None:
    """No path and nothing invisible gets into a key; every script may stay."""
    assert upload(function, name).events[-1]["type"] == "ready"
    assert list(function.objects.contents) == [("documents", key)]


@pytest.mark.parametrize(
    ("query", "key", "collection"),
    [
        ("folder=a", "default/a/README.md", "default"),
        ("folder=a%2F%20b%20", "default/a/b/README.md", "default"),
        ("folder=a%5Cb&collection=team", "team/a/b/README.md", "team"),
    ],
)
def test_files_of_one_name_lie_in_folders(function: Function, query: str, key: str, collection: str) -> None:
    """A folder is within the collection, which it does not change, and so two files of one name are two documents."""
    upload(function, "README.md")
    answer = function.request("POST", "/api/documents", b"Other text.", query=f"name=README.md&{query}")

    assert (answer.json["source"], answer.json["collection"]) == (f"s3://documents/{key}", collection)
    assert set(function.objects.contents) == {("documents", "README.md"), ("documents", key)}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("name=a.txt&folder=a/../b", "invalid_input"),
        ("name=a.txt&folder=/a", "invalid_input"),
        (f"name={'n' * 30}&folder={'x' * 490}/{'x' * 490}/{'x' * 18}", "invalid_input"),
        ("", "invalid_input"),
        ("name=..", "invalid_input"),
        ("name=folder/", "invalid_input"),
        ("name=a.txt&collection=a/b", "invalid_input"),
        ("name=a.txt&colection=typo", "invalid_input"),
        (f"name={'x' * 600}", "invalid_input"),
    ],
)
def test_a_bad_name_is_refused(function: Function, query: str, code: str) -> None:
    """Nothing reaches the bucket, and the answer is a problem in words."""
    answer = function.request("POST", "/api/documents", b"Some text.", query=query)

    assert (answer.status, answer.json["code"], answer.headers["content-type"]) == (
        422,
        code,
        "application/problem+json",
    )
    assert function.objects.contents == {}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 422, "empty_document"),
        (b"x" * 20_001, {}, 413, "document_too_large"),
        (b"", {"content-length": "20001"}, 413, "document_too_large"),
        (b"--b--\r\n", {"content-type": "multipart/form-data; boundary=b"}, 422, "invalid_input"),
        (b"no boundary", {"content-type": "multipart/form-data"}, 400, "bad_request"),
    ],
    ids=["0 bytes", "too long", "too long as announced", "form without a file", "broken form"],
)
def test_a_bad_body_is_refused(
    function: Function, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    """A body that can't be a document never reaches the bucket, and the next upload works."""
    answer = function.request("POST", "/api/documents", body, query="name=a.txt", headers=headers)

    assert (answer.status, answer.json["code"], function.objects.contents) == (status, code, {})
    assert upload(function).events[-1]["type"] == "ready"


def test_a_document_that_can_not_be_read_fails_in_the_stream(function: Function) -> None:
    """The last event says why, in words and as a code."""
    last = upload(function, "scan.pdf", pdf(None)).events[-1]

    assert (last["type"], last["document"]["code"]) == ("failed", "no_text_layer")
    assert last["document"]["reason"].startswith("The PDF has no text layer")


def test_pages_without_text_are_counted(function: Function) -> None:
    """A document of which questions find only a part says so: scanned and blank pages have nothing to find."""
    cover = "\n".join(f"Line {number} of a cover that fills several chunks." for number in range(12))
    last = upload(function, "report.pdf", pdf(cover, None, "", "The end.")).events[-1]

    told = {name: last["document"][name] for name in ("status", "pages", "pages_without_text", "chunks")}
    assert told == {"status": "ready", "pages": 4, "pages_without_text": 2, "chunks": 4}
    assert function.request("GET", "/api/documents").json["documents"] == [last["document"]]


@pytest.mark.parametrize(
    ("name", "body", "missing"),
    [("whole.pdf", pdf("One.", "Two."), 0), ("notes.txt", b"A kind without pages.", None)],
    ids=["a page", "none"],
)
def test_nothing_is_missed_where_all_is_read(function: Function, name: str, body: bytes, missing: int | None) -> None:
    """No page of a whole document is without text, and a kind without pages has none to count."""
    assert upload(function, name, body).events[-1]["document"]["pages_without_text"] == missing


def test_an_error_that_may_pass_is_told_in_the_stream(function: Function) -> None:
    """The stream ends properly, and the bucket's event can do the work later."""
    function.embedder.failures.append(ModelUnavailable())

    last = upload(function).events[-1]

    assert last == {
        "type": "error",
        "code": "model_unavailable",
        "message": ModelUnavailable().message,
        "retryable": True,
    }
    (document,) = asyncio.run(function.recent())
    assert document.status is DocumentStatus.PENDING


def test_documents_are_listed_newest_first(function: Function) -> None:
    """The list can be narrowed to a collection and cut."""
    for name in ("a.txt", "b.txt"):
        upload(function, name)
    function.request("POST", "/api/documents", b"x", query="name=c.txt&collection=other")

    def titles(query: str) -> list[str]:
        answer = function.request("GET", "/api/documents", query=query)
        return [document["title"] for document in answer.json["documents"]]

    assert titles("") == ["c.txt", "b.txt", "a.txt"]
    assert titles("collection=default&limit=1") == ["b.txt"]
    assert titles("source=s3://documents/a.txt") == ["a.txt"]
    assert (titles("status=ready"), titles("status=pending")) == (["b.txt", "a.txt"], ["c.txt"])
    assert function.request("GET", "/api/documents", query="status=deleted").status == 422


def test_the_list_has_pages(function: Function) -> None:
    """Each names the next one, until none follows."""
    for number in range(5):
        upload(function, f"{number}.txt")
    pages, following = [], ""
    while following is not None:
        answer = function.request("GET", "/api/documents", query=f"limit=2{following}").json
        pages.append([document["title"] for document in answer["documents"]])
        following = answer["next"] and f"&before={answer['next']}"

    assert pages == [["4.txt", "3.txt"], ["2.txt", "1.txt"], ["0.txt"]]


def test_deleting_takes_object_and_document(function: Function) -> None:
    """The answer has no body, and the document is not found any more."""
    identifier = upload(function).events[-1]["document_id"]

    answer = function.request("DELETE", f"/api/documents/{identifier}")

    assert (answer.status, answer.text) == (204, "")
    assert (function.objects.contents, function.documents.contents) == ({}, {})
    assert function.request("DELETE", f"/api/documents/{identifier}").status == 404


def test_a_failed_document_can_be_tried_again(function: Function) -> None:
    """It waits for the message that brings it back, and that message's worker does try."""
    function.embedder.failures.append(ModelUnavailable())
    event = batch(function.put("a.txt", b"Some text."), tries=ATTEMPTS)
    function.invoke(event)
    [failed] = function.request("GET", "/api/documents").json["documents"]

    answer = function.request("POST", f"/api/documents/{failed['id']}/retry")

    assert (failed["status"], answer.status, answer.json["status"]) == ("failed", 202, "pending")
    [sent] = function.queue.sent
    function.invoke(batch(sent.body, again=sent.again))
    assert function.request("GET", f"/api/documents/{failed['id']}").json["status"] == "ready"


def test_a_ready_document_is_not_tried_again(function: Function) -> None:
    """There is nothing to do, and nothing is queued."""
    document = upload(function).events[-1]["document"]

    assert function.request("POST", f"/api/documents/{document['id']}/retry").json == document
    assert function.queue.sent == []


def test_a_large_file_gets_a_form_of_its_own(function: Function) -> None:
    """The form is bound to the key and to the limit."""
    answer = function.request(
        "POST",
        "/api/uploads",
        b'{"name": "big.pdf", "collection": "team"}',
        headers={"content-type": "application/json"},
    )

    assert (answer.status, answer.json) == (
        200,
        {
            "url": "https://documents.test/",
            "fields": {"key": "team/big.pdf", "policy": "20000 bytes, 3600 seconds"},
            "source": "s3://documents/team/big.pdf",
            "max_bytes": 20_000,
            "expires_seconds": 3_600,
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/uploads", b"not json", 400, "invalid_json"),
        ("POST", "/api/uploads", b'{"name": "a", "nmae": "secret value"}', 422, "invalid_input"),
        ("POST", "/api/uploads", b'{"name": ""}', 422, "invalid_input"),
        ("GET", "/api/documents/not-an-id", b"", 422, "invalid_input"),
        ("GET", f"/api/documents/{uuid4()}", b"", 404, "document_not_found"),
        ("GET", "/api/nothing", b"", 404, "not_found"),
        ("PUT", "/api/documents", b"", 405, "method_not_allowed"),
    ],
)
def test_errors_are_problem_details(
    function: Function, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    """Every error has the same form, and none repeats the input."""
    answer = function.request(method, path, body, headers={"content-type": "application/json"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert not re.search("secret value|not-an-id", answer.text)


def test_uploads_are_paced(function: Function) -> None:
    """They cost parsing and embedding, so that nobody may send as many as they like."""
    function.allowance = Allowance(requests_per_minute=1, burst=1)

    first, second = [function.request("POST", "/api/documents", b"Whales.", query="name=w.md") for _ in range(2)]

    assert (first.status, second.status, second.json["code"]) == (202, 429, "too_many_requests")
    assert int(second.headers["retry-after"]) > 30
