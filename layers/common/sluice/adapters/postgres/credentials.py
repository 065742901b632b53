"""How a new connection proves who it is: by the password in its URL, or by an IAM token made for it alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import certifi
from psycopg.conninfo import conninfo_to_dict, make_conninfo

Conninfo = Callable[[], Awaitable[str]]
Token = Callable[[str, int, str], str]

_DEFAULT_PORT = 5432
# Aurora and RDS show certificates of roots of their own, one for each region.
RDS_ROOTS = Path(__file__).parent / "roots" / "rds.pem"
_RDS_HOST = re.compile(r"\.(?P<door>proxy-)?[^.]+\.[a-z0-9-]+\.rds\.amazonaws\.com(\.cn)?$")


def by_password(url: str) -> Conninfo:
    """Return the URL for every connection, with the roots that `verify-full` needs."""

    async def conninfo() -> str:
        return _with_roots(url)

    return conninfo


def by_iam(url: str, token: Token) -> Conninfo:
    """Return connection strings with a fresh token as password.

    `token(host, port, user)` signs one on this machine, without a call to AWS. It is checked when a connection begins
    and good for 15 minutes, so each connection gets its own, and an open connection outlives it.
    """
    known = conninfo_to_dict(_with_roots(url))
    host, port, user = str(known["host"]), int(known.get("port") or _DEFAULT_PORT), str(known["user"])

    async def conninfo() -> str:
        password = await asyncio.to_thread(token, host, port, user)
        return make_conninfo("", **{**known, "password": password})

    return conninfo


def rds_token(host: str, port: int, user: str) -> str:
    """Sign a token for RDS or an RDS Proxy with the function's own credentials."""
    import boto3  # only where IAM is used

    token: str = boto3.client("rds").generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user)
    return token


def _with_roots(url: str) -> str:
    """Name the root certificates for `verify-full`, unless the URL does."""
    known = conninfo_to_dict(url)
    if known.get("sslmode") in ("verify-full", "verify-ca") and not known.get("sslrootcert"):
        return make_conninfo(url, sslrootcert=_roots_of(str(known.get("host") or "")))
    return url


def _roots_of(host: str) -> str:
    """Return the file of roots for a host: RDS' own for its databases, those that everybody trusts for its proxy."""
    found = _RDS_HOST.search(host)
    return str(RDS_ROOTS) if found and not found["door"] else certifi.where()
