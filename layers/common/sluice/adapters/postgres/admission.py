"""Lets the functions' user into a database that another user owns: to read and write rows, and nothing more."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL, Literal

from sluice import sql


def admit(owners_url: str, user: str, *, idle_session_seconds: float) -> None:
    """Make the user unless there is one, let it use every table, and give it the owner's settings.

    Repeating it lets the user into tables that are new. After `idle_session_seconds` without a statement the server
    closes its sessions; 0 lets them live.
    """
    statement = SQL(sql.query("admission", "let_in")).format(
        user=Literal(user), idle_session=Literal(f"{round(idle_session_seconds)}s")
    )
    with psycopg.connect(owners_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(statement)
