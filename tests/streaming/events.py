"""Events of the other front doors, as AWS documents them, cut to what matters."""

from __future__ import annotations

from typing import Any


def http_api(path: str = "/") -> dict[str, Any]:
    """Return an HTTP API's event, payload format 2.0: its domain tells it from a function URL's."""
    domain = "id.execute-api.eu-west-1.amazonaws.com"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "a=1&a=2",
        "cookies": ["seen=before"],
        "headers": {"host": domain, "x-forwarded-proto": "https", "x-forwarded-port": "443"},
        "requestContext": {
            "accountId": "123456789012",
            "domainName": domain,
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def rest_api(path: str = "/") -> dict[str, Any]:
    """Return a REST API's event, payload format 1.0."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"Host": "id.execute-api.eu-west-1.amazonaws.com", "Cookie": "seen=before"},
        "multiValueHeaders": {"Host": ["id.execute-api.eu-west-1.amazonaws.com"], "Cookie": ["seen=before"]},
        "queryStringParameters": {"a": "2"},
        "multiValueQueryStringParameters": {"a": ["1", "2"]},
        "requestContext": {"httpMethod": "GET", "path": path, "identity": {"sourceIp": "192.0.2.1"}, "stage": "prod"},
        "body": None,
        "isBase64Encoded": False,
    }


def load_balancer(path: str = "/") -> dict[str, Any]:
    """Return an Application Load Balancer's event."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t"}
        },
        "httpMethod": "GET",
        "path": path,
        "queryStringParameters": {"a": "2"},
        "headers": {
            "host": "lb.example.com",
            "cookie": "seen=before",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "body": "",
        "isBase64Encoded": False,
    }


def queue(*bodies: str) -> dict[str, Any]:
    """Return an event of an SQS queue."""
    return {"Records": [{"messageId": str(n), "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(bodies)]}
