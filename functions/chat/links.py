"""Addresses of sources, as clients get them: ours, authorised, and good for as long as the document is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from functions.chat.dependencies import TheCaller, TheSigner
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


async def links(request: Request, caller: TheCaller, signer: TheSigner) -> Links:
    return Links(str(request.base_url).rstrip("/"), caller, signer)


TheLinks = Annotated[Links, Depends(links)]
