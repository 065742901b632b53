"""The routes of the ingest function: parse, one call, map."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from functions.ingest import progress, uploads
from functions.ingest.dependencies import (
    TheCaller,
    TheDocuments,
    TheIngesting,
    TheObjects,
    TheQueue,
    TheReconciling,
    TheSettings,
    operator,
    paced,
)
from functions.ingest.dependencies import caller as signed_in
from functions.ingest.schemas import (
    DocumentBody,
    DocumentList,
    LabelsRequest,
    ListQuery,
    PresignedUpload,
    PresignRequest,
    ReconcileQuery,
    Redriven,
    UploadQuery,
)
from sluice import labelling, redriving, relabelling, retrying, sse
from sluice.domain import ObjectRef

UPLOAD_SECONDS = 3_600

# Nothing here is open to strangers, not even what needs no caller.
router = APIRouter(prefix="/api", dependencies=[Depends(signed_in)])


@router.post("/documents", dependencies=[Depends(paced)])
async def upload(
    request: Request,
    query: Annotated[UploadQuery, Query()],
    caller: TheCaller,
    ingesting: TheIngesting,
    documents: TheDocuments,
    objects: TheObjects,
    settings: TheSettings,
) -> Response:
    """Take a file, as the body or multipart: its progress as a stream where asked for, else 202 and the document."""
    file = await uploads.receive(request, name=query.name, max_bytes=settings.document_bytes)
    key = uploads.object_key(file.name, query.collection, folder=query.folder, tenant=caller.tenant)
    metadata = labelling.to_object(labelling.parse(query.metadata or "{}"))
    ref = await objects.write(key, file.body, content_type=file.content_type, metadata=metadata)
    if sse.MEDIA_TYPE in request.headers.get("accept", ""):
        events = progress.follow(ingesting, documents, caller, ref, seconds=progress.seconds_left(request))
        return StreamingResponse(sse.encode(progress.payloads(events)), media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)
    body = DocumentBody.of(await documents.register(caller, ref, again=True))
    location = f"{request.scope['root_path']}/api/documents/{body.id}"
    return JSONResponse(body.model_dump(mode="json"), 202, {"location": location})


@router.post("/uploads", dependencies=[Depends(paced)])
async def presign(
    body: PresignRequest, caller: TheCaller, objects: TheObjects, settings: TheSettings
) -> PresignedUpload:
    """Give a form for a file that is larger than a request may be; the bucket's event ingests it."""
    key = uploads.object_key(body.name, body.collection, folder=body.folder, tenant=caller.tenant)
    max_bytes = settings.document_bytes
    metadata = labelling.to_object(labelling.check(body.metadata))
    url, fields = await objects.presign_upload(
        key, max_bytes=max_bytes, expires_seconds=UPLOAD_SECONDS, metadata=metadata
    )
    source = ObjectRef(settings.bucket, key).source
    return PresignedUpload(url=url, fields=fields, source=source, max_bytes=max_bytes, expires_seconds=UPLOAD_SECONDS)


@router.get("/documents")
async def recent(query: Annotated[ListQuery, Query()], caller: TheCaller, documents: TheDocuments) -> DocumentList:
    """List documents with their status, newest first."""
    wanted = query.model_dump()
    found = await documents.recent(caller, **wanted)
    following = found[-1].id if len(found) == query.limit else None
    return DocumentList(documents=[DocumentBody.of(document) for document in found], next=following)


@router.get("/documents/{document_id}")
async def document(document_id: UUID, caller: TheCaller, documents: TheDocuments) -> DocumentBody:
    """Return one document, with its error in words where it failed."""
    return DocumentBody.of(await documents.get(caller, document_id))


@router.patch("/documents/{document_id}", dependencies=[Depends(paced)])
async def change(
    document_id: UUID, body: LabelsRequest, caller: TheCaller, documents: TheDocuments, objects: TheObjects
) -> DocumentBody:
    """Change the document's metadata; its text is not read again."""
    changed = await relabelling.relabel(caller, document_id, body.metadata, documents=documents, objects=objects)
    return DocumentBody.of(changed)


@router.post("/documents/{document_id}/retry", status_code=202, dependencies=[Depends(paced)])
async def retry(document_id: UUID, caller: TheCaller, documents: TheDocuments, queue: TheQueue) -> DocumentBody:
    """Try a document again that has failed: it is pending, and the queue brings it to a worker."""
    return DocumentBody.of(await retrying.retry(caller, document_id, documents=documents, queue=queue))


@router.delete("/documents/{document_id}", status_code=204)
async def delete(document_id: UUID, caller: TheCaller, ingesting: TheIngesting) -> None:
    """Delete the document with its object and all its chunks."""
    await ingesting.remove(caller, document_id)


@router.post("/redrive", dependencies=[Depends(operator)])
async def redrive(queue: TheQueue) -> Redriven:
    """Send the dead letters back to the queue, so that their documents are tried again."""
    return Redriven(messages=await redriving.redrive(queue))


@router.post("/reconcile", dependencies=[Depends(operator)])
async def reconcile(query: Annotated[ReconcileQuery, Query()], reconciling: TheReconciling) -> dict[str, object]:
    """Compare bucket and documents, mend what differs unless `repair=false`, and report it."""
    return (await reconciling.run(repair=query.repair)).as_dict()
