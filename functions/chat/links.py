"""Addresses of sources, as clients get them: ours, authorised, and good for as long as the document is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from sluice.domain import Source


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the addresses of one request's answer; `base` is how the client reached this function."""

    base: str

    def to(self, source: Source) -> str:
        """Return an address that is this passage's alone and opens the document at its page (RFC 8118)."""
        page = f"#page={source.page}" if source.page else ""
        return f"{self.base}/v1/sources/{source.document_id}?start={source.start}{page}"


async def links(request: Request) -> Links:
    return Links(str(request.base_url).rstrip("/"))


TheLinks = Annotated[Links, Depends(links)]
