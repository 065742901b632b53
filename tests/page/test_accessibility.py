"""axe-core, which knows what WCAG 2.2 AA asks for, looks at the page in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluice.testing.pdfs import pdf
from tests.conftest import missing
from tests.page.browser import scheme
from tests.page.model import Model
from tests.page.window import Window

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
LOOK = """
const done = arguments[0];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run({ runOnly: tags }).then(({ violations }) => done(violations.map(
  ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`)));
"""


def violations(window: Window) -> list[str]:
    if not AXE.exists():
        missing("axe-core is not installed: npm ci --prefix tests/page")
    window.run(AXE.read_text())
    return list(window.driver.execute_async_script(LOOK))


@pytest.mark.parametrize("name", ["light", "dark"])
def test_no_view_has_a_violation(window: Window, scripted: Model, tmp_path: Path, name: str) -> None:
    """An answer with code, a table and an open source; the documents with one that failed; the usage; the greeting."""
    blank = tmp_path / "blank.pdf"
    blank.write_bytes(pdf(None))
    good = tmp_path / "gate.pdf"
    good.write_bytes(pdf("The gate opens at noon."))
    with scheme(window.driver, name):
        found = {"greeting": violations(window)}
        window.open("#/documents")
        window.upload(good)
        window.find(".upload.ready", "gate.pdf")
        window.upload(blank)
        window.find(".upload.failed", "blank.pdf")
        window.find(".document .badge", "Failed")
        found["documents"] = violations(window)
        window.open("#/usage")
        window.find(".span dd")
        found["usage"] = violations(window)
        window.open()
        scripted.enqueue(
            "# When\n\nAt noon [1].\n\n```\nopen()\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[Link](https://a.invalid)"
        )
        window.ask("When does the gate open?")
        window.find(".answer .citation").click()
        window.find(".card.open mark")
        window.gone("#stop")
        found["answer"] = violations(window)

    assert found == {"greeting": [], "documents": [], "usage": [], "answer": []}
