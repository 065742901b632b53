"""The chat function's app over real HTTP, behind a key, for the real clients of its protocols."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from functions.chat import dependencies
from functions.chat.app import app
from sluice import access
from sluice.access import ApiKey
from sluice.authenticating import Authenticating, ByKey
from sluice.domain import Scope
from sluice.testing.keys import InMemoryKeys
from tests.chat.conftest import Parts, parts
from tests.conftest import missing

__all__ = ["Parts", "parts"]

CLIENTS = Path(__file__).parent.parent / "clients"
SECONDS = 60


@dataclass(frozen=True)
class Served:
    """Where the app answers, and the key that opens it."""

    address: str
    key: str


@pytest.fixture
async def served(parts: Parts) -> AsyncIterator[Served]:
    """The app under uvicorn on this machine; what stands behind it is in `parts`."""
    keys = InMemoryKeys()
    key, text = access.issue(ApiKey("", "default", "ada", "test", b"", frozenset({Scope.ASK})), "")
    await keys.add(key)
    door = Authenticating([ByKey(keys, pepper="", remember_seconds=60)])
    app.dependency_overrides[dependencies.authenticating] = lambda: door
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", text)
        server.should_exit = True
        await serving


async def node(script: str, *arguments: str) -> Any:
    """Run a client's script and return what it understood; skip where there is no Node or its packages."""
    program = shutil.which("node")
    if program is None:
        missing("there is no node on this machine")
    if not (CLIENTS / "node_modules" / "ai").is_dir():
        missing("the JavaScript clients are not installed: run `npm ci` in tests/clients")
    output, errors, code = await run(program, script, *arguments, folder=CLIENTS)
    assert code == 0, errors.decode()
    return json.loads(output)


async def run(program: str, *arguments: str, folder: Path = CLIENTS) -> tuple[bytes, bytes, int]:
    """Run a program that talks to this machine only; return its output, its errors and its exit code."""
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        process.kill()
        raise
    return output, errors, process.returncode or 0
