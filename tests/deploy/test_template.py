"""The template's parts fit together."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from local.template import Notification, Place, Stack, read
from tests.deploy.conftest import ROOT

IN_OPT = ROOT / "layers" / "common"


def names(module: Path) -> set[str]:
    """Return what a module defines and assigns at its top level, without running it."""
    statements = ast.parse(module.read_text()).body
    functions = {it.name for it in statements if isinstance(it, ast.FunctionDef)}
    targets = [target for it in statements if isinstance(it, ast.Assign) for target in it.targets]
    return functions | {target.id for target in targets if isinstance(target, ast.Name)}


def test_every_handler_is_an_attribute_of_a_module(stack: Stack) -> None:
    """The path of each handler leads to a module of the repository that defines it."""
    for function in stack.functions.values():
        module, _, name = function.handler.rpartition(".")

        assert name in names(ROOT.joinpath(*module.split(".")).with_suffix(".py"))


def test_every_function_url_streams(stack: Stack) -> None:
    """The functions that callers reach have a URL, and it streams; migrations have none."""
    modes = {name: function.invoke_mode for name, function in stack.functions.items()}

    assert modes == {"ChatFunction": "RESPONSE_STREAM", "IngestFunction": "RESPONSE_STREAM", "MigrateFunction": None}


def test_the_exec_wrapper_lies_in_the_layer_and_is_executable(stack: Stack) -> None:
    """What AWS_LAMBDA_EXEC_WRAPPER names is a file of the layer that can be started."""
    wrappers = {function.environment["AWS_LAMBDA_EXEC_WRAPPER"] for function in stack.functions.values()}

    assert wrappers == {"/opt/sluice-runtime"}
    assert os.access(IN_OPT / "sluice-runtime", os.X_OK)


def test_a_message_stays_invisible_for_six_timeouts_of_its_function(stack: Stack) -> None:
    """A message that is being worked on is not handed out again, retries of a throttled batch included."""
    queue, function = stack.queues["IngestQueue"], stack.functions["IngestFunction"]

    assert queue.visibility_seconds >= 6 * function.timeout_seconds


def test_a_message_that_fails_five_times_goes_to_the_dead_letters(stack: Stack) -> None:
    """The queue gives up after five deliveries and keeps what it gave up."""
    queue, dead = stack.queues["IngestQueue"], stack.queues["DeadLetterQueue"]

    assert (queue.dead_letters, queue.max_receives) == (dead.arn, 5)


def test_the_ingest_function_reports_which_messages_failed(stack: Stack) -> None:
    """Only the failed messages of a batch come back."""
    [source] = stack.functions["IngestFunction"].event_sources

    assert (source.queue_arn, source.report_failures) == (stack.queues["IngestQueue"].arn, True)


def test_the_bucket_tells_the_queue_what_comes_and_goes(stack: Stack) -> None:
    """Objects that are new, back, deleted or expired all reach the ingest queue."""
    bucket = stack.buckets["DocumentsBucket"]

    events = (
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:LifecycleExpiration:*",
        "s3:ObjectRestore:Completed",
    )
    assert bucket.notifications == (Notification(stack.queues["IngestQueue"].arn, events),)


def test_a_document_is_called_a_dead_letter_when_the_queue_makes_it_one(stack: Stack) -> None:
    """The function is told how often the queue tries."""
    attempts = stack.functions["IngestFunction"].environment["SLUICE_DELIVERY_ATTEMPTS"]

    assert int(attempts) == stack.queues["IngestQueue"].max_receives


def test_no_environment_variable_holds_a_secret() -> None:
    """The database's address and the models' keys come from the secret, whose ARN is all that a function is given."""
    existing = read(ROOT / "template.yaml", Place(), {"Profile": "existing", "SecretArn": "arn:secret"})

    for function in existing.functions.values():
        assert (function.environment["SLUICE_DATABASE_URL"], function.environment["SLUICE_SECRET_ARN"]) == (
            "",
            "arn:secret",
        )
        assert [name for name in function.environment if name.endswith(("_KEY", "_PASSWORD", "_TOKEN"))] == []
