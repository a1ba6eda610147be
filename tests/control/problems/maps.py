"""Files of a problem map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from goldenthread.control.problems import commit_problems, parse_problems
from goldenthread.record.ledger import Record
from worlds import OWNER, World


def a_problem(**wanted: Any) -> dict[str, Any]:
    """A problem with all that it must have."""
    return {
        "says": "Requests wait two days, and most are routine.",
        "owner": OWNER,
        "for": "customers who ask",
        "category": "waiting",
        "tractability": "4 of 5, decisions can be undone",
        "measurability": "5 of 5, every request has two timestamps",
    } | wanted


def map_text(problems: Mapping[str, Any] | None = None, *, version: int = 1, owner: str = OWNER) -> str:
    """A file of a map; by default with one problem, under which the slice 'payments' stands."""
    there = {"slow-requests": a_problem(slices=["payments"])} if problems is None else problems
    head = {"apiVersion": "goldenthread/v1", "kind": "ProblemMap", "version": version, "owner": owner}
    return json.dumps(head | {"problems": there}, indent=1) + "\n"


def commit(world: World, text: str, by: str = OWNER) -> Record | None:
    """Somebody commits a map."""
    return commit_problems(world.ledger, world.keyring, parse_problems(text), by=by)
