"""The SAM CLI and AWS's own transform accept the template, and make of it what is meant."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import ROOT, SAM, Sam

pytestmark = pytest.mark.sam

TRANSFORM = ROOT / "tests" / "deploy" / "transform.py"
Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def resources(sam: Sam) -> Resources:
    """The resources that CloudFormation makes, by logical id."""
    command: list[str | Path] = [SAM.with_name("python"), TRANSFORM, ROOT / "template.yaml", "eu-west-1"]
    environment = {**os.environ, "PYTHONPATH": ""}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)["Resources"]  # type: ignore[no-any-return] # JSON


def of(kind: str, resources: Resources) -> Resources:
    return {name: it["Properties"] for name, it in resources.items() if it["Type"] == kind}


def test_the_template_is_valid_and_without_findings(sam: Sam) -> None:
    """`sam validate --lint` finds nothing, warnings included."""
    run = sam("validate", "--lint")

    assert (run.returncode, run.stdout.strip()) == (0, f"{ROOT / 'template.yaml'} is a valid SAM Template"), run.stderr


def test_the_transform_makes_these_resources(resources: Resources) -> None:
    """Each resource is one that somebody wanted."""
    assert Counter(it["Type"] for it in resources.values()) == {
        "AWS::IAM::Policy": 2,
        "AWS::IAM::Role": 3,
        "AWS::Lambda::EventSourceMapping": 1,
        "AWS::Lambda::Function": 2,
        "AWS::Lambda::LayerVersion": 1,
        "AWS::Lambda::Permission": 4,
        "AWS::Lambda::Url": 2,
        "AWS::Logs::LogGroup": 2,
        "AWS::S3::Bucket": 1,
        "AWS::S3::BucketPolicy": 1,
        "AWS::SQS::Queue": 2,
        "AWS::SQS::QueuePolicy": 1,
        "AWS::Scheduler::Schedule": 1,
    }


def test_a_public_url_has_both_permissions_and_a_private_one_has_none(resources: Resources) -> None:
    """Anybody may call a function by its URL alone, and only when the operator said NONE."""
    found = of("AWS::Lambda::Permission", resources)

    assert {resources[name]["Condition"] for name in found} == {"UrlIsPublic"}
    assert sorted(
        (it["FunctionName"]["Ref"], it["Action"], it.get("FunctionUrlAuthType") or it.get("InvokedViaFunctionUrl"))
        for it in found.values()
    ) == [
        ("ChatFunction", "lambda:InvokeFunction", True),
        ("ChatFunction", "lambda:InvokeFunctionUrl", "NONE"),
        ("IngestFunction", "lambda:InvokeFunction", True),
        ("IngestFunction", "lambda:InvokeFunctionUrl", "NONE"),
    ]


def test_only_the_bucket_may_send_to_the_queue(resources: Resources) -> None:
    """The queue's policy names the bucket that the stack makes, by the same expression."""
    [policy] = of("AWS::SQS::QueuePolicy", resources).values()
    [bucket] = of("AWS::S3::Bucket", resources).values()
    [statement] = policy["PolicyDocument"]["Statement"]

    named, parts = bucket["BucketName"]["Fn::Sub"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnEquals": {"aws:SourceArn": {"Fn::Sub": [f"arn:${{AWS::Partition}}:s3:::{named}", parts]}},
    }


def test_no_policy_of_ours_grants_on_everything(resources: Resources) -> None:
    """Each statement of the functions' policies names its resources and its actions."""
    documents = [it["PolicyDocument"] for it in of("AWS::IAM::Policy", resources).values()]
    for role in of("AWS::IAM::Role", resources).values():
        documents += [policy["PolicyDocument"] for policy in role.get("Policies", [])]

    for statement in (statement for document in documents for statement in document["Statement"]):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert statement["Resource"] != "*", statement
        assert not any(action.endswith("*") for action in actions), statement
