"""`sluice keys` on a real database."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from local.command.program import app
from sluice import access


@pytest.fixture
def sluice(database_url: str) -> CliRunner:
    return CliRunner(env={"SLUICE_DATABASE_URL": database_url, "SLUICE_KEY_PEPPER": "salt"})


def test_a_key_is_shown_once_listed_and_revoked(sluice: CliRunner) -> None:
    """Its text appears when it is made, and never again."""
    made = sluice.invoke(app, ["keys", "create", "ci", "--scope", "ask", "--scope", "ingest", "--days", "30"])
    text = made.output.strip()
    key_id = access.key_id(text)

    before = sluice.invoke(app, ["keys", "list"]).output
    revoked = sluice.invoke(app, ["keys", "revoke", text])
    after = sluice.invoke(app, ["keys", "list"]).output

    assert (made.exit_code, revoked.exit_code) == (0, 0), made.output + revoked.output
    assert before.split("\t")[:5] == [f"sk_{key_id}_...", "valid", "ci", f"default/key:{key_id}", "ask,ingest"]
    assert after.split("\t")[:2] == [f"sk_{key_id}_...", "revoked"]
    assert text not in before + revoked.output + after


@pytest.mark.parametrize("form", ["{}", "sk_{}", "sk_{}_..."])
def test_a_key_can_be_named_as_it_is_listed(sluice: CliRunner, form: str) -> None:
    """Whoever revokes a key rarely has the whole of it."""
    key_id = access.key_id(sluice.invoke(app, ["keys", "create", "ci"]).output.strip())

    revoked = sluice.invoke(app, ["keys", "revoke", form.format(key_id)])

    assert revoked.output == f"{key_id} is revoked.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--days", "99999999"], "--days"),
        (["x", "--tenant", ""], "a name and a tenant"),
        (["", "--user", "ann"], "a name and a tenant"),
    ],
)
def test_a_key_of_nobody_or_for_ever_and_a_day_is_not_made(sluice: CliRunner, arguments: list[str], words: str) -> None:
    """What can't be meant is told before anything is kept."""
    result = sluice.invoke(app, ["keys", "create", *arguments])

    assert (result.exit_code, words in result.output) == (2, True), result.output
    assert sluice.invoke(app, ["keys", "list"]).output == ""


def test_an_unknown_key_can_not_be_revoked(sluice: CliRunner) -> None:
    """The command fails with the reason in one line."""
    result = sluice.invoke(app, ["keys", "revoke", "AbCd1234"])

    assert (result.exit_code, result.output.strip()) == (1, "There is no key with the id AbCd1234.")


def test_a_database_that_is_away_is_told_in_one_line() -> None:
    """With what to do about it."""
    nowhere = CliRunner(env={"SLUICE_DATABASE_URL": "postgresql://u:p@127.0.0.1:9/none"})

    result = nowhere.invoke(app, ["keys", "list"])

    assert result.exit_code == 3
    assert result.output.strip().endswith(
        "Is Sluice running (make run)? SLUICE_DATA names another folder of it, SLUICE_DATABASE_URL another database."
    )
