"""The doors by which callers reach the functions, one parameter for all."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI

from functions.chat.app import app as chat
from functions.ingest.app import app as ingest
from tests.stack.cloudformation import Stack
from tests.stack.conftest import DOORS, Deploy

CHAT, INGEST = "<ChatFunctionAliaslive>", "<IngestFunctionAliaslive>"


def permissions(stack: Stack) -> set[tuple[str, str, str, str]]:
    """Return who may call what: function, action, principal, and from where or how."""
    return {
        (
            it["FunctionName"],
            it["Action"].removeprefix("lambda:"),
            it["Principal"],
            it.get("SourceArn") or str(it.get("FunctionUrlAuthType") or it.get("InvokedViaFunctionUrl")),
        )
        for it in stack.of("AWS::Lambda::Permission").values()
    }


def variable(stack: Stack, function: str, name: str) -> str:
    value: str = stack.resources[function]["Properties"]["Environment"]["Variables"][name]
    return value


def test_both_urls_stream(stack: Stack) -> None:
    """Behind every door."""
    urls = stack.of("AWS::Lambda::Url").values()

    assert [it["InvokeMode"] for it in urls] == ["RESPONSE_STREAM"] * 2


@pytest.mark.parametrize("door", DOORS)
def test_a_url_is_public_only_when_said_in_so_many_words(deploy: Deploy, door: str) -> None:
    """Behind every other door it wants signatures, so that nobody gets past the door."""
    urls = deploy(FrontDoor=door).of("AWS::Lambda::Url").values()

    assert {it["AuthType"] for it in urls} == {"NONE" if door == "PublicFunctionUrl" else "AWS_IAM"}


@pytest.mark.parametrize(
    ("door", "auth", "asked"),
    [
        ("FunctionUrl", "", "iam"),
        ("FunctionUrl", "key", "key"),
        ("PublicFunctionUrl", "", "key"),
        ("CloudFront", "", "key"),
        ("RestApi", "", "key"),
        ("RestApi", "oidc,key", "oidc,key"),
    ],
)
def test_every_door_asks_who_is_there(deploy: Deploy, door: str, auth: str, asked: str) -> None:
    """By default a signature where AWS checks one, and an API key everywhere else."""
    stack = deploy(FrontDoor=door, Auth=auth)

    assert {variable(stack, name, "SLUICE_AUTH") for name in ("ChatFunction", "IngestFunction")} == {asked}
    assert stack.outputs["Auth"] == asked


def test_a_signed_url_opens_to_whom_iam_allows(deploy: Deploy) -> None:
    """No permission of the stack's lets anybody in."""
    stack = deploy(FrontDoor="FunctionUrl")

    assert permissions(stack) == set()
    assert stack.outputs["Url"] == "<ChatFunctionUrl.FunctionUrl>"


def test_a_public_url_has_both_permissions_that_aws_wants(deploy: Deploy) -> None:
    """Anybody may call a function, by its URL alone."""
    assert permissions(deploy(FrontDoor="PublicFunctionUrl")) == {
        (function, *how)
        for function, how in product(
            (CHAT, INGEST), [("InvokeFunctionUrl", "*", "NONE"), ("InvokeFunction", "*", "True")]
        )
    }


def test_cloudfront_signs_for_both_urls_and_has_both_permissions(deploy: Deploy) -> None:
    """One distribution, and no other, may call them."""
    stack = deploy(FrontDoor="CloudFront")
    source = "arn:aws:cloudfront::123456789012:distribution/<CloudFront/Distribution>"

    assert permissions(stack) == {
        (function, action, "cloudfront.amazonaws.com", source)
        for function, action in product((CHAT, INGEST), ("InvokeFunctionUrl", "InvokeFunction"))
    }
    [control] = stack.of("AWS::CloudFront::OriginAccessControl").values()
    assert control["OriginAccessControlConfig"] | {"Name": ""} == {
        "Name": "",
        "OriginAccessControlOriginType": "lambda",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    [distribution] = stack.of("AWS::CloudFront::Distribution").values()
    origins = distribution["DistributionConfig"]["Origins"]
    assert {it["OriginAccessControlId"] for it in origins} == {"<CloudFront/SignsRequests.Id>"}
    assert stack.outputs["Url"] == "https://<CloudFront/Distribution.DomainName>/"


def test_cloudfront_neither_caches_nor_compresses(deploy: Deploy) -> None:
    """Either would hold a stream back; and the silence between two words may last a minute."""
    [distribution] = deploy(FrontDoor="CloudFront").of("AWS::CloudFront::Distribution").values()
    config = distribution["DistributionConfig"]
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]

    caching_disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert {(it["Compress"], it["CachePolicyId"]) for it in behaviours} == {(False, caching_disabled)}
    assert {len(it["AllowedMethods"]) for it in behaviours} == {7}
    assert {it["CustomOriginConfig"]["OriginReadTimeout"] for it in config["Origins"]} == {60}


def test_a_rest_api_streams_both_functions_and_may_call_them(deploy: Deploy) -> None:
    """The integration invokes the alias by the streaming operation, for as long as the function may run."""
    stack = deploy(FrontDoor="RestApi")

    source = "arn:aws:execute-api:eu-west-1:123456789012:<RestApi/Api>/*"
    assert permissions(stack) == {(it, "InvokeFunction", "apigateway.amazonaws.com", source) for it in (CHAT, INGEST)}
    integrations = [
        it["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"] for it in rest_paths(stack).values()
    ]
    assert {(it["type"], it["httpMethod"], it["responseTransferMode"]) for it in integrations} == {
        ("aws_proxy", "POST", "STREAM")
    }
    lambda_path = "arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions"
    timeouts = {
        name: stack.resources[name]["Properties"]["Timeout"] * 1000 for name in ("ChatFunction", "IngestFunction")
    }
    assert {(it["uri"], it["timeoutInMillis"]) for it in integrations} == {
        (f"{lambda_path}/{CHAT}/response-streaming-invocations", timeouts["ChatFunction"]),
        (f"{lambda_path}/{INGEST}/response-streaming-invocations", timeouts["IngestFunction"]),
    }
    assert stack.outputs["Url"] == "https://<RestApi/Api>.execute-api.eu-west-1.amazonaws.com/live/"


def rest_paths(stack: Stack) -> dict[str, Any]:
    [api] = stack.of("AWS::ApiGateway::RestApi").values()
    found: dict[str, Any] = api["Body"]["paths"]
    return found


def by_rest_api(stack: Stack, path: str) -> str:
    """Return the alias to which API Gateway sends a path: an exact resource wins, else the longest greedy one."""
    paths = rest_paths(stack)
    greedy = [it for it in paths if it.endswith("{proxy+}") and path.startswith(it.removesuffix("{proxy+}"))]
    chosen = path if path in paths else max(greedy, key=len)
    uri: str = paths[chosen]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]["uri"]
    return uri.split("/")[3]


def by_cloudfront(stack: Stack, path: str) -> str:
    """Return the alias to which CloudFront sends a path: the first pattern that fits."""
    [distribution] = stack.of("AWS::CloudFront::Distribution").values()
    config = distribution["DistributionConfig"]
    fitting = [it for it in config["CacheBehaviors"] if fnmatchcase(path, it["PathPattern"])]
    return {"chat": CHAT, "ingest": INGEST}[(fitting or [config["DefaultCacheBehavior"]])[0]["TargetOriginId"]]


@pytest.mark.parametrize(("door", "way"), [("RestApi", by_rest_api), ("CloudFront", by_cloudfront)])
def test_one_address_leads_each_path_to_the_function_that_serves_it(
    deploy: Deploy, door: str, way: Callable[[Stack, str], str]
) -> None:
    """Every route of both functions, as FastAPI knows them."""
    stack = deploy(FrontDoor=door)

    for app, alias in ((chat, CHAT), (ingest, INGEST)):
        for path in app.openapi()["paths"]:
            assert way(stack, path.replace("{", "").replace("}", "")) == alias, path


@pytest.mark.parametrize("door", DOORS)
def test_the_functions_know_whether_a_rest_api_streams(deploy: Deploy, door: str) -> None:
    """One that buffers, as that of `sam local`, would show the stream's bytes to its callers."""
    stack = deploy(FrontDoor=door)

    told = {variable(stack, name, "SLUICE_REST_API_STREAMS") for name in ("ChatFunction", "IngestFunction")}
    assert told == {"true" if door == "RestApi" else ""}


@pytest.mark.parametrize("door", DOORS)
def test_only_cloudfront_tells_the_host_that_was_asked_for(deploy: Deploy, door: str) -> None:
    """A link in an answer leads to it, and not to a URL that only CloudFront may call; elsewhere callers could lie."""
    stack = deploy(FrontDoor=door)

    behind = door == "CloudFront"
    assert variable(stack, "ChatFunction", "SLUICE_FORWARDED_HOST") == ("true" if behind else "")
    told = {
        (it["EventType"], it["FunctionARN"])
        for distribution in stack.of("AWS::CloudFront::Distribution").values()
        for config in [distribution["DistributionConfig"]]
        for behaviour in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
        for it in behaviour["FunctionAssociations"]
    }
    assert told == ({("viewer-request", "<CloudFront/TellsHost.FunctionARN>")} if behind else set())


@pytest.mark.parametrize("door", DOORS)
def test_the_page_knows_where_documents_go(deploy: Deploy, door: str) -> None:
    """Where both functions share an address, beside the page; else to the other function's, which must let it in."""
    stack = deploy(FrontDoor=door)

    shared = door in ("CloudFront", "RestApi")
    expected = "." if shared else "<IngestFunctionUrl.FunctionUrl>"
    assert variable(stack, "ChatFunction", "SLUICE_INGEST_URL") == expected
    assert variable(stack, "IngestFunction", "SLUICE_PAGE_ORIGINS") == ("" if door == "FunctionUrl" else "*")


@pytest.mark.parametrize("app", [chat, ingest], ids=["chat", "ingest"])
def test_no_function_sends_callers_to_its_own_url(app: FastAPI) -> None:
    """As a redirect to the path with or without a slash would, past the door that they came through."""
    assert app.router.redirect_slashes is False
