"""Reads from template.yaml what the laptop needs to know, so that it can't drift from what is deployed.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from local.intrinsics import Resolver, TemplateError, UnknownValue, load

InvokeMode = Literal["BUFFERED", "RESPONSE_STREAM"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack lives: what CloudFormation's pseudo parameters say, and the address of the queues."""

    region: str = "us-east-1"
    account: str = "123456789012"
    stack: str = "sluice"
    endpoint: str = "http://127.0.0.1:9000"

    def pseudo_parameters(self) -> dict[str, str]:
        return {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::StackName": self.stack,
            # Its end names the bucket, where the real one has the end of a UUID.
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.stack}/0-0-0-0-documents",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": "",
        }


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue; `dead_letters` is the ARN of the queue that takes a message after `max_receives` deliveries."""

    logical_id: str
    name: str
    arn: str
    visibility_seconds: int = 30
    dead_letters: str | None = None
    max_receives: int | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """Which events of a bucket go to which queue."""

    queue_arn: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    logical_id: str
    name: str
    notifications: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True)
class EventSource:
    """A queue whose messages invoke a function; without another wish Lambda begins with five pollers."""

    queue_arn: str
    batch_size: int = 10
    window_seconds: int = 0
    report_failures: bool = False
    max_concurrency: int = 5


@dataclass(frozen=True, slots=True)
class Function:
    """A function's settings: `layers` are the folders that make up /opt, `unresolved` variables left out.

    `schedules` are the events that come by the clock.
    """

    logical_id: str
    name: str
    arn: str
    handler: str
    timeout_seconds: float = 3
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    unresolved: tuple[str, ...] = ()
    layers: tuple[Path, ...] = ()
    invoke_mode: InvokeMode | None = None
    event_sources: tuple[EventSource, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """The part of a template that the laptop runs, by logical id."""

    functions: Mapping[str, Function]
    queues: Mapping[str, Queue]
    buckets: Mapping[str, Bucket]


def read(path: Path, place: Place, known: Mapping[str, str] | None = None) -> Stack:
    """Read the template as deployed at `place`; `known` adds or replaces values of `Ref` and `GetAtt`.

    A variable of a function that refers to something without a local counterpart is left out and named in `unresolved`.
    Raises `TemplateError` when anything else can't be worked out.
    """
    return _Reader(path, load(path), place, known or {}).stack()


class _Reader:
    def __init__(self, path: Path, template: Mapping[str, Any], place: Place, known: Mapping[str, str]) -> None:
        self._root = path.parent
        self._template = template
        self._place = place
        self._resolve = Resolver(template, {**place.pseudo_parameters(), **known})
        self._resolve = Resolver(template, {**place.pseudo_parameters(), **self._addresses(), **known})

    def stack(self) -> Stack:
        return Stack(
            functions={name: self._function(name, it) for name, it in self._of_type("AWS::Serverless::Function")},
            queues={name: self._queue(name, it) for name, it in self._of_type("AWS::SQS::Queue")},
            buckets={name: self._bucket(name, it) for name, it in self._of_type("AWS::S3::Bucket")},
        )

    def _of_type(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the resources of a kind whose condition holds, with their properties."""
        for name, resource in self._template["Resources"].items():
            condition = resource.get("Condition")
            if resource.get("Type") == kind and (condition is None or self._resolve({"Condition": condition})):
                yield name, resource.get("Properties") or {}

    def _addresses(self) -> dict[str, str]:
        """Return what `Ref` and `GetAtt` give for the resources that exist on the laptop."""
        known: dict[str, str] = {}
        at, account = f"{self._place.region}:{self._place.account}", self._place.account
        for name, it in self._of_type("AWS::SQS::Queue"):
            queue = self._name(name, it.get("QueueName"))
            known |= {name: f"{self._place.endpoint}/{account}/{queue}", f"{name}.QueueName": queue}
            known |= {f"{name}.QueueUrl": known[name], f"{name}.Arn": f"arn:aws:sqs:{at}:{queue}"}
        for name, it in self._of_type("AWS::S3::Bucket"):
            bucket = self._name(name, it.get("BucketName")).lower()
            known |= {name: bucket, f"{name}.Arn": f"arn:aws:s3:::{bucket}"}
        for name, it in self._of_type("AWS::Serverless::Function"):
            function = self._name(name, it.get("FunctionName"))
            known |= {name: function, f"{name}.Arn": f"arn:aws:lambda:{at}:function:{function}"}
        return known

    def _name(self, logical_id: str, given: Any) -> str:
        return self._resolve.text(given) if given else f"{self._place.stack}-{logical_id}"

    def _queue(self, name: str, it: Mapping[str, Any]) -> Queue:
        redrive = self._resolve(it.get("RedrivePolicy") or {})
        return Queue(
            logical_id=name,
            name=self._resolve.text({"Fn::GetAtt": f"{name}.QueueName"}),
            arn=self._resolve.text({"Fn::GetAtt": f"{name}.Arn"}),
            visibility_seconds=int(self._resolve(it.get("VisibilityTimeout", 30))),
            dead_letters=redrive.get("deadLetterTargetArn"),
            max_receives=int(redrive["maxReceiveCount"]) if redrive else None,
        )

    def _bucket(self, name: str, it: Mapping[str, Any]) -> Bucket:
        configured = (it.get("NotificationConfiguration") or {}).get("QueueConfigurations") or []
        return Bucket(
            logical_id=name,
            name=self._resolve.text({"Ref": name}),
            notifications=tuple(_merge([self._notification(one) for one in configured])),
        )

    def _notification(self, configuration: Mapping[str, Any]) -> Notification:
        one = self._resolve(configuration)
        rules = {
            rule["Name"].lower(): rule["Value"] for rule in one.get("Filter", {}).get("S3Key", {}).get("Rules", [])
        }
        return Notification(one["Queue"], (one["Event"],), rules.get("prefix", ""), rules.get("suffix", ""))

    def _function(self, name: str, own: Mapping[str, Any]) -> Function:
        it = _merged(self._template.get("Globals", {}).get("Function", {}), own)
        environment, unresolved = self._environment((it.get("Environment") or {}).get("Variables") or {})
        url = it.get("FunctionUrlConfig")
        if "Handler" not in it:
            raise TemplateError(f"{name} has no Handler.")
        return Function(
            logical_id=name,
            name=self._resolve.text({"Ref": name}),
            arn=self._resolve.text({"Fn::GetAtt": f"{name}.Arn"}),
            handler=self._resolve.text(it["Handler"]),
            timeout_seconds=float(self._resolve(it.get("Timeout", 3))),
            memory_mb=int(self._resolve(it.get("MemorySize", 128))),
            environment=environment,
            unresolved=unresolved,
            layers=tuple(self._layers(it.get("Layers") or [])),
            invoke_mode=cast(InvokeMode, self._resolve.text(url.get("InvokeMode", "BUFFERED"))) if url else None,
            event_sources=tuple(self._event_sources(it.get("Events") or {})),
            schedules=tuple(self._schedules(it.get("Events") or {})),
        )

    def _environment(self, variables: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
        environment, unresolved = {}, []
        for name, value in variables.items():
            try:
                environment[name] = self._resolve.text(value)
            except UnknownValue:
                unresolved.append(name)
        return environment, tuple(unresolved)

    def _layers(self, layers: list[Any]) -> Iterator[Path]:
        """Yield the source folder of each layer of this template; a layer from elsewhere has none."""
        for layer in layers:
            name = layer.get("Ref") if isinstance(layer, dict) else None
            resource = self._template["Resources"].get(name, {})
            if resource.get("Type") == "AWS::Serverless::LayerVersion":
                yield self._root / self._resolve.text(resource["Properties"]["ContentUri"])

    def _schedules(self, events: Mapping[str, Any]) -> Iterator[str]:
        for event in events.values():
            if event.get("Type") in ("Schedule", "ScheduleV2"):
                yield self._resolve.text(event["Properties"].get("Input", "{}"))

    def _event_sources(self, events: Mapping[str, Any]) -> Iterator[EventSource]:
        for event in events.values():
            properties = event.get("Properties") or {}
            if event.get("Type") != "SQS" or not self._resolve(properties.get("Enabled", True)):
                continue
            scaling = self._resolve(properties.get("ScalingConfig") or {})
            yield EventSource(
                queue_arn=self._resolve.text(properties["Queue"]),
                batch_size=int(self._resolve(properties.get("BatchSize", 10))),
                window_seconds=int(self._resolve(properties.get("MaximumBatchingWindowInSeconds", 0))),
                report_failures="ReportBatchItemFailures" in self._resolve(properties.get("FunctionResponseTypes", [])),
                max_concurrency=int(scaling.get("MaximumConcurrency", 5)),
            )


def _merged(globals_: Any, own: Any) -> Any:
    """Return Globals with a resource's own properties over them: maps merge, lists are joined, Globals first."""
    if isinstance(globals_, dict) and isinstance(own, dict):
        both = {name: _merged(globals_[name], own[name]) for name in globals_.keys() & own.keys()}
        return {**globals_, **own, **both}
    if isinstance(globals_, list) and isinstance(own, list):
        return [*globals_, *own]
    return own


def _merge(notifications: list[Notification]) -> Iterator[Notification]:
    """Join the configurations that differ in their event only; the template has to write one for each event."""
    events: dict[tuple[str, str, str], list[str]] = {}
    for one in notifications:
        events.setdefault((one.queue_arn, one.prefix, one.suffix), []).extend(one.events)
    for (queue_arn, prefix, suffix), names in events.items():
        yield Notification(queue_arn, tuple(names), prefix, suffix)
