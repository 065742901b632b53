"""List prices of us-east-1 in US dollars, without free tiers and discounts, with where each is from and of which day.

AWS publishes a price list with an offer a service, and pricing pages. Neither could be asked when these were written
down: they are as others have read and published them on the day that stands beside each. Ask AWS before you use one.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = "us-east-1"
HOURS = 730.0
"""Of a month, as AWS reckons."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a price was published, and when it was read there or came into force; without a day it is from memory."""

    name: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit."""

    what: str
    dollars: float
    unit: str
    source: Source
    note: str = ""


_RDS = Source("price list, AmazonRDS", "2025-10-28")
_RDS_SERVERLESS = Source("price list, AmazonRDS", "2026-10-01")
_PROXY = Source("price list, AmazonRDS; the least from aws.amazon.com/rds/proxy/pricing", "2026-10-01")
_VPC = Source("price list, AmazonVPC", "2026-07-24")
_EC2 = Source("price list, AmazonEC2 and AmazonVPC", "2025-10-28")
_LAMBDA = Source("price list, AWSLambda", "2026-09-19")
_SECRETS = Source("aws.amazon.com/secrets-manager/pricing", "2026-09-20")
_SQS = Source("price list, AWSQueueService", "2025-08-28")
_S3 = Source("price list, AmazonS3", "2026-08-07")
_CLOUDWATCH = Source("price list, AmazonCloudWatch", "2026-08-06")
_TRANSFER = Source("price list, AWSDataTransfer", "2026-07-20")
_CLOUDFRONT = Source("aws.amazon.com/cloudfront/pricing", "2026-08-08")
_API_GATEWAY = Source("aws.amazon.com/api-gateway/pricing", "2026-09-20")
_MEMORY = Source("not confirmed")

ACU = Price("Aurora Serverless v2", 0.12, "ACU-hour", _RDS_SERVERLESS)
STORAGE = Price("Aurora storage", 0.10, "GB-month", _RDS, "backups as large as the data are free")
IO = Price("Aurora I/O", 0.20 / 1e6, "request", _RDS, "$0.20 a million")
PROXY = Price("RDS Proxy for Aurora Serverless v2", 0.015, "ACU-hour", _PROXY, "at least 8 ACU are charged")
ENDPOINT = Price("VPC interface endpoint", 0.01, "hour and zone", _VPC, "and $0.01 per GB")
NAT = Price("NAT gateway", 0.045, "hour", _EC2)
NAT_GB = Price("NAT gateway, data", 0.045, "GB", _EC2)
ADDRESS = Price("public IPv4 address", 0.005, "hour", _EC2)
COMPUTE_X86 = Price("Lambda on x86_64", 0.0000166667, "GB-second", _LAMBDA)
COMPUTE_ARM = Price("Lambda on arm64", 0.0000133334, "GB-second", _LAMBDA)
INVOCATION = Price("Lambda request", 0.20 / 1e6, "request", _LAMBDA, "$0.20 a million")
SNAPSHOT = Price(
    "SnapStart snapshot, Python",
    0.0000015046,
    "GB-second",
    _LAMBDA,
    "of memory, while the version exists; 3 hours at least",
)
RESTORE = Price("SnapStart restore, Python", 0.0001397998, "GB", _LAMBDA, "of memory")
STREAMED_GB = Price(
    "Lambda, streamed response", 0.008, "GB", _LAMBDA, "the first 100 GB a month are free; left out of the sums"
)
SECRET = Price("Secrets Manager", 0.40, "secret and month", _SECRETS, "and $0.05 per 10,000 reads")
MESSAGE = Price("SQS request", 0.40 / 1e6, "request", _SQS, "$0.40 a million; the first million a month is free")
OBJECT_GB = Price("S3 storage", 0.023, "GB-month", _S3)
OBJECT_PUT = Price("S3 PUT", 0.005 / 1e3, "request", _S3, "$0.005 a thousand")
LOG_GB = Price("CloudWatch Logs, taken in", 0.50, "GB", _CLOUDWATCH, "and $0.03 a GB-month kept")
METRIC = Price("CloudWatch metric of ours", 0.30, "metric and month", _CLOUDWATCH, "only for hours in which it is sent")
ALARM = Price("CloudWatch alarm", 0.10, "metric and month", _CLOUDWATCH, "the first ten are free")
DASHBOARD = Price("CloudWatch dashboard", 3.00, "month", _MEMORY, "the first three are free")
TRACE = Price(
    "X-Ray trace", 5.0 / 1e6, "trace", _MEMORY, "$5 a million; by default one request a second and 5 % are traced"
)
OUT_GB = Price("data out to the internet", 0.09, "GB", _TRANSFER, "the first 100 GB a month are free")
CLOUDFRONT_REQUEST = Price("CloudFront HTTPS request", 0.01 / 1e4, "request", _MEMORY, "$0.01 per 10,000")
CLOUDFRONT_GB = Price("CloudFront, data", 0.085, "GB", _CLOUDFRONT, "the first TB a month is free")
REST_REQUEST = Price(
    "API Gateway REST request",
    3.50 / 1e6,
    "request",
    _API_GATEWAY,
    "$3.50 a million; streams count each begun 10 MB",
)

ALL = tuple(value for value in globals().values() if isinstance(value, Price))
