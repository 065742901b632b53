"""docs/settings.md says what can be set."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic.fields import FieldInfo

from sluice.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def as_variable(field: FieldInfo) -> str:
    """The default as a shell would set it, as the page shows it."""
    default = field.default
    if field.is_required():
        return "required"
    if isinstance(default, frozenset):
        default = ",".join(sorted(default))
    if isinstance(default, tuple):
        default = ",".join(default)
    if isinstance(default, bool):
        default = str(default).lower()
    if isinstance(default, float):
        default = f"{default:g}"
    return "" if default is None or default == "" else f"`{default}`"


def test_every_setting_is_on_the_page_with_its_default() -> None:
    """Each once, and nothing that is none."""
    told = re.findall(r"^\| `SLUICE_(\w+)` \| ([^|]*?) ?\| .+ \|$", PAGE, re.MULTILINE)

    assert sorted((name.lower(), default) for name, default in told) == sorted(
        (name, as_variable(field)) for name, field in Settings.model_fields.items()
    )
