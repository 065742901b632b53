"""Metrics in CloudWatch's embedded metric format: lines of JSON on standard output, which cost no call.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Every metric stands under `service` alone, where alarms can name it. What an operator compares by outcome or by model
stands under that too, and nothing else does: AWS charges for each combination of a metric and its dimensions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from sluice.measuring import Measured, MeasuredDocument

logger = logging.getLogger(__name__)

SERVICE = "sluice"

Values = Mapping[str, tuple[MetricUnit, float]]
Lines = Iterator[tuple[dict[str, str], Values]]


class EmfMetrics:
    """The `Metrics` in one namespace."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def add(self, measured: Measured) -> None:
        """Print the lines of one answer."""
        self._print(_answer(measured))

    def add_document(self, measured: MeasuredDocument) -> None:
        """Print the line of one spell of work on a document."""
        self._print(_document(measured))

    def _print(self, lines: Lines) -> None:
        try:
            for dimensions, values in lines:
                self._print_line(dimensions, values)
        except Exception:
            logger.exception("Something could not be measured.")

    def _print_line(self, dimensions: dict[str, str], values: Values) -> None:
        metrics = EphemeralMetrics(namespace=self._namespace, service=SERVICE)
        for name, value in dimensions.items():
            metrics.add_dimension(name, value)
        for name, (unit, number) in values.items():
            metrics.add_metric(name, unit, number)
        metrics.flush_metrics()


def _answer(measured: Measured) -> Lines:
    usage = measured.usage
    taken: dict[str, tuple[MetricUnit, float]] = {
        "PromptTokens": (MetricUnit.Count, usage.prompt_tokens),
        "CompletionTokens": (MetricUnit.Count, usage.completion_tokens),
    }
    if usage.cost is not None:
        taken["CostInDollars"] = (MetricUnit.NoUnit, usage.cost)
    counts = {"Answers": 1, "Failures": int(measured.failed), "Fallbacks": int(measured.fell_back)}
    if "rerank" in measured.timing:
        counts["Unranked"] = int(measured.unranked)
    counted = {name: (MetricUnit.Count, float(number)) for name, number in counts.items()}
    yield {}, counted | {f"{_title(stage)}Time": _ms(ms) for stage, ms in measured.timing.items()} | taken
    yield {"outcome": measured.outcome}, {"Answers": (MetricUnit.Count, 1)}
    if measured.model:
        yield {"model": measured.model}, taken


def _document(measured: MeasuredDocument) -> Lines:
    times = {"Ingest": measured.worked_ms, "Findable": measured.waited_ms}
    values = {f"Documents{measured.outcome.title()}": (MetricUnit.Count, 1.0)}
    if measured.outcome == "ready":
        values |= {f"{name}Time": _ms(ms) for name, ms in times.items() if ms is not None}
        values["Chunks"] = (MetricUnit.Count, measured.chunks)
    if measured.outcome != "postponed":
        values["EmbeddingTokens"] = (MetricUnit.Count, measured.tokens)
        values["EmbeddingCostInDollars"] = (MetricUnit.NoUnit, measured.cost)
    yield {}, values


def _title(stage: str) -> str:
    return "".join(part.title() for part in stage.split("_"))


def _ms(milliseconds: float) -> tuple[MetricUnit, float]:
    return MetricUnit.Milliseconds, milliseconds
