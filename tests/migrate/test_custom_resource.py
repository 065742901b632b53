"""CloudFormation gets one answer, always, and in time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from functions.migrate.custom_resource import MARGIN_SECONDS, Work, serve
from tests.migrate.conftest import PROPERTIES, CloudFormation

SERVE = partial(serve, physical_id="sluice-schema", log="/logs stream-1")
PATIENCE_SECONDS = 30.0


def done(properties: Mapping[str, Any]) -> Mapping[str, str]:
    assert properties == PROPERTIES
    return {"Release": "abc"}


def test_work_that_is_done_is_a_success_with_its_attributes(cloudformation: CloudFormation) -> None:
    """CloudFormation reads the attributes as `GetAtt`; the signed address allows no content type."""
    SERVE(cloudformation.event(), done, seconds_left=800)

    assert cloudformation.answers == [cloudformation.answer(Status="SUCCESS", Data={"Release": "abc"})]
    assert cloudformation.content_types == [""]


def test_work_that_fails_is_a_failure_with_its_words(cloudformation: CloudFormation) -> None:
    """What the work raised is what the operator reads, and where there is more."""

    def work(_: object) -> Mapping[str, str]:
        raise RuntimeError("0004_new.sql can't\nbe applied")

    SERVE(cloudformation.event("Update"), work, seconds_left=800)

    reason = "0004_new.sql can't be applied. More in the log /logs stream-1."
    assert cloudformation.answers == [cloudformation.answer(Status="FAILED", Reason=reason)]


def test_a_long_reason_is_cut(cloudformation: CloudFormation) -> None:
    """CloudFormation takes an answer of at most 4,096 bytes."""

    def work(_: object) -> Mapping[str, str]:
        raise RuntimeError("x" * 10_000)

    SERVE(cloudformation.event(), work, seconds_left=800)

    assert len(cloudformation.answers[0]["Reason"]) == 1_000


def test_a_deletion_does_nothing_and_succeeds(cloudformation: CloudFormation) -> None:
    """The database may be gone already; and whoever deletes a stack may want to keep it as it is."""

    def never(_: object) -> Mapping[str, str]:
        raise AssertionError("worked")

    SERVE(cloudformation.event("Delete", PhysicalResourceId="older-name"), never, seconds_left=800)

    assert cloudformation.answers == [
        cloudformation.answer(Status="SUCCESS", Data={}, PhysicalResourceId="older-name"),
    ]


def hanging(until: threading.Event) -> Work:
    def work(_: object) -> Mapping[str, str]:
        until.wait(PATIENCE_SECONDS)
        return {}

    return work


def test_work_that_hangs_is_answered_for_and_not_answered_twice(cloudformation: CloudFormation) -> None:
    """A little before the function's end CloudFormation hears of the failure; a success after it is dropped."""
    SERVE(cloudformation.event(), hanging(cloudformation.answered), seconds_left=MARGIN_SECONDS)

    reason = "It takes longer than a function may run. More in the log /logs stream-1."
    assert cloudformation.answers == [cloudformation.answer(Status="FAILED", Reason=reason)]


def test_an_answer_that_is_refused_is_sent_again(cloudformation: CloudFormation) -> None:
    """The bucket behind the address may have a bad moment."""
    cloudformation.refusals = 2

    SERVE(cloudformation.event(), done, seconds_left=800)

    assert len(cloudformation.answers) == 1


def test_an_answer_that_nobody_takes_fails_the_invocation(cloudformation: CloudFormation) -> None:
    """Then the resource's ServiceTimeout ends the deploy."""
    cloudformation.refusals = 3

    with pytest.raises(OSError, match="503"):
        SERVE(cloudformation.event(), done, seconds_left=800)
