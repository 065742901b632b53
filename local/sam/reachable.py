"""Makes servers on this machine's loopback interface reachable for containers, without opening them to any network.

A container on a Docker network of its own passes connections into socket files, this machine from there to the servers.
Docker must run on this machine's own kernel (Linux), since a socket file does not reach into a virtual machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.http_server import HOST
from local.sam.relay import LISTENING

IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
_ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
_RELAY = Path(__file__).with_name("relay.py")


class DockerError(Exception):
    """Docker did not do what it was asked for."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A Docker network, and the address on it under which this machine's servers answer, each on its own port."""

    network: str
    address: str

    def of(self, url: str) -> str:
        """Return the URL of a server here as containers on the network know it."""
        return url.replace(HOST, self.address)


@contextmanager
def reachable(ports: Collection[int], *, folder: Path) -> Iterator[Reach]:
    """Yield how containers reach the servers on these ports; raise `DockerError`. `folder` takes the socket files."""
    name = f"sluice-{min(ports)}"
    here = [part for port in ports for part in (f"{folder}/{port}.socket", f"{HOST}:{port}")]
    if name in _docker("network", "ls", "--format", "{{.Name}}").splitlines():
        raise DockerError(
            f"Another sam-local runs; end it. If it was killed: docker rm -f {name}; docker network rm {name}"
        )
    _docker("network", "create", name)
    try:
        with _listening([sys.executable, _RELAY, *here]), _listening(_container(name, ports, folder)):
            yield Reach(name, _docker("inspect", "-f", _ADDRESS, name))
    finally:
        _docker("network", "rm", name)


def _container(name: str, ports: Collection[int], folder: Path) -> list[str]:
    """Return the command of the relay in a container, by the interpreter of the image."""
    there = [part for port in ports for part in (f"0.0.0.0:{port}", f"/relay/{port}.socket")]
    mounts = ["-v", f"{folder}:/relay", "-v", f"{_RELAY}:/relay.py:ro"]
    python = ["-e", "LD_LIBRARY_PATH=/var/lang/lib", "--entrypoint", "/var/lang/bin/python3.13"]
    options = ["--rm", "--init", "--name", name, "--network", name]
    return ["docker", "run", *options, *mounts, *python, IMAGE, "/relay.py", *there]


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError as error:
        raise DockerError("There is no docker command on this machine.") from error
    except subprocess.CalledProcessError as error:
        raise DockerError(f"docker {arguments[0]}: {error.stderr.strip()}") from error


@contextmanager
def _listening(command: Sequence[str | Path]) -> Iterator[None]:
    """Run a relay from when it listens until it is no longer needed."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            said = process.stdout.readline().strip()
            if said != LISTENING:
                raise DockerError(f"The relay did not start: {said}{process.stdout.read()}")
            yield
        finally:
            process.terminate()
