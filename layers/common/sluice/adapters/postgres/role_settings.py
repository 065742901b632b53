"""The settings that live on the functions' role, since a SET would pin a session of an RDS Proxy.

Migrations give them to whoever migrates: from there they are handed on.
"""

from __future__ import annotations

import psycopg
from psycopg.errors import InsufficientPrivilege, UndefinedObject
from psycopg.sql import SQL, Composed, Identifier, Literal

from sluice import sql


def hand_on(owners_url: str, user: str, *, idle_session_seconds: float | None) -> list[str]:
    """Give a role the owner's settings in this database; return the statements that only somebody else may run.

    They hold for new sessions. After `idle_session_seconds` without a statement the server closes the role's sessions;
    0 lets them live, and None leaves that as it is.
    """
    with psycopg.connect(owners_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(sql.query("admission", "know_settings"))
        wanted, has = _of(connection, None), _of(connection, user)
        if idle_session_seconds is not None:
            wanted["idle_session_timeout"] = f"{round(idle_session_seconds)}s"
        lacking = [_statement(connection, user, *it) for it in wanted.items() if has.get(it[0]) != it[1]]
        return [it.as_string(connection) for it in lacking if not _may(connection, it)]


def _of(connection: psycopg.Connection, role: str | None) -> dict[str, str]:
    rows = connection.execute(sql.query("admission", "settings_of"), {"role": role}).fetchall()
    return {name: value for name, value in rows}  # noqa: C416 - the rows' types are not known


def _statement(connection: psycopg.Connection, user: str, name: str, value: str) -> Composed:
    return SQL("alter role {} in database {} set {} to {}").format(
        Identifier(user), Identifier(connection.info.dbname), Identifier(*name.split(".")), Literal(value)
    )


def _may(connection: psycopg.Connection, statement: Composed) -> bool:
    """Run the statement; tell whether this user may."""
    try:
        connection.execute(statement)
    except (InsufficientPrivilege, UndefinedObject):  # the latter where there is no such role, as behind some poolers
        return False
    return True
