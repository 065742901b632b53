"""Each answer as a line of CloudWatch's embedded metric format."""

from __future__ import annotations

import json

import httpx
import pytest

from functions.chat import dependencies
from functions.chat.app import app
from sluice.adapters.metrics import EmfMetrics
from sluice.domain import Usage
from sluice.errors import ModelUnavailable
from sluice.measuring import Measured
from tests.chat.conftest import Parts, client, parts

__all__ = ["client", "parts"]  # fixtures


def test_a_measurement_is_one_line_that_cloudwatch_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Every metric is declared with its unit, and the values stand beside the declaration."""
    timing = {"auth": 0.5, "embed": 3.0, "search": 9.0, "first_token": 240.0, "total": 900.0}

    EmfMetrics("Sluice").add(Measured("stop", timing, "openai/gpt-5", Usage(1_000, 500, 0.00625), fell_back=True))

    line = json.loads(capsys.readouterr().out)
    [declared] = line["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in declared["Metrics"]}
    assert (declared["Namespace"], {*declared["Dimensions"][0]} >= {"model", "outcome"}) == ("Sluice", True)
    assert (line["model"], line["outcome"]) == ("openai/gpt-5", "stop")
    assert {name: line[name] for name in units} == {
        "Answers": [1.0],
        "AuthTime": [0.5],
        "EmbedTime": [3.0],
        "SearchTime": [9.0],
        "FirstTokenTime": [240.0],
        "TotalTime": [900.0],
        "PromptTokens": [1000.0],
        "CompletionTokens": [500.0],
        "CostInDollars": [0.00625],
        "Fallbacks": [1.0],
    }
    assert units["FirstTokenTime"] == "Milliseconds"


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
    assert [(line["outcome"], line["model"]) for line in lines] == [
        ("stop", "scripted"),
        ("model_unavailable", "none"),
    ]
