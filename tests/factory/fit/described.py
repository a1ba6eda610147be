"""Slices of work as the public describes them: read from `cases.yaml`, and printed as the page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from goldenthread.factory.fit import WorkFacts, our_table, recommend, recommendation_text, table_text

CASES = Path(__file__).with_name("cases.yaml")

HEAD = """\
# Known slices of work, and what the table says of each

The facts are what the named public source says of the work, or what anybody would take from it. The approach and
ceiling that we expected were written down by whoever wrote the table, before it was run on them, so this shows that the
table says what it means to say, and not that it is right. Where you would decide otherwise,
[overrule it](../howto/bound-or-agentic.md#overrule-it), or change the row. Made by
`python tests/docs/fit_reference.py docs/reference/fit.md`; a test compares it.
"""


@dataclass(frozen=True, kw_only=True)
class Described:
    """One slice. `approach` and `ceiling` are what is expected, 'none' for nothing."""

    name: str
    source: str
    says: str
    facts: WorkFacts
    approach: str
    ceiling: str

    def __str__(self) -> str:
        return self.name


def described() -> list[Described]:
    """Every slice of the file."""
    from ruamel.yaml import YAML

    found: list[Mapping[str, Any]] = YAML(typ="safe").load(CASES)
    return [
        Described(
            name=one["name"],
            source=one["source"],
            says=one["says"],
            facts=facts(**one["work"]),
            approach=one["expect"][0] or "none",
            ceiling=one["expect"][1] or "none",
        )
        for one in found
    ]


def facts(**work: Any) -> WorkFacts:
    """Facts from plain values."""
    return WorkFacts(**{name: _exact(value) for name, value in work.items()})


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def page() -> str:
    """The page of the documentation."""
    parts = [HEAD]
    for one in described():
        text = recommendation_text(recommend(one.facts, our_table()), sources=False).rsplit("\n\n", 1)[0]
        parts.append(f"## {one.name}\n\n{one.says} Source: {one.source}.\n\n```text\n{text}\n```\n")
    return "\n".join(parts) + f"\n## The table\n\n```text\n{table_text(our_table())}```\n"
