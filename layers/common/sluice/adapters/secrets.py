"""Secrets from AWS Secrets Manager."""

from __future__ import annotations

import json

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sluice.errors import ConfigurationError


def read_secret(arn: str) -> dict[str, str]:
    """Return the secret's names and values; raise `ConfigurationError` when it can't be read or is no JSON object.

    The message never holds anything of the secret.
    """
    try:
        text = boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(f"The secret in SLUICE_SECRET_ARN can't be read: {_reason(error)}.") from error
    try:
        values = json.loads(text)
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, AttributeError):
        # The parser's own error would quote the secret.
        raise ConfigurationError("The secret in SLUICE_SECRET_ARN must be a JSON object.") from None


def _reason(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
