"""
Linear classifiers over hashed features: one weight a feature, so that every verdict can be taken apart.

The weights are made by `python -m proof.content_training` from the training parts of public data, and stand in this
package as a line of JSON (what they were trained on, bias, threshold, scale) and one byte a weight.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.values import Json

Floats: TypeAlias = NDArray[np.float64]
Slots: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.uint64]

BITS = 16


@dataclass(frozen=True, kw_only=True)
class Linear:
    """
    A score that is a sum of weights.

    Attributes:
        weights: One a slot, shape (2**16,), dimensionless (log odds).
        bias: Added to every score.
        threshold: A score above it is a hit; chosen on training parts alone.
        about: What it was trained on, with licences.
    """

    weights: Floats
    bias: float
    threshold: float
    about: Mapping[str, Json]


def codes(words: Iterable[str]) -> Codes:
    """A number for each word, shape (words,)."""
    return np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words], dtype=np.uint64)


def slots_of(feature: int, *parts: Codes) -> Slots:
    """
    The places of the weights of one feature, made of one word or of several together; two may share a place.

    Args:
        feature: Which one; the same word means something else as another.
        parts: Codes, all of one shape.

    Returns:
        That shape, in [0, 2**16).
    """
    # The steps of MurmurHash3's finalizer, fmix64; Appleby, public domain. The product is meant to overflow.
    mixed = np.full(parts[0].shape, feature * 0x9E3779B97F4A7C15 % 2**64, dtype=np.uint64)
    for part in parts:
        mixed = (mixed ^ part) * np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(33)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)


@lru_cache(maxsize=8)
def load(name: str) -> Linear:
    """A classifier of this package, by its file's name."""
    return unpacked((files("goldenthread.control.content") / f"{name}.weights").read_bytes())


def packed(model: Linear) -> bytes:
    """A classifier as its file: rounded to 127 steps either way."""
    scale = float(np.abs(model.weights).max()) / 127.0 or 1.0
    steps = np.round(model.weights / scale).astype(np.int8)
    head = {"bias": round(model.bias, 6), "threshold": round(model.threshold, 4), "scale": scale, "about": model.about}
    return json.dumps(head, sort_keys=True).encode() + b"\n" + zlib.compress(steps.tobytes(), 9)


def unpacked(content: bytes) -> Linear:
    """The classifier that a file holds."""
    line, rest = content.split(b"\n", 1)
    head = json.loads(line)
    steps = np.frombuffer(zlib.decompress(rest), dtype=np.int8)
    return Linear(
        weights=steps.astype(np.float64) * head["scale"],
        bias=head["bias"],
        threshold=head["threshold"],
        about=head["about"],
    )
