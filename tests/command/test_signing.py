"""What AWS wants to see on requests, judged by a front door that works the signatures out for itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from local.client import ChatClient
from local.client.signing import signature
from local.command.program import app
from tests.command.conftest import Sluice
from tests.command.service import ANSWER, CONVERSATION, Service, running
from tests.command.sigv4 import SignedOnly

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = f"""
[right]
aws_access_key_id = {KEY_ID}
aws_secret_access_key = {SECRET}
aws_session_token = of-a-role

[wrong]
aws_access_key_id = {KEY_ID}
aws_secret_access_key = {SECRET[::-1]}
"""
CONFIG = """
[profile right]
region = eu-central-1

[profile wrong]
region = eu-central-1

[profile bare]
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with some AWS profiles."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    for name, content in (("AWS_SHARED_CREDENTIALS_FILE", CREDENTIALS), ("AWS_CONFIG_FILE", CONFIG)):
        (tmp_path / name).write_text(content)
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture
def door(service: Service, profiles: None) -> Iterator[SignedOnly]:
    """The service behind a URL of the type AWS_IAM."""
    door = SignedOnly(service.app(), {KEY_ID: SECRET}, "eu-central-1")
    with running(door) as service.url:
        yield door


@pytest.fixture
def signed(door: SignedOnly, service: Service, tmp_path: Path) -> Sluice:
    """Run `sluice ARGUMENT... --profile right`."""
    runner = CliRunner(env={"SLUICE_URL": service.url, "XDG_STATE_HOME": str(tmp_path / "state")})
    return lambda *arguments, profile="right": runner.invoke(
        app, [*arguments, "--profile", profile], catch_exceptions=False
    )


def test_every_request_of_the_command_is_signed(signed: Sluice, door: SignedOnly, tmp_path: Path) -> None:
    """Streams and uploads as well, whatever characters a name or a search has."""
    name = "räport + 100% of (a~b)*'&=?.pdf"
    (tmp_path / name).write_text("text")
    commands = [
        ["ask", "Wie groß?"],
        ["search", "a b"],
        ["conversations", "list", "--search", "ä + b/c = d&e"],
        ["conversations", "rename", CONVERSATION, "Größe"],
        ["conversations", "delete", CONVERSATION],
        ["usage"],
        ["docs", "--collection", "a b"],
        ["ingest", str(tmp_path / name), "--collection", "c d"],
        ["redrive"],
    ]

    results = [signed(*command) for command in commands]

    assert [result.output for result in results if result.exit_code] == []
    assert {"POST /api/chat", "POST /api/documents", "DELETE /api/conversations/" + CONVERSATION} <= set(door.passed)


def test_a_large_upload_is_not_signed_twice(signed: Sluice, service: Service, tmp_path: Path) -> None:
    """The bucket's form has a signature of its own."""
    (tmp_path / "large.pdf").write_bytes(b"x" * (5 * 1024 * 1024))

    assert signed("ingest", str(tmp_path / "large.pdf")).output == "ready\tlarge.pdf\t9 chunks\n1 of 1 ready.\n"
    [posted] = [seen for seen in service.seen if seen.target == "/bucket"]
    assert "authorization" not in posted.headers


def test_an_unsigned_request_is_told_what_is_missing(door: SignedOnly, sluice: Sluice, service: Service) -> None:
    """With the exit code of missing rights."""
    result = sluice("usage", "--url", service.url)

    assert result.exit_code == 4
    assert result.output.startswith("Forbidden: no signature. This address wants signed requests: give --profile")


def test_the_wrong_secret_does_not_pass(signed: Sluice) -> None:
    """The front door really looks."""
    result = signed("usage", profile="wrong")

    assert (result.exit_code, result.output[:48]) == (4, "Forbidden: the signature does not match. This ad")


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            "unknown",
            "The config profile (unknown) could not be found. `aws configure list-profiles` lists the profiles",
        ),
        ("bare", "The AWS profile bare has no credentials. Try: aws sso login --profile bare"),
    ],
)
def test_a_profile_that_can_not_sign(signed: Sluice, profile: str, message: str) -> None:
    """The command says what to do, in one line."""
    result = signed("usage", profile=profile)

    assert (result.exit_code, result.output[: len(message)]) == (1, message)


def test_the_region_is_the_one_of_the_address(profiles: None) -> None:
    """A profile's own region may be another."""
    url = "https://abcdefghij.lambda-url.ap-southeast-2.on.aws/"
    request = httpx.Request("GET", url)

    [sent] = signature("right", url).sync_auth_flow(request)

    assert "/ap-southeast-2/lambda/aws4_request" in sent.headers["authorization"]
    assert sent.headers["x-amz-security-token"] == "of-a-role"


async def test_without_a_profile_the_body_is_hashed_all_the_same(service: Service) -> None:
    """CloudFront's origin access control signs only what comes with its hash; the key stands where that leaves it."""
    from local.client.chat import Ask

    async with ChatClient(service.url, key="sk_1") as client:
        assert [event async for event in client.ask(Ask("why?"))] == ANSWER
    [seen] = service.seen

    assert seen.headers["x-amz-content-sha256"] == hashlib.sha256(seen.body).hexdigest()
    assert (seen.headers["x-api-key"], seen.headers.get("authorization")) == ("sk_1", None)
