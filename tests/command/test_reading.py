"""`sluice search`, `conversations`, `usage`."""

from __future__ import annotations

import json

import pytest

from tests.command.conftest import Sluice
from tests.command.service import CONVERSATION, PASSAGE, SUMMARY, USAGE, Service


def test_search_prints_a_line_for_each_passage(sluice: Sluice, service: Service) -> None:
    """Its score, title, page and text in one line."""
    result = sluice("search", "two", "-n", "3", "--collection", "c")

    assert result.stdout == "0.500\tReport\t3\tOne two\n"
    assert service.body() == {"query": "two", "limit": 3, "collection": "c"}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (["--filter", '{"tags": ["final"]}'], {"tags": ["final"]}),
        (["-m", "year=2024"], {"metadata": {"year": 2024}}),
        (
            ["-m", "url=a=b", "-m", 'year="2024"'],
            {"and": [{"metadata": {"url": "a=b"}}, {"metadata": {"year": "2024"}}]},
        ),
        (
            ["--filter", '{"document_ids": ["d"], "and": [{"tags": ["final"]}]}', "-m", "draft=false"],
            {"document_ids": ["d"], "and": [{"tags": ["final"]}, {"metadata": {"draft": False}}]},
        ),
        (["-m", "size=NaN"], {"metadata": {"size": "NaN"}}),
    ],
)
@pytest.mark.parametrize("command", ["search", "ask"])
def test_some_documents_only_are_looked_at(
    sluice: Sluice, service: Service, command: str, options: list[str], sent: dict[str, object]
) -> None:
    """What the options say holds together, in the form that the API takes."""
    assert sluice(command, "why?", *options).exit_code == 0
    assert service.body()["filter"] == sent


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--filter", "tags=final"], "--filter is not JSON"),
        (["--filter", "[1]"], "--filter must be an object"),
        (["--filter", '{"and": 1}'], "--filter must be an object"),
        (["-m", "year"], "--metadata year: say KEY=VALUE."),
        (["-m", "=2024"], "--metadata =2024: say KEY=VALUE."),
    ],
)
def test_a_filter_that_is_none_is_a_mistake(sluice: Sluice, service: Service, options: list[str], message: str) -> None:
    """It says so, and asks nobody."""
    result = sluice("search", "why?", *options)

    assert (result.exit_code, service.seen) == (2, [])
    assert result.output.startswith(message)


def test_conversations_are_listed(sluice: Sluice, service: Service) -> None:
    """With the id that other commands take."""
    result = sluice("conversations", "list", "--search", "a b", "-n", "5")

    assert result.stdout == f"{CONVERSATION}\t2026-11-24 10:11\tReasons\n"
    assert service.seen[-1].target == "/api/conversations?limit=5&search=a%20b"


def test_a_conversation_is_shown(sluice: Sluice) -> None:
    """Questions are marked, and answers have the sources that they cite."""
    result = sluice("conversations", "show", CONVERSATION)

    assert result.stdout == "Reasons\n\n> Why?\n> Really?\n\nSo [1].\n[1] Report, page 3\n"


def test_the_last_conversation_is_renamed_and_deleted(sluice: Sluice, service: Service) -> None:
    """`last` names it here too."""
    sluice("ask", "why?")
    renamed = sluice("conversations", "rename", "last", "Better")
    titled = service.body()
    deleted = sluice("conversations", "delete", "last")

    path = f"/api/conversations/{CONVERSATION}"
    assert [(seen.method, seen.target) for seen in service.seen[1:]] == [("PATCH", path), ("DELETE", path)]
    assert (titled, renamed.stdout, deleted.stdout) == ({"title": "Better"}, "Renamed.\n", "Deleted.\n")


def test_usage_shows_days_and_what_is_left(sluice: Sluice, service: Service) -> None:
    """A line for each day, the month, and each limit."""
    result = sluice("usage", "--days", "1")

    assert result.stdout.splitlines() == [
        "2026-11-24\t1\t20\t3\t$0.0125",
        "this month\t4\t20\t3\t$0.0125",
        "tokens_per_day\t100\t77 left",
        "requests_per_minute\t30",
    ]
    assert service.seen[-1].target == "/api/usage?days=1"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["search", "x"], [PASSAGE]),
        (["conversations", "list"], [SUMMARY]),
        (["usage"], USAGE),
    ],
)
def test_as_json_what_the_server_said(sluice: Sluice, command: list[str], expected: object) -> None:
    """One line of JSON, for programs."""
    assert json.loads(sluice(*command, "--json").stdout) == expected
