"""The environment of the functions that `sluice up` runs with its usual ports."""

from __future__ import annotations

from collections.abc import Mapping

from local.addresses import AWS_PORT, CHAT_URL, DATA, DATABASE_PORT, INGEST_URL, TEMPLATE
from local.http_server import HOST
from local.laptop import CHAT
from local.postgres import Postgres
from local.template import Place, read
from local.variables import region, variables


def environment(users: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the chat function for a user with these variables; raise `TemplateError`."""
    place = Place(region=region(users), endpoint=f"http://{HOST}:{AWS_PORT}")
    stack = read(TEMPLATE, place)
    [bucket] = stack.buckets.values()
    database_url = Postgres(DATA, port=DATABASE_PORT).url()
    of_chat = variables(
        stack.functions[CHAT],
        users,
        place,
        database_url=database_url,
        bucket=bucket.name,
        chat_url=CHAT_URL,
        ingest_url=INGEST_URL,
    )
    return {**users, **of_chat}
