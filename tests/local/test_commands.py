"""The commands, against a server that answers as the functions do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from typer.testing import CliRunner

from local import commands
from local.cli import app
from local.client import Client, ClientError
from local.http_server import HttpServer, bind
from local.postgres import free_port

SOURCES = [
    {"id": 1, "title": "Report", "source": "s3://b/report.pdf", "page": 3},
    {"id": 2, "title": "Notes", "source": "s3://b/notes.md", "page": None},
]
ANSWER: list[dict[str, object]] = [
    {"type": "start", "conversation_id": "c", "message_id": "m"},
    {"type": "sources", "sources": SOURCES},
    {"type": "text", "text": "It is "},
    {"type": "text", "text": "so [1]."},
    {"type": "citation", **SOURCES[0]},
    {"type": "done", "finish_reason": "stop"},
]
PROBLEM = {"title": "Unprocessable", "detail": "The request is not valid.", "errors": [{"field": "q", "message": "no"}]}
DOCUMENT = {
    "id": "d",
    "status": "failed",
    "title": "scan.pdf",
    "collection": "default",
    "pages": 2,
    "chunks": 0,
    "reason": "The PDF has no text layer.",
    "source": "s3://b/scan.pdf",
    "updated_at": "now",
}


def events(*sent: dict[str, object], whole: bool = True) -> Response:
    """Return a stream of events, cut off before its end unless `whole`."""

    def lines() -> Iterator[str]:
        for number, event in enumerate(sent):
            yield f"id: {number}\ndata: {json.dumps(event)}\n\n: waiting\n\n"
        if whole:
            yield "data: [DONE]\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


async def chat(request: Request) -> Response:
    question = (await request.json())["message"]
    if question == "bad":
        return JSONResponse(PROBLEM, 422, media_type="application/problem+json")
    if question == "broken":
        return events(*ANSWER[:3], {"type": "error", "code": "c", "message": "The model broke off.", "retryable": True})
    return events(*ANSWER, whole=question != "cut")


async def upload(request: Request) -> Response:
    if request.query_params["name"].startswith("scan"):
        return events({"type": "received"}, {"type": "failed", "document": DOCUMENT})
    steps: list[dict[str, object]] = [{"type": "received"}, {"type": "embedded", "done": 1, "total": 2}]
    return events(*steps, {"type": "ready", "document": {**DOCUMENT, "chunks": 7}})


async def redrive(_: Request) -> Response:
    return JSONResponse({"messages": 3})


class Bucket:
    """Large files: hands out a form, takes it, and makes the document ready."""

    def __init__(self) -> None:
        self.url = ""
        self.documents: list[dict[str, object]] = []

    async def presign(self, request: Request) -> Response:
        name = (await request.json())["name"]
        return JSONResponse({"url": f"{self.url}/bucket", "fields": {"key": name}})

    async def take(self, request: Request) -> Response:
        async with request.form() as form:
            self.documents = [{**DOCUMENT, "source": f"s3://b/{form['key']}", "status": "ready", "chunks": 9}]
        return Response(status_code=204)

    async def list(self, _: Request) -> Response:
        return JSONResponse({"documents": self.documents})


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
async def client(bucket: Bucket) -> AsyncIterator[Client]:
    routes = [
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/documents", upload, methods=["POST"]),
        Route("/api/documents", bucket.list),
        Route("/api/uploads", bucket.presign, methods=["POST"]),
        Route("/bucket", bucket.take, methods=["POST"]),
        Route("/api/redrive", redrive, methods=["POST"]),
    ]
    server = HttpServer(Starlette(routes=routes), bind(0))
    await server.start()
    bucket.url = f"http://127.0.0.1:{server.port}"
    async with Client(bucket.url) as client:
        yield client
    await server.stop()


async def test_ask_prints_the_answer_and_what_it_cites(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """The text, then the cited sources with their pages."""
    whole = await commands.ask(client, "why?", collection=None, as_json=False)

    assert (whole, capsys.readouterr().out) == (True, "It is so [1].\n\n[1] Report, page 3  s3://b/report.pdf\n")


async def test_redrive_tells_how_many_dead_letters_went_back(client: Client) -> None:
    """The operator sees that there was something to try again."""
    assert await client.redrive() == 3


async def test_ask_as_json_prints_each_event(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of JSON for each, as they came."""
    await commands.ask(client, "why?", collection="c", as_json=True)

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ANSWER


async def test_ask_tells_an_error_that_came_in_the_stream(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """What was said so far stands; the error is on standard error, and the answer is not whole."""
    whole = await commands.ask(client, "broken", collection=None, as_json=False)

    captured = capsys.readouterr()
    assert (whole, captured.err) == (False, "\nThe model broke off.\n")
    assert captured.out.startswith("It is \n")


@pytest.mark.parametrize(
    ("question", "message"),
    [("bad", r"The request is not valid\. q: no\."), ("cut", "ended before it was complete")],
)
async def test_ask_says_why_there_is_no_answer(client: Client, question: str, message: str) -> None:
    """A problem answer in its words; a stream without its end is an error."""
    with pytest.raises(ClientError, match=message):
        await commands.ask(client, question, collection=None, as_json=False)


async def test_ingest_reports_each_file(client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each, with its reason where it failed, and the failed ones are returned."""
    good, scan, gone = (tmp_path / name for name in ("good.md", "scan.pdf", "gone.md"))
    good.write_text("text")
    scan.write_text("image")

    failed = await commands.ingest(client, [good, scan, gone], collection=None)

    lines = sorted(capsys.readouterr().out.splitlines())
    assert failed == [scan, gone]
    assert lines == [
        f"failed\tgone.md\t{gone} can't be read: No such file or directory.",
        "failed\tscan.pdf\tThe PDF has no text layer.",
        "ready\tgood.md\t7 chunks",
    ]


async def test_a_large_file_goes_straight_to_the_bucket(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than a request can carry is put into the bucket by a form, then waited for."""
    large = tmp_path / "large file.pdf"
    large.write_bytes(b"x" * (5 * 1024 * 1024))

    failed = await commands.ingest(client, [large], collection="c")

    assert (failed, capsys.readouterr().out) == ([], "ready\tlarge file.pdf\t9 chunks\n")


async def test_docs_lists_with_tabs(client: Client, bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the output is no terminal there is a line for each document, with its reason if it failed."""
    bucket.documents = [DOCUMENT]

    await commands.docs(client, collection=None, as_json=False)

    assert capsys.readouterr().out == "failed\tscan.pdf\tdefault\t2\t0\tThe PDF has no text layer.\n"


def test_files_are_found(tmp_path: Path) -> None:
    """Folders with all that is in them but what is hidden, patterns, single files; each once, in order."""
    for name in ("a.md", "b.pdf", "deep/c.md", ".hidden/d.md", "deep/.e"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    assert commands.find_files([str(tmp_path)]) == [tmp_path / "a.md", tmp_path / "b.pdf", tmp_path / "deep/c.md"]
    assert commands.find_files([f"{tmp_path}/*.md", f"{tmp_path}/a.md"]) == [tmp_path / "a.md"]
    assert commands.find_files([f"{tmp_path}/**/c.md"]) == [tmp_path / "deep/c.md"]
    with pytest.raises(ClientError, match=r"There is no file at .*nothing\.pdf"):
        commands.find_files([f"{tmp_path}/nothing.pdf"])


@pytest.mark.parametrize("command", [["ask", "why?"], ["docs"], ["ingest", __file__]])
def test_nobody_answers(command: list[str]) -> None:
    """One line that says what to do, and exit code 1."""
    result = CliRunner().invoke(app, [*command, "--url", f"http://127.0.0.1:{free_port()}"])

    assert result.exit_code == 1
    assert "Is Sluice running (make run)? Else give --url." in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", ["chat", "ingest", "aws", "database"])
def test_a_busy_port(tmp_path: Path, name: str) -> None:
    """It says in one line which port is in use and which option chooses another."""
    with bind(0) as taken:
        port = taken.getsockname()[1]
        ports = {"chat": 0, "ingest": 0, "aws": 0, "database": 0, name: port}
        options = [f"--{part}-port={number}" for part, number in ports.items()]
        result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), *options])

    assert result.output == f"Port {port} is in use. Choose another with --{name}-port.\n"
    assert result.exit_code == 1


def test_help_is_quick() -> None:
    """Neither the command line nor the process that runs the laptop imports moto or LiteLLM."""
    code = "import sys, local.cli, local.up; print([m for m in ('moto', 'litellm', 'boto3') if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
