"""PATCH of a document: its metadata changes, and its text is not read again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest

from sluice.domain import ObjectRef
from sluice.reconciling import announcement
from tests.ingest.conftest import Answer, Function, batch

JSON = {"content-type": "application/json"}
PLACE = ("documents", "a.txt")


def upload(function: Function, metadata: Mapping[str, object]) -> str:
    """Put a document; return its id."""
    query = f"name=a.txt&metadata={json.dumps(metadata)}"
    stream = {"accept": "text/event-stream", "content-type": "text/plain"}
    return str(
        function.request("POST", "/api/documents", b"Some text.", query=query, headers=stream).events[-1]["document_id"]
    )


def patch(function: Function, identifier: str, body: object) -> Answer:
    return function.request("PATCH", f"/api/documents/{identifier}", json.dumps(body).encode(), headers=JSON)


def test_metadata_changes_by_key(function: Function) -> None:
    """On the object too, so that whatever reads it again finds the same."""
    identifier = upload(function, {"year": 2024, "author": "Ann", "draft": True})

    answer = patch(function, identifier, {"metadata": {"year": 2025, "draft": None, "tags": ["final"]}})

    labels = {"year": 2025, "author": "Ann", "tags": ["final"]}
    assert (answer.status, answer.json["status"], answer.json["metadata"]) == (200, "ready", {**labels, "kind": "text"})
    assert json.loads(function.objects.metadata[PLACE]["sluice-metadata"]) == labels
    assert function.request("GET", f"/api/documents/{identifier}").json == answer.json


def test_changed_metadata_outlives_a_new_reading(function: Function) -> None:
    """Nothing was embedded for the change itself."""
    identifier = upload(function, {"year": 2024})
    embedded = len(function.embedder.texts)
    patch(function, identifier, {"metadata": {"year": 2025}})
    assert len(function.embedder.texts) == embedded

    function.objects.contents[PLACE] = b"Some other text."
    ref = asyncio.run(function.objects.current(ObjectRef(*PLACE)))
    assert ref is not None
    function.invoke(batch(announcement(ref)))

    document = function.request("GET", f"/api/documents/{identifier}").json
    assert (document["size"], document["metadata"]) == (ref.size, {"year": 2025, "kind": "text"})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"metadata": {"a": {"b": 1}}}, 400, "invalid_metadata"),
        ({"metadata": {"a": "w" * 1_500}}, 400, "invalid_metadata"),
        ({"metadata": {"a": "\0"}}, 400, "invalid_metadata"),
        ({"metadata": 7}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
        ({"metadata": {}, "title": "New"}, 422, "invalid_input"),
    ],
)
def test_what_is_no_metadata_changes_nothing(function: Function, body: object, status: int, code: str) -> None:
    """As in an upload; what else a document has can't be changed."""
    identifier = upload(function, {"year": 2024})

    answer = patch(function, identifier, body)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert function.request("GET", f"/api/documents/{identifier}").json["metadata"] == {"year": 2024, "kind": "text"}


def test_an_object_that_was_replaced_meanwhile_keeps_its_own(function: Function) -> None:
    """Its event is on its way, and the same request can be made again after it."""
    identifier = upload(function, {"year": 2024})
    asyncio.run(function.objects.write("a.txt", b"Newer text.", metadata={"year": "2026"}))

    answer = patch(function, identifier, {"metadata": {"year": 2025}})

    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (409, "document_busy", True)
    assert function.objects.metadata[PLACE] == {"year": "2026"}


def test_a_document_that_waits_is_not_relabelled(function: Function) -> None:
    """Its object may be being read."""
    document = function.request("POST", "/api/documents", b"x", query="name=a.txt").json

    answer = patch(function, document["id"], {"metadata": {"year": 2025}})

    assert (answer.status, answer.json["code"]) == (409, "document_busy")
    assert function.objects.metadata[PLACE] == {}


def test_a_document_that_is_not_there_has_no_metadata(function: Function) -> None:
    answer = patch(function, "0190b5a0-0000-7000-8000-000000000000", {"metadata": {}})

    assert (answer.status, answer.json["code"]) == (404, "document_not_found")


def test_metadata_that_the_object_was_given_otherwise_is_taken_over(function: Function) -> None:
    """By a new put of the same bytes or a copy onto itself, which change no etag; nothing is read for it."""
    identifier = upload(function, {"year": 2024})
    embedded, body = len(function.embedder.texts), function.objects.contents[PLACE]

    function.objects.metadata[PLACE] = {"author": "Bob"}
    function.invoke(batch(function.put("a.txt", body, sequencer="0055AED6DCD90281E6")))
    by_event = function.request("GET", f"/api/documents/{identifier}").json

    assert (by_event["status"], by_event["metadata"]) == ("ready", {"author": "Bob", "kind": "text"})
    again = function.request(
        "POST",
        "/api/documents",
        body,
        query='name=a.txt&metadata={"year":2026}',
        headers={"accept": "text/event-stream", "content-type": "text/plain"},
    ).events[-1]["document"]
    assert (again["id"], again["metadata"]) == (identifier, {"year": 2026, "kind": "text"})
    assert len(function.embedder.texts) == embedded
