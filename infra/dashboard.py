"""The dashboard as CloudWatch gets it: the JSON that the template makes, for one stack or another.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.intrinsics import Resolver, load

TEMPLATE = Path(__file__).with_name("observability.yaml")
REGION = "us-east-1"
PARAMETERS = {
    "Label": "sluice",
    "MetricsNamespace": "Sluice/sluice",
    "ChatFunctionName": "sluice-ChatFunction",
    "IngestFunctionName": "sluice-IngestFunction",
    "ChatLogGroup": "sluice-ChatLogs",
    "IngestLogGroup": "sluice-IngestLogs",
    "IngestQueueName": "sluice-IngestQueue",
    "DeadLetterQueueName": "sluice-DeadLetterQueue",
    "ClusterIdentifier": "sluice-cluster",
    "ProxyName": "sluice-proxy",
}
"""What a stack with a cluster and a proxy gives the template."""

_SEARCH = re.compile(r"SEARCH\('\{(?P<schema>[^}]*)\} MetricName=\"(?P<name>\w+)\"', '(?P<stat>\w+)', \d+\)")


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a widget: a metric, and the names of the dimensions that it stands under.

    `varying` is the dimension by whose values a search finds several lines.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str | None]
    label: str
    stat: str = ""
    varying: str | None = None
    axis: str = "left"


def body(parameters: Mapping[str, str] = PARAMETERS) -> dict[str, Any]:
    """Return the dashboard that the template makes of these parameters."""
    template = load(TEMPLATE)
    resolve = resolver(parameters)
    text = resolve.text(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"])
    return json.loads(text)  # type: ignore[no-any-return] # JSON


def resources(kind: str, parameters: Mapping[str, str] = PARAMETERS) -> dict[str, dict[str, Any]]:
    """Return the properties of the template's resources of a kind, worked out, whether their conditions hold or not."""
    resolve = resolver(parameters)
    found = load(TEMPLATE)["Resources"].items()
    return {name: resolve(it["Properties"]) for name, it in found if it["Type"] == kind}


def resolver(parameters: Mapping[str, str] = PARAMETERS) -> Resolver:
    """Return what works out the template's values: a resource is `<its name>`, its ARN ends with its name."""
    template = load(TEMPLATE)
    made = {name: f"<{name}>" for name in template["Resources"]}
    made |= {f"{name}.Arn": f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:{name}" for name in template["Resources"]}
    return Resolver(template, {"AWS::Region": REGION, "AWS::AccountId": "123456789012", **made, **parameters})


def series(widget: Mapping[str, Any]) -> Iterator[Series]:
    """Yield the lines of a metric widget."""
    properties = widget["properties"]
    for row in properties.get("metrics", []):
        *names, options = row if isinstance(row[-1], dict) else [*row, {}]
        stat = options.get("stat", properties.get("stat", "Average"))
        yield _search(options["expression"]) if "expression" in options else _metric(names, options, stat)


def _metric(names: list[str], options: Mapping[str, Any], stat: str) -> Series:
    namespace, name, *pairs = names
    dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return Series(namespace, name, dimensions, options.get("label", name), stat, axis=options.get("yAxis", "left"))


def _search(expression: str) -> Series:
    """Read the one form of search that the dashboard uses; raise `ValueError` for another."""
    found = _SEARCH.fullmatch(expression)
    if not found:
        raise ValueError(f"The preview can't read this expression: {expression}")
    namespace, *dimensions = [part.strip('"') for part in found["schema"].split(",")]
    return Series(
        namespace, found["name"], dict.fromkeys(dimensions), found["name"], found["stat"], varying=dimensions[-1]
    )
