"""Where the clause that decided stands: its line in the contract's file, or in the organisation's rules."""

from __future__ import annotations

from goldenthread.control.rules import OrganisationRules, understood
from goldenthread.promise.contract import Contract
from goldenthread.surfaces.views.thread_parts import ClausePart


def clause_part(contract: Contract, path: str, action: str) -> ClausePart:
    """Where a clause's path stands in the contract's file; the nearest stated part where it is not stated itself."""
    known = "autonomy.start" if path == _start(contract) else _named(contract, path, action)
    while known and known not in contract.positions:
        known = known.rpartition(".")[0]
    if not known:
        return ClausePart(path=path, line=None, text=None)
    line = contract.positions[known][0]
    stated = contract.text.splitlines()[line - 1].strip()
    return ClausePart(path=path, line=line, text=_gate(contract, path) or stated)


def _named(contract: Contract, path: str, action: str) -> str:
    """The path of a clause that is named by what it says: a rule, or a budget of the action or the whole agent."""
    declared = contract.actions.get(action)
    for key, name, stated in (
        ("rules", "rules '{}'", contract.rules),
        (f"actions.{action}.budget", "budget {}", declared.budget if declared is not None else ()),
        ("budgets", "budget {}", contract.budgets),
    ):
        for number, one in enumerate(stated, start=1):
            if path == name.format(one):
                return f"{key}[{number}]" if f"{key}[{number}]" in contract.positions else key
    return path


def rule_part(known: OrganisationRules, number: int, path: str) -> ClausePart:
    """Where a rule of the organisation stands in the file of its version, and what it says."""
    name, file = path.partition(".")[2], f"version {number} of the organisation's rules"
    version = known.versions.get(number)
    rules = understood(version.text) if version is not None else "not on record"
    rule = next((one for one in rules.rules if one.name == name), None) if not isinstance(rules, str) else None
    if rule is None or isinstance(rules, str):
        return ClausePart(path=path, line=None, text=None, file=file)
    return ClausePart(path=path, line=rules.lines[name], text=f"{name}: {rule.says}", file=file)


def _start(contract: Contract) -> str | None:
    """The clause that stands for the gate of the level where an agent begins: nobody climbs into it."""
    return f"autonomy.gates.{contract.autonomy.start}" if contract.autonomy else None


def _gate(contract: Contract, path: str) -> str | None:
    """A gate's clauses: in the file they may share a line with other gates, or have one each."""
    gates = contract.autonomy.gates if contract.autonomy else {}
    clauses = next((clauses for level, clauses in gates.items() if path == f"autonomy.gates.{level}"), ())
    return ", ".join(map(str, clauses)) or None
