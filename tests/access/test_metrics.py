"""Each answer, and each document, as lines of CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.chat import dependencies
from functions.chat.app import app
from sluice.adapters.metrics import EmfMetrics
from sluice.domain import Usage
from sluice.errors import ModelUnavailable
from sluice.measuring import Measured, MeasuredDocument
from tests.chat.conftest import Parts, client, parts

__all__ = ["client", "parts"]  # fixtures


def declared(line: dict[str, Any]) -> tuple[dict[str, str], dict[str, list[float]]]:
    """Return the dimensions and the values of a line, after a look at its declaration."""
    [directive] = line["_aws"]["CloudWatchMetrics"]
    [dimensions] = directive["Dimensions"]
    assert directive["Namespace"] == "Sluice"
    return {name: line[name] for name in dimensions}, {it["Name"]: line[it["Name"]] for it in directive["Metrics"]}


def test_a_measurement_is_lines_that_cloudwatch_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Every metric stands without model and outcome; by them stands only what is compared by them."""
    timing = {"auth": 0.5, "embed": 3.0, "search": 9.0, "first_token": 240.0, "total": 900.0}

    EmfMetrics("Sluice").add(Measured("stop", timing, "openai/gpt-5", Usage(1_000, 500, 0.00625), fell_back=True))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    taken = {"PromptTokens": [1000.0], "CompletionTokens": [500.0], "CostInDollars": [0.00625]}
    times = {"AuthTime": 0.5, "EmbedTime": 3.0, "SearchTime": 9.0, "FirstTokenTime": 240.0, "TotalTime": 900.0}
    whole = {"Answers": [1.0], "Failures": [0.0], "Fallbacks": [1.0], **{name: [ms] for name, ms in times.items()}}
    assert [declared(line) for line in lines] == [
        ({"service": "sluice"}, whole | taken),
        ({"service": "sluice", "outcome": "stop"}, {"Answers": [1.0]}),
        ({"service": "sluice", "model": "openai/gpt-5"}, taken),
    ]
    units = {it["Name"]: it["Unit"] for it in lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert {name for name, unit in units.items() if unit == "Milliseconds"} == times.keys()


@pytest.mark.parametrize(
    ("measured", "unranked"),
    [
        (Measured("stop", {"rerank": 90.0}, unranked=True), [1.0]),
        (Measured("stop", {"rerank": 90.0}), [0.0]),
        (Measured("stop", {"search": 9.0}), None),
    ],
)
def test_answers_that_a_model_did_not_rank_are_counted_among_those_it_should(
    measured: Measured, unranked: list[float] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing ranks there is nothing to count."""
    EmfMetrics("Sluice").add(measured)

    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert line.get("Unranked") == unranked


@pytest.mark.parametrize(
    ("measured", "values"),
    [
        (
            MeasuredDocument("ready", 800.0, 2_500.0, chunks=12, tokens=3_000, cost=0.00006),
            {
                "DocumentsReady": [1.0],
                "IngestTime": [800.0],
                "FindableTime": [2_500.0],
                "Chunks": [12.0],
                "EmbeddingTokens": [3_000.0],
                "EmbeddingCostInDollars": [0.00006],
            },
        ),
        (
            MeasuredDocument("failed", 80.0),
            {"DocumentsFailed": [1.0], "EmbeddingTokens": [0.0], "EmbeddingCostInDollars": [0.0]},
        ),
        (MeasuredDocument("postponed", 80.0), {"DocumentsPostponed": [1.0]}),
    ],
)
def test_a_document_is_one_line(
    measured: MeasuredDocument, values: dict[str, list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its outcome is counted; times and chunks are those of documents that became ready."""
    EmfMetrics("Sluice").add_document(measured)

    assert declared(json.loads(capsys.readouterr().out)) == ({"service": "sluice"}, values)


async def test_answers_and_failures_are_measured(
    client: httpx.AsyncClient, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operator sees how many ended how."""
    app.dependency_overrides[dependencies.metrics] = lambda: EmfMetrics("Sluice")
    parts.model.enqueue("Krill.")
    parts.model.enqueue(ModelUnavailable())

    for _ in range(2):
        await client.post("/api/chat", json={"message": "What do blue whales eat?"})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [(line.get("outcome"), line.get("model"), line.get("Answers"), line.get("Failures")) for line in lines] == [
        (None, None, [1.0], [0.0]),
        ("stop", None, [1.0], None),
        (None, "scripted", None, None),
        (None, None, [1.0], [1.0]),
        ("model_unavailable", None, [1.0], None),
    ]
