"""Takes an uploaded file out of its request: raw body or multipart, within the limit, under a safe name."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sluice.domain import DEFAULT_COLLECTION, DEFAULT_TENANT, TENANTS, WORKING
from sluice.errors import DocumentTooLarge, EmptyDocument, InvalidInput

# S3 allows 1,024 bytes for the whole key.
_NAME_BYTES = 500
_KEY_BYTES = 1_024


# What curl says of any body unless it is told better; no file is one, and some servers would take it apart.
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    body: bytes
    content_type: str | None


async def receive(request: Request, *, name: str | None, max_bytes: int) -> Upload:
    """Return the file of the request; raise `InvalidInput`, `EmptyDocument` or `DocumentTooLarge`."""
    _check_announced(request, max_bytes)
    content_type = request.headers.get("content-type")
    if content_type and content_type.lower().startswith("multipart/form-data"):
        upload = await _from_form(request, name)
    else:
        upload = Upload(name or "", await _body(request, max_bytes), None if content_type == _FORM else content_type)
    if not upload.name:
        raise InvalidInput("Name the file: POST /api/documents?name=report.pdf")
    if len(upload.body) > max_bytes:
        raise _too_large(len(upload.body), max_bytes)
    if not upload.body:
        raise EmptyDocument("The upload is empty: it has 0 bytes.")
    return upload


def object_key(name: str, collection: str, *, folder: str = "", tenant: str = DEFAULT_TENANT) -> str:
    """Return the key of a file: its name in the default collection, else `<collection>/<name>`.

    In a folder it is `<collection>/<folder>/<name>`, in the default collection too. Any tenant but the default one has
    a folder of its own, `tenants/<tenant>/`, which the bucket's events tell too.

    A path before the name is dropped, as browsers may send one. Raises `InvalidInput` when no name is left.
    """
    safe_name = _safe(name.replace("\\", "/").rpartition("/")[2], "name")
    if "/" in collection or "\\" in collection:
        raise InvalidInput("A collection is one word or phrase, without slashes.")
    safe_collection = _safe(collection, "collection")
    if f"{safe_collection}/" in (f"{TENANTS}/", WORKING):
        raise InvalidInput(f"A collection can't be called {safe_collection}.")
    tenants = [] if tenant == DEFAULT_TENANT else [TENANTS, quote(tenant, safe="")]
    folders = [_safe(part, "folder") for part in folder.replace("\\", "/").split("/")] if folder else []
    collections = [safe_collection] if folders or safe_collection != DEFAULT_COLLECTION else []
    key = "/".join([*tenants, *collections, *folders, safe_name])
    if len(key.encode()) > _KEY_BYTES:
        raise InvalidInput(f"Collection, folder and name are longer than {_KEY_BYTES} bytes together.")
    return key


def _safe(text: str, what: str) -> str:
    """Keep every script, drop what can't be seen, and refuse what means a place instead of a name."""
    seen = (character for character in unicodedata.normalize("NFC", text) if unicodedata.category(character)[0] != "C")
    safe = "".join(seen).strip()
    if safe in {"", ".", ".."}:
        raise InvalidInput(f"The {what} is not usable; give it letters or digits.")
    if len(safe.encode()) > _NAME_BYTES:
        raise InvalidInput(f"The {what} is longer than {_NAME_BYTES} bytes.")
    return safe


def _check_announced(request: Request, max_bytes: int) -> None:
    """Refuse by the announced length, before the body is read."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(int(announced), max_bytes)


async def _body(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise _too_large(len(body), max_bytes)
    return bytes(body)


async def _from_form(request: Request, name: str | None) -> Upload:
    async with request.form(max_files=1, max_fields=10) as form:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if file is None:
            raise InvalidInput("The multipart body holds no file.")
        return Upload(name or file.filename or "", await file.read(), file.content_type)


def _too_large(size: int, max_bytes: int) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The upload has at least {size:,} bytes; at most {max_bytes:,} are allowed. For a large file ask "
        "POST /api/uploads for an address of its own."
    )
