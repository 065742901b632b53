"""The environment of the functions that `sluice up` runs."""

from __future__ import annotations

from collections.abc import Mapping

from local import running
from local.addresses import DATA, TEMPLATE
from local.laptop import CHAT
from local.postgres import Postgres
from local.template import Place, read
from local.variables import region, variables


def environment(users: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the chat function for a user with these variables; raise `TemplateError`."""
    ports = running.noted()
    place = Place(region=region(users), endpoint=running.address(ports.aws))
    stack = read(TEMPLATE, place)
    [bucket] = stack.buckets.values()
    database_url = Postgres(DATA, port=ports.database).url()
    of_chat = variables(
        stack.functions[CHAT],
        users,
        place,
        database_url=database_url,
        bucket=bucket.name,
        chat_url=running.address(ports.chat),
        ingest_url=running.address(ports.ingest),
    )
    return {**users, **of_chat}
