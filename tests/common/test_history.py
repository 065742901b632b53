"""Trees, paths and what of them fits."""

from __future__ import annotations

from uuid import UUID

from sluice import branching, history, tokens
from sluice.domain import Message, Role


def message(number: int, content: str, parent: int | None) -> Message:
    role = Role.USER if content.startswith("q") else Role.ASSISTANT
    return Message(UUID(int=number), role, content, parent_id=UUID(int=parent) if parent else None)


TREE = [
    message(1, "q1", None),
    message(2, "a1", 1),
    message(3, "q2", 2),
    message(4, "a2", 3),
    message(5, "q2 edited", 2),
    message(6, "a2 edited", 5),
]


def contents(messages: list[Message]) -> list[str]:
    return [each.content for each in messages]


def test_a_path_leads_from_the_root_to_its_tip() -> None:
    """Other branches are not part of it."""
    assert contents(branching.path(TREE, UUID(int=6))) == ["q1", "a1", "q2 edited", "a2 edited"]
    assert branching.path(TREE, None) == []


def test_a_branch_is_all_that_follows_from_a_message() -> None:
    """Itself included."""
    assert contents(branching.branch(TREE, UUID(int=5))) == ["q2 edited", "a2 edited"]


def test_the_newest_turns_that_fit_are_kept_whole() -> None:
    """A question never stands without its answer, nor an answer without its question."""
    path = TREE[:4]
    turn = 2 * tokens.estimate("q1")

    assert [contents(history.fit(path, budget)) for budget in (2 * turn, 2 * turn - 1, turn, turn - 1, 0, -5)] == [
        ["q1", "a1", "q2", "a2"],
        ["q2", "a2"],
        ["q2", "a2"],
        [],
        [],
        [],
    ]


def test_the_rest_of_a_cut_turn_is_left_out() -> None:
    """A path that was cut may begin with an answer."""
    assert contents(history.fit(TREE[1:4], 1_000)) == ["q2", "a2"]


def test_an_estimate_is_a_little_above_what_a_tokenizer_counts() -> None:
    """LiteLLM's token_counter counts 6, 10 and 14 for gpt-4o; the frame of a message is ours."""
    texts = ["What do blue whales eat?", "Blauwale fressen vor allem Krill.", "シロナガスクジラは何を食べますか"]

    assert [tokens.estimate(text) - tokens.PER_MESSAGE for text in texts] == [8, 11, 16]
