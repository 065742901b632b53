"""The head of a streamed HTTP answer: JSON, eight NULs, then the body as it is.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming and the
public source of AWS's Node.js and Rust runtime clients.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

DELIMITER = bytes(8)
CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
# API Gateway wants prelude and delimiter within the first 16 KiB; a function URL is not known to allow more.
SIZE_LIMIT = 16 * 1024

_HOP_BY_HOP = frozenset(["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"])
# A single header of this name makes the function URL drop the whole prelude and answer 502.
_FORBIDDEN_PREFIX = "x-amzn-"

RawHeaders = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Prelude:
    """Status, headers (one value a name) and cookies (whole `Set-Cookie` values)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: int, raw_headers: RawHeaders) -> Prelude:
        """Build a prelude from an ASGI response's head, without what must not be in it.

        Repeated headers are joined with a comma; those of one connection, `content-length` and `x-amzn-*` are left out.
        """
        headers: dict[str, str] = {}
        cookies: list[str] = []
        pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers]
        dropped = _HOP_BY_HOP | _named_by_connection(pairs)
        for name, value in pairs:
            if name == "set-cookie":
                cookies.append(value)
            elif name not in dropped and not name.startswith(_FORBIDDEN_PREFIX):
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return cls(status, headers, tuple(cookies))

    def encode(self) -> bytes:
        """Return the prelude with its delimiter, as it opens the body."""
        content: dict[str, object] = {"statusCode": self.status, "headers": dict(self.headers)}
        if self.cookies:
            content["cookies"] = self.cookies
        encoded = json.dumps(content, separators=(",", ":")).encode() + DELIMITER
        if len(encoded) > SIZE_LIMIT:
            logger.warning(
                "The response's headers take %d bytes; Lambda may drop more than %d.", len(encoded), SIZE_LIMIT
            )
        return encoded


def _named_by_connection(pairs: list[tuple[str, str]]) -> frozenset[str]:
    """Return the headers that a `Connection` header declares to be for one connection only (RFC 9110, 7.6.1)."""
    values = ",".join(value for name, value in pairs if name == "connection")
    return frozenset(token.strip().lower() for token in values.split(",") if token.strip())
