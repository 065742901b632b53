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
