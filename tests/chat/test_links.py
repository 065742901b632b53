"""The address to which the links in an answer lead: the one by which the client came."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from functions.chat.links import base


def request(**headers: str) -> Request:
    """Return a request that came to a function URL."""
    return Request(
        {
            "type": "http",
            "scheme": "https",
            "server": ("id.lambda-url.eu-west-1.on.aws", 443),
            "path": "/v1/chat/completions",
            "root_path": "",
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
    )


@pytest.mark.parametrize(
    ("headers", "forwarded", "expected"),
    [
        ({"host": "id.lambda-url.eu-west-1.on.aws"}, False, "https://id.lambda-url.eu-west-1.on.aws"),
        ({"host": "url", "x_forwarded_host": "d1.cloudfront.net"}, True, "https://d1.cloudfront.net"),
        ({"host": "url", "x_forwarded_host": "evil.example"}, False, "https://url"),
        ({"host": "url"}, True, "https://url"),
    ],
    ids=["a function URL", "behind CloudFront", "a caller's own words", "past CloudFront"],
)
def test_links_lead_to_where_the_client_came_in(headers: dict[str, str], forwarded: bool, expected: str) -> None:
    """A host that a header tells is believed only where the front door writes that header."""
    assert base(request(**headers), forwarded=forwarded) == expected
