"""Makes a server on this machine's loopback interface reachable for containers, without opening it to any network.

A container on a Docker network of its own passes connections into a socket file, this machine from there to the server.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.relay import LISTENING

RELAY = Path(__file__).with_name("relay.py")
HOST = "here"
PORT = 5432


@contextmanager
def reachable(port: int, *, image: str, folder: Path) -> Iterator[str]:
    """Yield the name of a Docker network on which `HOST:PORT` is the server at 127.0.0.1:`port`."""
    network = f"sluice-{port}"
    socket = folder / "relay.socket"
    container = ["--rm", "--init", "--network", network, "--network-alias", HOST]
    container += ["-v", f"{folder}:/relay", "-v", f"{RELAY}:/relay.py:ro"]
    container += ["-e", "LD_LIBRARY_PATH=/var/lang/lib"]  # by which the image's interpreter finds its library
    inside = ["--entrypoint", "/var/lang/bin/python3.13", image, "/relay.py", f"0.0.0.0:{PORT}", "/relay/relay.socket"]
    docker("network", "create", network)
    try:
        with (
            listening([sys.executable, RELAY, socket, f"127.0.0.1:{port}"]),
            listening(["docker", "run", *container, *inside]),
        ):
            yield network
    finally:
        docker("network", "rm", network)


def docker(*arguments: str) -> None:
    command = ["docker", *arguments]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def listening(command: Sequence[str | Path]) -> Iterator[None]:
    """Run a relay from when it listens until it is no longer needed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            assert said == LISTENING, f"the relay did not start: {said}{process.stdout.read()}"
            yield
        finally:
            process.terminate()
