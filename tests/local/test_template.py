"""Reading a stack from a SAM template."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.intrinsics import Resolver, TemplateError, UnknownValue, load
from local.template import Bucket, EventSource, Function, Notification, Place, Queue, Stack, read
from tests.local.conftest import TEMPLATE

UPLOADS = "arn:aws:sqs:us-east-1:123456789012:sluice-Uploads"
DEAD_LETTERS = "arn:aws:sqs:us-east-1:123456789012:sluice-DeadLetters"
SHARED = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/sluice-runtime",
    "SLUICE_BUCKET": "sluice-dev",
    "SLUICE_CHAT_MODEL": "offline/extractive",
}


def test_a_function_has_its_own_settings_over_the_global_ones(stack: Stack) -> None:
    """Maps merge, intrinsic functions are worked out, and a variable that nothing here can give is named."""
    assert stack.functions["ChatFunction"] == Function(
        logical_id="ChatFunction",
        name="sluice-ChatFunction",
        arn="arn:aws:lambda:us-east-1:123456789012:function:sluice-ChatFunction",
        handler="tests.local.functions.web.handler",
        timeout_seconds=3.0,
        memory_mb=256,
        environment={**SHARED, "GREETING": "hello from sluice in us-east-1", "STAGE": "try"},
        unresolved=("SECRET",),
        layers=(TEMPLATE.parent / "../../layers/common",),
        invoke_mode="RESPONSE_STREAM",
    )


def test_a_queue_feeds_a_function(stack: Stack) -> None:
    """The event source says which queue, in what portions, and whether failures are reported."""
    source = EventSource(UPLOADS, batch_size=5, window_seconds=1, report_failures=True, max_concurrency=5)

    assert stack.functions["IngestFunction"].event_sources == (source,)
    assert stack.functions["IngestFunction"].schedules == ('{"look": "around"}',)
    assert stack.functions["IngestFunction"].invoke_mode == "BUFFERED"


def test_queues_and_bucket(stack: Stack) -> None:
    """Redrive policy, visibility and notifications are read; what a false condition leaves out is not there."""
    assert stack.queues == {
        "Uploads": Queue("Uploads", "sluice-Uploads", UPLOADS, 30, DEAD_LETTERS, 2),
        "DeadLetters": Queue("DeadLetters", "sluice-DeadLetters", DEAD_LETTERS),
    }
    notification = Notification(UPLOADS, ("s3:ObjectCreated:*", "s3:ObjectRemoved:*"))
    assert stack.buckets == {"Documents": Bucket("Documents", "sluice-dev", notifications=(notification,))}


def test_a_caller_can_give_values() -> None:
    """A value that is given is used in place of one that is missing."""
    stack = read(TEMPLATE, Place(), {"Database.SecretArn": "arn:secret", "Stage": "production"})

    chat = stack.functions["ChatFunction"]
    assert (chat.environment["SECRET"], chat.environment["STAGE"], chat.unresolved) == ("arn:secret", "live", ())
    assert "OnlyInProduction" in stack.queues


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Sub": "a-${Name}-${!Name}"}, "a-x-${Name}"),
        ({"Fn::Sub": ["${Mine}-${Name}", {"Mine": {"Ref": "Name"}}]}, "x-x"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Name"}]]}, "a/x"),
        ({"Fn::Select": [1, {"Fn::Split": ["-", "a-b-c"]}]}, "b"),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", {"Ref": "Unknown"}, "else"]}, "else"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "Small"]}, 1),
        ({"Fn::ImportValue": "Name"}, "x"),
        ([{"Ref": "Name"}, {"a": {"Ref": "Name"}}], ["x", {"a": "x"}]),
    ],
)
def test_intrinsic_functions(value: object, expected: object) -> None:
    """Each function gives what CloudFormation would; a branch that is not taken is not looked at."""
    template = {
        "Parameters": {"Name": {"Default": "x"}},
        "Conditions": {"Yes": {"Fn::Equals": [{"Ref": "Name"}, "x"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
        "Mappings": {"Sizes": {"x": {"Small": 1}}},
    }

    assert Resolver(template, {})(value) == expected


def test_what_is_unknown_is_named() -> None:
    """The error says which name has no counterpart."""
    with pytest.raises(UnknownValue, match=r"Database\.Endpoint has no counterpart"):
        Resolver({}, {})({"Fn::GetAtt": ["Database", "Endpoint"]})


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "not valid YAML"), ("a: 1", "has no Resources"), (None, "can't be read")]
)
def test_a_file_that_is_no_template(tmp_path: Path, text: str | None, message: str) -> None:
    """A mistake is told with the file's name."""
    path = tmp_path / "template.yaml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(TemplateError, match=message):
        load(path)
