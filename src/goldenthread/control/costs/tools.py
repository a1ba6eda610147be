"""Calls of tools on record: effects, whatever came of them, reads, every further try, and what takes effects back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.control.costs.parts import Part, in_micros
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import CaseErased, ContentMissing
from goldenthread.record.ledger import Record

_EFFECTS = "select id, run, name, contract_version, state from action where run = any(%s) and state = any(%s)"
_BEGUN = ["consumed", "done", "failed", "unknown"]
_READS = "select run, content from step where kind = 'read' and run = any(%s) order by run, ordinal"
_KINDS = ("action:effect", "tool:try", "undo:order", "undo:begin", "undo:end")

_UNREADABLE = "?"


@dataclass(frozen=True, kw_only=True)
class ToolCalls:
    """How often a run called each tool, by (name, version of the contract); '?' is a read of an erased case."""

    calls: Mapping[tuple[str, int | None], int] = field(default_factory=dict)

    def cost(self, versions: Mapping[int, Contract], of_run: int | None) -> Part:
        """
        What they cost as the contract says it under which each was called.

        Args:
            versions: Of the contract, by number.
            of_run: The version under which the run began, for reads.
        """
        amounts: Counter[str] = Counter()
        unknown: Counter[str] = Counter()
        for (name, version), count in self.calls.items():
            contract = versions.get(version if version is not None else of_run or 0)
            action = contract.actions.get(name) if contract is not None else None
            default = contract.costs.tools if contract is not None and contract.costs is not None else None
            price = action.costs if action is not None and action.costs is not None else default
            if price is None:
                named = "a tool of an erased case" if name == _UNREADABLE else f"'{name}'"
                unknown[f"the contract states no cost of a call of {named}"] += count
            elif name == _UNREADABLE and _priced_apart(contract):
                unknown["which tool was called is erased with the case"] += count
            else:
                amounts[price.unit] += count * in_micros(price)
        return Part(amounts=dict(amounts), unknown=dict(unknown), count=sum(self.calls.values()))


def tool_calls(desk: Desk, runs: list[str], since: int) -> dict[str, ToolCalls]:
    """
    Calls of tools by run.

    An effect counts whatever came of it: a tool that failed was called. One whose permit was used, and of which nothing
    more is on record, counts too, and so does the tool that takes one back, which the contract may state as an action.

    Args:
        desk: Of the slice.
        runs: Ids.
        since: Records before this one are not looked at.
    """
    found: dict[str, Counter[tuple[str, int | None]]] = {run: Counter() for run in runs}
    effects = {row["id"]: row for row in desk.read_rows(_EFFECTS, runs, _BEGUN)}
    told: Counter[str] = Counter()
    orders: dict[str, tuple[str, str]] = {}
    for record in desk.ledger.read(desk.slice, after=since - 1, kinds=_KINDS):
        data = record.data
        if record.kind == "action:effect" and data["outcome"] != "not begun":
            told[data["decision"]] += 1
        elif record.kind == "tool:try" and data["run"] in found:
            known = effects.get(data["decision"] or "")
            found[data["run"]][data["action"], known["contract_version"] if known else None] += 1
        elif record.kind.startswith("undo:"):
            _count_undo(found, orders, record)
    for id, row in effects.items():
        found[row["run"]][row["name"], row["contract_version"]] += max(told[id], 1)
    for row in desk.read_rows(_READS, runs):
        found[row["run"]][_name_of(desk, row["content"]), None] += 1
    return {
        run: ToolCalls(calls={call: count for call, count in calls.items() if count}) for run, calls in found.items()
    }


def _count_undo(
    found: Mapping[str, Counter[tuple[str, int | None]]], orders: dict[str, tuple[str, str]], record: Record
) -> None:
    """The tool that takes an effect back is called when that begins, unless it then says that nothing began."""
    data = record.data
    if record.kind == "undo:order":
        orders[data["undo"]] = data["run"], data["tool"]
    run, tool = orders.get(data["undo"], ("", ""))
    if run in found and (record.kind == "undo:begin" or data.get("outcome") == "not begun"):
        found[run][tool, None] += 1 if record.kind == "undo:begin" else -1


def _name_of(desk: Desk, content: str) -> str:
    try:
        step = desk.ledger.open(content)
    except (CaseErased, ContentMissing):
        return _UNREADABLE
    said = step.get("content") if isinstance(step, dict) else None
    return str(said["action"]) if isinstance(said, dict) and "action" in said else _UNREADABLE


def _priced_apart(contract: Contract | None) -> bool:
    """Whether a read may cost something else than what the contract says of tools in general."""
    return contract is None or any(action.costs is not None for action in contract.actions.values())
