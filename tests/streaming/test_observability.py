"""What an app logs, measures and traces while it streams: the formats of Lambda and of Powertools, with the request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.streaming.conftest import Start

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "observable",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
}


def logged(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


async def test_logs_metrics_and_traces_know_their_request(start: Start) -> None:
    """In Lambda's JSON format and in Powertools' own; the metric is one in CloudWatch's embedded format."""
    runtime = await start("observable.handler", variables={**LAMBDA, "AWS_LAMBDA_LOG_FORMAT": "JSON"})

    trace = f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"
    answer = await (await runtime.get("/", request_id="r-1", trace_id=trace)).end()
    await runtime.logs("Streams")

    lines = logged(runtime.output)
    [plain] = [line for line in lines if line.get("message") == "by the standard library"]
    [powertools] = [line for line in lines if line.get("message") == "by Powertools"]
    [metric] = [line for line in lines if "_aws" in line]
    assert (plain["requestId"], plain["level"], plain["logger"]) == ("r-1", "WARNING", "plain")
    assert (powertools["function_request_id"], powertools["xray_trace_id"]) == ("r-1", TRACE)
    assert metric["Streams"] == [1.0]
    assert answer.body == f"first second, in trace {TRACE}".encode()


async def test_plain_text_logs_name_their_request(start: Start) -> None:
    """As under the managed runtime, one after another."""
    runtime = await start("observable.handler", variables=LAMBDA)

    for request_id in ("r-1", "r-2"):
        await (await runtime.get("/", request_id=request_id)).end()
    await runtime.ready()

    lines = [line.split("\t") for line in runtime.output.splitlines() if "by the standard library" in line]
    assert [(level, request_id) for level, _, request_id, _ in lines] == [("[WARNING]", "r-1"), ("[WARNING]", "r-2")]
