"""Where the laptop runs: `sluice up` notes its ports beside its data, and the commands beside it read them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.addresses import AWS_PORT, CHAT_PORT, DATA, DATABASE_PORT, INGEST_PORT
from local.http_server import HOST

FILE = "ports.json"


@dataclass(frozen=True, slots=True)
class Ports:
    chat: int = CHAT_PORT
    ingest: int = INGEST_PORT
    aws: int = AWS_PORT
    database: int = DATABASE_PORT


def note(ports: Ports, folder: Path) -> None:
    """Write down where the laptop runs whose data lies in the folder."""
    (folder / FILE).write_text(json.dumps(asdict(ports)))


def noted(folder: Path = DATA) -> Ports:
    """Return the ports of the laptop that ran last on the folder; the usual ones where none has, or nobody can tell."""
    try:
        return Ports(**json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return Ports()


def address(port: int) -> str:
    """Return the address of what listens there."""
    return f"http://{HOST}:{port}"
