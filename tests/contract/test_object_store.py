"""What every bucket does, asserted on the fake and on an S3 server."""

from __future__ import annotations

import hashlib
import socket
from uuid import uuid4

import boto3
import httpx
import pytest

from sluice.adapters.s3 import S3Objects
from sluice.domain import ObjectRef, uuid7
from sluice.errors import DocumentBusy, DocumentTooLarge, InvalidInput, ObjectArchived, ObjectGone, StorageUnavailable
from sluice.ports import ObjectStore, StoredObject
from sluice.testing.objects import InMemoryObjects
from tests.contract.conftest import BUCKET


@pytest.fixture(params=["fake", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "fake":
        return InMemoryObjects(BUCKET)
    return S3Objects(BUCKET, endpoint_url=request.getfixturevalue("s3_endpoint"))


@pytest.fixture
def key() -> str:
    """A key that no other test has, with everything that keys may hold."""
    return f"{uuid4()}/a b+c%20 ünï 文.txt"


async def test_what_is_written_is_read(objects: ObjectStore, key: str) -> None:
    """The etag is the hash of the bytes, without quotes, as in the bucket's event."""
    ref = await objects.write(key, b"content", content_type="text/plain")

    assert ref == ObjectRef(BUCKET, key, hashlib.md5(b"content", usedforsecurity=False).hexdigest(), 7)
    assert await objects.read(ref, max_bytes=7) == StoredObject(ref, b"content")
    assert await objects.current(ref) == ref


async def test_an_object_carries_its_metadata(objects: ObjectStore, key: str) -> None:
    """It comes back with the bytes."""
    ref = await objects.write(key, b"content", metadata={"author": "Ann"})

    assert await objects.read(ref, max_bytes=7) == StoredObject(ref, b"content", {"author": "Ann"})


async def test_an_object_takes_other_metadata(objects: ObjectStore, key: str) -> None:
    """Its bytes stay, and nothing of the old metadata does."""
    was = await objects.write(key, b"content", metadata={"author": "Ann", "year": "2024"})

    now = await objects.relabel(was, {"author": "Bob"})

    assert await objects.carried(now) == {"author": "Bob"}
    assert await objects.read(now, max_bytes=7) == StoredObject(now, b"content", {"author": "Bob"})


async def test_another_object_does_not_take_the_metadata_of_this_one(objects: ObjectStore, key: str) -> None:
    """It was put meanwhile, with metadata of its own; or all is gone."""
    was = await objects.write(key, b"content")
    now = await objects.write(key, b"other content", metadata={"author": "Ann"})

    with pytest.raises(DocumentBusy):
        await objects.relabel(was, {"author": "Bob"})
    assert await objects.carried(was) == {"author": "Ann"}
    await objects.delete(now)
    with pytest.raises(ObjectGone):
        await objects.carried(now)
    with pytest.raises(ObjectGone):
        await objects.relabel(now, {"author": "Bob"})


async def test_a_relabelled_object_stays_what_it_is_to_browsers(s3_endpoint: str, key: str) -> None:
    """A copy with other metadata would forget its media type."""
    objects = S3Objects(BUCKET, endpoint_url=s3_endpoint)
    now = await objects.relabel(await objects.write(key, b"{}", content_type="application/json"), {"a": "b"})

    async with httpx.AsyncClient() as client:
        answer = await client.get(await objects.presign_read(now, expires_seconds=60))
    assert (answer.headers["content-type"], answer.headers["x-amz-meta-a"]) == ("application/json", "b")


async def test_an_object_that_is_gone_says_so(objects: ObjectStore, key: str) -> None:
    """Deleting is final, and deleting again is no error."""
    ref = await objects.write(key, b"content")
    await objects.delete(ref)
    await objects.delete(ref)

    with pytest.raises(ObjectGone):
        await objects.read(ref, max_bytes=100)
    assert await objects.current(ref) is None


async def test_an_object_in_an_archive_says_so(s3_endpoint: str, key: str) -> None:
    """Trying again does not help: somebody has to restore it first."""
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    client.put_object(Bucket=BUCKET, Key=key, Body=b"content", StorageClass="GLACIER")

    with pytest.raises(ObjectArchived):
        await S3Objects(BUCKET, endpoint_url=s3_endpoint).read(ObjectRef(BUCKET, key), max_bytes=7)


async def test_what_is_read_is_what_is_there(objects: ObjectStore, key: str) -> None:
    """An event may tell of an older version than the bucket holds; the bytes come with their own etag."""
    old = await objects.write(key, b"old")
    new = await objects.write(key, b"newer")

    assert await objects.read(old, max_bytes=100) == StoredObject(new, b"newer")
    assert await objects.current(old) == new


async def test_objects_are_listed_in_the_order_of_their_keys(objects: ObjectStore, key: str) -> None:
    """By their bytes, as the database sorts them; left out are folders' markers and copies of pages."""
    written = [await objects.write(key + name, b"x") for name in ("Z", "a", "ä", "文", "folder/x")]
    await objects.write(key + "folder/", b"")
    await objects.write(".sluice/scans/a.pdf", b"")

    listed = [ref async for ref in objects.list() if ref.key.startswith(key)]

    assert listed == sorted(written, key=lambda ref: ref.key.encode())


async def test_a_large_object_is_not_read(objects: ObjectStore, key: str) -> None:
    """The refusal names both sizes."""
    ref = await objects.write(key, b"x" * 2_000)

    with pytest.raises(DocumentTooLarge, match=r"2,000 bytes; at most 1,999"):
        await objects.read(ref, max_bytes=1_999)


async def test_an_upload_form_names_the_key(objects: ObjectStore, key: str) -> None:
    """What the browser posts lands under this key and no other."""
    url, fields = await objects.presign_upload(key, max_bytes=100, expires_seconds=60)

    assert url.startswith("http")
    assert fields["key"] == key


@pytest.mark.parametrize("name", ["${filename}", "${FileName}.pdf"])
async def test_an_upload_form_fits_no_other_key(objects: ObjectStore, name: str) -> None:
    """A bucket puts the posted file's name in place of this; the form would then write into others' folders too."""
    with pytest.raises(InvalidInput, match="filename"):
        await objects.presign_upload(name, max_bytes=100, expires_seconds=60)


async def test_an_upload_form_works(s3_endpoint: str, key: str) -> None:
    """A plain multipart POST with the fields and the file puts the object."""
    objects = S3Objects(BUCKET, endpoint_url=s3_endpoint)
    url, fields = await objects.presign_upload(key, max_bytes=100, expires_seconds=60)

    async with httpx.AsyncClient() as client:
        answer = await client.post(url, data=fields, files={"file": ("name.txt", b"content")})

    assert answer.is_success
    assert (await objects.read(ObjectRef(BUCKET, key), max_bytes=100)).body == b"content"


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Bericht ü.pdf", "inline; filename*=UTF-8''Bericht%20%C3%BC.pdf"),
        ("a.html", "attachment; filename*=UTF-8''a.html"),
    ],
)
async def test_a_signed_address_opens_the_object(s3_endpoint: str, name: str, disposition: str) -> None:
    """A browser shows a PDF at its page; a page of somebody else's is never shown as one."""
    objects = S3Objects(BUCKET, endpoint_url=s3_endpoint)
    ref = await objects.write(f"signed/{uuid7()}/{name}", b"content")

    url = await objects.presign_read(ref, expires_seconds=60)
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)

    assert (answer.content, answer.headers["content-disposition"]) == (b"content", disposition)


async def test_a_missing_bucket_is_told(s3_endpoint: str) -> None:
    """The bucket's own word for the trouble is in the message."""
    objects = S3Objects("no-such-bucket", endpoint_url=s3_endpoint)

    with pytest.raises(StorageUnavailable, match="NoSuchBucket"):
        await objects.write("a.txt", b"content")


async def test_an_unreachable_bucket_may_be_tried_again() -> None:
    """Nothing listens there; the error is retryable."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        objects = S3Objects(BUCKET, endpoint_url=f"http://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(StorageUnavailable) as failure:
            await objects.read(ObjectRef(BUCKET, "a.txt"), max_bytes=100)

    assert failure.value.retryable
