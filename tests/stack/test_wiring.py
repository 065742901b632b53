"""The parts of the stack fit together, however it is deployed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

from tests.stack.cloudformation import Stack, Templates, references
from tests.stack.conftest import DOORS, PROFILES, Deploy

ALIASES = {"ChatFunction": "<ChatFunctionAliaslive>", "IngestFunction": "<IngestFunctionAliaslive>"}


def test_every_reference_leads_to_something_that_exists(stack: Stack) -> None:
    """In every profile, with every door: all properties, nested parameters and outputs can be worked out."""
    assert stack.rules_broken() == []
    assert stack.everything()
    assert stack.outputs["Url"]


def test_no_template_has_a_circular_dependency(templates: Templates) -> None:
    """CloudFormation takes a nested stack for one node, and so does this."""
    for template in templates.values():
        TopologicalSorter({name: needed(name, template) for name in template["Resources"]}).prepare()


def needed(name: str, template: Mapping[str, Any]) -> set[str]:
    resource = template["Resources"][name]
    depends = resource.get("DependsOn", [])
    named = {depends} if isinstance(depends, str) else set(depends)
    return (named | set(references(resource.get("Properties", {})))) & set(template["Resources"])


def test_an_alias_points_to_the_version_that_was_just_published(stack: Stack) -> None:
    """URL, queue and doors lead to the alias; what is unpublished has no snapshot."""
    aliases = stack.of("AWS::Lambda::Alias")
    versions = {f"<{name}.Version>": it["FunctionName"] for name, it in stack.of("AWS::Lambda::Version").items()}

    assert {it["FunctionName"]: versions[it["FunctionVersion"]] for it in aliases.values()} == {
        "<ChatFunction>": "<ChatFunction>",
        "<IngestFunction>": "<IngestFunction>",
    }
    [source] = stack.of("AWS::Lambda::EventSourceMapping").values()
    [schedule] = stack.of("AWS::Scheduler::Schedule").values()
    urls = {it["TargetFunctionArn"] for it in stack.of("AWS::Lambda::Url").values()}
    assert urls == set(ALIASES.values())
    assert {source["FunctionName"], schedule["Target"]["Arn"]} == {ALIASES["IngestFunction"]}


def test_only_the_bucket_may_send_to_the_queue(stack: Stack) -> None:
    """The queue's policy names the bucket that the stack makes by the same expression, since a reference is a cycle."""
    [policy] = stack.of("AWS::SQS::QueuePolicy").values()
    [bucket] = stack.of("AWS::S3::Bucket").values()

    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Sid": "BucketTellsOfDocuments",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "<IngestQueue.Arn>",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket['BucketName']}"},
        },
    }


def test_the_bucket_is_private_encrypted_versioned_and_refuses_plain_http(stack: Stack) -> None:
    """Documents leave it by signed requests over TLS only."""
    [bucket] = stack.of("AWS::S3::Bucket").values()
    [policy] = stack.of("AWS::S3::BucketPolicy").values()

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Condition"]) == (
        "Deny",
        "*",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_timeouts_and_concurrency_fit_together(deploy: Deploy) -> None:
    """A message stays hidden for six timeouts; the fuse of ingestion leaves room for uploads beside the queue."""
    stack = deploy()
    ingest = stack.resources["IngestFunction"]["Properties"]
    [source] = stack.of("AWS::Lambda::EventSourceMapping").values()
    migration = stack.resources["Migration"]["Properties"]

    assert stack.resources["IngestQueue"]["Properties"]["VisibilityTimeout"] >= 6 * ingest["Timeout"]
    assert int(source["ScalingConfig"]["MaximumConcurrency"]) < int(ingest["ReservedConcurrentExecutions"])
    assert migration["ServiceTimeout"] > stack.resources["MigrateFunction"]["Properties"]["Timeout"]


def test_a_fuse_can_be_taken_out(deploy: Deploy) -> None:
    """A new account has no concurrency to reserve."""
    stack = deploy(ChatConcurrency="none", IngestConcurrency="none")

    functions = stack.of("AWS::Lambda::Function").values()
    assert [it for it in functions if "ReservedConcurrentExecutions" in it] == []


def test_logs_are_kept_for_as_long_as_the_operator_says(stack: Stack) -> None:
    """Every function writes to a group of the stack; a group that Lambda makes would keep everything for ever."""
    groups = {f"<{name}>": it["RetentionInDays"] for name, it in stack.of("AWS::Logs::LogGroup").items()}

    assert set(groups.values()) == {"30"}
    assert {it["LoggingConfig"]["LogGroup"] for it in stack.of("AWS::Lambda::Function").values()} <= groups.keys()


def test_both_architectures_differ_in_nothing_but_the_architecture(deploy: Deploy) -> None:
    """The layer and the functions agree on it."""
    for profile, door in itertools.product(PROFILES.values(), DOORS):
        intel, arm = (deploy(**profile, FrontDoor=door, Architecture=it).everything() for it in ("x86_64", "arm64"))

        different = {name for name in intel if intel[name] != arm[name]}
        layers = {name for name in intel if name.startswith("CommonLayer")}
        assert intel.keys() == arm.keys()
        assert different == {"ChatFunction", "IngestFunction", "MigrateFunction", "Migration", *layers}
