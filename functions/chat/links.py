"""Addresses of sources, as clients get them: ours, authorised, and good for as long as the document is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from functions.chat.dependencies import ForwardsHost, TheCaller, TheSigner
from sluice.domain import Caller, Source
from sluice.signing import Signer


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the addresses of one request's answer; `base` is how the client reached this function."""

    base: str
    caller: Caller
    signer: Signer

    def to(self, source: Source) -> str:
        """Return an address that is this passage's alone and opens the document at its page (RFC 8118)."""
        ticket = self.signer.ticket(self.caller, source.document_id)
        signed = f"&ticket={ticket}" if ticket else ""
        page = f"#page={source.page}" if source.page else ""
        return f"{self.base}/v1/sources/{source.document_id}?start={source.start}{signed}{page}"


def base(request: Request, *, forwarded: bool) -> str:
    """Return how the client reached this function; `forwarded` where a front door tells the host it was asked for."""
    host = request.headers.get("x-forwarded-host") if forwarded else None
    return f"https://{host}" if host else str(request.base_url).rstrip("/")


async def links(request: Request, caller: TheCaller, signer: TheSigner, forwards_host: ForwardsHost) -> Links:
    return Links(base(request, forwarded=forwards_host), caller, signer)


TheLinks = Annotated[Links, Depends(links)]
