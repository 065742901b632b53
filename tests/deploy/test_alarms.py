"""CloudWatch's API takes the alarms, the dashboard and the filters as the template writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infra import dashboard
from infra.dashboard import PARAMETERS


@pytest.fixture
def account() -> Iterator[None]:
    """An account of moto's: requests are checked against AWS's own description of the services first."""
    with mock_aws():
        yield


def test_the_alarms_are_taken(account: None) -> None:
    """Each by its name, with a threshold, a metric or an expression, and silence that is no alarm."""
    cloudwatch = boto3.client("cloudwatch", region_name="us-east-1")
    wanted = dashboard.resources("AWS::CloudWatch::Alarm").values()

    for alarm in wanted:
        cloudwatch.put_metric_alarm(**{**alarm, "Threshold": float(alarm["Threshold"])})

    made = cloudwatch.describe_alarms()["MetricAlarms"]
    assert {it["AlarmName"] for it in made} == {it["AlarmName"] for it in wanted}
    assert {it["TreatMissingData"] for it in made} == {"notBreaching"}
    assert all(it.get("MetricName") or sum(m.get("ReturnData", True) for m in it["Metrics"]) == 1 for it in made)


def test_the_dashboard_is_taken(account: None) -> None:
    """Its body is JSON with widgets."""
    cloudwatch = boto3.client("cloudwatch", region_name="us-east-1")
    body = json.dumps(dashboard.body())

    cloudwatch.put_dashboard(DashboardName="sluice", DashboardBody=body)

    assert cloudwatch.get_dashboard(DashboardName="sluice")["DashboardBody"] == body


def test_the_filters_of_reports_are_taken(account: None) -> None:
    """Each makes one metric of a figure in Lambda's report."""
    logs = boto3.client("logs", region_name="us-east-1")
    logs.create_log_group(logGroupName=PARAMETERS["ChatLogGroup"])

    for it in dashboard.resources("AWS::Logs::MetricFilter").values():
        [made] = it["MetricTransformations"]
        logs.put_metric_filter(
            logGroupName=it["LogGroupName"],
            filterName=made["MetricName"],
            filterPattern=it["FilterPattern"],
            metricTransformations=[{name[0].lower() + name[1:]: value for name, value in made.items()}],
        )

    found = logs.describe_metric_filters(logGroupName=PARAMETERS["ChatLogGroup"])["metricFilters"]
    assert sorted(it["filterName"] for it in found) == ["InitTime", "RestoreTime"]
