"""AWS's services, ahead of the first call to one."""

from __future__ import annotations

from typing import Any

import boto3


def prime(service: str) -> None:
    """Load boto3 and what it knows of a service, after which a client takes milliseconds; reads no credentials."""
    make: Any = boto3.client  # its types know each service apart
    make(service, aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106 - stand-ins for them
