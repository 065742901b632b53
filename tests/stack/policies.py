"""Decides as IAM does whether a role may do something: denied before allowed, and nothing by default.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.stack.cloudformation import Stack

Statement = dict[str, Any]


def statements(stack: Stack, role: str) -> Iterator[Statement]:
    """Yield the statements of a role, its own and those of the policies that are attached to it."""
    for policy in stack.of("AWS::IAM::Role")[role].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]
    for policy in stack.of("AWS::IAM::Policy").values():
        if f"<{role}>" in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def granted(stack: Stack, role: str) -> Iterator[tuple[str, str]]:
    """Yield each action that a role is granted with each resource; what is taken back from code is left out."""
    denied = {action for it in statements(stack, role) if it["Effect"] == "Deny" for action in listed(it["Action"])}
    for it in statements(stack, role):
        if it["Effect"] == "Allow":
            yield from product(set(listed(it["Action"])) - denied, listed(it["Resource"]))


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allowed(stack: Stack, role: str, action: str, resource: str) -> bool:
    """Whether code with this role may do this; conditions on who asks hold for code."""
    fitting = [
        it
        for it in statements(stack, role)
        if any(fits(pattern, action) for pattern in listed(it["Action"]))
        and any(fits(pattern, resource) for pattern in listed(it["Resource"]))
    ]
    return {it["Effect"] for it in fitting} == {"Allow"}


def fits(pattern: str, text: str) -> bool:
    """Whether a pattern of a policy means this.

    Only the asterisk means more than itself; names of what a deploy makes hold brackets of every kind.
    """
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None
