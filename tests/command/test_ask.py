"""`sluice ask`: streams, shows sources, keeps a conversation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command.conftest import Sluice
from tests.command.service import ANSWER, CONVERSATION, Service

PRINTED = "It is so [1].\n\n[1] Report, page 3  s3://b/report.pdf\n"


def test_the_answer_is_printed_with_what_it_cites(sluice: Sluice) -> None:
    """The text, then the cited sources with their pages, and nothing else on standard output."""
    result = sluice("ask", "why?")

    assert (result.exit_code, result.stdout) == (0, PRINTED)


def test_sources_that_are_not_cited_are_told_as_such(sluice: Sluice) -> None:
    """Nobody takes what was looked at for what an answer stands on."""
    result = sluice("ask", "uncited")

    sources = "[1] Report, page 3  s3://b/report.pdf\n[2] Notes  s3://b/notes.md\n"
    assert result.stdout == f"It is so [1].\n\nLooked at, but not cited:\n{sources}"


def test_as_json_each_event_is_a_line(sluice: Sluice, service: Service) -> None:
    """As they came; the options are in the request."""
    result = sluice("ask", "why?", "--json", "--collection", "c", "--model", "m")

    assert [json.loads(line) for line in result.stdout.splitlines()] == ANSWER
    assert service.body() == {"message": "why?", "collection": "c", "model": "m"}


@pytest.mark.parametrize("arguments", [["-"], []])
def test_a_question_can_be_piped_in(sluice: Sluice, service: Service, arguments: list[str]) -> None:
    """`-`, or no question at all, reads standard input."""
    assert sluice("ask", *arguments, stdin="from a file\n").exit_code == 0
    assert service.body() == {"message": "from a file"}


def test_bytes_that_are_no_text_are_a_mistake(sluice: Sluice) -> None:
    """It is told in one line, as any other."""
    result = sluice("ask", "-", stdin=b"\xff\xfe")

    assert (result.exit_code, result.output) == (2, "Standard input is no text in UTF-8.\n")


def test_an_empty_question_is_a_mistake(sluice: Sluice) -> None:
    """It says so, and asks nobody."""
    result = sluice("ask", stdin="  \n")

    assert (result.exit_code, result.output) == (2, "Standard input holds no question.\n")


@pytest.mark.parametrize("which", ["last", CONVERSATION])
def test_a_conversation_goes_on(sluice: Sluice, service: Service, which: str) -> None:
    """By its id, or as the last one that was asked at this address."""
    sluice("ask", "first")
    sluice("ask", "-c", which, "second")

    assert service.body() == {"message": "second", "conversation_id": CONVERSATION}


def test_without_a_last_conversation_there_is_nothing_to_go_on_with(sluice: Sluice, service: Service) -> None:
    """Also when what is remembered can't be read."""
    result = sluice("ask", "-c", "last", "second")

    assert (result.exit_code, service.seen) == (2, [])
    assert result.output.startswith(f"No question was asked at {service.url} yet.")


def test_a_conversation_is_named_by_an_id(sluice: Sluice) -> None:
    """Anything else is a mistake that never reaches the server."""
    result = sluice("ask", "-c", "../documents", "second")

    assert result.exit_code == 2
    assert result.output.startswith("../documents is no conversation: give its id")


def test_a_home_that_can_not_be_written_is_no_obstacle(sluice: Sluice, tmp_path: Path) -> None:
    """The answer comes; it is only not remembered."""
    (tmp_path / "file").touch()

    assert sluice("ask", "why?", XDG_STATE_HOME=str(tmp_path / "file")).stdout == PRINTED


def test_what_delays_an_answer_is_said_beside_it(sluice: Sluice) -> None:
    """On standard error, so that what is piped on is the answer alone."""
    result = sluice("ask", "waking")

    assert (result.stdout, result.stderr) == (PRINTED, "The database is waking up; the question waits for it.\n")


def test_an_error_in_the_stream_leaves_what_was_said(sluice: Sluice) -> None:
    """The text stands, the error is on standard error, and the command has failed."""
    result = sluice("ask", "broken")

    assert (result.exit_code, result.stderr) == (1, "\nThe model broke off.\n")
    assert result.stdout.startswith("It is \n")


@pytest.mark.parametrize(
    ("question", "message"),
    [("bad", "The request is not valid. q: no.\n"), ("cut", "The answer ended before it was complete.\n")],
)
def test_why_there_is_no_answer(sluice: Sluice, question: str, message: str) -> None:
    """A problem answer in its words; a stream without its end is an error."""
    result = sluice("ask", question)

    assert (result.exit_code, result.stderr) == (1, message)


def test_an_answer_can_not_drive_the_terminal(sluice: Sluice) -> None:
    """What a document or a model says reaches it without control characters."""
    assert sluice("ask", "hostile").stdout == "]0;titlered31m\n\n"
