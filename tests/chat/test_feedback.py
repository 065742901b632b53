"""Feedback from the route to the evaluation set."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from local.evaluation import dataset
from sluice.exporting import Exported, export
from tests.chat.conftest import Parts
from tests.chat.test_routes import events


async def answer_id(client: httpx.AsyncClient, parts: Parts, text: str) -> str:
    parts.model.enqueue(text)
    asked = events(await client.post("/api/chat", json={"message": "What do blue whales eat?"}))
    return str(asked[0]["message_id"])


async def test_feedback_becomes_an_evaluation_set(client: httpx.AsyncClient, parts: Parts, tmp_path: Path) -> None:
    """A liked answer is a query whose cited passages are relevant; the set is one that `sluice eval` reads."""
    good = await answer_id(client, parts, "Krill [1].")
    bad = await answer_id(client, parts, "Plankton [1].")
    vague = await answer_id(client, parts, "I don't know.")

    statuses = [
        (await client.post(f"/api/messages/{message}/feedback", json=body)).status_code
        for message, body in [
            (good, {"rating": 1, "comment": "Right."}),
            (bad, {"rating": -1, "comment": "Wrong."}),
            (vague, {"rating": 1}),
        ]
    ]
    exported = export([each async for each in parts.feedback.all("default")], tmp_path)

    read = dataset.read(tmp_path)
    told = [json.loads(line) for line in (tmp_path / "feedback.jsonl").read_text().splitlines()]
    passage = f"{parts.passages.found[0].document_id}@0"
    assert (statuses, exported) == ([204, 204, 204], Exported(feedback=3, queries=1, passages=1))
    assert (dict(read.queries), dict(read.judgements)) == ({good: "What do blue whales eat?"}, {good: {passage: 1}})
    assert [(each["answer"], each["rating"], each["comment"]) for each in told] == [
        ("Krill [1].", 1, "Right."),
        ("Plankton [1].", -1, "Wrong."),
        ("I don't know.", 1, None),
    ]


@pytest.mark.parametrize("body", [{}, {"rating": 0}, {"rating": 5}, {"rating": 1, "comment": "x" * 5_000}, {"like": 1}])
async def test_feedback_that_means_nothing_is_refused(
    client: httpx.AsyncClient, parts: Parts, body: dict[str, object]
) -> None:
    """A thumb is up or down."""
    answer = await client.post(f"/api/messages/{uuid4()}/feedback", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_feedback_on_an_unknown_answer_is_a_404(client: httpx.AsyncClient, parts: Parts) -> None:
    """The same as for one of somebody else."""
    answer = await client.post(f"/api/messages/{uuid4()}/feedback", json={"rating": 1})

    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")
