"""`sluice ingest`, `docs`, `redrive`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.command.ingest import find_files
from local.command.outcome import Mistake
from tests.command.conftest import Sluice
from tests.command.service import DOCUMENT, Service


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


def test_redrive_tells_how_many_dead_letters_went_back(sluice: Sluice) -> None:
    """The operator sees that there was something to try again."""
    assert sluice("redrive").stdout == "3 dead letters are in the queue again.\n"


def test_the_ingest_function_can_be_named(sluice: Sluice, service: Service) -> None:
    """Then the chat function is not asked for its address."""
    sluice("docs", "--url", "http://127.0.0.1:9", "--ingest-url", service.url)

    assert [seen.target for seen in service.seen] == ["/api/documents?limit=100"]


def test_one_address_may_serve_both_functions(sluice: Sluice, service: Service) -> None:
    """Then the server tells it as a browser reads it: relative to itself."""
    service.ingest_url = "."

    assert sluice("docs", "--json").stdout == "[]\n"


def test_a_server_that_tells_no_ingest_function(sluice: Sluice, service: Service) -> None:
    """The command says which option is missing."""
    result = sluice("docs", "--url", f"{service.url}/nothing")

    assert (result.exit_code, result.stderr) == (
        1,
        f"{service.url}/nothing does not say where documents go. Give --ingest-url.\n",
    )


def test_files_are_found(tmp_path: Path) -> None:
    """Folders with all that is in them but what is hidden, patterns, single files; each once, in order."""
    for name in ("a.md", "b.pdf", "deep/c.md", ".hidden/d.md", "deep/.e"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    assert find_files([str(tmp_path)]) == [tmp_path / "a.md", tmp_path / "b.pdf", tmp_path / "deep/c.md"]
    assert find_files([f"{tmp_path}/*.md", f"{tmp_path}/a.md"]) == [tmp_path / "a.md"]
    assert find_files([f"{tmp_path}/**/c.md"]) == [tmp_path / "deep/c.md"]
    with pytest.raises(Mistake, match=r"There is no file at .*nothing\.pdf"):
        find_files([f"{tmp_path}/nothing.pdf"])


def test_a_file_that_is_not_there_is_a_mistake(sluice: Sluice, service: Service) -> None:
    """Nothing is sent."""
    result = sluice("ingest", "nowhere.pdf")

    assert (result.exit_code, result.stderr, service.seen) == (2, "There is no file at nowhere.pdf.\n", [])
