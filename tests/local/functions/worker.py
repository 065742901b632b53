"""A function behind a queue: notes each key that it sees, and fails for those that say so; notes what else comes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write a line for each object event into the file that NOTES names; report those whose key begins with `bad`."""
    failures = []
    if "Records" not in event:
        with Path(os.environ["NOTES"]).open("a") as notes:
            notes.write(f"{json.dumps(event)}\n")
    for record in event.get("Records", []):
        body = json.loads(record["body"])
        for change in body.get("Records", []):
            key = unquote_plus(change["s3"]["object"]["key"])
            with Path(os.environ["NOTES"]).open("a") as notes:
                notes.write(f"{change['eventName']} {key}\n")
            if key.startswith("bad"):
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
