"""What would pin a session of an RDS Proxy, by the text of a message.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
"""

from __future__ import annotations

import re

LONGEST_STATEMENT = 16 * 1024
STARTUP_PARAMETERS = frozenset(
    ["user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone", "extra_float_digits"]
)

_STRINGS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PINNING = {
    "sets a session variable": r"^\s*(?:set|reset)\b",
    "sets a session variable by function": r"\bset_config\s*\(",
    "prepares by name": r"^\s*(?:prepare|execute|deallocate)\b",
    "discards session state": r"^\s*discard\b",
    "listens": r"^\s*(?:listen|unlisten|notify)\b",
    "loads a library": r"^\s*load\b",
    "declares a cursor": r"^\s*declare\b",
    "makes a temporary table": r"\b(?:create|into)\s+(?:local\s+|global\s+)?temp(?:orary)?\b",
    "locks for the session": r"\bpg_(?:try_)?advisory_(?:lock|unlock)",
    "uses a sequence": r"\b(?:nextval|setval|currval|lastval)\s*\(",
}


def reasons(statement: str) -> list[str]:
    """Return why an RDS Proxy would pin the session that sends this text; empty if it would not."""
    found = [] if len(statement.encode()) <= LONGEST_STATEMENT else ["is longer than 16 KB"]
    bare = _STRINGS.sub(" ", statement)
    parts = [part for part in bare.split(";") if part.strip()]
    for reason, pattern in _PINNING.items():
        if any(re.search(pattern, part, re.IGNORECASE) for part in parts):
            found.append(reason)
    return found
