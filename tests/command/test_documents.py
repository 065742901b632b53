"""`sluice ingest`, `docs`, `redrive`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from local.addresses import ROOT
from local.client.ingest import tells_of
from tests.command.conftest import Sluice
from tests.command.service import DOCUMENT, NONE, Service


def test_each_file_is_reported(sluice: Sluice, tmp_path: Path) -> None:
    """A line for each, with its reason where it failed; then how many are ready."""
    good, scan = (tmp_path / name for name in ("good.md", "scan.pdf"))
    good.write_text("text")
    scan.write_text("image")
    result = sluice("ingest", str(good), str(scan))

    assert (result.exit_code, result.stderr) == (1, "1 of 2 ready.\n")
    assert sorted(result.stdout.splitlines()) == [
        "failed\tscan.pdf\tThe PDF has no text layer.",
        "ready\tgood.md\t7 chunks",
    ]


def test_a_file_of_which_pages_have_no_text_says_so(sluice: Sluice, tmp_path: Path) -> None:
    """It is ready, but questions don't find what stands on those pages."""
    part = tmp_path / "part.pdf"
    part.write_text("a cover and scans")

    assert sluice("ingest", str(part)).stdout == "ready\tpart.pdf\t4 chunks, 8 of 9 pages have no text\n"


def test_a_large_file_goes_straight_to_the_bucket(sluice: Sluice, service: Service, tmp_path: Path) -> None:
    """More than a request can carry is put into the bucket by a form, which sees no key; then it is waited for."""
    large = tmp_path / "large file.pdf"
    large.write_bytes(b"x" * (5 * 1024 * 1024))
    result = sluice("ingest", str(large), "--collection", "c", SLUICE_API_KEY="secret")

    assert (result.exit_code, result.stdout) == (0, "ready\tlarge file.pdf\t9 chunks\n")
    [posted] = [seen for seen in service.seen if seen.target == "/bucket"]
    assert {"x-api-key", "x-amz-content-sha256"} & posted.headers.keys() == set()


def test_a_document_that_outlasts_its_upload_is_waited_for(sluice: Sluice, tmp_path: Path) -> None:
    """The queue brings it to its end; it has not failed."""
    long = tmp_path / "long.md"
    long.write_text("text")
    result = sluice("ingest", str(long))

    assert (result.exit_code, result.stdout) == (0, "ready\tlong.md\t800 chunks\n")


@pytest.mark.parametrize(
    ("changed", "size", "overdue", "expected"),
    [
        ({"updated_at": "later"}, 7, False, True),
        ({"updated_at": "later", "status": "pending"}, 7, False, False),
        ({}, 5, False, False),
        ({}, 5, True, True),
        ({}, 7, True, False),
    ],
)
def test_a_new_version_is_not_taken_for_the_old_one_that_is_ready(
    changed: dict[str, str], size: int, overdue: bool, expected: bool
) -> None:
    """Its event may wait in a long queue; the same bytes again change nothing, and are not waited for without end."""
    before = {"status": "ready", "updated_at": "now", "size": 5}

    assert tells_of({**before, **changed}, before, size=size, overdue=overdue) is expected


def test_documents_are_listed_with_tabs(sluice: Sluice, service: Service) -> None:
    """Where the output is no terminal there is a line for each, with its reason if it failed."""
    service.documents = [{**DOCUMENT, "title": "a\tb\x1b[31m\n"}]

    assert sluice("docs").stdout == "failed\ta b[31m \tdefault\t2\t0\tThe PDF has no text layer.\n"


def test_documents_say_which_part_of_them_is_not_found(sluice: Sluice, service: Service) -> None:
    """Beside their source; while a new version is being read, nobody knows."""
    ready = {**DOCUMENT, "status": "ready", "reason": None, "pages": 9, "pages_without_text": 1, "chunks": 4}
    service.documents = [ready, {**ready, "pages_without_text": 0}, {**ready, "status": "processing"}]

    assert sluice("docs").stdout.splitlines() == [
        "ready\tscan.pdf\tdefault\t9\t4\ts3://b/scan.pdf (1 of 9 pages has no text)",
        "ready\tscan.pdf\tdefault\t9\t4\ts3://b/scan.pdf",
        "processing\tscan.pdf\tdefault\t9\t4\ts3://b/scan.pdf",
    ]


def test_documents_as_json(sluice: Sluice, service: Service) -> None:
    """As the server lists them."""
    service.documents = [DOCUMENT]

    assert json.loads(sluice("docs", "--json").stdout) == [DOCUMENT]


def test_on_a_terminal_there_are_headings(sluice: Sluice, service: Service) -> None:
    """And a document's title is no markup."""
    service.documents = [{**DOCUMENT, "title": "[red]x"}]
    heading, row = sluice("docs", FORCE_COLOR="1", COLUMNS="200", NO_COLOR="1", TERM="dumb").stdout.splitlines()[:2]

    assert "source, or reason" in heading
    assert "[red]x" in row


def test_all_that_failed_is_tried_again(sluice: Sluice, service: Service) -> None:
    """What is ready is left alone."""
    service.documents = [DOCUMENT, {**DOCUMENT, "id": "2", "status": "ready"}]

    assert sluice("docs", "retry").stdout == f"{DOCUMENT['title']} is pending\n"
    assert [seen.target for seen in service.seen if seen.method == "POST"] == [f"/api/documents/{DOCUMENT['id']}/retry"]


def test_a_document_to_be_tried_again_is_named_by_title_or_id(sluice: Sluice, service: Service) -> None:
    """A name that no document has is a mistake, before anything is done."""
    service.documents = [{**DOCUMENT, "title": "a.pdf"}, {**DOCUMENT, "id": "2", "title": "b.pdf"}]

    sluice("docs", "retry", "a.pdf", "2")
    wrong = sluice("docs", "retry", "a.pdf", "c.pdf")

    tried = [seen.target for seen in service.seen if seen.method == "POST"]
    assert tried == [f"/api/documents/{DOCUMENT['id']}/retry", "/api/documents/2/retry"]
    assert (wrong.exit_code, wrong.stderr) == (2, "There is no document c.pdf; see sluice docs.\n")


def test_every_document_is_listed(sluice: Sluice, service: Service) -> None:
    """However many pages the list has; or only those of a status."""
    service.documents = [{**DOCUMENT, "id": f"d{number}", "title": f"{number}.pdf"} for number in range(5)]
    service.documents[3]["status"] = "ready"
    service.page = 2

    assert len(sluice("docs").stdout.splitlines()) == 5
    assert [each["id"] for each in json.loads(sluice("docs", "--json").stdout)] == ["d0", "d1", "d2", "d3", "d4"]
    assert [each["id"] for each in json.loads(sluice("docs", "--json", "--status", "ready").stdout)] == ["d3"]


def test_one_document_is_shown(sluice: Sluice, service: Service) -> None:
    """What is known of it, a line each; or as the server said it."""
    service.documents = [{**DOCUMENT, "metadata": {}, "kind": None}]
    result = sluice("docs", "show", "scan.pdf")

    assert result.stdout.splitlines() == [
        "title\tscan.pdf",
        "status\tfailed",
        "reason\tThe PDF has no text layer.",
        "source\ts3://b/scan.pdf",
        "collection\tdefault",
        "pages\t2",
        "chunks\t0",
        "updated_at\tnow",
        "id\td",
    ]
    assert json.loads(sluice("docs", "show", "d", "--json").stdout) == service.documents[0]


def test_documents_are_deleted_by_title_source_or_id(sluice: Sluice, service: Service) -> None:
    """A title that several have names none of them, and then nothing is deleted."""
    service.documents = [
        {**DOCUMENT, "id": "1", "title": "a.pdf", "source": "s3://b/a.pdf"},
        {**DOCUMENT, "id": "2", "title": "a.pdf", "source": "s3://b/team/a.pdf"},
        {**DOCUMENT, "id": "3", "title": "c.pdf", "source": "s3://b/c.pdf"},
    ]
    refused = sluice("docs", "delete", "c.pdf", "a.pdf")

    assert (refused.exit_code, refused.stdout, refused.stderr) == (
        2,
        "",
        "2 documents are called a.pdf; name one by its source or id: s3://b/a.pdf, s3://b/team/a.pdf\n",
    )
    done = sluice("docs", "delete", "c.pdf", "s3://b/a.pdf")
    assert (done.exit_code, done.stdout) == (0, "c.pdf is deleted\na.pdf is deleted\n")
    assert [each["id"] for each in service.documents] == ["2"]


def test_bucket_and_documents_are_compared(sluice: Sluice, service: Service) -> None:
    """Each difference is a line, the counts stand beside them; `--dry-run` mends nothing."""
    result = sluice("reconcile", "--dry-run")

    assert (result.exit_code, result.stdout.splitlines(), service.seen[-1].target) == (
        0,
        ["missing\ts3://b/a.md", "missing\ts3://b/new line.md", "orphaned\ts3://b/gone.md"],
        "/api/reconcile?repair=false",
    )
    assert result.stderr.splitlines() == [
        "2 objects without a document.",
        "1 documents without an object.",
        "4 objects and 3 documents were compared; 3 differ, and nothing was changed.",
    ]
    assert json.loads(sluice("reconcile", "--json").stdout) == service.report
    assert service.seen[-1].target == "/api/reconcile?repair=true"


def test_bucket_and_documents_that_agree(sluice: Sluice, service: Service) -> None:
    """Are told to."""
    service.report |= dict.fromkeys(("missing", "orphaned"), NONE)

    assert sluice("reconcile").stderr == "4 objects and 3 documents were compared; nothing differs.\n"


def test_redrive_tells_how_many_dead_letters_went_back(sluice: Sluice) -> None:
    """The operator sees that there was something to try again."""
    assert sluice("redrive").stdout == "3 dead letters are in the queue again.\n"


def test_the_ingest_function_can_be_named(sluice: Sluice, service: Service) -> None:
    """Then the chat function is not asked for its address."""
    sluice("docs", "--url", "http://127.0.0.1:9", "--ingest-url", service.url)

    assert [seen.target for seen in service.seen] == ["/api/documents?limit=500"]


def test_one_address_may_serve_both_functions(sluice: Sluice, service: Service) -> None:
    """Then the server tells it as a browser reads it: relative to itself."""
    service.ingest_url = "."

    assert sluice("docs", "--json").stdout == "[]\n"


def test_a_server_that_tells_no_ingest_function(sluice: Sluice, service: Service) -> None:
    """The command says which option is missing, and what the server said."""
    result = sluice("docs", "--url", f"{service.url}/nothing")

    missing = f"{service.url}/nothing does not say where documents go. Give --ingest-url."
    assert (result.exit_code, result.stderr) == (1, f"{missing} The server answered 404: Not Found\n")


def test_a_profile_that_is_not_there_is_told_as_such(sluice: Sluice, service: Service) -> None:
    """It is no fault of the server's."""
    result = sluice("docs", "--profile", "nope")

    assert (result.exit_code, result.stderr.partition(".")[0], service.seen) == (
        1,
        "The config profile (nope) could not be found",
        [],
    )


def test_a_file_that_is_not_there_is_a_mistake(sluice: Sluice, service: Service) -> None:
    """Nothing is sent."""
    result = sluice("ingest", "nowhere.pdf")

    assert (result.exit_code, result.stderr, service.seen) == (2, "There is no file at nowhere.pdf.\n", [])


def test_files_of_one_name_keep_their_folders(sluice: Sluice, service: Service, tmp_path: Path) -> None:
    """Else the second would take the place of the first; what can't be told apart is not sent at all."""
    for name in ("a/README.md", "b/c/README.md", "README.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    whole = sluice("ingest", str(tmp_path))

    assert sorted(whole.stdout.splitlines()) == [
        "ready\tREADME.md\t7 chunks",
        "ready\ta/README.md\t7 chunks",
        "ready\tb/c/README.md\t7 chunks",
    ]
    assert sorted(seen.target for seen in service.seen if seen.method == "POST") == [
        "/api/documents?name=README.md",
        "/api/documents?name=README.md&folder=a",
        "/api/documents?name=README.md&folder=b%2Fc",
    ]
    service.seen.clear()
    apart = sluice("ingest", str(tmp_path / "a"), str(tmp_path / "README.md"))
    assert (apart.exit_code, service.seen) == (2, [])
    assert "would be one document, README.md. Name a folder" in apart.stderr


def test_a_file_that_is_too_large_is_not_sent(sluice: Sluice, service: Service, tmp_path: Path) -> None:
    """The server says what it takes before the bucket gets anything."""
    large = tmp_path / "large.pdf"
    large.write_bytes(b"x" * (7 * 1024 * 1024))
    result = sluice("ingest", str(large))

    reason = "The file has 7,340,032 bytes; at most 6,291,456 are allowed."
    assert (result.exit_code, result.stdout) == (1, f"failed\tlarge.pdf\t{reason}\n")
    assert [seen.target for seen in service.seen] == ["/config.json", "/api/uploads"]


def test_a_name_spoils_no_line(sluice: Sluice, tmp_path: Path) -> None:
    """Whatever characters a file system lets into it, and bytes that are none."""
    names = [b"new\nline.md", b"tab\t.md", b"\xff.md"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("text")

    assert sorted(sluice("ingest", str(tmp_path)).stdout.splitlines()) == [
        "ready\tnew line.md\t7 chunks",
        "ready\ttab .md\t7 chunks",
        "ready\t\ufffd.md\t7 chunks",
    ]


def shown_on_a_terminal(arguments: list[str], stdout: int | None = None) -> tuple[str, str]:
    """Return what a terminal has shown of a command, and what went to another standard output."""
    ours, its = os.openpty()
    command = [sys.executable, "-c", "from local.cli import main; main()", *arguments]
    environment = {**os.environ, "TERM": "xterm"}
    running = subprocess.Popen(command, cwd=ROOT, stdout=stdout or its, stderr=its, env=environment)
    os.close(its)
    shown = b""
    with suppress(OSError):  # the end of a terminal
        while part := os.read(ours, 1024):
            shown += part
    elsewhere = running.communicate()[0] or b""
    os.close(ours)
    return shown.decode(), elsewhere.decode()


def test_on_a_terminal_there_are_bars_and_a_line_for_each_file(service: Service, tmp_path: Path) -> None:
    """The line stays, however many files there are; where only the bars see a terminal, it has tabs."""
    for name in ("good.md", "scan.pdf"):
        (tmp_path / name).write_text("text")
    ingest = ["ingest", str(tmp_path), "--url", service.url]

    whole, _ = shown_on_a_terminal(ingest)
    bars, lines = shown_on_a_terminal(ingest, subprocess.PIPE)

    assert re.search(r"\x1b\[32mready\x1b\[0m  good\.md  7 chunks\r\n", whole)
    assert re.search(r"\x1b\[31mfailed\x1b\[0m  scan\.pdf  The PDF has no text layer\.\r\n", whole)
    assert "1 of 2 ready." in whole
    assert sorted(lines.splitlines()) == ["failed\tscan.pdf\tThe PDF has no text layer.", "ready\tgood.md\t7 chunks"]
    assert "good.md  7" not in bars
