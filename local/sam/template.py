"""The built template as `sam local` is to run it here: the functions and their layer, with the laptop's settings.

`sam local` sets no variable that a template does not name, and knows none of the resources that a function refers to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.addresses import ROOT
from local.intrinsics import load
from local.template import Place, Stack, read
from local.variables import variables

BUILT = ROOT / ".aws-sam" / "build"
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
BUFFERED = "BufferedChatFunction"
"""The chat function without the streaming runtime, behind every route of an HTTP API: what `start-api` can serve."""

_API = "http://127.0.0.1:3000"  # where `start-api` listens by itself
_KEPT = ("Handler", "Runtime", "CodeUri", "Layers", "MemorySize", "Timeout", "Architectures", "Description")


class NothingBuilt(Exception):
    """There is no built template."""


@dataclass(frozen=True, slots=True)
class Laptop:
    """What the functions use of this machine: a database, and S3 and SQS, by addresses that containers know.

    Without a `bucket` it is the one that `make run` makes.
    """

    database_url: str
    endpoint: str
    bucket: str | None = None


def write(name: str, laptop: Laptop, built: Path = BUILT) -> Path:
    """Write the template beside the built functions, and return where; raise `NothingBuilt`."""
    if not (built / "template.yaml").exists():
        raise NothingBuilt("Nothing is built yet: run `make build` first.")
    template = load(built / "template.yaml")
    place = Place(endpoint=laptop.endpoint)
    stack = read(built / "template.yaml", place, {"Profile": "existing"})
    resources = dict(_resources(template, stack, place, laptop))
    resources[BUFFERED] = _buffered(resources["ChatFunction"])
    kept = {part: template[part] for part in ("Transform", "Parameters") if part in template}
    path = built / f"{name}.json"
    path.write_text(json.dumps({**kept, "Resources": resources}, indent=1))
    return path


def _resources(
    template: Mapping[str, Any], stack: Stack, place: Place, laptop: Laptop
) -> Iterator[tuple[str, dict[str, Any]]]:
    [bucket] = stack.buckets.values()
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            yield logical_id, resource
        elif logical_id in stack.functions:
            given = variables(
                stack.functions[logical_id],
                {},
                place,
                database_url=laptop.database_url,
                bucket=laptop.bucket or bucket.name,
                chat_url=_API,
                ingest_url=_API,
            )
            yield logical_id, _function(template, resource, given)


def _function(template: Mapping[str, Any], resource: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    shared = template.get("Globals", {}).get("Function", {})
    both = {**shared, **resource["Properties"]}
    properties = {name: both[name] for name in _KEPT if name in both}
    properties["Environment"] = {"Variables": {**given, "SLUICE_SECRET_ARN": ""}}
    return {"Type": resource["Type"], "Properties": properties}


def _buffered(chat: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in chat["Properties"]["Environment"]["Variables"].items() if name != WRAPPER}
    properties = {**chat["Properties"], "Environment": {"Variables": given}}
    properties["Events"] = {"Everything": {"Type": "HttpApi"}}
    return {"Type": chat["Type"], "Properties": properties}
