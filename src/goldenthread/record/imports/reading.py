"""What a reader is told of a file, and small things that several of them need."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goldenthread.record.imports.model import Happening, Unit, refusal
from goldenthread.record.imports.records import Holding, Row

if TYPE_CHECKING:
    from goldenthread.record.imports.mapping import Mapped

PLACEHOLDER_NS = 1_000_000_000
"""Where a run begins of which nobody knows when it was: a second after 1970 began, so that no window holds it."""

STEP_NS = 1000
"""What lies between two steps of which only the order is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """
    A file to read.

    Attributes:
        path: Where it is.
        holding: What holds its rows, where its format leaves that open.
        digest: `sha256:...` of its bytes.
        agent: Who did what it holds, where the file does not say; '' for nobody in particular.
        mapped: What its columns stand for; only of tables.
        skip: Units at the beginning that were imported before.
    """

    path: Path
    holding: Holding
    digest: str
    agent: str = ""
    mapped: Mapped | None = None
    skip: int = 0


def text(value: Any, most: int = 4096) -> str:
    """A short text; '' for what is none."""
    return value[:most] if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def whole(value: Any) -> int | None:
    """A count, where it is one."""
    if isinstance(value, str) and value.strip().isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value < 2**53 else None


def number(value: Any) -> float | None:
    """A finite number, where it is one."""
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def table(value: Any) -> Mapping[str, Any]:
    """An object, also where it stands as JSON text or as pairs; empty for what is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    if isinstance(value, list) and all(isinstance(one, tuple | list) and len(one) == 2 for one in value):
        value = {str(key): inner for key, inner in value}
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, also where it stands as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def present(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said at all: no nulls, no empty texts, no numbers that are none."""
    return {
        key: value
        for key, value in said.items()
        if value is not None and value != "" and not (isinstance(value, float) and not math.isfinite(value))
    }


def evaluated(name: str, value: Any, at_ns: int, explanation: Any = None) -> Happening:
    """The event of an evaluation; a truth value is 1 or 0, a text is a label."""
    score = float(value) if isinstance(value, bool) else number(value) if not isinstance(value, str) else None
    label = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else None
    said = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": explanation if isinstance(explanation, str) else None,
    }
    return Happening(name="gen_ai.evaluation.result", at_ns=at_ns, said=present(said))


def belongs(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a source says in its own words of slice, case and run: `goldenthread.case` in tags or metadata."""
    names = ("goldenthread.slice", "goldenthread.case", "goldenthread.run")
    return {name: text(said[name], 256) for name in names if said.get(name)}


def unread(row: Row) -> Unit | None:
    """The unit of a row that could not be read, or is no object; None for one that could."""
    if row.refused:
        return refusal(row.place, row.refused, row.words)
    return None if isinstance(row.value, dict) else refusal(row.place, "shape", "it is no object")
