"""S3 and SQS with the stack's bucket and queues, and a function that the queue feeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from local.aws import Aws, AwsError
from local.concurrency import Lambda
from local.environment import Environment
from local.event_source import EventSourceMapping
from local.http_server import bind
from local.postgres import free_port
from local.schedule import run_schedules
from local.sqs import Sqs, authorization
from local.template import Place, read
from tests.local.conftest import ROOT, TEMPLATE, until, variables


@pytest.fixture
def place() -> Place:
    return Place(endpoint=f"http://127.0.0.1:{free_port()}")


@pytest.fixture
async def sqs(place: Place) -> AsyncIterator[Sqs]:
    client = Sqs(place.endpoint, place.region)
    yield client
    await client.close()


@pytest.fixture
async def bucket(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose base address is the bucket."""
    headers = {"authorization": authorization("s3", place.region)}
    base = f"{place.endpoint}/sluice-dev/"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def queue_url(place: Place, name: str) -> str:
    return f"{place.endpoint}/{place.account}/sluice-{name}"


async def bodies(sqs: Sqs, url: str) -> list[str]:
    """Take the messages that are there."""
    messages = await sqs.receive(url, count=10, wait_seconds=0)
    for message in messages:
        await sqs.delete(url, message["ReceiptHandle"])
    return [message["Body"] for message in messages]


async def test_objects_and_messages_are_there_after_a_restart(
    place: Place, sqs: Sqs, bucket: httpx.AsyncClient, tmp_path: Path
) -> None:
    """What was put is back without a new event, what waited in the queue still waits, what was deleted stays away."""
    uploads = queue_url(place, "Uploads")
    async with Aws(TEMPLATE, tmp_path, place):
        await bodies(sqs, uploads)
        for name in ("kept/a%20b.txt", "deleted.txt"):
            await bucket.put(name, content=b"text", headers={"content-type": "text/plain", "x-amz-meta-who": "me"})
        await bucket.delete("deleted.txt")

    async with Aws(TEMPLATE, tmp_path, place):
        kept, deleted = await bucket.get("kept/a%20b.txt"), await bucket.get("deleted.txt")
        waiting = await bodies(sqs, uploads)

    assert (kept.content, kept.headers["content-type"], kept.headers["x-amz-meta-who"]) == (b"text", "text/plain", "me")
    assert deleted.status_code == 404
    names = [name for body in waiting for name in ("Put", "Delete", "TestEvent") if f":{name}" in body]
    assert sorted(names) == ["Delete", "Put", "Put", "TestEvent"]


async def test_a_file_is_written_over_without_a_signature(place: Place, tmp_path: Path) -> None:
    """As `curl -T` sends it, once and once more."""
    async with Aws(TEMPLATE, tmp_path, place), httpx.AsyncClient(base_url=place.endpoint, trust_env=False) as client:
        answers = [await client.put("/sluice-dev/a.txt", content=text) for text in (b"first", b"second")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["etag"] != answers[1].headers["etag"]


async def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    """Starting says why it failed, and leaves no process."""
    with bind(0) as taken:
        port = taken.getsockname()[1]
        aws = Aws(TEMPLATE, tmp_path, Place(endpoint=f"http://127.0.0.1:{port}"))

        with pytest.raises(AwsError, match="S3 and SQS did not start"):
            await aws.start()


async def test_a_server_that_ends_by_itself_is_started_again(
    place: Place, bucket: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on with what it has kept, and the log tells."""
    async with Aws(TEMPLATE, tmp_path, place, short_life_seconds=0) as aws, asyncio.TaskGroup() as background:
        keeping = background.create_task(aws.keep_running())
        await bucket.put("a.txt", content=b"text")
        await until(lambda: any((tmp_path / "objects").glob("*.json")))

        kill_server(tmp_path)

        await until(lambda: "S3 and SQS ended (exit code -9) and are started again." in caplog.messages)
        assert await get_again(bucket, "a.txt") == b"text"
        keeping.cancel()


async def test_what_was_answered_outlives_a_kill(
    place: Place, sqs: Sqs, bucket: httpx.AsyncClient, tmp_path: Path
) -> None:
    """The object of the last answer, its event, and a message with its attributes: none was still to be written."""
    again = {"SluiceAgain": {"DataType": "String", "StringValue": "1"}}
    async with Aws(TEMPLATE, tmp_path, place):
        put = await bucket.put("last.txt", content=b"text")
        letters = queue_url(place, "DeadLetters")
        await sqs._call("SendMessage", QueueUrl=letters, MessageBody="letter", MessageAttributes=again)
        kill_server(tmp_path)

    async with Aws(TEMPLATE, tmp_path, place):
        kept = await bucket.get("last.txt")
        told = [body for body in await bodies(sqs, queue_url(place, "Uploads")) if "last.txt" in body]
        [message] = await sqs.receive(letters, count=1, wait_seconds=0)

    assert (put.status_code, kept.content, len(told)) == (200, b"text", 1)
    assert message["MessageAttributes"] == again


async def test_nobody_is_answered_before_everything_is_back(
    place: Place, bucket: httpx.AsyncClient, tmp_path: Path
) -> None:
    """An object that is only not there yet would pass for deleted."""
    async with Aws(TEMPLATE, tmp_path, place):
        for number in range(30):
            await bucket.put(f"{number}.txt", content=b"text")

    aws = Aws(TEMPLATE, tmp_path, place)
    async with asyncio.TaskGroup() as starting:
        starting.create_task(aws.start())
        first = starting.create_task(first_answer(bucket, "29.txt"))
    await aws.stop()

    assert first.result() == 200


async def test_what_can_not_be_kept_is_refused(
    place: Place, bucket: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder that can't be written, as on a full disk, is told to who puts and in the log; reading goes on."""
    async with Aws(TEMPLATE, tmp_path, place) as aws, asyncio.TaskGroup() as background:
        keeping = background.create_task(aws.keep_running())
        await bucket.put("early.txt", content=b"text")
        (tmp_path / "objects").rename(tmp_path / "moved")
        (tmp_path / "objects").touch()
        refused, read = await bucket.put("late.txt", content=b"text"), await bucket.get("early.txt")

        await until(lambda: "What S3 and SQS hold can't be kept: Not a directory." in caplog.messages)
        keeping.cancel()

    assert (refused.status_code, read.content) == (507, b"text")


async def test_what_is_damaged_is_left_out(
    place: Place, sqs: Sqs, bucket: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As a power cut leaves it: a file of zeros, or an object whose bytes are gone; the rest is there."""
    async with Aws(TEMPLATE, tmp_path, place):
        await bodies(sqs, queue_url(place, "Uploads"))
        await bucket.put("a.txt", content=b"text")
    for name in ("objects/zeros.json", "messages/zeros.json"):
        (tmp_path / name).write_bytes(bytes(10))
    (tmp_path / "objects/alone.json").write_text('{"bucket": "sluice-dev", "key": "alone.txt", "etag": "e"}')

    async with Aws(TEMPLATE, tmp_path, place):
        assert (await bucket.get("a.txt")).content == b"text"

    left_out = [message.split(" is damaged")[0] for message in caplog.messages if "is damaged and left out" in message]
    assert sorted(left_out) == [
        f"{tmp_path}/messages/zeros.json",
        f"{tmp_path}/objects/alone.json",
        f"{tmp_path}/objects/zeros.json",
    ]


async def test_messages_that_an_older_version_kept_still_wait(place: Place, sqs: Sqs, tmp_path: Path) -> None:
    """It wrote one file for all of them."""
    (tmp_path / "messages.json").write_text('{"sluice-DeadLetters": ["one", "two"], "sluice-Gone": ["three"]}')
    for _ in range(2):
        async with Aws(TEMPLATE, tmp_path, place):
            pass

    async with Aws(TEMPLATE, tmp_path, place):
        assert sorted(await bodies(sqs, queue_url(place, "DeadLetters"))) == ["one", "two"]


async def test_a_server_that_ends_at_once_is_an_error(place: Place, tmp_path: Path) -> None:
    """Starting it over and over would help nobody."""
    async with Aws(TEMPLATE, tmp_path, place, short_life_seconds=3600) as aws:
        kill_server(tmp_path)

        with pytest.raises(AwsError, match=r"S3 and SQS ended as soon as they had started: exit code -9"):
            await aws.keep_running()


def kill_server(folder: Path) -> None:
    [server] = [child for child in psutil.Process().children() if str(folder) in child.cmdline()]
    server.kill()


async def first_answer(bucket: httpx.AsyncClient, key: str) -> int:
    """Return the status of the first answer that comes at all."""
    while True:
        with suppress(httpx.TransportError):
            return (await bucket.get(key)).status_code
        await asyncio.sleep(0.005)


async def get_again(bucket: httpx.AsyncClient, key: str) -> bytes:
    """Get an object as soon as somebody answers."""
    while True:
        with suppress(httpx.TransportError):
            answer = await bucket.get(key)
            if answer.is_success:
                return answer.content
        await asyncio.sleep(0.02)


@asynccontextmanager
async def ingesting(place: Place, sqs: Sqs, folder: Path) -> AsyncIterator[tuple[Path, Lambda]]:
    """Start the bucket, and a function that its events reach at once; give it, and the file in which it notes them."""
    notes = folder / "notes"
    notes.touch()
    settings = read(TEMPLATE, place).functions["IngestFunction"]
    environment = variables({**settings.environment, "NOTES": str(notes)})
    source = replace(settings.event_sources[0], window_seconds=0)
    async with (
        Aws(TEMPLATE, folder, place),
        Lambda(settings, lambda: Environment(settings, ROOT, environment), limit=2) as function,
        asyncio.TaskGroup() as background,
    ):
        mapping = EventSourceMapping(source, function, sqs, queue_url(place, "Uploads"), first_retry_seconds=0)
        polling = background.create_task(mapping.run())
        yield notes, function
        polling.cancel()


async def test_a_dropped_file_reaches_the_function_and_poison_the_dead_letters(
    place: Place, sqs: Sqs, bucket: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Each object is announced once; a message that fails every time is tried twice, then put aside with its text."""
    async with ingesting(place, sqs, tmp_path) as (notes, _):
        await bucket.put("good%20one.txt", content=b"text")
        await bucket.put("bad.txt", content=b"text")
        await bucket.delete("good%20one.txt")

        await until(lambda: len(lines(notes)) == 4)
        dead = await sqs.receive(queue_url(place, "DeadLetters"), count=10)

    assert sorted(lines(notes)) == [
        "ObjectCreated:Put bad.txt",
        "ObjectCreated:Put bad.txt",
        "ObjectCreated:Put good one.txt",
        "ObjectRemoved:Delete good one.txt",
    ]
    assert [("bad.txt" in message["Body"]) for message in dead] == [True]


async def test_what_comes_by_the_clock_comes_once_the_queue_is_empty(
    place: Place, sqs: Sqs, bucket: httpx.AsyncClient, tmp_path: Path
) -> None:
    """It looks for what an event has missed, and one that still waits is no such."""
    async with ingesting(place, sqs, tmp_path) as (notes, function):
        await bucket.put("good.txt", content=b"text")
        await run_schedules(function, sqs, [queue_url(place, "Uploads")], idle_seconds=0.05)

    assert lines(notes) == ["ObjectCreated:Put good.txt", '{"look": "around"}']


def lines(path: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return path.read_text().splitlines()
    return []
