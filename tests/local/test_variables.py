"""The variables that a function gets on the laptop."""

from __future__ import annotations

from local.template import Function, Place
from local.variables import region, variables

PLACE = Place(region="eu-west-1", endpoint="http://127.0.0.1:9000")
FUNCTION = Function("F", "f", "arn", "m.handler", environment={"SLUICE_CHAT_MODEL": "offline/extractive", "A": "1"})
ADDRESSES = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000",
    "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9000",
    "SLUICE_DATABASE_URL": "postgresql://here",
    "SLUICE_DATABASE_IAM": "",
    "SLUICE_DATABASE_USER": "",
    "SLUICE_MIGRATION_URL": "",
    "SLUICE_BUCKET": "documents",
    "SLUICE_INGEST_URL": "http://127.0.0.1:8001",
    "SLUICE_UPLOAD_URLS": "http://127.0.0.1:9000",
    "SLUICE_PAGE_ORIGINS": "http://127.0.0.1:8000,http://localhost:8000",
}


def made(users: dict[str, str]) -> dict[str, str]:
    return variables(
        FUNCTION,
        users,
        PLACE,
        database_url="postgresql://here",
        bucket="documents",
        chat_url="http://127.0.0.1:8000",
        ingest_url="http://127.0.0.1:8001",
    )


def test_a_shell_with_nothing_in_it() -> None:
    """The template's variables, no access control, no metrics, made-up credentials, and this machine's addresses."""
    credentials = {"AWS_ACCESS_KEY_ID": "laptop", "AWS_SECRET_ACCESS_KEY": "laptop"}
    laptops = {"SLUICE_AUTH": "none", "SLUICE_METRICS_NAMESPACE": ""}

    assert made({}) == {**FUNCTION.environment, **laptops, **credentials, **ADDRESSES}


def test_the_users_own_variables() -> None:
    """They win over the template; a profile keeps made-up credentials away; what Lambda itself sets is dropped."""
    users = {
        "SLUICE_CHAT_MODEL": "bedrock/x",
        "OPENAI_API_KEY": "key",
        "AWS_PROFILE": "mine",
        "SLUICE_AUTH": "keys",
        "SLUICE_BUCKET": "elsewhere",
        "AWS_LAMBDA_FUNCTION_NAME": "other",
        "_HANDLER": "other",
    }

    assert made(users) == {
        "A": "1",
        "SLUICE_CHAT_MODEL": "bedrock/x",
        "SLUICE_AUTH": "keys",
        "SLUICE_METRICS_NAMESPACE": "",
        "OPENAI_API_KEY": "key",
        "AWS_PROFILE": "mine",
        **ADDRESSES,
    }


def test_the_region_is_the_users() -> None:
    """The newer variable first; without any, the region of most examples."""
    assert region({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}) == "a"
    assert region({"AWS_DEFAULT_REGION": "b"}) == "b"
    assert region({}) == "us-east-1"
