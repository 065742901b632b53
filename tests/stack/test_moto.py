"""Another implementation of CloudFormation makes the stack, as far as it goes: moto checks what the services would."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Final

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map

from tests.stack import flat
from tests.stack.conftest import DOORS, PROFILES, Deploy

# Known to moto, but not in a form of ours: what refers to an alias or a URL, which it can't make; an Aurora cluster's
# instance; what is deployed of an API that has its methods in a body; and stacks within the stack, whose resources
# stand in the flat template themselves.
BEYOND_MOTO = {
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBProxyTargetGroup",
    "AWS::CloudFormation::Stack",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
}
REGION: Final = "eu-west-1"
# A network that is the operator's is not there.
MAKEABLE = [name for name, parameters in PROFILES.items() if "VpcId" not in parameters]


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty account in this process, with the uploaded code."""
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in ("code", "layer"):
            s3.put_object(Bucket="bucket", Key=key, Body=archive())
        yield


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("handler.py", "")
    return content.getvalue()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("profile", MAKEABLE)
def test_moto_makes_what_it_knows_of_the_stack(aws: None, deploy: Deploy, profile: str, door: str) -> None:
    """Every resource of a type that it supports is created, in the order that the references ask for."""
    kinds = set(get_model_map()) - BEYOND_MOTO
    template = flat.template(deploy(**PROFILES[profile], FrontDoor=door), kinds)
    cloudformation = boto3.client("cloudformation", region_name=REGION)

    cloudformation.create_stack(StackName="sluice", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])

    made = cloudformation.describe_stack_resources(StackName="sluice")["StackResources"]
    assert Counter(it["ResourceStatus"] for it in made) == {"CREATE_COMPLETE": len(template["Resources"])}
    assert len(made) >= (15 if PROFILES[profile]["Profile"] == "existing" else 30)
