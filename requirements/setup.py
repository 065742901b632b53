"""Makes `.venv`, or with an argument `.venv-sam`, `.venv-bench` or `.venv-checkov`, from the lock files.

Standard library only: it runs before anything is installed, on a machine that has nothing but Python 3.11 or later.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOWEST = (3, 11)
# The SAM CLI and checkov pin versions that the project can't share, benchmarks need what the project is compared with.
NAME = sys.argv[1] if len(sys.argv) > 1 else "dev"
VENV = ROOT / (".venv" if NAME == "dev" else f".venv-{NAME}")
LOCK = f"requirements/{NAME}.txt"


def main() -> None:
    """Create or renew the environment, and mark it ready last so that a broken-off run starts over."""
    os.chdir(ROOT)
    if sys.version_info < LOWEST:
        sys.exit(
            f"Sluice needs Python 3.11 or later; this is {sys.version.split()[0]}. Try: make PYTHON=python3.13 run"
        )
    started = time.monotonic()
    say(f"setting up {VENV.name} (once, about half a minute)")
    if not (VENV / "bin" / "pip").exists():
        create()
    run("bin/pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", "requirements/uv.txt")
    run("bin/uv", "pip", "sync", "-q", "--python", str(VENV), "--require-hashes", LOCK)
    if NAME in ("dev", "bench"):
        install_project()
    (VENV / ".ready").touch()
    say(f"done in {time.monotonic() - started:.0f} s")


def create() -> None:
    if not importlib.util.find_spec("ensurepip"):
        install_ensurepip()
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


def install_ensurepip() -> None:
    """Debian and Ubuntu ship `python3` without the module that makes virtual environments."""
    command = ["apt-get", "install", "-y", "-q", "python3-venv"]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"This Python can't make virtual environments. Run: sudo {' '.join(command)}")
    say(f"running {' '.join(command)}")
    subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)  # noqa: S607 - found on the path
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run(program: str, *arguments: str) -> None:
    try:
        subprocess.run([str(VENV / program), *arguments], check=True, env=trusting() | os.environ)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Set-up stopped: `{program} {' '.join(arguments)}` failed with exit code {error.returncode}.")


def trusting() -> dict[str, str]:
    """Let uv trust the machine's certificates, as pip does: in many companies a proxy has its own."""
    return {"UV_SYSTEM_CERTS": "1"} if ssl.get_default_verify_paths().cafile else {}


def install_project() -> None:
    """Put the source folders on the path and the `sluice` command beside the interpreter, as an editable install would.

    Done by hand because an editable install needs a build backend outside the lock.
    """
    packages = next((VENV / "lib").glob("python3.*")) / "site-packages"
    (packages / "sluice-project.pth").write_text(f"{ROOT}\n{ROOT / 'layers' / 'common'}\n")
    command = VENV / "bin" / "sluice"
    command.write_text(f"#!{VENV / 'bin' / 'python'}\nfrom local.cli import main\n\nmain()\n")
    command.chmod(0o755)


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)  # noqa: T201 - the set-up talks to whoever typed make


if __name__ == "__main__":
    main()
