"""What is deployed is what runs: every change that reaches a function is published, and nothing old stays behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.cloudformation import Stack, Templates
from tests.stack.conftest import PROFILES, SECRET, Deploy, transform

PUBLISHED = ("ChatFunction", "IngestFunction")

# Another value of every parameter that reaches a function, and a profile in which it does.
CHANGES: dict[str, tuple[str, str]] = {
    "Profile": ("pause", "proxy"),
    "DatabaseUserArns": ("existing in a network", ""),
    "SecretArn": ("pause", SECRET),
    "ChatModel": ("pause", "openai/gpt"),
    "EmbeddingModel": ("pause", "openai/embed"),
    "RerankModel": ("pause", "cohere/rerank-v3.5"),
    "Ocr": ("pause", "textract"),
    "FrontDoor": ("pause", "PublicFunctionUrl"),
    "Auth": ("pause", "key"),
    "SubnetIds": ("existing in a network", "subnet-3"),
    "SecurityGroupIds": ("existing in a network", "sg-3"),
    "Architecture": ("pause", "arm64"),
    "SnapStart": ("pause", "off"),
    "Tracing": ("pause", "PassThrough"),
}
# These change a function without a new version: what is reserved belongs to the function itself.
UNPUBLISHED = {"ChatConcurrency", "IngestConcurrency"}


def functions(stack: Stack) -> dict[str, Any]:
    return {name: stack.resources[name]["Properties"] for name in PUBLISHED}


@pytest.mark.parametrize("parameter", CHANGES)
def test_a_changed_parameter_is_published(deploy: Deploy, parameter: str) -> None:
    """SAM names a version by what the template says, whatever the parameters are; the migration's digest does not."""
    profile, value = CHANGES[parameter]
    before, after = deploy(**PROFILES[profile]), deploy(**{**PROFILES[profile], parameter: value})

    assert functions(before) != functions(after), f"{parameter} reaches no function here: take it off the list"
    assert migration(before) != migration(after), f"a new {parameter} would stay unpublished"


def migration(stack: Stack) -> Any:
    return stack.resources["Migration"]["Properties"]


def test_no_other_parameter_reaches_a_function(deploy: Deploy, templates: Templates) -> None:
    """A parameter that does must be among those that the migration is told of."""
    values = {"VpcId": "vpc-2", "VpcCidr": "10.0.0.0/16", "BedrockModelArns": "arn:model", "AlarmEmail": "a@b.c"}
    values |= {"DatabaseVersion": "16.8", "DatabaseMaxCapacity": "8", "DatabaseDeletionProtection": "false"}
    values |= {"WebAclArn": "", "Egress": "nat", "QueueConcurrency": "7", "RequestsPerSecond": "5"}
    values |= {"LogRetentionDays": "90", "MonthlyBudgetDollars": "5", "RunbookUrl": "elsewhere"}
    values |= {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/bound"}
    values |= {"SlowFirstTokenMilliseconds": "900", "DailyModelDollars": "3"}
    rest = templates["template.yaml"]["Parameters"].keys() - CHANGES.keys() - UNPUBLISHED
    assert rest == values.keys(), "say of a new parameter whether it reaches a function"

    for name, value in values.items():
        assert functions(deploy()) == functions(deploy(**{name: value})), name


def test_the_digest_is_in_what_is_published(deploy: Deploy) -> None:
    """A version with a new description is made anew, and Lambda makes one only where the function has changed too."""
    stack = deploy()

    versions = stack.of("AWS::Lambda::Version").values()
    assert {it["Description"] for it in versions} == {"<Migration.Release>"}
    environments = [it["Environment"]["Variables"] for it in functions(stack).values()]
    assert [it["SLUICE_RELEASE"] for it in environments] == ["<Migration.Release>"] * 2


def test_a_new_layer_alone_is_published(templates: Templates) -> None:
    """Most releases change nothing but the layer."""
    renewed = transform(LAYER="s3://bucket/another")

    before, after = (Stack(it).everything().keys() for it in (templates, renewed))
    kinds = {name[:-10] for name in after - before}
    assert kinds == {"ChatFunctionVersion", "IngestFunctionVersion", "CommonLayer"}


def test_code_never_meets_a_schema_older_than_itself(templates: Templates) -> None:
    """The functions wait for the migration, which waits for the layer."""
    root = templates["template.yaml"]["Resources"]

    assert root["Migration"]["Properties"]["Layer"]["Ref"].startswith("CommonLayer")
    assert root["Migration"]["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["MigrateFunction", "Arn"]}
    for name in PUBLISHED:
        variables = root[name]["Properties"]["Environment"]["Variables"]
        assert variables["SLUICE_RELEASE"] == {"Fn::GetAtt": ["Migration", "Release"]}


def test_old_versions_and_layers_go(templates: Templates) -> None:
    """An old version with a snapshot would cost as much as the new one, and nobody would see it."""
    root = templates["template.yaml"]["Resources"]
    kinds = ("AWS::Lambda::Version", "AWS::Lambda::LayerVersion")

    policies = {it.get("DeletionPolicy", "Delete") for it in root.values() if it["Type"] in kinds}
    assert policies == {"Delete"}


def test_snapshots_are_taken_unless_the_operator_says_no(deploy: Deploy) -> None:
    """Of the chat function, for whose start somebody waits."""
    states = [
        (name, it["Properties"].get("SnapStart", {}).get("ApplyOn"))
        for stack in (deploy(), deploy(SnapStart="off"))
        for name, it in stack.resources.items()
        if it["Type"] == "AWS::Lambda::Function"
    ]
    assert [it for it in states if it[1]] == [("ChatFunction", "PublishedVersions"), ("ChatFunction", "None")]
