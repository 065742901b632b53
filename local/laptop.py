"""The stack of template.yaml on this machine: its parts, and the order in which they start and end."""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from local import keys
from local.addresses import AWS_PORT, CHAT_PORT, DATA, DATABASE_PORT, INGEST_PORT, ROOT, TEMPLATE
from local.aws import Aws
from local.concurrency import DEFAULT_LIMIT, Lambda
from local.environment import Environment
from local.event_source import EventSourceMapping
from local.function_url import FunctionUrl
from local.http_server import HOST, HttpServer, bind
from local.own_names import ByOwnName, OwnNames
from local.postgres import Postgres
from local.running import Ports
from local.schedule import run_schedules
from local.sqs import Sqs
from local.template import Function, Place, read
from local.variables import region, variables

CHAT = "ChatFunction"
INGEST = "IngestFunction"
DOCS_COLLECTION = "sluice"
WATCH_SECONDS = 0.5


class SetupError(Exception):
    """The database could not be brought to this code's schema."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user can choose; a port of 0 means any free one."""

    data: Path = DATA
    template: Path = TEMPLATE
    chat_port: int = CHAT_PORT
    ingest_port: int = INGEST_PORT
    aws_port: int = AWS_PORT
    database_port: int = DATABASE_PORT
    environments: int = DEFAULT_LIMIT
    docs: bool = True
    allowed_hosts: tuple[str, ...] = ()


class Laptop:
    """Everything that AWS would run. Enter it to start, leave it to stop; `work` feeds the functions meanwhile.

    Making it takes the ports, so that a busy one is told before anything starts: raises `PortBusy`, `TemplateError`.
    """

    def __init__(self, options: Options, users: Mapping[str, str]) -> None:
        self._options = options
        self._users = users
        self.place = Place(region=region(users), endpoint=f"http://{HOST}:{_free(options.aws_port)}")
        self._stack = read(options.template, self.place)
        [bucket] = self._stack.buckets.values()
        self.bucket = bucket.name
        options.data.mkdir(parents=True, exist_ok=True)
        self._postgres = Postgres(options.data, port=_free(options.database_port))
        self.database_url = self._postgres.url()
        self._aws = Aws(options.template, options.data, self.place, allowed_hosts=options.allowed_hosts)
        self._sqs = Sqs(self.place.endpoint, self.place.region)
        listeners = _take({CHAT: options.chat_port, INGEST: options.ingest_port})
        self._urls = {name: f"http://{HOST}:{listener.getsockname()[1]}" for name, listener in listeners.items()}
        self._lambdas = {name: self._lambda(self._stack.functions[name]) for name in (CHAT, INGEST)}
        self._docs_added = options.data / "docs-added"
        self._parts = AsyncExitStack()
        self._servers = {name: self._function_url(name, listener) for name, listener in listeners.items()}

    def url(self, function: str) -> str:
        """Return the address of a function's URL."""
        return self._urls[function]

    @property
    def data(self) -> Path:
        """The folder that keeps everything."""
        return self._options.data

    @property
    def ports(self) -> Ports:
        """Where everything listens."""
        chat, ingest = self._servers[CHAT].port, self._servers[INGEST].port
        return Ports(chat, ingest, int(self.place.endpoint.rpartition(":")[2]), self._postgres.port)

    @property
    def begins_with_docs(self) -> bool:
        """Whether our own documents are still to be put into the bucket."""
        return self._options.docs and not self._docs_added.exists()

    @property
    def api_key(self) -> str | None:
        """The key that requests need; None where they need none."""
        wants = self._variables(self._stack.functions[CHAT]).get("SLUICE_AUTH", "")
        return keys.remembered({}, self._options.data) if "key" in wants else None

    async def __aenter__(self) -> Self:
        async with self._parts:
            self._plan_the_end()
            await self._start()
            self._parts = self._parts.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.aclose()

    async def work(self) -> None:
        """Feed the functions from their queues, for ever; raise `AwsError`, `PostgresError` when one can't be kept up.

        On the first start our own documents are put before anybody polls, so that one environment gets them together.
        """
        await self._add_docs()
        async with asyncio.TaskGroup() as mappings:
            mappings.create_task(self._aws.keep_running())
            mappings.create_task(self._keep_database_running())
            for function in self._lambdas.values():
                for source in function.function.event_sources:
                    mapping = EventSourceMapping(source, function, self._sqs, self._queue_url(source.queue_arn))
                    mappings.create_task(mapping.run())
                queues = [self._queue_url(source.queue_arn) for source in function.function.event_sources]
                mappings.create_task(run_schedules(function, self._sqs, queues))

    def _plan_the_end(self) -> None:
        """The last of these ends first. Each can end what has only half started."""
        self._parts.push_async_callback(asyncio.to_thread, self._postgres.stop)
        self._parts.push_async_callback(self._aws.stop)
        self._parts.push_async_callback(self._sqs.close)
        for server in self._servers.values():
            self._parts.push_async_callback(server.stop)
        for function in self._lambdas.values():
            self._parts.push_async_callback(function.close)

    async def _start(self) -> None:
        """Start the parts side by side: the functions wait for nobody before their first event."""
        async with asyncio.TaskGroup() as starting:
            starting.create_task(self._start_database())
            starting.create_task(self._aws.start())
            for function in self._lambdas.values():
                starting.create_task(function.warm())
        for server in self._servers.values():
            await server.start()

    async def _keep_database_running(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._postgres.has_ended:
                logging.getLogger("local.database").warning("PostgreSQL ended and is started again.")
                await _to_its_end(asyncio.create_task(asyncio.to_thread(self._postgres.start_again)))

    async def _start_database(self) -> None:
        await _to_its_end(asyncio.create_task(asyncio.to_thread(self._postgres.start)))
        schema = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "local.schema", self._options.data / keys.FILE),
            cwd=ROOT,
            env=self._variables(self._stack.functions[INGEST]),
            stdin=DEVNULL,
            stderr=PIPE,
        )
        try:
            _, errors = await schema.communicate()
        finally:
            if schema.returncode is None:
                schema.kill()
        if schema.returncode:
            raise SetupError(f"The database could not be set up: {_last_line(errors)}")

    def _lambda(self, function: Function) -> Lambda:
        make = partial(Environment, function, ROOT, self._variables(function))
        return Lambda(function, make, limit=self._options.environments)

    def _function_url(self, name: str, listener: socket) -> HttpServer:
        function = self._lambdas[name]
        url = FunctionUrl(function, function.function.invoke_mode or "BUFFERED")
        names, log = OwnNames(self._options.allowed_hosts), logging.getLogger(f"local.{name}")
        return HttpServer(ByOwnName(url, names, log), listener)

    def _variables(self, function: Function) -> dict[str, str]:
        return variables(
            function,
            self._users,
            self.place,
            database_url=self.database_url,
            bucket=self.bucket,
            chat_url=self._urls[CHAT],
            ingest_url=self._urls[INGEST],
        )

    def _queue_url(self, arn: str) -> str:
        return f"{self.place.endpoint}/{self.place.account}/{arn.rpartition(':')[2]}"

    async def _add_docs(self) -> None:
        """Put README and docs into the bucket once, so that there is something to ask at once."""
        if not self.begins_with_docs:
            return
        async with httpx.AsyncClient(base_url=self.place.endpoint, trust_env=False) as bucket:
            for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
                if document.exists():
                    path = f"/{self.bucket}/{DOCS_COLLECTION}/{quote(document.name)}"
                    answer = await bucket.put(path, content=document.read_bytes(), headers=_MARKDOWN)
                    answer.raise_for_status()
        self._docs_added.touch()


_MARKDOWN = {"content-type": "text/markdown; charset=utf-8"}


def _take(ports: Mapping[str, int]) -> dict[str, socket]:
    """Listen on all of the ports, or on none of them."""
    with ExitStack() as taken:
        listeners = {name: taken.enter_context(bind(port)) for name, port in ports.items()}
        taken.pop_all()
        return listeners


def _free(port: int) -> int:
    """Return the port, or any free one for 0; raise `PortBusy`. Whoever gets it binds it a moment later."""
    with bind(port) as listener:
        number: int = listener.getsockname()[1]
        return number


async def _to_its_end(task: asyncio.Task[None]) -> None:
    """Wait for work that can't be broken off; when cancelled, wait for it all the same."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word."
