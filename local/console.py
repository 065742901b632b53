"""What `sluice up` shows: the log of its parts, and one block that says how to use it."""

from __future__ import annotations

import logging
import shlex
import sys
import time

from local.addresses import DATA_VARIABLE, USUAL_DATA
from local.command.printing import harmless
from local.laptop import CHAT, INGEST, Laptop

# One that the README and the docs answer.
QUESTION = "What does the managed Python runtime do with a response?"

_NAMES = {CHAT: "chat", INGEST: "ingest"}


class Line(logging.Formatter):
    """`12:34:56 chat    │ message`, with the level only when it is worth a look."""

    def format(self, record: logging.LogRecord) -> str:
        part = record.name.rpartition(".")[2]
        level = f"{record.levelname}: " if record.levelno >= logging.WARNING else ""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        return f"{clock} {_NAMES.get(part, part):<7}│ {level}{harmless(super().format(record))}"


def log_to_terminal() -> None:
    """Write the log to standard error: all of ours, of others only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("local").setLevel(logging.INFO)


def instructions(laptop: Laptop, *, seconds: float) -> str:
    """Return what a user needs in order to begin."""
    chat, ingest, bucket = laptop.url(CHAT), laptop.url(INGEST), f"{laptop.place.endpoint}/{laptop.bucket}"
    key = f" -H 'x-api-key: {laptop.api_key}'" if laptop.api_key else ""
    docs = "\nIts README and docs are being read, which takes some seconds more.\n" if laptop.begins_with_docs else ""
    data = laptop.data.absolute()
    found = "" if data == USUAL_DATA else f"export {DATA_VARIABLE}={shlex.quote(str(data))} lets these find it: "
    return f"""
Sluice is ready ({seconds:.1f} s).
{docs}
  Ask          {chat}
  Documents    {ingest}/api/documents
  S3 and SQS   {laptop.place.endpoint}, bucket {laptop.bucket}
  Database     {laptop.database_url}
  Key          {laptop.api_key or "none needed here; SLUICE_AUTH=key make run wants one, as in production"}

Ask a question and watch the answer arrive:
  curl -N {chat}/api/chat{key} -H 'content-type: application/json' -d '{{"message": "{QUESTION}"}}'

Drop a file into the bucket; a moment later you can ask about it:
  curl -T report.pdf {bucket}/report.pdf
  aws s3 cp report.pdf s3://{laptop.bucket}/ --endpoint-url {laptop.place.endpoint}

Or: {found}sluice ask "...", sluice ingest PATH..., sluice docs (in .venv/bin). Ctrl-C stops everything.
"""
