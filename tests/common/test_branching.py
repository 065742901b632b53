"""A conversation as a tree."""

from __future__ import annotations

from uuid import UUID

from sluice import branching
from sluice.domain import Message, Role

ROOT, FIRST, OTHER, LAST = (UUID(int=number) for number in range(1, 5))


def message(key: UUID, parent: UUID | None) -> Message:
    return Message(key, Role.USER, "", parent_id=parent)


def test_a_path_leads_from_the_root_to_its_tip() -> None:
    """What branches off is not on it."""
    messages = [message(ROOT, None), message(FIRST, ROOT), message(OTHER, ROOT), message(LAST, FIRST)]

    assert [each.id for each in branching.path(messages, LAST)] == [ROOT, FIRST, LAST]


def test_a_path_begins_where_its_messages_are_known() -> None:
    """Of a long conversation only the newest are read; of one without messages nothing."""
    messages = [message(FIRST, ROOT), message(LAST, FIRST)]

    assert [each.id for each in branching.path(messages, LAST)] == [FIRST, LAST]
    assert branching.path(messages, None) == branching.path([], LAST) == []


def test_a_branch_is_a_message_with_all_that_follow() -> None:
    """In the order of their ids."""
    messages = [message(ROOT, None), message(FIRST, ROOT), message(OTHER, ROOT), message(LAST, FIRST)]

    assert [each.id for each in branching.branch(messages, FIRST)] == [FIRST, LAST]
