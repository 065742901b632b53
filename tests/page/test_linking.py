"""Joining modules into one script."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from functions.chat.linking import LinkError, link
from tests.conftest import missing


def write(folder: Path, **modules: str) -> Path:
    """Write modules and return the one that is called app."""
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "app.js"


def output(script: str) -> str:
    """Return what a script prints when it runs as a module."""
    node = shutil.which("node")
    if not node:
        missing("node is not on this machine")
    command = [node, "--input-type=module", "-"]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout.strip()


def test_a_joined_script_does_what_its_modules_do(tmp_path: Path) -> None:
    """Every form of import and export that the page uses; a module that two others need runs once."""
    entry = write(
        tmp_path,
        app='import { twice, Box as Case } from "./a.js";\nimport * as b from "./b.js";\nimport "./c.js";\n'
        "console.log(twice(b.ONE), new Case().size, await b.later(), globalThis.runs);\n",
        a='import { ONE } from "./b.js";\nexport function twice(x) { return 2 * x * ONE; }\n'
        "export class Box { size = 7 }\nconst hidden = 1;\n",
        b="globalThis.runs = (globalThis.runs ?? 0) + 1;\nexport const ONE = 1;\nconst hidden = 2;\n"
        "export async function later() { return hidden; }\n",
        c="var a=1;export{a as default,a as b};\n//# sourceMappingURL=c.js.map\n",
    )

    assert output(link(entry)) == "2 7 2 1"


def test_a_circle_is_refused(tmp_path: Path) -> None:
    """Functions that return what they export can't need each other."""
    entry = write(tmp_path, app='import "./a.js";\n', a='import "./b.js";\n', b='import "./a.js";\n')

    with pytest.raises(LinkError, match=r"a\.js imports itself by way of b\.js"):
        link(entry)


@pytest.mark.parametrize("source", ["export default 1;\n", 'import x from "./b.js";\n', 'export * from "./b.js";\n'])
def test_a_form_that_is_not_joined_is_refused(tmp_path: Path, source: str) -> None:
    """Rather than sent to browsers, where it would be an error of syntax."""
    entry = write(tmp_path, app='import "./a.js";\n', a=source, b="")

    with pytest.raises(LinkError, match=r"a\.js"):
        link(entry)
