"""The route that opens a source: it sends the reader on to the bucket, with an address that is good for minutes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from functions.chat.dependencies import TheAuthenticating, TheDocuments, TheSigner, TheSourceLinks
from sluice.domain import Caller, ObjectRef, Scope
from sluice.errors import DocumentNotFound
from sluice.signing_in import sign_in

READ_SECONDS = 300

router = APIRouter()


async def reader(
    request: Request,
    document_id: UUID,
    authenticating: TheAuthenticating,
    signer: TheSigner,
    ticket: Annotated[str | None, Query(max_length=1_000)] = None,
) -> Caller:
    """Whoever has the credentials, or the ticket that came with the answer, may read this document."""
    if ticket is None:
        return await sign_in(request, authenticating, Scope.ASK)
    return Caller(signer.tenant(ticket, document_id), scopes=frozenset())


@router.get("/v1/sources/{document_id}")
async def source(
    document_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(reader)],
    documents: TheDocuments,
    objects: TheSourceLinks,
) -> Response:
    """Redirect to the document; a client that accepts JSON only gets `{"url": ...}`. The address keeps its `#page`."""
    document = await documents.get(caller, document_id)
    scheme, _, path = document.source.partition("://")
    bucket, _, key = path.partition("/")
    if scheme != "s3" or not key:
        raise DocumentNotFound("This document has no file that could be opened.")
    url = await objects.presign_read(ObjectRef(bucket, key), expires_seconds=READ_SECONDS)
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"url": url}, headers=headers)
    return RedirectResponse(url, 302, headers)
