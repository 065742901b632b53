"""What a file's name says of it, which is little."""

from __future__ import annotations


def extension_of(name: str) -> str:
    """Return what stands behind the last point, in small letters."""
    return name.rpartition(".")[2].lower() if "." in name else ""
