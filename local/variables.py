"""The environment variables of the functions on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from local.environment import is_reserved
from local.http_server import HOST
from local.template import Function, Place

# Only this machine reaches the functions, and nobody signs its requests: all may ask, unless the user wants otherwise.
_OPEN = {"SLUICE_AUTH": "none"}
# Nobody collects metrics from the terminal.
_UNMEASURED = {"SLUICE_METRICS_NAMESPACE": ""}
# The laptop's database is its user's own, who logs in by password.
_BY_PASSWORD = {"SLUICE_DATABASE_IAM": "", "SLUICE_MIGRATION_URL": "", "SLUICE_DATABASE_USER": ""}
# moto takes any key; without one boto3 does not even ask.
_NO_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "laptop", "AWS_SECRET_ACCESS_KEY": "laptop"}
_CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}
DEFAULT_REGION = "us-east-1"


def region(users: Mapping[str, str]) -> str:
    """Return the region of the user's shell, which a model on Bedrock needs."""
    return users.get("AWS_REGION") or users.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def variables(
    function: Function,
    users: Mapping[str, str],
    place: Place,
    *,
    database_url: str,
    bucket: str,
    chat_url: str,
    ingest_url: str,
) -> dict[str, str]:
    """Return the variables of a function: the template's, over them the user's own, over them the laptop's addresses.

    Only S3 and SQS are sent to this machine, so that a user whose shell has credentials reaches models on Bedrock.
    """
    return {
        **function.environment,
        **_of_the_user(users),
        "AWS_REGION": place.region,
        "AWS_DEFAULT_REGION": place.region,
        "AWS_ENDPOINT_URL_S3": place.endpoint,
        "AWS_ENDPOINT_URL_SQS": place.endpoint,
        "SLUICE_DATABASE_URL": database_url,
        **_BY_PASSWORD,
        "SLUICE_BUCKET": bucket,
        "SLUICE_INGEST_URL": ingest_url,
        "SLUICE_UPLOAD_URLS": place.endpoint,
        "SLUICE_PAGE_ORIGINS": f"{chat_url},{chat_url.replace(HOST, 'localhost')}",
    }


def _of_the_user(users: Mapping[str, str]) -> dict[str, str]:
    """Return what a user may choose, as they have chosen it, else as it suits a laptop."""
    chosen = {name: value for name, value in users.items() if not is_reserved(name)}
    credentials = {} if _CREDENTIALS & users.keys() else _NO_CREDENTIALS
    return {**_OPEN, **_UNMEASURED, **credentials, **chosen}
