"""Each function may do what its code does, on what it does it to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.cloudformation import Stack
from tests.stack.conftest import PROFILES, RERANKER, SECRET, Deploy
from tests.stack.policies import Statement, allowed, listed, statements

CHAT, INGEST, MIGRATE = "Access/ChatRole", "Access/IngestRole", "Access/MigrateRole"
OBJECT = "<DocumentsBucket.Arn>/collection/report.pdf"
BUCKET, QUEUE, DEAD = "<DocumentsBucket.Arn>", "<IngestQueue.Arn>", "<DeadLetterQueue.Arn>"
PROXY = "<<Proxy/Proxy.DBProxyArn>[6]>"
USER = f"arn:aws:rds-db:eu-west-1:123456789012:dbuser:{PROXY}/sluice"
OWNER = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:<Database/Cluster.DBClusterResourceId>/sluice_owner"


@pytest.fixture(scope="module")
def everything(deploy: Deploy) -> Stack:
    """The stack with all that an operator can ask for."""
    return deploy(**PROFILES["everything"])


FORBIDDEN = [
    (CHAT, "s3:PutObject", OBJECT),
    (CHAT, "s3:DeleteObject", OBJECT),
    (CHAT, "sqs:SendMessage", QUEUE),
    (CHAT, "rds-db:connect", OWNER),
    (INGEST, "s3:GetObject", "arn:aws:s3:::somebody-elses/report.pdf"),
    (INGEST, "s3:DeleteBucket", BUCKET),
    (INGEST, "sqs:SendMessage", DEAD),
    (INGEST, "rds-db:connect", OWNER),
    (CHAT, "bedrock:InvokeModelWithResponseStream", RERANKER),
    *((role, "bedrock:Rerank", "*") for role in (INGEST, MIGRATE)),
    (MIGRATE, "s3:GetObject", OBJECT),
    (MIGRATE, "rds-db:connect", USER),
    *((role, "secretsmanager:GetSecretValue", f"{SECRET}-of-others") for role in (CHAT, INGEST, MIGRATE)),
    *((role, "ec2:CreateNetworkInterface", "*") for role in (CHAT, INGEST, MIGRATE)),
]


@pytest.mark.parametrize(("role", "action", "resource"), FORBIDDEN)
def test_what_a_function_has_no_business_with_is_refused(
    everything: Stack, role: str, action: str, resource: str
) -> None:
    """The simulator can say no, and does."""
    assert not allowed(everything, role, action, resource)


def test_only_what_has_no_name_is_granted_on_everything(stack: Stack) -> None:
    """Traces, jobs of Textract, rankings of Bedrock, and network interfaces, which are denied to the code itself."""
    nameless = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    nameless |= {"textract:StartDocumentTextDetection", "textract:GetDocumentTextDetection", "bedrock:Rerank"}

    for role, it in grants(stack):
        actions = listed(it["Action"])
        assert not any("*" in action for action in actions), (role, it)
        if "*" in listed(it["Resource"]) and not all(action.startswith("ec2:") for action in actions):
            assert set(actions) <= nameless, (role, it)


def grants(stack: Stack) -> Iterator[tuple[str, Statement]]:
    """Yield what every role of the stack is granted; no policy of AWS' own is among it."""
    for role, properties in stack.of("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in properties, f"{role} has a policy that names no resources"
        yield from ((role, it) for it in statements(stack, role) if it["Effect"] == "Allow")


def test_a_role_is_for_its_service_alone(stack: Stack) -> None:
    """Nobody else can take it on."""
    trusted = {
        name: (statement["Principal"], statement["Action"])
        for name, it in stack.of("AWS::IAM::Role").items()
        for statement in it["AssumeRolePolicyDocument"]["Statement"]
    }

    services = {CHAT: "lambda", INGEST: "lambda", MIGRATE: "lambda", "Proxy/Role": "rds"}
    for name, (principal, action) in trusted.items():
        service = services.get(name, "scheduler")
        assert (str(principal["Service"]).strip("[']"), listed(action)) == (
            f"{service}.amazonaws.com",
            ["sts:AssumeRole"],
        ), name


@pytest.mark.parametrize("profile", PROFILES)
def test_every_role_is_bounded_where_the_account_asks_for_it(deploy: Deploy, profile: str) -> None:
    """Those that SAM makes too; and none else names a bound."""
    bound = "arn:aws:iam::123456789012:policy/bound"
    bounded = deploy(**PROFILES[profile], PermissionsBoundaryArn=bound).of("AWS::IAM::Role").values()
    free = deploy(**PROFILES[profile]).of("AWS::IAM::Role").values()

    assert {it["PermissionsBoundary"] for it in bounded} == {bound}
    assert [it for it in free if "PermissionsBoundary" in it] == []


def test_each_function_has_its_own_role(stack: Stack) -> None:
    """And none has another's."""
    roles = {name: it["Role"] for name, it in stack.of("AWS::Lambda::Function").items()}

    assert roles == {
        "ChatFunction": f"<{CHAT}.Arn>",
        "IngestFunction": f"<{INGEST}.Arn>",
        "MigrateFunction": f"<{MIGRATE}.Arn>",
    }
