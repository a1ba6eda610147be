"""The machine that a table was measured on; no figure means anything without it."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

FLUSHES = 50


def machine(folder: Path | None = None) -> str:
    """One line: cores, processor, Python, and what one flush to disk takes."""
    flush_us = flush_latency_us(folder or Path.cwd())
    return (
        f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}; one flush to disk takes {flush_us:.0f} us (median of {FLUSHES})"
    )


def flush_latency_us(folder: Path) -> float:
    """Median time of `fsync` after appending 4 KB to a file in the folder, in microseconds."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".flush-") as opened:
        return statistics.median(_flush_us(opened.fileno()) for _ in range(FLUSHES))


def _flush_us(descriptor: int) -> float:
    os.write(descriptor, b"x" * 4096)
    started = time.perf_counter()
    os.fsync(descriptor)
    return (time.perf_counter() - started) * 1e6


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "an unknown processor"
