"""Runs the functions of a stack in execution environments, with the variables of the template and AWS by moto."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3

from tests.stack.conftest import Deploy
from tests.streaming.environment import ExecutionEnvironment, function_url_event

REGION: Final = "eu-west-1"
BUCKET, QUEUE, DEAD = "existing-documents", "existing-ingest", "existing-dead"
PATIENCE = {"SLUICE_DATABASE_TIMEOUT_SECONDS": "1"}
OPERATOR = {"iam": {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/me", "userId": "me"}}


@dataclass(frozen=True)
class Aws:
    """moto's server, and what the stack would have made in it."""

    endpoint: str
    queues: dict[str, str]

    def client(self, service: Any) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION)

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)

    def secret(self, **values: str) -> str:
        """Make a secret as the docs say, and return its ARN."""
        secrets = self.client("secretsmanager")
        name = f"existing-{len(secrets.list_secrets()['SecretList'])}"
        arn: str = secrets.create_secret(Name=name, SecretString=json.dumps(values))["ARN"]
        return arn


class Functions:
    """Starts the stack's functions, with the variables that the template gives them."""

    def __init__(self, deploy: Deploy, aws: Aws) -> None:
        self._deploy = deploy
        self._aws = aws

    @asynccontextmanager
    async def running(self, function: str, database: str, **parameters: str) -> AsyncIterator[ExecutionEnvironment]:
        """Run a function whose database's address is known to the secret alone, and whose caller may do anything."""
        secret = self._aws.secret(SLUICE_DATABASE_URL=database, SLUICE_IAM_SCOPES="ask,ingest,admin", **PATIENCE)
        stack = self._deploy(Profile="existing", SecretArn=secret, Ocr="textract", **parameters)
        properties = stack.resources[function]["Properties"]
        variables = self._variables(properties["Environment"]["Variables"])
        environment = ExecutionEnvironment(properties["Handler"], variables=variables)
        await environment.start()
        try:
            yield environment
        finally:
            await environment.close()

    def _variables(self, written: dict[str, str]) -> dict[str, str]:
        made = {
            "<DocumentsBucket>": BUCKET,
            "<IngestQueue>": self._aws.queues[QUEUE],
            "<DeadLetterQueue>": self._aws.queues[DEAD],
        }
        own = {name: made.get(value, value) for name, value in written.items() if name != "AWS_LAMBDA_EXEC_WRAPPER"}
        return {**own, "AWS_ENDPOINT_URL": self._aws.endpoint}


async def call(environment: ExecutionEnvironment, method: str, path: str, body: str = "", query: str = "") -> Any:
    """Return the status and the JSON of what a caller gets whom AWS knows."""
    json_only = {"content-type": "application/json", "accept": "application/json"}
    event = function_url_event(method, path, query=query, headers=json_only, body=body)
    event["requestContext"]["authorizer"] = OPERATOR
    answer = await (await environment.invoke(event)).end()
    return answer.prelude.status, answer.json() if answer.body.strip() else None


async def invoke(environment: ExecutionEnvironment, event: Any) -> Any:
    """Return what the function answers to an event that is no request."""
    invocation = (await environment.invoke(event)).invocation
    await invocation.head()
    answer = await invocation.read()
    assert invocation.error is None, invocation.error
    return json.loads(answer)
