"""However an app fails, its answer ends, the reason is told, and the next request works."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.runtime_api import InvocationError
from sluice.streaming.prelude import Prelude
from tests.streaming.conftest import Start
from tests.streaming.environment import ExecutionEnvironment, Streamed, function_url_event
from tests.streaming.signals import Signals

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBLEM = {"content-type": "application/problem+json"}
INTERNAL_ERROR = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "internal_error"}
DEADLINE = {"type": "about:blank", "title": "Gateway Timeout", "status": 504, "code": "deadline"}


@pytest_asyncio.fixture(loop_scope="module")
async def survivor(runtime: ExecutionEnvironment) -> AsyncIterator[ExecutionEnvironment]:
    """The environment, which must answer the next request whatever the test did to it."""
    process_id = runtime.process.pid
    yield runtime
    answer = await (await runtime.get("/request")).end()

    assert (answer.prelude.status, runtime.process.pid, runtime.process.returncode) == (200, process_id, None)


def error_of(answer: Streamed) -> tuple[str, object, object]:
    """Return type, class and message of the error in the trailers."""
    assert isinstance(answer.error, InvocationError), answer
    assert isinstance(answer.error.payload, dict), answer
    return answer.error.type, answer.error.payload["errorType"], answer.error.payload["errorMessage"]


def events(body: bytes) -> list[object]:
    """Read a stream of events as a client does; what is not JSON stays text."""
    data = [event.removeprefix("data: ") for event in body.decode().split("\n\n") if event]
    return [json.loads(text) if text.endswith("}") else text for text in data]


@pytest.mark.parametrize(
    "path",
    [
        "/fail-before",
        "/fail-before-first-byte",
        "/fails-by-no-exception",
        "/silent",
        "/start-twice",
        "/exits",
        "/cancels-itself",
    ],
)
async def test_a_failure_before_the_first_byte_is_a_problem(path: str, survivor: ExecutionEnvironment) -> None:
    """Even when the app has begun its head: nothing of it was sent."""
    answer = await (await survivor.get(path)).end()

    assert (answer.prelude, answer.json(), answer.error) == (Prelude(500, PROBLEM), INTERNAL_ERROR, None)


async def test_a_failure_is_logged_with_its_traceback_and_request_id(survivor: ExecutionEnvironment) -> None:
    """In the form of the managed runtime."""
    await (await survivor.get("/fail-before", request_id="request-of-the-failure")).end()

    await survivor.logs("ValueError: no answer from me")
    assert "request-of-the-failure\tThe app failed.\nTraceback (most recent call last):" in survivor.output


async def test_a_failure_after_the_first_byte_is_told_in_trailers(survivor: ExecutionEnvironment) -> None:
    """What was sent stands, and the error object says what happened and where."""
    answer = await (await survivor.get("/fail-after")).end()

    assert answer.body == b"half"
    assert error_of(answer) == ("Function.ValueError", "ValueError", "broke in the middle")
    assert isinstance(answer.error, InvocationError)
    assert "in fail_after" in "".join(answer.error.payload["stackTrace"])  # type: ignore[index] # seen by error_of


async def test_an_error_from_far_below_fits_into_the_trailers(survivor: ExecutionEnvironment) -> None:
    """The innermost frames and the beginning of the message; Lambda's server hangs up over more than 4 KiB."""
    answer = await (await survivor.get("/fails-deep")).end()

    assert error_of(answer) == ("Function.ValueError", "ValueError", "ü" * 400)
    assert isinstance(answer.error, InvocationError)
    assert "in dig" in answer.error.payload["stackTrace"][-1]  # type: ignore[index] # seen by error_of


async def test_an_app_that_survives_its_own_bad_head_answers(survivor: ExecutionEnvironment) -> None:
    """A head that was not taken does not count as begun."""
    answer = await (await survivor.get("/recovers-from-a-bad-head")).end()

    assert (answer.prelude.status, answer.body) == (500, b"recovered")


async def test_a_failure_while_cleaning_up_is_logged(survivor: ExecutionEnvironment) -> None:
    """The client is told of the deadline, the log of what broke after it."""
    answer = await (await survivor.get("/fails-to-clean-up", seconds=1)).end()

    assert answer.json() == DEADLINE
    await survivor.logs("ValueError: cleaning up broke")


async def test_an_app_that_never_waits_hears_of_its_deadline(survivor: ExecutionEnvironment) -> None:
    """Sending is a moment at which others have their turn, even when nothing has to be sent."""
    answer = await (await survivor.get("/never-waits", seconds=1)).end()

    assert error_of(answer)[0] == "Function.DeadlineExceeded"


async def test_an_unfinished_answer_is_told_in_trailers(survivor: ExecutionEnvironment) -> None:
    """An app that returns in the middle has failed."""
    answer = await (await survivor.get("/unfinished")).end()

    message = "The app returned before its answer was complete."
    assert answer.body == b"half"
    assert error_of(answer) == ("Function.AnswerIncomplete", "AnswerIncomplete", message)


async def test_readers_of_events_are_told_in_band_too(survivor: ExecutionEnvironment) -> None:
    """The client of a function URL never sees a trailer."""
    answer = await (await survivor.get("/fail-events")).end()

    message = "The answer could not be finished; try again."
    assert events(answer.body) == [
        {"text": "half"},
        {"type": "error", "code": "internal_error", "message": message, "retryable": True},
    ]
    assert error_of(answer) == ("Function.ValueError", "ValueError", "broke between events")


async def test_an_event_cut_in_half_does_not_swallow_the_error(survivor: ExecutionEnvironment) -> None:
    """The error is an event of its own."""
    answer = await (await survivor.get("/fail-within-event")).end()

    assert [event if isinstance(event, str) else event["code"] for event in events(answer.body)] == [  # type: ignore[index] # an event is an object
        "{",
        "internal_error",
    ]


async def test_a_failure_after_the_answer_is_only_logged(survivor: ExecutionEnvironment) -> None:
    """The client has everything already."""
    answer = await (await survivor.get("/background-fails")).end()

    assert (answer.json(), answer.error) == ("answered", None)
    await survivor.logs("ValueError: background broke")


async def test_an_app_that_never_answers_becomes_a_timeout(survivor: ExecutionEnvironment) -> None:
    """Before Lambda's own limit, which would cost the environment."""
    answer = await (await survivor.get("/never", seconds=1)).end()

    assert (answer.prelude, answer.json(), answer.error) == (Prelude(504, PROBLEM), DEADLINE, None)


async def test_an_event_that_comes_too_late_is_told_so(survivor: ExecutionEnvironment) -> None:
    """As one whose time ran out: a process that stood still may find that nothing is left of it."""
    answer = await (await survivor.get("/never", seconds=-5)).end()

    assert (answer.prelude, answer.json(), answer.error) == (Prelude(504, PROBLEM), DEADLINE, None)


async def test_a_stream_ends_in_time_and_the_app_cleans_up(survivor: ExecutionEnvironment, signals: Signals) -> None:
    """What was sent stands, and the last event says how to go on."""
    answer = await (await survivor.get("/endless-events", seconds=1)).end()

    message = "Time ran out before the answer was finished; ask again to go on."
    assert events(answer.body) == [
        {"text": "half"},
        {"type": "error", "code": "deadline", "message": message, "retryable": True},
    ]
    assert error_of(answer)[:2] == ("Function.DeadlineExceeded", "DeadlineExceeded")
    assert "cleaned up" in signals.told


async def test_an_app_may_end_its_answer_itself_when_time_runs_out(survivor: ExecutionEnvironment) -> None:
    """Being cancelled is the signal; nothing is added to a good end."""
    answer = await (await survivor.get("/ends-itself-when-cancelled", seconds=1)).end()

    assert (answer.body, answer.error) == (b"half and a good end", None)


async def test_an_app_is_stopped_two_seconds_before_the_end(survivor: ExecutionEnvironment, signals: Signals) -> None:
    """So that it can clean up, and its client be told, before Lambda ends the process."""
    await (await survivor.get("/tells-what-time-is-left", seconds=5)).end()

    assert "in time" in signals.told


async def test_a_client_that_does_not_take_the_end_is_given_up(start: Start) -> None:
    """In time; whether the environment goes on then is Lambda's to say."""
    runtime = await start("plain.handler")
    reply = await runtime.get("/endless-bytes", seconds=2)
    await reply.invocation.head()

    await runtime.logs("The client did not take the end of its answer within")

    assert (await reply.end()).error == InvocationError("Runtime.TruncatedResponse")


async def test_work_after_the_answer_is_cut_off_in_time_too(survivor: ExecutionEnvironment) -> None:
    """It must not run into Lambda's limit either."""
    answer = await (await survivor.get("/background", seconds=1)).end()

    assert (answer.json(), answer.error) == ("answered", None)
    await survivor.logs("The app was still at work")


async def test_an_app_that_ignores_being_cancelled_is_left_behind(
    survivor: ExecutionEnvironment, signals: Signals
) -> None:
    """Its client gets an answer all the same."""
    answer = await (await survivor.get("/stubborn", seconds=1)).end()

    assert (answer.prelude.status, answer.json()) == (504, DEADLINE)
    await survivor.logs("The app does not end although it was cancelled")
    assert "not me" in signals.told


async def test_an_app_that_sends_to_nobody_is_stopped(survivor: ExecutionEnvironment) -> None:
    """The Runtime API closes the connection, and `send` raises an OSError."""
    reply = await survivor.get("/endless-bytes")
    await anext(reply.chunks())

    survivor.api.hang_up()

    await survivor.logs("Nobody is there to read the answer any more. The app was stopped.")
    assert (await (await survivor.get("/what-stopped-it")).end()).json() == ["ClientGone"]


async def test_an_app_that_waits_is_cancelled_when_nobody_is_there(
    survivor: ExecutionEnvironment, signals: Signals
) -> None:
    """Without having to send anything to notice."""
    reply = await survivor.get("/waits-for-nobody")
    await anext(reply.chunks())

    survivor.api.hang_up()

    await signals.hear("cancelled while it waited")


async def test_a_malformed_event_costs_nothing_but_itself(survivor: ExecutionEnvironment) -> None:
    """Lambda is told, as of any error of a handler."""
    reply = await survivor.invoke({**function_url_event(), "isBase64Encoded": True, "body": "not base64"})

    assert (await reply.invocation.head()).mode == "error"
