"""docs/api.md lists the codes of errors over HTTP."""

from __future__ import annotations

import re
from pathlib import Path

from sluice import errors, problems

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
# Of documents, told in docs/ingestion.md, and those that no request meets.
ELSEWHERE = {
    *("damaged_document", "document_not_findable", "empty_document", "encrypted_document", "no_text_layer"),
    *("object_archived", "object_gone", "document_changed", "document_unfinished"),
    *("embedding_change_refused", "key_not_found", "configuration_error"),
}
FAMILIES = {errors.SluiceError, errors.NotAuthenticated, errors.LimitReached, errors.DocumentError}


def test_every_code_is_on_the_page_beside_its_status() -> None:
    """Families that nobody raises as such have none."""
    classes = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.SluiceError)
    ]
    codes = {(int(_status(each)), each.code) for each in classes if each.code not in ELSEWHERE and each not in FAMILIES}

    assert codes - _told() == set()


def _status(error: type[errors.SluiceError]) -> int:
    return next(problems.STATUS[kind] for kind in error.__mro__ if kind in problems.STATUS)


def _told() -> set[tuple[int, str]]:
    """Read the table: a row has one status and its codes, or several with semicolons between their codes."""
    [table] = re.findall(r"\| status \| codes \|\n(.*?)\n\n", PAGE, re.DOTALL)
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()[1:]]
    return {
        (int(status), code)
        for statuses, codes in rows
        for status in statuses.split(", ")
        for code in re.findall(r"`(\w+)`", codes)
    }
