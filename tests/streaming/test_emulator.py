"""AWS's own runtime emulator takes what the runtime sends. It buffers and ignores trailers: see docs/streaming.md."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.streaming.environment import ROOT, WRAPPER, function_url_event

FOUND = sorted(ROOT.glob(".venv-sam/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"))

pytestmark = [
    pytest.mark.skipif(not FOUND, reason="the emulator comes with the SAM CLI: make build"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the emulator is a program for x86_64"),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the emulator, which runs the app in plain ASGI through the wrapper."""
    program = shutil.copy(FOUND[-1], tmp_path / "emulator")  # a copy: it writes beside itself
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("--log-level", "error"),
        *("--runtime-api-address", f"127.0.0.1:{free_port()}"),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *(str(WRAPPER), sys.executable, "tests.streaming.apps.plain.handler"),
        env={**os.environ, "LAMBDA_TASK_ROOT": str(ROOT), "AWS_LAMBDA_FUNCTION_TIMEOUT": "30"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    transport = httpx.AsyncHTTPTransport(retries=10)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30) as client:
        yield client
    os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def invoke(client: httpx.AsyncClient, event: dict[str, Any]) -> bytes:
    answer = await client.post("/2015-03-31/functions/function/invocations", content=json.dumps(event))
    return answer.content


async def test_the_emulator_takes_every_kind_of_answer(emulator: httpx.AsyncClient) -> None:
    """One environment answers streamed, empty, broken off and buffered, in this order."""
    streamed = await invoke(emulator, function_url_event(path="/binary"))
    empty = await invoke(emulator, function_url_event(path="/status", query="404"))
    broken_off = await invoke(emulator, function_url_event(path="/fail-after"))
    deep = await invoke(emulator, function_url_event(path="/fails-deep"))
    unknown = await invoke(emulator, {"Records": []})
    again = await invoke(emulator, function_url_event(path="/life"))

    assert streamed.startswith(b'{"statusCode":200,"headers":{"content-type":"image/png"}}' + bytes(8))
    assert len(streamed.partition(bytes(8))[2]) == 700 + 16 + 700
    assert empty.endswith(bytes(8) + b"\n")
    assert broken_off.endswith(bytes(8) + b"half")
    assert deep.endswith(bytes(8) + b"half")
    assert json.loads(unknown)["errorType"] == "UnknownEvent"
    assert b'"starts": 1' in again
