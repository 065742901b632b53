"""Tickets: proof that this service let a tenant's reader open one document, for a time."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from uuid import UUID

from sluice.domain import Caller
from sluice.errors import CredentialsExpired, CredentialsInvalid

_SIGNATURE_BYTES = 16


class Signer:
    """Makes and checks tickets `<expiry>.<tenant>.<signature>`; without a secret there are none."""

    def __init__(self, secret: str, *, seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._seconds = seconds
        self._clock = clock

    def ticket(self, caller: Caller, document_id: UUID) -> str | None:
        """Return a ticket to the document of the caller's tenant."""
        if not self._secret:
            return None
        claim = f"{int(self._clock()) + self._seconds}.{_encode(caller.tenant.encode())}"
        return f"{claim}.{self._sign(claim, document_id)}"

    def tenant(self, ticket: str, document_id: UUID) -> str:
        """Return whose document a ticket opens; raise `CredentialsInvalid` or `CredentialsExpired`."""
        claim, _, signature = ticket.rpartition(".")
        expiry, _, tenant = claim.partition(".")
        is_ours = self._secret and hmac.compare_digest(self._sign(claim, document_id).encode(), signature.encode())
        if not is_ours:
            raise CredentialsInvalid("This link is not valid; ask the question again for a new one.")
        if int(expiry) < self._clock():
            raise CredentialsExpired("This link has expired; ask the question again for a new one.")
        return base64.urlsafe_b64decode(tenant + "=" * (-len(tenant) % 4)).decode()

    def _sign(self, claim: str, document_id: UUID) -> str:
        return _encode(hmac.digest(self._secret, f"{claim}.{document_id}".encode(), "sha256")[:_SIGNATURE_BYTES])


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
