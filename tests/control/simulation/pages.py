"""Contracts to play: one page, with the gates and tripwires that a test asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from worlds import contract_text


def page(
    gates: Mapping[str, Sequence[str]],
    *,
    tripwires: Mapping[str, Sequence[str]] | None = None,
    escalation: str | None = None,
    **wanted: Any,
) -> str:
    """A contract's text; its workflow has no escalation line unless given, so that gates are as stated."""
    listed = {level: list(clauses) for level, clauses in gates.items()}
    text = contract_text("payments", **{"ceiling": list(gates)[-1], "gates": listed, **wanted})
    wires = {level: list(clauses) for level, clauses in (tripwires or {}).items()}
    text = re.sub(r"  tripwires:\n(    .*\n)+", f"  tripwires: {json.dumps(wires)}\n" if wires else "", text)
    line = f'  escalation_rate: "{escalation}"\n' if escalation else ""
    return text.replace('  escalation_rate: "<= 35 %"\n', line)
