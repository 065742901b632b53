"""The table of WordLlama, read from its unpacked wheel, to compare with. Its code is not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

DIMENSION = 256


def embedder(folder: Path) -> Callable[[str], list[float]]:
    """Return what embeds a text as WordLlama does: the mean of its pieces' rows, at length one."""
    tokenizer = Tokenizer.from_file(str(folder / "wordllama/tokenizers/l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = _rows(folder / "wordllama/weights/l2_supercat_256.safetensors")

    def embed(text: str) -> list[float]:
        numbers = tokenizer.encode(text, add_special_tokens=False).ids or [0]
        total = rows[numbers].astype(np.float32).sum(axis=0)
        vector: list[float] = (total / max(float(np.linalg.norm(total)), 1e-9)).tolist()
        return vector

    return embed


def _rows(file: Path) -> np.ndarray[tuple[int, int], np.dtype[np.float16]]:
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    [tensor] = [value for name, value in json.loads(data[8 : 8 + size]).items() if name != "__metadata__"]
    begin, end = (8 + size + offset for offset in tensor["data_offsets"])
    return np.frombuffer(data[begin:end], np.float16).reshape(-1, DIMENSION)
