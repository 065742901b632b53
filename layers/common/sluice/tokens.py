"""How many tokens a text is, estimated.

A model's own tokenizer would be exact, but it is another one for each model, some are only behind a paid call, and
loading one takes longer than the rest of the prompt. The estimate counts bytes of UTF-8, which serves all scripts, and
errs on the high side of today's tokenizers.
"""

from __future__ import annotations

BYTES_PER_TOKEN = 3.0
PER_MESSAGE = 4
"""What the frame of a message takes: its role and its separators."""


def estimate(text: str) -> int:
    """Return the tokens of one message with this text."""
    return PER_MESSAGE + round(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)
