"""What the stack's other choices cost: the way out of the network, the front door, SnapStart, the architecture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.cost import prices
from infra.cost.prices import HOURS
from infra.cost.use import Use

_INIT_SECONDS = 3.0
_ANSWER_GB = 20e-6
_REQUESTS = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: US dollars a month that it always costs, and for the questions of the use."""

    of: str
    name: str
    monthly: float
    asked: float
    remark: str = ""


def choices(use: Use) -> Iterator[Choice]:
    """Yield every choice, those of one kind together."""
    yield from _ways_out()
    yield from _doors(use)
    yield from _starts(use)
    yield from _architectures(use)


def _ways_out() -> Iterator[Choice]:
    endpoint = prices.ENDPOINT.dollars * HOURS
    yield Choice(
        "way out", "endpoints for SQS and Secrets Manager", 2 * endpoint, 0.0, "models outside AWS stay out of reach"
    )
    yield Choice(
        "way out", "the same and Bedrock", 3 * endpoint, 0.0, "Textract, and ranking by Bedrock: one more each"
    )
    nat = (prices.NAT.dollars + prices.ADDRESS.dollars) * HOURS
    yield Choice(
        "way out", "NAT gateway with its address", nat, 0.0, f"and ${prices.NAT_GB.dollars:g} per GB; any model"
    )


def _doors(use: Use) -> Iterator[Choice]:
    requests, gigabytes = use.questions * _REQUESTS, use.questions * _ANSWER_GB
    out = gigabytes * prices.OUT_GB.dollars
    yield Choice("front door", "function URL", 0.0, out, "the data out alone")
    edge = requests * prices.CLOUDFRONT_REQUEST.dollars + gigabytes * prices.CLOUDFRONT_GB.dollars
    yield Choice("front door", "CloudFront", 0.0, edge, "a web ACL of WAF costs $5 a month and more")
    yield Choice("front door", "REST API", 0.0, requests * prices.REST_REQUEST.dollars + out)


def _starts(use: Use) -> Iterator[Choice]:
    cold, compute = use.questions * use.cold_starts, prices.COMPUTE_X86.dollars
    snapshot = use.memory * prices.SNAPSHOT.dollars * HOURS * 3600
    restored = cold * use.memory * prices.RESTORE.dollars
    yield Choice("cold starts", "SnapStart", snapshot, restored, "one version; every further one costs as much")
    begun = cold * _INIT_SECONDS * use.memory * compute
    yield Choice("cold starts", "none", 0.0, begun, f"an init of {_INIT_SECONDS:g} s is billed, and waited for")


def _architectures(use: Use) -> Iterator[Choice]:
    gb_seconds = use.questions * use.answer_seconds * use.memory
    yield Choice("architecture", "x86_64", 0.0, gb_seconds * prices.COMPUTE_X86.dollars)
    yield Choice("architecture", "arm64", 0.0, gb_seconds * prices.COMPUTE_ARM.dollars)
