"""What is watched is what the stack makes, in every profile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.dashboard import series
from tests.stack.cloudformation import Stack
from tests.stack.conftest import PROFILES, Deploy


@pytest.fixture(params=PROFILES, ids=str)
def watched(request: pytest.FixtureRequest, deploy: Deploy) -> Stack:
    """The stack in each profile."""
    return deploy(**PROFILES[request.param])


def dashboard(stack: Stack) -> list[dict[str, Any]]:
    """Return the widgets of the stack's one dashboard."""
    [found] = stack.of("AWS::CloudWatch::Dashboard").values()
    return json.loads(found["DashboardBody"])["widgets"]  # type: ignore[no-any-return] # JSON


def dimensions(stack: Stack) -> dict[str, set[str]]:
    """Return the values of each dimension under which the dashboard and the alarms look."""
    found: dict[str, set[str]] = {}
    for widget in dashboard(stack):
        for line in series(widget):
            for name, value in line.dimensions.items():
                if value is not None:
                    found.setdefault(name, set()).add(value)
    for alarm in stack.of("AWS::CloudWatch::Alarm").values():
        for each in alarm.get("Dimensions", []):
            found.setdefault(each["Name"], set()).add(each["Value"])
    return found


def test_the_functions_and_queues_of_the_stack_are_watched(watched: Stack) -> None:
    """And its cluster and its proxy, where it makes them."""
    databases = {}
    if watched.of("AWS::RDS::DBCluster"):
        databases["DBClusterIdentifier"] = {"<Database/Cluster>"}
    if watched.of("AWS::RDS::DBProxy"):
        databases["ProxyName"] = {"<Proxy/Proxy>"}

    assert dimensions(watched) == {
        "FunctionName": {"<ChatFunction>", "<IngestFunction>"},
        "QueueName": {"<IngestQueue.QueueName>", "<DeadLetterQueue.QueueName>"},
        "service": {"sluice"},
        **databases,
    }


def test_metrics_are_looked_for_where_the_functions_put_them(watched: Stack) -> None:
    """Their namespace is the stack's own."""
    told = {
        it["Environment"]["Variables"]["SLUICE_METRICS_NAMESPACE"]
        for it in watched.of("AWS::Lambda::Function").values()
    }
    looked = {line.namespace for widget in dashboard(watched) for line in series(widget)}

    assert told == {"Sluice/sluice"}
    assert {namespace for namespace in looked if not namespace.startswith("AWS/")} == told


def test_reports_are_read_from_the_log_of_the_chat_function(watched: Stack) -> None:
    """Where its JSON goes."""
    chat = watched.resources["ChatFunction"]["Properties"]["LoggingConfig"]
    groups = {it["LogGroupName"] for it in watched.of("AWS::Logs::MetricFilter").values()}

    assert (chat["LogFormat"], groups) == ("JSON", {chat["LogGroup"]})


def test_every_alarm_that_exists_is_on_the_dashboard(watched: Stack) -> None:
    """One row shows whether all is well."""
    [shown] = [it["properties"]["alarms"] for it in dashboard(watched) if it["type"] == "alarm"]

    assert {path.rpartition("/")[2] for path in watched.of("AWS::CloudWatch::Alarm")} == {
        arn.removeprefix("<Observability/").removesuffix(".Arn>") for arn in shown
    }
