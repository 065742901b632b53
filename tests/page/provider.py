"""An identity provider at which a person signs in by a click: OpenID Connect's code flow, with PKCE or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.access.provider import Provider

CLIENT = "app"
FORM = "application/x-www-form-urlencoded"


class SignInProvider(Provider):
    """Keeps to RFC 6749, 7636 and 9207.

    `lifetime` is that of the id tokens that it makes next, in seconds; `grants` are the types of what it was asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lifetime = 300
        self.grants: list[str] = []
        self._begun: dict[str, dict[str, str]] = {}
        self._renewals: set[str] = set()

    def page(self, asked: dict[str, str]) -> str:
        """Return the page on which a person agrees or refuses."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        self._begun[code] = asked
        back = {"state": asked["state"], "iss": self.issuer}
        agree = f"{asked['redirect_uri']}?{urlencode({**back, 'code': code})}"
        refusal = {"error": "access_denied", "error_description": "Ada does not want to."}
        refuse = f"{asked['redirect_uri']}?{urlencode({**back, **refusal})}"
        links = f'<a id="agree" href="{agree}">Yes</a> <a id="refuse" href="{refuse}">No</a>'
        return f"<!doctype html><title>Sign in</title>{links}"

    def redeem(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Return the tokens of a grant, which is good once."""
        self.grants.append(form["grant_type"])
        if form.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self._renewals:
                return 400, {"error": "invalid_grant", "error_description": "This session has ended."}
            return 200, self._tokens({})
        asked = self._begun.pop(form["code"], None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"] or not _proves(form, asked):
            return 400, {"error": "invalid_grant"}
        return 200, self._tokens({"nonce": asked["nonce"]})

    def end_sessions(self) -> None:
        self._renewals.clear()

    def _tokens(self, claims: dict[str, Any]) -> dict[str, Any]:
        renewal = secrets.token_urlsafe()
        self._renewals.add(renewal)
        token = self.token(aud=CLIENT, exp=int(time.time()) + self.lifetime, **claims)
        return {"token_type": "Bearer", "id_token": token, "access_token": "opaque", "refresh_token": renewal}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                if address.path == "/authorize":
                    self._send(200, provider.page(dict(parse_qsl(address.query))).encode(), "text/html")
                else:
                    self._send(200, json.dumps(provider.document(address.path)).encode(), "application/json")

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["content-length"])).decode()
                assert self.headers["content-type"].startswith(FORM)
                status, answer = provider.redeem(dict(parse_qsl(form)))
                self._send(status, json.dumps(answer).encode(), "application/json")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
                """Say nothing."""

            def _send(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.send_header("access-control-allow-origin", "*")
                self.end_headers()
                self.wfile.write(body)

        return Handler

    def document(self, path: str) -> dict[str, Any]:
        """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata, or the keys that it names."""
        if path == "/keys":
            return {"keys": [key.published() for key in self.keys]}
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
        }


def _proves(form: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.6"""
    digest = hashlib.sha256(form.get("code_verifier", "").encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
