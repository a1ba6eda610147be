"""
Linear classifiers over hashed features: one weight a feature, so that every verdict can be taken apart.

The weights are made by `python -m proof.content_training` from the training parts of public data, and stand in this
package as a line of JSON (what they were trained on, bias, threshold, scale) and one byte a weight.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.values import Json

Floats: TypeAlias = NDArray[np.float64]
Slots: TypeAlias = NDArray[np.int64]

BITS = 16
_MASK = (1 << BITS) - 1


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


def slot(feature: str) -> int:
    """The place of a feature's weight; two features may share one."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) & _MASK


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
