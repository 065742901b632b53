"""What AWS wants to see on a request: the body's hash and, where a profile is given, a signature.

A function URL behind CloudFront's origin access control takes a body only with its hash:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from typing import TYPE_CHECKING

import httpx

from local.client.errors import ClientError

if TYPE_CHECKING:
    from botocore.credentials import Credentials

SERVICE = "lambda"
HASH = "x-amz-content-sha256"
_FUNCTION_URL = re.compile(r"\.lambda-url\.([a-z0-9-]+)\.on\.aws$")


class BodyHash(httpx.Auth):
    """Tells the SHA-256 of the body, in hex."""

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[HASH] = hashlib.sha256(request.content).hexdigest()
        self.sign(request)
        yield request

    def sign(self, request: httpx.Request) -> None:
        """Add a signature, where there is one to add."""


class Signature(BodyHash):
    """Signs requests to a function URL with AWS Signature Version 4, the body's hash among what is signed.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    """

    def __init__(self, credentials: Credentials, region: str) -> None:
        self._credentials = credentials
        self._region = region

    def sign(self, request: httpx.Request) -> None:
        """Add the signature; raise `ClientError` when the profile has lost its credentials."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        # Only what proxies leave alone is signed.
        known = {"host": request.headers["host"], HASH: request.headers[HASH]}
        signed = AWSRequest(request.method, str(request.url), headers=known)
        try:
            SigV4Auth(self._credentials.get_frozen_credentials(), SERVICE, self._region).add_auth(signed)
        except BotoCoreError as error:
            raise ClientError(f"The AWS profile gives no credentials: {error}") from error
        request.headers.update(dict(signed.headers.items()))


def signature(profile: str, url: str) -> Signature:
    """Return the signature of an AWS profile for a function URL; raise `ClientError` when the profile has none to give.

    The region is the one that the URL names, else the profile's.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        session = Session(profile=profile)
        credentials = session.get_credentials()
        region = _region_of(url) or session.get_config_variable("region")
    except BotoCoreError as error:
        raise ClientError(f"{error}. `aws configure list-profiles` lists the profiles of this machine.") from error
    if credentials is None:
        raise ClientError(f"The AWS profile {profile} has no credentials. Try: aws sso login --profile {profile}")
    if not region:
        raise ClientError(
            f"The AWS profile {profile} names no region. Try: aws configure set region ... --profile {profile}"
        )
    return Signature(credentials, region)


def _region_of(url: str) -> str | None:
    found = _FUNCTION_URL.search(httpx.URL(url).host)
    return found[1] if found else None
