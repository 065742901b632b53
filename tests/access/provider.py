"""An identity provider on this machine: it signs tokens and publishes its keys over HTTP."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class SigningKey:
    """An RSA key of the provider."""

    def __init__(self, key_id: str) -> None:
        self.id = key_id
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def published(self) -> dict[str, Any]:
        return {**RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True), "kid": self.id, "use": "sig"}


class Provider:
    """Serves discovery and keys while entered; `fetches` counts how often the keys were asked for.

    While it `is_garbled` it answers, but not in HTTP.
    """

    def __init__(self) -> None:
        self.keys = [SigningKey("first")]
        self.fetches = 0
        self.is_garbled = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, *, key: SigningKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign an id token for the application `app` and the user `ada`; a claim that is None is left out."""
        key = key or self.keys[-1]
        now = int(time.time())
        all_claims = {"iss": self.issuer, "aud": "app", "sub": "ada", "iat": now, "exp": now + 300, **claims}
        kept = {name: value for name, value in all_claims.items() if value is not None}
        return jwt.encode(kept, key.private, algorithm="RS256", headers={"kid": key.id, **(header or {})})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if provider.is_garbled:
                    self.wfile.write(b"no HTTP\r\n\r\n")
                    return
                if self.path == "/.well-known/openid-configuration":
                    answer: dict[str, Any] = {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys"}
                else:
                    provider.fetches += 1
                    answer = {"keys": [key.published() for key in provider.keys]}
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
                """Say nothing."""

        return Handler
