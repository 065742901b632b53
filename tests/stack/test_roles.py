"""Each function may do what its code does, on what it does it to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.calls import Call, made
from tests.stack.cloudformation import Stack
from tests.stack.conftest import PROFILES, SECRET, Deploy
from tests.stack.policies import Statement, allowed, listed, statements

CHAT, INGEST, MIGRATE = "Access/ChatRole", "Access/IngestRole", "Access/MigrateRole"
OBJECT = "<DocumentsBucket.Arn>/collection/report.pdf"
BUCKET, QUEUE, DEAD = "<DocumentsBucket.Arn>", "<IngestQueue.Arn>", "<DeadLetterQueue.Arn>"
MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/m"
PROXY = "<<Proxy/Proxy.DBProxyArn>[6]>"
USER = f"arn:aws:rds-db:eu-west-1:123456789012:dbuser:{PROXY}/sluice"
OWNER = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:<Database/Cluster.DBClusterResourceId>/sluice_owner"

# What each call of the code is to IAM: the action, and the resource of our stack.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
CALLS: dict[Call, list[tuple[str, str]]] = {
    ("s3", "get_object"): [("s3:GetObject", OBJECT)],
    ("s3", "head_object"): [("s3:GetObject", OBJECT), ("s3:ListBucket", BUCKET)],  # the latter for a 404 instead of 403
    ("s3", "put_object"): [("s3:PutObject", OBJECT)],
    ("s3", "delete_object"): [("s3:DeleteObject", OBJECT)],
    ("s3", "list_objects_v2"): [("s3:ListBucket", BUCKET)],
    ("s3", "generate_presigned_post"): [("s3:PutObject", OBJECT)],
    ("s3", "generate_presigned_url"): [],  # whatever it signs: the next line
    ("s3", "generate_presigned_url get_object"): [("s3:GetObject", OBJECT)],
    ("sqs", "send_message"): [("sqs:SendMessage", QUEUE)],
    ("sqs", "change_message_visibility"): [("sqs:ChangeMessageVisibility", QUEUE)],
    ("sqs", "receive_message"): [("sqs:ReceiveMessage", DEAD)],
    ("sqs", "delete_message"): [("sqs:DeleteMessage", DEAD)],
    ("secretsmanager", "get_secret_value"): [("secretsmanager:GetSecretValue", SECRET)],
    ("textract", "start_document_text_detection"): [("textract:StartDocumentTextDetection", "*")],
    ("textract", "get_document_text_detection"): [("textract:GetDocumentTextDetection", "*")],
    ("rds", "generate_db_auth_token"): [("rds-db:connect", USER)],
}
# LiteLLM signs its requests to Bedrock itself.
MODELS = [("bedrock:InvokeModel", MODEL), ("bedrock:InvokeModelWithResponseStream", MODEL)]
SHARED = [*MODELS, *CALLS["secretsmanager", "get_secret_value"]]
# What Lambda does in a function's name.
QUEUE_POLLER = [(f"sqs:{it}", QUEUE) for it in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}

DONE = {
    CHAT: [*SHARED, ("rds-db:connect", USER), *CALLS["s3", "generate_presigned_url get_object"]],
    INGEST: [*SHARED, *(it for its in CALLS.values() for it in its), *QUEUE_POLLER],
    MIGRATE: [*SHARED, ("rds-db:connect", OWNER)],
}


@pytest.fixture(scope="module")
def everything(deploy: Deploy) -> Stack:
    """The stack with all that an operator can ask for."""
    return deploy(**PROFILES["everything"])


def test_the_list_of_calls_is_complete() -> None:
    """Whoever adds a call to an adapter says here which action it is."""
    assert made() == CALLS.keys()


def test_every_call_is_allowed(everything: Stack) -> None:
    """On the very resource that it is made for."""
    refused = [
        (role, action, resource)
        for role, done in DONE.items()
        for action, resource in done
        if not allowed(everything, role, action, resource)
    ]

    assert refused == []


@pytest.mark.parametrize("role", DONE)
def test_every_allowed_action_is_used(everything: Stack, role: str) -> None:
    """By the code, or by Lambda in its name."""
    granted = {
        action
        for it in statements(everything, role)
        if it["Effect"] == "Allow"
        for action in listed(it["Action"])
        if not action.startswith("ec2:")  # Lambda's, and denied to code: below
    }

    assert granted == {action for action, _ in DONE[role]} | TRACES | LOGS


FORBIDDEN = [
    (CHAT, "s3:PutObject", OBJECT),
    (CHAT, "s3:DeleteObject", OBJECT),
    (CHAT, "sqs:SendMessage", QUEUE),
    (CHAT, "rds-db:connect", OWNER),
    (INGEST, "s3:GetObject", "arn:aws:s3:::somebody-elses/report.pdf"),
    (INGEST, "s3:DeleteBucket", BUCKET),
    (INGEST, "sqs:SendMessage", DEAD),
    (INGEST, "rds-db:connect", OWNER),
    (MIGRATE, "s3:GetObject", OBJECT),
    (MIGRATE, "rds-db:connect", USER),
    *((role, "secretsmanager:GetSecretValue", f"{SECRET}-of-others") for role in DONE),
    *((role, "ec2:CreateNetworkInterface", "*") for role in DONE),
]


@pytest.mark.parametrize(("role", "action", "resource"), FORBIDDEN)
def test_what_a_function_has_no_business_with_is_refused(
    everything: Stack, role: str, action: str, resource: str
) -> None:
    """The simulator can say no, and does."""
    assert not allowed(everything, role, action, resource)


def test_only_what_has_no_name_is_granted_on_everything(stack: Stack) -> None:
    """In every profile: traces, jobs of Textract, and network interfaces, which are denied to the code itself."""
    nameless = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    nameless |= {"textract:StartDocumentTextDetection", "textract:GetDocumentTextDetection"}

    for role, it in granted(stack):
        actions = listed(it["Action"])
        assert not any("*" in action for action in actions), (role, it)
        if "*" in listed(it["Resource"]) and not all(action.startswith("ec2:") for action in actions):
            assert set(actions) <= nameless, (role, it)


def granted(stack: Stack) -> Iterator[tuple[str, Statement]]:
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


def test_each_function_has_its_own_role(stack: Stack) -> None:
    """And none has another's."""
    roles = {name: it["Role"] for name, it in stack.of("AWS::Lambda::Function").items()}

    assert roles == {
        "ChatFunction": f"<{CHAT}.Arn>",
        "IngestFunction": f"<{INGEST}.Arn>",
        "MigrateFunction": f"<{MIGRATE}.Arn>",
    }
