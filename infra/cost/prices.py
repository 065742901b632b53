"""List prices of us-east-1 in US dollars, without free tiers and discounts, as published by AWS.

None of them could be asked of AWS when they were written down (`CHECKED`); look at AWS's pages before you rely on one.
"""

from __future__ import annotations

from dataclasses import dataclass

CHECKED = "2026-11-24"
REGION = "us-east-1"
HOURS = 730.0
"""Of a month, as AWS reckons."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit."""

    what: str
    dollars: float
    unit: str
    note: str = ""


ACU = Price("Aurora Serverless v2", 0.12, "ACU-hour")
STORAGE = Price("Aurora storage", 0.10, "GB-month", "backups as large as the data are free")
IO = Price("Aurora I/O", 0.20 / 1e6, "request", "$0.20 a million")
PROXY = Price("RDS Proxy for Aurora Serverless v2", 0.015, "ACU-hour", "at least 8 ACU are charged")
ENDPOINT = Price("VPC interface endpoint", 0.01, "hour and zone", "and $0.01 per GB")
NAT = Price("NAT gateway", 0.045, "hour")
NAT_GB = Price("NAT gateway, data", 0.045, "GB")
ADDRESS = Price("public IPv4 address", 0.005, "hour")
COMPUTE_X86 = Price("Lambda on x86_64", 0.0000166667, "GB-second")
COMPUTE_ARM = Price("Lambda on arm64", 0.0000133334, "GB-second")
INVOCATION = Price("Lambda request", 0.20 / 1e6, "request", "$0.20 a million")
SNAPSHOT = Price("SnapStart snapshot, Python", 0.0000015046, "GB-second", "of memory, while the version exists")
RESTORE = Price("SnapStart restore, Python", 0.0001397998, "GB", "of memory")
SECRET = Price("Secrets Manager", 0.40, "secret and month")
MESSAGE = Price("SQS request", 0.40 / 1e6, "request", "$0.40 a million; the first million a month is free")
OBJECT_GB = Price("S3 storage", 0.023, "GB-month")
OBJECT_PUT = Price("S3 PUT", 0.005 / 1e3, "request", "$0.005 a thousand")
LOG_GB = Price("CloudWatch Logs, taken in", 0.50, "GB")
METRIC = Price("CloudWatch metric of ours", 0.30, "metric and month", "only for hours in which it is sent")
ALARM = Price("CloudWatch alarm", 0.10, "metric and month", "the first ten are free")
DASHBOARD = Price("CloudWatch dashboard", 3.00, "month", "the first three are free")
TRACE = Price("X-Ray trace", 5.0 / 1e6, "trace", "$5 a million; by default one request a second and 5 % are traced")
OUT_GB = Price("data out to the internet", 0.09, "GB", "the first 100 GB a month are free")
CLOUDFRONT_REQUEST = Price("CloudFront HTTPS request", 0.01 / 1e4, "request", "$0.01 per 10,000")
CLOUDFRONT_GB = Price("CloudFront, data", 0.085, "GB", "the first TB a month is free")
REST_REQUEST = Price(
    "API Gateway REST request", 3.50 / 1e6, "request", "$3.50 a million; streams count each begun 10 MB"
)

ALL = tuple(value for value in globals().values() if isinstance(value, Price))
