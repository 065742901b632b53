"""The bucket on Amazon S3. boto3 blocks, so that every call runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.domain import ObjectRef
from sluice.errors import DocumentBusy, DocumentTooLarge, InvalidInput, ObjectArchived, ObjectGone, StorageUnavailable
from sluice.ports import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A browser shows these, and runs nothing in them.
_SHOWN = (".pdf", ".txt", ".md")

P = ParamSpec("P")
R = TypeVar("R")

_CONFIG = Config(
    signature_version="s3v4", connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 4}
)
_PAGE = 1000
# A form puts the posted file's name in its place; boto3 even lets such a form write every key with this beginning.
_FILLED_IN = "${filename}"
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType")
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class S3Objects:
    """The `ObjectStore` on one S3 bucket."""

    def __init__(self, bucket: str, *, endpoint_url: str | None = None) -> None:
        self._bucket = bucket
        self._client: S3Client = boto3.client("s3", endpoint_url=endpoint_url, config=_CONFIG)

    async def read(self, ref: ObjectRef, *, max_bytes: int) -> StoredObject:
        """Return the object as it is now.

        Raises `ObjectGone`, `ObjectArchived`, `StorageUnavailable` or, before reading, `DocumentTooLarge`.
        """
        return await _in_thread(self._read, ref, max_bytes)

    async def current(self, ref: ObjectRef) -> ObjectRef | None:
        """Return the object's present version; None when it is gone. Raises `StorageUnavailable`."""
        try:
            answer = await _in_thread(partial(self._client.head_object, Bucket=ref.bucket, Key=ref.key))
        except ObjectGone:
            return None
        return ObjectRef(ref.bucket, ref.key, answer["ETag"].strip('"'), answer["ContentLength"])

    async def list(self) -> AsyncGenerator[ObjectRef, None]:
        """Yield every object that is a document, in the order of the keys' UTF-8; raise `StorageUnavailable`."""
        start = ""
        while True:
            page = await _in_thread(
                partial(self._client.list_objects_v2, Bucket=self._bucket, StartAfter=start, MaxKeys=_PAGE)
            )
            for item in page.get("Contents", []):
                start = item["Key"]
                ref = ObjectRef(self._bucket, start, item["ETag"].strip('"'), item["Size"])
                if ref.is_document:
                    yield ref
            if not page["IsTruncated"]:
                return

    async def write(
        self, key: str, body: bytes, *, content_type: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> ObjectRef:
        """Put the object with its metadata and return it with its etag; raise `StorageUnavailable`."""
        return await _in_thread(self._write, key, body, content_type or "application/octet-stream", metadata or {})

    async def carried(self, ref: ObjectRef) -> Mapping[str, str]:
        """Return the metadata that the object carries as it is now; raise `ObjectGone` or `StorageUnavailable`."""
        answer = await _in_thread(partial(self._client.head_object, Bucket=ref.bucket, Key=ref.key))
        return answer["Metadata"]

    async def relabel(self, ref: ObjectRef, metadata: Mapping[str, str]) -> ObjectRef:
        """Copy the object onto itself with this metadata alone: S3 knows no other way. Return it with its new etag.

        Raises `DocumentBusy` when it is not the version that `ref` names, `ObjectGone` or `StorageUnavailable`.
        """
        return await _in_thread(self._relabel, ref, metadata)

    async def delete(self, ref: ObjectRef) -> None:
        """Delete the object; deleting what is gone is no error. Raises `StorageUnavailable`."""
        await _in_thread(partial(self._client.delete_object, Bucket=ref.bucket, Key=ref.key))

    async def presign_upload(
        self, key: str, *, max_bytes: int, expires_seconds: int, metadata: Mapping[str, str] | None = None
    ) -> tuple[str, dict[str, str]]:
        """Return the address and fields of a POST form that takes 1 to `max_bytes` bytes under this key.

        Raises `InvalidInput` for a key that is none until the form is posted.
        """
        if _FILLED_IN in key.lower():
            raise InvalidInput(f"The name can't hold {_FILLED_IN}; the bucket would put another name there.")
        carried = {f"x-amz-meta-{name}": text for name, text in (metadata or {}).items()}
        form = await _in_thread(
            partial(
                self._client.generate_presigned_post,
                Bucket=self._bucket,
                Key=key,
                Fields=dict(carried),
                Conditions=[["content-length-range", 1, max_bytes], *({name: text} for name, text in carried.items())],
                ExpiresIn=expires_seconds,
            )
        )
        return form["url"], form["fields"]

    async def presign_read(self, ref: ObjectRef, *, expires_seconds: int) -> str:
        """Return an address that reads the object; what a browser might run as a page is downloaded instead."""
        shown = ref.name.lower().endswith(_SHOWN)
        disposition = f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(ref.name, safe='')}"
        return await _in_thread(
            partial(
                self._client.generate_presigned_url,
                "get_object",
                Params={"Bucket": ref.bucket, "Key": ref.key, "ResponseContentDisposition": disposition},
                ExpiresIn=expires_seconds,
            )
        )

    def _read(self, ref: ObjectRef, max_bytes: int) -> StoredObject:
        answer = self._client.get_object(Bucket=ref.bucket, Key=ref.key)
        with answer["Body"] as body:
            size = answer["ContentLength"]
            if size > max_bytes:
                raise DocumentTooLarge(f"The file has {size:,} bytes; at most {max_bytes:,} are allowed.")
            stored = ObjectRef(ref.bucket, ref.key, answer["ETag"].strip('"'), size)
            return StoredObject(stored, body.read(), answer.get("Metadata", {}))

    def _relabel(self, ref: ObjectRef, metadata: Mapping[str, str]) -> ObjectRef:
        there: Mapping[str, Any] = self._client.head_object(Bucket=ref.bucket, Key=ref.key)
        if there["ETag"].strip('"') != ref.etag:
            raise DocumentBusy
        # With other metadata a copy keeps none of these by itself.
        kept: dict[str, Any] = {name: there[name] for name in _KEPT if name in there}
        copied = self._client.copy_object(
            Bucket=ref.bucket,
            Key=ref.key,
            CopySource={"Bucket": ref.bucket, "Key": ref.key},
            CopySourceIfMatch=there["ETag"],
            MetadataDirective="REPLACE",
            Metadata=dict(metadata),
            **kept,
        )
        return ObjectRef(ref.bucket, ref.key, copied["CopyObjectResult"]["ETag"].strip('"'), there["ContentLength"])

    def _write(self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str]) -> ObjectRef:
        answer = self._client.put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, Metadata=dict(metadata)
        )
        return ObjectRef(self._bucket, key, etag=answer["ETag"].strip('"'), size=len(body))


async def _in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run the call in a thread and raise our errors for S3's."""
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _GONE:
            raise ObjectGone from error
        if code == "PreconditionFailed":
            raise DocumentBusy from error
        if code == "InvalidObjectState":
            raise ObjectArchived from error
        raise StorageUnavailable(f"The bucket refused with {code or 'an error'}; check its name and rights.") from error
    except BotoCoreError as error:
        raise StorageUnavailable from error
