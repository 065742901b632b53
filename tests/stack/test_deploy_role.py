"""The role with which GitHub deploys may make what the templates hold, and nothing else.

What a resource type asks for is read in AWS's own descriptions of the types, which come with cfn-lint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

from tests.conftest import missing
from tests.deploy.conftest import ROOT, SAM
from tests.stack.cloudformation import Refused, Stack, Templates
from tests.stack.conftest import DOORS, PROFILES, Deploy
from tests.stack.policies import listed

FILE = "infra/deploy-role.yaml"
# Of what the descriptions ask for: parts of the types that no template of ours uses.
UNUSED = re.compile(
    r"^(codedeploy|elasticfilesystem|firehose|kms|s3files|s3tables|secretsmanager|vpce|vpc-lattice):"
    r"|^ec2:.*(AddressTransfer|AssociateAddress|DisassociateAddress|NatGatewayAddress|Vpn|Tenancy|CidrBlock)"
    r"|^ec2:.*EncryptionControl|^cloudfront:.*(VpcOrigin|ConnectionGroup|StagingConfig|WithTags)"
    r"|^iam:.*(GroupPolicy|UserPolicy|PermissionsBoundary|AttachRolePolicy|DetachRolePolicy|ListRoles)"
    r"|^lambda:.*(ProvisionedConcurrency|CodeSigning|Recursion|CapacityProvider|Scaling|RuntimeManagement|RuntimeAlias)"
    r"|^logs:.*(DataProtection|BearerToken|Index|LogDelivery|LogGroupDeletion|KmsKey|ResourcePolic)"
    r"|^rds:.*(GlobalCluster|HttpEndpoint|RoleToDB|RoleFromDB|ReadReplica|PointInTime|BackupsReplication|Restore)"
    r"|^rds:CreateDBSnapshot$|^s3:(REST|DeleteObject$|GetBucketAcl|GetAccel|PutObjectAcl|PutBucketAcl)"
    r"|^s3:.*(Metadata|Abac|Accelerate|Analytics|BucketLogging|ObjectLock|Replication|Website|Tiering|Inventory)"
    r"|^s3:.*MetricsConfiguration|^s3:DeleteBucket(Cors|Encryption|Lifecycle)"
    r"|^sns:.*DataProtection|^cloudformation:.*(StackPolicy|TerminationProtection)|^apigateway:UpdateRestApiPolicy"
)
# What the SAM CLI asks for itself, and CloudFormation where it invokes the migration.
OF_THE_CLI = {
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplateSummary",
    "cloudformation:ListStackResources",
    "lambda:InvokeFunction",
    "s3:GetBucketLocation",
    "s3:PutObject",
}


@pytest.fixture(scope="module")
def role(templates: Templates) -> Stack:
    return Stack(templates, FILE, {"Repository": "OWNER/NAME"})


def statements(role: Stack) -> Iterator[dict[str, Any]]:
    for policy in role.of("AWS::IAM::ManagedPolicy").values():
        assert policy["Roles"] == ["<Role>"]
        yield from policy["PolicyDocument"]["Statement"]


def granted(role: Stack) -> set[str]:
    return {action for it in statements(role) for action in listed(it["Action"])}


@cache
def descriptions() -> dict[str, set[str]]:
    """Return what making, changing, deleting and reading a resource needs, by its type."""
    if not SAM.exists():
        missing("there is no SAM CLI here: `make .venv-sam/.ready` installs it")
    found = {}
    for file in SAM.parents[1].glob("lib/python3*/site-packages/cfnlint/data/schemas/resources/*.json"):
        schema = json.loads(file.read_text())
        handlers = schema.get("handlers", {})
        wanted = [handlers.get(it, {}).get("permissions", []) for it in ("create", "read", "update", "delete")]
        found[schema["typeName"]] = {action for actions in wanted for action in actions}
    return found


@pytest.fixture(scope="module")
def needed(deploy: Deploy) -> set[str]:
    """What all types need that any profile makes, with any door."""
    stacks = [
        deploy(**{**parameters, "FrontDoor": door, **more})
        for parameters, door in product(PROFILES.values(), DOORS)
        for more in ({}, {"AlarmEmail": "me@example.com", "MonthlyBudgetDollars": "5", "Egress": "nat"})
    ]
    types = {it["Type"] for stack in stacks for it in stack.everything().values()} - {"Custom::Migration"}
    assert types - descriptions().keys() == set(), "AWS's descriptions lack these"
    return {action for it in types for action in descriptions()[it] if not UNUSED.search(action)}


def test_the_role_may_make_and_delete_everything(role: Stack, needed: set[str]) -> None:
    """Of every profile, with every door."""
    assert needed - granted(role) == set()


def test_the_role_may_do_nothing_that_no_resource_needs(role: Stack, needed: set[str]) -> None:
    """But what the CLI does itself."""
    assert granted(role) - needed - OF_THE_CLI == set()
    assert OF_THE_CLI - granted(role) == set()


def test_whoever_has_its_token_changes_one_stack_and_touches_nothing_else(role: Stack) -> None:
    """All but starting changes and uploading packages works through CloudFormation alone."""
    by_itself = {
        action: it["Resource"]
        for it in statements(role)
        if it.get("Condition", {}).get("ForAnyValue:StringEquals") != {"aws:CalledVia": "cloudformation.amazonaws.com"}
        for action in listed(it["Action"])
    }

    assert {action.partition(":")[0] for action in by_itself} == {"cloudformation", "s3", "iam"}
    assert [action for action in by_itself if action.startswith("iam:")] == ["iam:CreateServiceLinkedRole"]
    assert {resource for action, on in by_itself.items() if action.startswith("s3:") for resource in on} == {
        "arn:aws:s3:::aws-sam-cli-managed-default-*",
        "arn:aws:s3:::aws-sam-cli-managed-default-*/*",
    }


def test_where_roles_are_bounded_none_is_made_or_widened_without_the_bound(templates: Templates, role: Stack) -> None:
    """Nor is a bound taken away: so what a deploy makes can't do more than the account lets it."""
    bound = "arn:aws:iam::123456789012:policy/bound"
    bounded = Stack(templates, FILE, {"Repository": "OWNER/NAME", "PermissionsBoundaryArn": bound})

    widening = {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}
    kept = [it for it in statements(bounded) if widening & set(listed(it["Action"]))]
    assert [(set(it["Action"]), it["Condition"]["StringEquals"]) for it in kept] == [
        (widening, {"iam:PermissionsBoundary": bound})
    ]
    assert granted(bounded) - granted(role) == {"iam:PutRolePermissionsBoundary"}
    assert not {it for it in granted(bounded) if re.search("AttachRolePolicy|DeleteRolePermissionsBoundary", it)}


def test_it_reads_no_document_not_even_through_cloudformation(role: Stack) -> None:
    """Objects are read and written in SAM's bucket only."""
    objects = [
        resource
        for it in statements(role)
        if {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} & set(listed(it["Action"]))
        for resource in listed(it["Resource"])
    ]

    assert [it for it in objects if not it.startswith("arn:aws:s3:::aws-sam-cli-managed-default-")] == []


def test_one_repository_and_one_environment_may_be_it(role: Stack) -> None:
    """And no pull request, whose token names no environment."""
    [it] = role.of("AWS::IAM::Role").values()

    [statement] = it["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": "<Provider>"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:OWNER/NAME:environment:default",
            }
        },
    }


@pytest.mark.parametrize("repository", ["OWNER", "OWNER/*", "*/NAME", "OWNER/NAME:*"])
def test_a_whole_organisation_may_not_be_it(templates: Templates, repository: str) -> None:
    """A pattern would let in more than one repository."""
    with pytest.raises(Refused):
        _ = Stack(templates, FILE, {"Repository": repository}).parameters


def test_a_provider_that_is_there_is_taken(templates: Templates) -> None:
    """An account can have one of them only."""
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    stack = Stack(templates, FILE, {"Repository": "OWNER/NAME", "ProviderArn": arn})

    [it] = stack.of("AWS::IAM::Role").values()
    assert not stack.exists("Provider")
    assert it["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Federated": arn}


def test_no_policy_is_larger_than_iam_takes(role: Stack) -> None:
    """6,144 characters without spaces (IAM and AWS STS quotas)."""
    sizes = {
        path: len(re.sub(r"\s", "", json.dumps(it["PolicyDocument"])))
        for path, it in role.of("AWS::IAM::ManagedPolicy").items()
    }

    assert {path: size for path, size in sizes.items() if size > 6_000} == {}


def test_the_workflow_and_the_role_name_the_same_stage() -> None:
    """The environment that the workflow runs in is the one that the role trusts."""
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()

    assert "environment: ${{ inputs.stage }}" in workflow
