"""
Compiled boundaries as bytes, for whoever keeps them between processes, and the proof that what comes back is right.

Nothing that was kept is trusted. A checksum finds damage, the header finds other parameters and other formats; but
whoever can write the file can write those too. So every entry is proved before use: the recursion that compiles a
boundary is linear in the e-value once the path is known, so that all e-values along it follow from two cumulative
sums, and every comparison that the compiler would have made is made again. A table that promotes one case too
early, or too late, anywhere, is not used.

Measured: a boundary of 10,000 cases is compiled in 2.3 ms and proved in 0.2 ms, one of two million in 650 ms and
85 ms. Looking at a sample would be no cheaper (one e-value from the continued fraction takes 20 us) and would leave
the rest of the table to the attacker. Without numpy the proof would be the compilation; see `BoundaryTable`.
"""

from __future__ import annotations

import hashlib
import math
import struct
import sys
from array import array
from dataclasses import dataclass
from typing import Protocol

FORMAT = 1
_MAGIC = b"goldenthread.boundary\n"
_HEADER = struct.Struct("<HdddI")  # format, bar, alpha, shape of the prior, cases
_CHECKSUM = hashlib.sha256().digest_size
# Nearer to 1 / alpha than this (relative), the proof's rounding might decide otherwise than the compiler's. The two
# differ by up to 6e-11 after two million cases; no comparison of the bars and alphas tried came nearer than 9e-10.
_TOO_CLOSE = 2e-10


class BoundaryStore(Protocol):
    """
    Where compiled boundaries are kept between processes.

    Neither method raises: a store that cannot be read has nothing, one that cannot be written keeps nothing.
    """

    def load(self, key: str) -> bytes | None:
        """What was kept under the key, or None. It is proved before use, so it need not be right."""

    def save(self, key: str, kept: bytes) -> None:
        """Keep the bytes under the key, in place of what was there, whole or not at all."""


@dataclass(frozen=True, kw_only=True)
class BoundaryParameters:
    """
    What a boundary is compiled from.

    Attributes:
        bar: Rate in (0, 1).
        alpha: Accepted chance of promoting wrongly, in (0, 1).
        shape: Both parameters of the Beta prior, dimensionless.
    """

    bar: float
    alpha: float
    shape: float

    @property
    def key(self) -> str:
        """A name of 64 hexadecimal digits, another for every format and set of parameters."""
        return hashlib.sha256(_MAGIC + _HEADER.pack(FORMAT, self.bar, self.alpha, self.shape, 0)).hexdigest()

    def write(self, most: array[int]) -> bytes:
        """The boundary (most failures for 0, 1, 2, ... cases; -1 where none) as bytes: header, integers, checksum."""
        header = _MAGIC + _HEADER.pack(FORMAT, self.bar, self.alpha, self.shape, len(most) - 1)
        text = header + _little_endian(most).tobytes()
        return text + hashlib.sha256(text).digest()

    def read(self, kept: bytes, unit: float) -> array[int] | None:
        """
        The boundary that `write` made bytes of, or None for anything else.

        Args:
            kept: Bytes of any origin.
            unit: E-value's mass of the prior above the bar, as the compiler has it.

        Returns:
            A boundary equal to the compiled one, proved entry by entry; None where the bytes are damaged, cut off,
            of another format or other parameters, or give any entry wrongly.
        """
        start = len(_MAGIC) + _HEADER.size
        text, checksum = kept[:-_CHECKSUM], kept[-_CHECKSUM:]
        whole = len(text) >= start + 8 and hashlib.sha256(text).digest() == checksum
        if not whole or (len(text) - start) % 4:
            return None
        header = _MAGIC + _HEADER.pack(FORMAT, self.bar, self.alpha, self.shape, (len(text) - start) // 4 - 1)
        if text[:start] != header:
            return None
        most = array("i")
        most.frombytes(text[start:])
        most = _little_endian(most)
        return most if self._prove(most, unit) else None

    def _prove(self, most: array[int], unit: float) -> bool:
        """
        True where the compiler, walking along this boundary, would have taken every step of it.

        With e(n) the e-value of n cases with most(n) + 1 failures, each step is e(n+1) = g(n) e(n) + h(n); hence
        e(n) = G(n) (1 + sum h / G), with G the product of the g so far. G stays near 1 / alpha, as e does.
        """
        import numpy as np

        path = np.frombuffer(most, dtype=np.int32)
        moved = np.diff(path)
        if path[0] != -1 or ((moved != 0) & (moved != 1)).any():
            return False
        cases = np.arange(len(moved)) + 2.0 * self.shape
        failures = path[:-1] + (1.0 + self.shape)
        successes = cases - failures
        one_more = moved == 1
        share = cases * np.where(one_more, 1.0 - self.bar, self.bar)
        with np.errstate(all="ignore"):  # a wrong path may run into anything; it is refused below
            growth = np.cumprod(np.where(one_more, failures, successes) / share)
            e = np.ones(len(path))
            e[1:] = growth * (1.0 + np.cumsum(np.where(one_more, -unit, unit) / share / growth))
            after_success = (successes * e[:-1] + unit) / (cases * self.bar) * self.alpha
            agrees = np.where(one_more, after_success > 1.0 + _TOO_CLOSE, after_success < 1.0 - _TOO_CLOSE)
        return bool(agrees.all()) and math.isfinite(e[-1])


def _little_endian(numbers: array[int]) -> array[int]:
    """The same numbers on the usual machines; a swapped copy on the others."""
    if sys.byteorder == "little":
        return numbers
    swapped = numbers[:]
    swapped.byteswap()
    return swapped
