"""Secrets and personal data, masked in text while it streams."""

from sluice.masking.kinds import GROUPS, KINDS, chosen
from sluice.masking.stream import Masker, Masking

__all__ = ["GROUPS", "KINDS", "Masker", "Masking", "chosen"]
