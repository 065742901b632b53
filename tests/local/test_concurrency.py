"""How many environments a function has."""

from __future__ import annotations

import pytest

from local.concurrency import Lambda, describe
from local.environment import Environment
from local.runtime_api import EnvironmentLost, InvocationError
from local.template import Function

FUNCTION = Function("Chat", "sluice-Chat", "arn:aws:lambda:eu-west-1:123456789012:function:sluice-Chat", "app.handler")


async def test_a_function_that_is_closed_starts_nothing_more() -> None:
    """Else what is still on its way when the laptop stops would leave processes behind."""

    def make() -> Environment:
        raise AssertionError("an environment was made")

    function = Lambda(FUNCTION, make)
    await function.close()

    with pytest.raises(EnvironmentLost) as lost:
        await function.invoke(b"{}")
    assert lost.value.error.payload == {"errorMessage": "Sluice is stopping."}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InvocationError("Sandbox.Timedout", {"errorMessage": "Task timed out"}), "Sandbox.Timedout: Task timed out"),
        (InvocationError("Function.Unknown", "It broke."), "Function.Unknown: It broke."),
        (InvocationError("Function.Unknown", {"trace": []}), "Function.Unknown"),
        (InvocationError("Sandbox.Failure"), "Sandbox.Failure"),
    ],
)
def test_an_error_is_a_line_of_the_log(error: InvocationError, line: str) -> None:
    """Whatever a runtime has said of it."""
    assert describe(error) == line
