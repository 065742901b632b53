"""What a recorded call needs of IAM, and what a role is granted that no test can see in use."""

from __future__ import annotations

from tests.recording import Call
from tests.stack.cloudformation import Stack
from tests.stack.conftest import MODEL, RERANKER

Grant = tuple[str, str]
"""An action, and the resource that it is for."""

# What an operation is to IAM, where that is not its name. Without the list S3 answers 403 for an object that is gone.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_ACTIONS = {
    "s3:HeadObject": ["s3:GetObject", "s3:ListBucket"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    # The last two where the object has tags, as any may have.
    "s3:CopyObject": ["s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:PutObjectTagging"],
}
_ON_OBJECTS = {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectTagging", "s3:PutObjectTagging"}
_NAMELESS = {"textract:StartDocumentTextDetection", "textract:GetDocumentTextDetection"}

# Lambda's own work in a function's name; and models on Bedrock, whose requests LiteLLM signs without boto3: a test of
# its adapter sees it send them (tests/llm/test_stub_provider.py, and tests/contract/test_reranker.py).
UNSEEN: set[Grant] = {
    *((f"logs:{it}", f"<{logs}.Arn>") for it in ("CreateLogStream", "PutLogEvents") for logs in (
        "ChatLogs", "IngestLogs", "MigrateLogs",
    )),
    *((f"xray:{it}", "*") for it in ("PutTraceSegments", "PutTelemetryRecords")),
    *((f"sqs:{it}", "<IngestQueue.Arn>") for it in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")),
    *((f"bedrock:{it}", MODEL) for it in ("InvokeModel", "InvokeModelWithResponseStream")),
    ("bedrock:Rerank", "*"),
    ("bedrock:InvokeModel", RERANKER),
}  # fmt: skip


class Needs:
    """Works out what calls need in a stack; a function is known by its handler."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._functions = {it["Handler"]: it for it in stack.of("AWS::Lambda::Function").values()}

    def role(self, call: Call) -> str:
        """Return the path of the role with which the call is made."""
        return str(self._functions[call.function]["Role"]).removeprefix("<").removesuffix(".Arn>")

    def of(self, call: Call) -> list[Grant]:
        """Return the actions of a call, each with the resource of this stack that it was made on."""
        operation = f"{call.service}:{call.operation}"
        return [(action, self._resource(call, action)) for action in _ACTIONS.get(operation, [operation])]

    def _resource(self, call: Call, action: str) -> str:
        if action in _NAMELESS:
            return "*"
        if action == "rds-db:connect":
            return self._database_user(call)
        assert call.on, f"{call} is on something that no variable of the function names"
        named = str(self._functions[call.function]["Environment"]["Variables"][call.on])
        arn = named.replace(">", ".Arn>")
        return f"{arn}/collection/report.pdf" if action in _ON_OBJECTS else arn

    def _database_user(self, call: Call) -> str:
        """Return whom the function's address names, as IAM does: a user at the proxy, or past it."""
        variables = self._functions[call.function]["Environment"]["Variables"]
        address = variables.get("SLUICE_MIGRATION_URL") or variables["SLUICE_DATABASE_URL"]
        access = self._stack.nested("Access").parameters
        arns = access["DatabaseOwnerArns" if "SLUICE_MIGRATION_URL" in variables else "DatabaseUserArns"]
        [arn] = [it for it in arns if it.endswith(f"/{address.removeprefix('postgresql://').partition('@')[0]}")]
        return str(arn)
