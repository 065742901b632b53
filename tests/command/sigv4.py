"""A front door that checks AWS Signature Version 4 as a function URL of the type AWS_IAM does.

Written from AWS's description and from nothing that makes signatures:
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>(?P<day>\d{8})/(?P<region>[^/]+)/lambda/aws4_request), "
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
_MUST_BE_SIGNED = {"host", "x-amz-date", "x-amz-content-sha256"}


class SignedOnly:
    """Lets requests through that the holder of the secrets has signed; `secrets` are by access key id."""

    def __init__(self, app: ASGIApp, secrets: dict[str, str], region: str) -> None:
        self._app = app
        self._secrets = secrets
        self._region = region
        self.passed: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        if scope["path"] != "/bucket":  # the bucket is not the function
            if reason := self._objection(request, body):
                await JSONResponse({"Message": f"Forbidden: {reason}"}, 403)(scope, receive, send)
                return
            self.passed.append(f"{request.method} {scope['path']}")
        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> object:
            return unread.pop() if unread else await receive()

        await self._app(scope, again, send)  # type: ignore[arg-type] # a dict is the mutable mapping that it wants

    def _objection(self, request: Request, body: bytes) -> str | None:
        """Return what AWS would not accept; None when all is well."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if not found:
            return "no signature"
        if found["region"] != self._region:
            return f"signed for {found['region']}"
        names = found["headers"].split(";")
        if not set(names) >= _MUST_BE_SIGNED:
            return f"only {names} are signed"
        if request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return "the body has another hash"
        moment = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - moment) > timedelta(minutes=5):
            return "signed too long ago"
        expected = _signature(request, names, found, self._secrets.get(found["key"], ""))
        return None if hmac.compare_digest(found["signature"], expected) else "the signature does not match"


def _signature(request: Request, names: list[str], found: re.Match[str], secret: str) -> str:
    canonical = "\n".join(
        [
            request.method,
            # What arrives is encoded once; every service but S3 signs it encoded once more.
            quote(request.scope["raw_path"].decode(), safe="/-_.~"),
            "&".join(sorted(_canonical_pair(pair) for pair in request.url.query.split("&") if pair)),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
            "",
            ";".join(names),
            request.headers["x-amz-content-sha256"],
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], found["scope"], digest])
    key = f"AWS4{secret}".encode()
    for part in found["scope"].split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical_pair(pair: str) -> str:
    """AWS reads `+` as a plus sign, not as a space, and every name has its `=`."""
    name, _, value = pair.partition("=")
    return f"{name.replace('+', '%2B')}={value.replace('+', '%2B')}"
