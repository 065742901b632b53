"""What `sam local` is given: a template with this machine's settings, and a way to this machine's servers."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from local.sam.reachable import Reach
from local.sam.relay import LISTENING
from local.sam.relay import __file__ as relay
from local.sam.template import BUFFERED, Laptop, NothingBuilt, write
from tests.local.conftest import TEMPLATE

LAPTOP = Laptop("postgresql://sluice:secret@172.18.0.2:15432/sluice", "http://172.18.0.2:9000")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as `sam build` leaves it."""
    shutil.copy(TEMPLATE, tmp_path / "template.yaml")
    return tmp_path


def resources(path: Path) -> dict[str, dict[str, Any]]:
    return json.loads(path.read_text())["Resources"]  # type: ignore[no-any-return] # JSON


def test_the_functions_and_their_layer_are_left(built: Path) -> None:
    """The emulator knows no bucket and no queue; what it can't run is not there."""
    written = resources(write("laptop", LAPTOP, built))

    assert {name: it["Type"].rpartition("::")[2] for name, it in written.items()} == {
        "Layer": "LayerVersion",
        "ChatFunction": "Function",
        "IngestFunction": "Function",
        BUFFERED: "Function",
    }


def test_a_function_is_given_the_laptops_addresses(built: Path) -> None:
    """Each variable is declared, since the emulator sets no other; an unknown one is left out."""
    properties = resources(write("laptop", LAPTOP, built))["ChatFunction"]["Properties"]

    given = properties["Environment"]["Variables"]
    assert properties["Timeout"] == 3
    assert properties["Layers"] == [{"Ref": "Layer"}]
    assert {name: given.get(name) for name in ("SLUICE_DATABASE_URL", "AWS_ENDPOINT_URL_S3", "SLUICE_BUCKET")} == {
        "SLUICE_DATABASE_URL": LAPTOP.database_url,
        "AWS_ENDPOINT_URL_S3": LAPTOP.endpoint,
        "SLUICE_BUCKET": "sluice-dev",
    }
    assert (given["GREETING"], "SECRET" in given) == ("hello from sluice in us-east-1", False)


def test_a_bucket_can_be_named(built: Path) -> None:
    """Events are about a bucket of their own."""
    laptop = Laptop(LAPTOP.database_url, LAPTOP.endpoint, "documents")

    written = resources(write("laptop", laptop, built))

    assert written["IngestFunction"]["Properties"]["Environment"]["Variables"]["SLUICE_BUCKET"] == "documents"


def test_the_buffered_function_stands_behind_an_api_without_the_streaming_runtime(built: Path) -> None:
    """`start-api` fails on a prelude; Mangum answers it whole."""
    buffered = resources(write("laptop", LAPTOP, built))[BUFFERED]["Properties"]

    assert buffered["Events"] == {"Everything": {"Type": "HttpApi"}}
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in buffered["Environment"]["Variables"]
    assert buffered["Handler"] == "tests.local.functions.web.handler"


def test_nothing_built_is_said(tmp_path: Path) -> None:
    """The error names the command that builds."""
    with pytest.raises(NothingBuilt, match="make build"):
        write("laptop", LAPTOP, tmp_path)


def test_a_containers_address_takes_the_place_of_the_loopback_one() -> None:
    """Ports and passwords stay."""
    reach = Reach("sluice-9000", "172.18.0.2")

    assert reach.of("postgresql://sluice:secret@127.0.0.1:15432/sluice") == LAPTOP.database_url


async def test_the_relay_passes_connections_on_both_ways(tmp_path: Path) -> None:
    """Several of them, from a socket file to a server, each to its own."""

    async def shout(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    files = [str(tmp_path / name) for name in ("a.socket", "b.socket")]
    targets = [part for file in files for part in (file, f"127.0.0.1:{port}")]
    process = await asyncio.create_subprocess_exec(sys.executable, relay, *targets, stdout=PIPE)
    assert process.stdout is not None
    try:
        assert (await process.stdout.readline()).decode().strip() == LISTENING
        for file in files:
            reader, writer = await asyncio.open_unix_connection(file)
            writer.write(b"hello\n")

            assert await reader.read() == b"HELLO\n"
            writer.close()
    finally:
        process.terminate()
        await process.wait()
        server.close()
