"""The process that is S3 and SQS: `python -m local.aws.server TEMPLATE FOLDER PORT REGION [ALLOWED_HOST...]`.

Makes the template's queues and bucket, puts back what FOLDER holds, says `ready` on standard output, and a line for
each warning before and after. Serves until SIGTERM, or until its standard input closes, which happens when its parent
is gone for whatever reason. What it has answered is kept, also when it is killed.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from local.aws.guard import Guarded
from local.aws.keeping import Keeper
from local.own_names import OwnNames, shown
from local.sqs import authorization
from local.template import Bucket, Place, Queue, Stack, read

HOST = "127.0.0.1"
_MOST_WARNINGS = 20
_READING = {"GET", "HEAD", "OPTIONS"}
# What these change may be forgotten: messages then come once more.
_RECEIVING = ("ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility")


def main(template: Path, folder: Path, port: int, region: str, *allowed_hosts: str) -> None:
    """Serve until told to stop, then keep what has not been kept yet."""
    stopped = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    _in_background(_follow_parent, stopped)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    place = Place(region=region, endpoint=f"http://{HOST}:{port}")
    stack = read(template, place)
    keeper, warnings = Keeper(folder, region, place.account), _Warnings()
    moto = DomainDispatcherApplication(create_backend_app)
    application = Guarded(_Signed(_Kept(moto, keeper, warnings.say), region), OwnNames(allowed_hosts), warnings)
    server = make_server(HOST, port, application, threaded=True, request_handler=MotoRequestHandler)
    _restore(moto, stack, place, lambda: keeper.restore(warnings.say))
    _in_background(server.serve_forever)
    _in_background(keeper.run, warnings.say)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    stopped.wait()
    keeper.save()
    os._exit(0)  # an ordinary exit takes a second to free what is only in memory


def _in_background(work: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()


def _follow_parent(stopped: threading.Event) -> None:
    sys.stdin.buffer.read()
    stopped.set()


def _restore(moto: Any, stack: Stack, place: Place, restore: Callable[[], None]) -> None:
    """Have everything stand as it stood before anybody is answered: whoever asked meanwhile would miss objects."""
    private = make_server(HOST, 0, moto, threaded=True, request_handler=MotoRequestHandler)
    _in_background(private.serve_forever)
    create(stack, replace(place, endpoint=f"http://{HOST}:{private.port}"), before_notifications=restore)
    private.shutdown()
    private.server_close()


def create(stack: Stack, place: Place, before_notifications: Callable[[], None] = lambda: None) -> None:
    """Create the stack's queues, buckets and, last, the buckets' notifications.

    The buckets keep no versions, whatever the template says: moto announces no delete markers, and a deleted object
    would stay a document.
    """
    session = boto3.Session(aws_access_key_id="laptop", aws_secret_access_key="laptop", region_name=place.region)  # noqa: S106 - moto takes any
    config = Config(retries={"max_attempts": 1})
    s3 = session.client("s3", endpoint_url=place.endpoint, config=config)
    sqs = session.client("sqs", endpoint_url=place.endpoint, config=config)
    for queue in sorted(stack.queues.values(), key=lambda queue: queue.dead_letters is not None):
        sqs.create_queue(QueueName=queue.name, Attributes=_attributes(queue))
    for bucket in stack.buckets.values():
        elsewhere: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
        s3.create_bucket(Bucket=bucket.name, **(elsewhere if place.region != "us-east-1" else {}))
    before_notifications()
    for bucket in stack.buckets.values():
        if bucket.notifications:
            s3.put_bucket_notification_configuration(
                Bucket=bucket.name, NotificationConfiguration={"QueueConfigurations": _notifications(bucket)}
            )


def _attributes(queue: Queue) -> dict[Any, str]:
    attributes = {"VisibilityTimeout": str(queue.visibility_seconds)}
    if queue.dead_letters:
        policy = {"deadLetterTargetArn": queue.dead_letters, "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(policy)
    return attributes


def _notifications(bucket: Bucket) -> list[Any]:
    return [
        {"QueueArn": one.queue_arn, "Events": list(one.events), **_filter(prefix=one.prefix, suffix=one.suffix)}
        for one in bucket.notifications
    ]


def _filter(**rules: str) -> dict[str, Any]:
    given = [{"Name": name, "Value": value} for name, value in rules.items() if value]
    return {"Filter": {"Key": {"FilterRules": given}}} if given else {}


class _Warnings:
    """Says once what was refused; a page that goes on asking fills neither the log nor the pipe to it."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, refused: str) -> None:
        self.say(f"A request was refused that came by {shown(refused)}.")

    def say(self, warning: str) -> None:
        line = f"{warning}\n"
        if len(self._said) < _MOST_WARNINGS and line not in self._said:
            self._said.add(line)
            sys.stdout.write(line)
            sys.stdout.flush()


_NOT_KEPT = b"<Error><Code>InternalError</Code><Message>The data folder can't be written.</Message></Error>"


class _Signed:
    """A WSGI application that takes files from `curl -T`: moto lets nobody unsigned write over an object.

    Forms and presigned addresses carry their signature elsewhere.
    """

    def __init__(self, application: Any, region: str) -> None:
        self._application = application
        self._authorization = authorization("s3", region)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT" and "Signature=" not in environ.get("QUERY_STRING", ""):
            environ.setdefault("HTTP_AUTHORIZATION", self._authorization)
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer


class _Kept:
    """A WSGI application that answers a request when what it has changed is kept, and 507 when that can't be done."""

    def __init__(self, application: Any, keeper: Keeper, warn: Callable[[str], None]) -> None:
        self._application = application
        self._keeper = keeper
        self._warn = warn

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answered: list[tuple[Any, ...]] = []
        answer: Iterable[bytes] = self._application(environ, lambda *head: answered.append(head))
        try:
            self._keep(environ)
        except OSError as error:
            self._warn(f"What S3 and SQS hold can't be kept: {error.strerror}.")
            answered, answer = [("507 Insufficient Storage", [("content-type", "application/xml")])], [_NOT_KEPT]
        start_response(*answered[-1])
        return answer

    def _keep(self, environ: dict[str, Any]) -> None:
        if environ.get("HTTP_X_AMZ_TARGET", "").endswith(_RECEIVING):
            self._keeper.touch()
        elif environ["REQUEST_METHOD"] not in _READING:
            self._keeper.save()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
    except Exception as error:  # noqa: BLE001 - an ordinary end waits for the thread that reads, and its last words differ
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(1)
