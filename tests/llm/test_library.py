"""How LiteLLM is loaded."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import os, socket, sys
def refuse(*_): raise AssertionError("the network was used")
socket.getaddrinfo = refuse
import sluice.adapters.llm
assert "litellm" not in sys.modules
from sluice.adapters.llm import library
library.load()
assert "litellm" in sys.modules
library.prime("openai/x")
print("quiet")
"""


def test_litellm_is_loaded_late_and_without_the_network() -> None:
    """Importing the adapter does not import LiteLLM; loading and priming it resolves no name and prints nothing."""
    probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)

    assert (probe.returncode, probe.stdout, probe.stderr) == (0, "quiet\n", "")
