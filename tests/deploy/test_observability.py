"""The dashboard and the alarms watch what exists, and say what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from functions.chat import dependencies
from functions.chat.app import app
from infra import dashboard
from infra.cost import lines
from infra.dashboard import PARAMETERS, Series
from infra.preview import PICTURE, draw
from sluice.adapters.metrics import EmfMetrics
from sluice.answering import Answering
from sluice.errors import ModelUnavailable
from sluice.measuring import MeasuredDocument
from sluice.question import Limits
from sluice.reranking import Reranking
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.testing.models import HashEmbedder
from sluice.testing.reranking import WordReranker
from tests.chat.conftest import Parts, client, parts
from tests.deploy.conftest import ROOT

__all__ = ["client", "parts"]  # fixtures

NAMESPACE = PARAMETERS["MetricsNamespace"]
Watched = tuple[str, str, frozenset[str]]

# Namespace and name of each metric of AWS that is watched, with the dimensions under which AWS has it. Sources: Lambda
# Developer Guide, "Types of metrics for Lambda functions"; SQS Developer Guide, "Available CloudWatch metrics"; Aurora
# User Guide, "Cluster-level metrics" and "Monitoring RDS Proxy metrics".
OF_AWS: dict[str, tuple[str, set[str]]] = {
    "AWS/Lambda": ("FunctionName", {"Errors", "Throttles", "ConcurrentExecutions", "Duration"}),
    "AWS/SQS": (
        "QueueName",
        {
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateAgeOfOldestMessage",
        },
    ),
}
OF_DATABASES: dict[str, set[str]] = {
    "DBClusterIdentifier": {"ServerlessDatabaseCapacity", "ACUUtilization", "DatabaseConnections"},
    "ProxyName": {
        "ClientConnections",
        "DatabaseConnections",
        "DatabaseConnectionsCurrentlySessionPinned",
        "DatabaseConnectionsBorrowLatency",
    },
}


def of_aws() -> set[Watched]:
    known = {(space, name, frozenset([by])) for space, (by, names) in OF_AWS.items() for name in names}
    return known | {("AWS/RDS", name, frozenset([by])) for by, names in OF_DATABASES.items() for name in names}


def widgets(kind: str) -> list[dict[str, Any]]:
    return [it for it in dashboard.body()["widgets"] if it["type"] == kind]


def shown() -> Iterator[Series]:
    for widget in widgets("metric"):
        yield from dashboard.series(widget)


def of_alarms() -> Iterator[Watched]:
    for alarm in dashboard.resources("AWS::CloudWatch::Alarm").values():
        stats = [it["MetricStat"]["Metric"] for it in alarm.get("Metrics", []) if "MetricStat" in it] or [alarm]
        for metric in stats:
            yield metric["Namespace"], metric["MetricName"], frozenset(it["Name"] for it in metric["Dimensions"])


def answering(parts: Parts) -> Answering:
    """Every stage that an answer can have: follow-ups are completed, and passages are ranked anew."""
    reranking = Reranking(WordReranker(), candidates=4, seconds=5)
    searching = Searching(embedder=HashEmbedder(), passages=parts.passages, reranking=reranking)
    return Answering(
        retrieving=Retrieving(searching, Rewriter()),
        chat_model=parts.model,
        conversations=parts.conversations,
        limits=Limits(),
    )


@pytest.fixture
async def emitted(client: httpx.AsyncClient, parts: Parts, capsys: pytest.CaptureFixture[str]) -> set[Watched]:
    """What the code prints for an answer, a follow-up, a failure and documents; and what logs are read for."""
    app.dependency_overrides[dependencies.metrics] = lambda: EmfMetrics(NAMESPACE)
    app.dependency_overrides[dependencies.answering] = lambda: answering(parts)
    parts.model.enqueue("Krill.")
    parts.model.enqueue("Tons.")
    parts.model.enqueue(ModelUnavailable())
    asked = await client.post("/api/chat", json={"message": "What do blue whales eat?"})
    conversation = json.loads(asked.text.splitlines()[1].removeprefix("data: "))["conversation_id"]
    for _ in range(2):
        await client.post("/api/chat", json={"message": "And how much of it?", "conversation_id": conversation})
    for outcome in ("ready", "failed", "postponed"):
        EmfMetrics(NAMESPACE).add_document(MeasuredDocument(outcome, 1.0, 1.0))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    printed = {
        (directive["Namespace"], metric["Name"], frozenset(dimensions))
        for line in told
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
        for dimensions in directive["Dimensions"]
    }
    filters = [it["MetricTransformations"][0] for it in dashboard.resources("AWS::Logs::MetricFilter").values()]
    return printed | {(it["MetricNamespace"], it["MetricName"], frozenset[str]()) for it in filters}


async def test_every_metric_of_the_dashboard_exists(emitted: set[Watched]) -> None:
    """A line of the dashboard is printed by the code under these dimensions, read from logs, or AWS's own."""
    watched = {(it.namespace, it.name, frozenset(it.dimensions)) for it in shown()}

    assert watched - emitted - of_aws() == set()


async def test_the_docs_name_every_metric_of_ours(emitted: set[Watched]) -> None:
    """The table of docs/observability.md has what the code sends, and nothing else."""
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", (ROOT / "docs" / "observability.md").read_text(), re.MULTILINE)
    documented = {name.strip("` ") for row in rows for name in row.split(",")}

    assert documented == {name for _, name, _ in emitted}


async def test_every_metric_of_ours_is_paid_for(emitted: set[Watched]) -> None:
    """docs/cost.md counts them, with three outcomes of answers and one model."""
    assert len(emitted) + 2 == lines.METRICS


async def test_every_metric_of_an_alarm_exists(emitted: set[Watched]) -> None:
    """An alarm on a metric that nobody sends would never ring."""
    assert set(of_alarms()) - emitted - of_aws() == set()


def test_every_metric_is_that_of_this_stack() -> None:
    """Values of dimensions are the parameters', so that two stacks in one account don't mix."""
    values = {value for it in shown() for value in it.dimensions.values() if value is not None}

    assert values <= {*PARAMETERS.values(), "sluice"}


def test_what_an_operator_asks_for_is_on_the_dashboard() -> None:
    """Each subject has its place."""
    assert {it.name for it in shown()} >= {
        "FirstTokenTime",
        "RestoreTime",
        "PromptTokens",
        "CompletionTokens",
        "CostInDollars",
        "Errors",
        "Throttles",
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "DatabaseConnectionsCurrentlySessionPinned",
        "DatabaseConnections",
        "ServerlessDatabaseCapacity",
        "DocumentsFailed",
    }
    assert any(it.dimensions.get("QueueName") == PARAMETERS["DeadLetterQueueName"] for it in shown())


def test_the_widgets_lie_side_by_side() -> None:
    """They fill the 24 columns, and none covers another."""
    places = [
        (x, y)
        for it in dashboard.body()["widgets"]
        for x in range(it["x"], it["x"] + it["width"])
        for y in range(it["y"], it["y"] + it["height"])
    ]

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) == 23


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ({"ProxyName": ""}, {"PinnedSessions"}),
        ({"ProxyName": "", "ClusterIdentifier": ""}, {"PinnedSessions", "CapacityAtMaximum"}),
    ],
)
def test_a_stack_without_proxy_or_cluster_has_a_dashboard_too(without: dict[str, str], missing: set[str]) -> None:
    """What it has no metrics of is left out, and the JSON stays whole."""
    body = dashboard.body({**PARAMETERS, **without})

    [alarms] = [it["properties"]["alarms"] for it in body["widgets"] if it["type"] == "alarm"]
    shown = {arn.rpartition(":")[2] for arn in alarms}
    assert shown == dashboard.resources("AWS::CloudWatch::Alarm").keys() - missing


def test_every_alarm_says_where_the_runbook_tells_what_to_do() -> None:
    """Each description ends with a link to a heading of docs/runbook.md."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = {it["AlarmDescription"].rpartition(" ")[2] for it in dashboard.resources("AWS::CloudWatch::Alarm").values()}

    assert {link.partition("#")[0] for link in links} == {"docs/runbook.md"}
    assert {link.partition("#")[2] for link in links} - anchors == set()


def test_every_alarm_tells_somebody() -> None:
    """Its action is the topic."""
    silent = [
        name for name, it in dashboard.resources("AWS::CloudWatch::Alarm").items() if it["AlarmActions"] != ["<Topic>"]
    ]

    assert silent == []


def test_the_picture_in_the_docs_is_the_dashboard_of_the_template() -> None:
    """After a change `make dashboard` draws it anew."""
    assert PICTURE.read_text(encoding="utf-8") == draw(dashboard.body()), "run `make dashboard`"
