"""Three profiles by one parameter: where the database comes from, and what stands around it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.cloudformation import Refused, Stack
from tests.stack.conftest import PROFILES, RERANKER, SECRET, Deploy

FUNCTIONS = ("ChatFunction", "IngestFunction", "MigrateFunction")


def variables(stack: Stack, function: str) -> dict[str, str]:
    found: dict[str, str] = stack.resources[function]["Properties"]["Environment"]["Variables"]
    return found


def database_settings(stack: Stack, function: str) -> dict[str, str]:
    return {name: it for name, it in variables(stack, function).items() if "DATABASE" in name or "MIGRATION" in name}


def nested(stack: Stack) -> set[str]:
    return {name for name, it in stack.resources.items() if it["Type"] == "AWS::CloudFormation::Stack"}


def test_the_profile_pause_sleeps_and_is_reached_directly(deploy: Deploy) -> None:
    """No proxy, no capacity, nothing that keeps it awake."""
    stack = deploy(Profile="pause")

    assert nested(stack) == {"Access", "Database", "Network", "Observability"}
    [cluster] = stack.of("AWS::RDS::DBCluster").values()
    assert cluster["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": "0",
        "MaxCapacity": "4",
        "SecondsUntilAutoPause": "300",
    }
    assert database_settings(stack, "ChatFunction") == {
        "SLUICE_DATABASE_URL": "postgresql://sluice@<Database/Cluster.Endpoint.Address>/sluice?sslmode=verify-full",
        "SLUICE_DATABASE_IAM": "true",
    }
    assert variables(stack, "MigrateFunction")["SLUICE_IDLE_SESSION_SECONDS"] == "60"


def test_the_profile_proxy_stays_awake_and_is_reached_by_its_proxy(deploy: Deploy) -> None:
    """Aurora never pauses while a proxy is attached; migrations go past it, as the owner."""
    stack = deploy(Profile="proxy")

    assert nested(stack) == {"Access", "Database", "Network", "Observability", "Proxy"}
    [cluster] = stack.of("AWS::RDS::DBCluster").values()
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": "0.5", "MaxCapacity": "4"}
    by_proxy = "postgresql://sluice@<Proxy/Proxy.Endpoint>/sluice?sslmode=verify-full"
    assert database_settings(stack, "IngestFunction")["SLUICE_DATABASE_URL"] == by_proxy
    assert database_settings(stack, "MigrateFunction") == {
        "SLUICE_DATABASE_URL": by_proxy,
        "SLUICE_DATABASE_IAM": "true",
        "SLUICE_DATABASE_USER": "sluice",
        "SLUICE_MIGRATION_URL": (
            "postgresql://sluice_owner@<Database/Cluster.Endpoint.Address>/sluice?sslmode=verify-full"
        ),
    }
    assert variables(stack, "MigrateFunction")["SLUICE_IDLE_SESSION_SECONDS"] == ""


def test_the_profile_existing_makes_no_database_and_no_network(deploy: Deploy) -> None:
    """The address comes from the secret, and nothing in the configuration holds it."""
    stack = deploy(**PROFILES["existing"])

    assert nested(stack) == {"Access", "Observability"}
    assert [it for it in stack.everything().values() if it["Type"].startswith(("AWS::RDS::", "AWS::EC2::"))] == []
    for name in FUNCTIONS:
        assert variables(stack, name)["SLUICE_SECRET_ARN"] == SECRET
        assert set(database_settings(stack, name).values()) == {""}
        assert "VpcConfig" not in stack.resources[name]["Properties"]


def test_nobody_has_a_password(deploy: Deploy) -> None:
    """From end to end by IAM: the functions, the proxy, and the owner of the database."""
    stack = deploy(Profile="proxy")
    [cluster] = stack.of("AWS::RDS::DBCluster").values()
    [proxy] = stack.of("AWS::RDS::DBProxy").values()

    assert (cluster["EnableIAMDatabaseAuthentication"], cluster["MasterUserAuthenticationType"]) == (
        True,
        "iam-db-auth",
    )
    assert not {"MasterUserPassword", "ManageMasterUserPassword"} & cluster.keys()
    assert (proxy["DefaultAuthScheme"], proxy["RequireTLS"], "Auth" in proxy) == ("IAM_AUTH", True, False)


@pytest.mark.parametrize("profile", ["pause", "proxy", "proxy in a network of yours"])
def test_the_database_is_private_and_lets_in_only_the_functions(deploy: Deploy, profile: str) -> None:
    """And its proxy, where it has one, which lets in only the functions."""
    stack = deploy(**PROFILES[profile])
    [function_groups] = {tuple(groups(stack, name)) for name in FUNCTIONS}

    [instance] = stack.of("AWS::RDS::DBInstance").values()
    assert instance["PubliclyAccessible"] is False
    doors = [it.get("SecurityGroupIngress", []) for it in stack.of("AWS::EC2::SecurityGroup").values()]
    sources = {rule["SourceSecurityGroupId"] for rules in doors for rule in rules}
    assert sources == {function_groups[0]}
    beside = {it["SourceSecurityGroupId"] for it in stack.of("AWS::EC2::SecurityGroupIngress").values()}
    assert beside <= {"<Proxy/SecurityGroup>"}


def groups(stack: Stack, function: str) -> list[str]:
    found: list[str] = stack.resources[function]["Properties"]["VpcConfig"]["SecurityGroupIds"]
    return found


def test_nothing_of_the_network_is_open_to_the_internet(stack: Stack) -> None:
    """No rule lets anybody in by address, and no subnet hands out public ones."""
    rules = [rule for it in stack.of("AWS::EC2::SecurityGroup").values() for rule in it.get("SecurityGroupIngress", [])]
    rules += stack.of("AWS::EC2::SecurityGroupIngress").values()

    assert [rule for rule in rules if "CidrIp" in rule or "CidrIpv6" in rule] == []
    assert [it for it in stack.of("AWS::EC2::Subnet").values() if it["MapPublicIpOnLaunch"]] == []


ENDPOINTS: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"s3", "sqs"}),
    ({"SecretArn": SECRET}, {"s3", "sqs", "secretsmanager"}),
    ({"Ocr": "textract"}, {"s3", "sqs", "textract"}),
    ({"BedrockModelArns": "arn:model"}, {"s3", "sqs", "bedrock-runtime"}),
    ({"RerankModel": f"bedrock/{RERANKER}"}, {"s3", "sqs", "bedrock-agent-runtime"}),
    ({"RerankModel": "cohere/rerank-v3.5"}, {"s3", "sqs"}),
    ({"Egress": "nat", "SecretArn": SECRET}, {"s3"}),
]


@pytest.mark.parametrize(("parameters", "services"), ENDPOINTS)
def test_only_endpoints_that_are_needed_are_paid_for(
    deploy: Deploy, parameters: dict[str, str], services: set[str]
) -> None:
    """S3's costs nothing; behind a NAT gateway no other is needed."""
    stack = deploy(Profile="pause", **parameters)

    made = {
        it["ServiceName"].removeprefix("com.amazonaws.eu-west-1.") for it in stack.of("AWS::EC2::VPCEndpoint").values()
    }
    assert made == services
    assert len(stack.of("AWS::EC2::NatGateway")) == (parameters.get("Egress") == "nat")


def test_a_network_of_yours_is_taken_as_it_is(deploy: Deploy) -> None:
    """The stack makes no network then, and stands in yours."""
    stack = deploy(**PROFILES["proxy in a network of yours"])

    assert "Network" not in nested(stack)
    [proxy] = stack.of("AWS::RDS::DBProxy").values()
    [subnets] = stack.of("AWS::RDS::DBSubnetGroup").values()
    config = stack.resources["ChatFunction"]["Properties"]["VpcConfig"]
    assert config == {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1", "sg-2"]}
    assert proxy["VpcSubnetIds"] == subnets["SubnetIds"] == ["subnet-1", "subnet-2"]


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"Profile": "existing"}, "With Profile existing name the secret in SecretArn; it holds SLUICE_DATABASE_URL."),
    ({"SubnetIds": "subnet-1", "VpcId": "vpc-1"}, "Name SecurityGroupIds too when SubnetIds are given."),
    (
        {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"},
        "Name VpcId too when Aurora is to stand in SubnetIds of yours.",
    ),
    (
        {"FrontDoor": "PublicFunctionUrl", "Auth": "key,iam"},
        "Only callers of a FunctionUrl are known by IAM; Auth must be key, oidc or both at this door.",
    ),
]


@pytest.mark.parametrize(("parameters", "words"), REFUSED)
def test_parameters_that_do_not_fit_are_refused_before_anything_is_made(
    deploy: Deploy, parameters: dict[str, str], words: str
) -> None:
    """In words that say what to do."""
    assert deploy(**parameters).rules_broken() == [words]


@pytest.mark.parametrize(
    "parameters",
    [
        {"Profile": "none"},
        {"Auth": "none"},
        {"FrontDoor": "NONE"},
        {"SecretArn": "password"},
        {"ChatConcurrency": "many"},
        {"RerankModel": "bedrock/amazon.rerank-v1:0"},
    ],
)
def test_values_that_mean_nothing_are_refused(deploy: Deploy, parameters: dict[str, Any]) -> None:
    """A stack that asks callers for nothing can't be deployed."""
    with pytest.raises(Refused):
        _ = deploy(**parameters).parameters
