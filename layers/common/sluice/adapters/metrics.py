"""Metrics in CloudWatch's embedded metric format: a line of JSON on standard output, which costs no call.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import logging

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from sluice.measuring import Measured

logger = logging.getLogger(__name__)

# The names of the stages as metrics: FirstTokenTime and so on, in milliseconds.
_STAGES = ("auth", "rewrite", "embed", "search", "first_token", "total")


class EmfMetrics:
    """The `Metrics` in one namespace, by model and outcome."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def add(self, measured: Measured) -> None:
        """Print one line for the answer."""
        try:
            self._print(measured)
        except Exception:
            logger.exception("An answer could not be measured.")

    def _print(self, measured: Measured) -> None:
        metrics = EphemeralMetrics(namespace=self._namespace, service="sluice")
        metrics.add_dimension("model", measured.model or "none")
        metrics.add_dimension("outcome", measured.outcome)
        metrics.add_metric("Answers", MetricUnit.Count, 1)
        for stage in _STAGES:
            if stage in measured.timing:
                name = "".join(part.title() for part in stage.split("_")) + "Time"
                metrics.add_metric(name, MetricUnit.Milliseconds, measured.timing[stage])
        metrics.add_metric("PromptTokens", MetricUnit.Count, measured.usage.prompt_tokens)
        metrics.add_metric("CompletionTokens", MetricUnit.Count, measured.usage.completion_tokens)
        if measured.usage.cost is not None:
            metrics.add_metric("CostInDollars", MetricUnit.NoUnit, measured.usage.cost)
        metrics.add_metric("Fallbacks", MetricUnit.Count, int(measured.fell_back))
        metrics.flush_metrics()
