"""Whose certificate a database may show."""

from __future__ import annotations

import re
import ssl
from collections import Counter
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from sluice.adapters.postgres.credentials import RDS_ROOTS, by_password


@pytest.mark.parametrize(
    ("host", "roots"),
    [
        ("db.cluster-abc123.eu-west-1.rds.amazonaws.com", "rds.pem"),
        ("db.abc123.cn-north-1.rds.amazonaws.com.cn", "rds.pem"),
        ("sluice.proxy-abc123.eu-west-1.rds.amazonaws.com", "cacert.pem"),
        ("reader.endpoint.proxy-abc123.eu-west-1.rds.amazonaws.com", "cacert.pem"),
        ("db.example.com", "cacert.pem"),
    ],
)
async def test_a_certificate_is_checked_by_the_roots_of_its_kind_of_host(host: str, roots: str) -> None:
    """RDS has roots of its own, which no common bundle holds; its proxy shows a certificate that everybody trusts."""
    given = await by_password(f"postgresql://sluice@{host}/sluice?sslmode=verify-full")()

    assert Path(str(conninfo_to_dict(given)["sslrootcert"])).name == roots


def test_the_roots_of_rds_are_valid_certificates_of_three_kinds_for_each_region() -> None:
    """TLS would take a damaged file for an empty one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(RDS_ROOTS)

    titles = re.findall(r"^# Amazon RDS (\S+) Root CA", RDS_ROOTS.read_text(), re.MULTILINE)
    assert len(context.get_ca_certs()) == len(titles)
    assert len(set(titles)) == 27
    assert set(Counter(titles).values()) == {3}
