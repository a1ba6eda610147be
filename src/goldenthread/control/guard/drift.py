"""Agents whose tools and contract can't both be right: refused before they start, and the refusal on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.fingerprint import Declaration
from goldenthread.control.guard.interfaces import tool_problems
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import ToolsDrifted

REFUSED = "agent:fingerprint:refuse"
"""Kind of the record of a refused start: agent, fingerprint, tools, contract_version, problems."""


def require_tools(desk: Desk, contract: Contract, declaration: Declaration) -> None:
    """
    Let an agent start only with tools that take what the contract says; looked at once a contract and fingerprint.

    Raises:
        ToolsDrifted: With the first disagreement; `goldenthread contract drift` lists all.
    """
    pair = (contract.digest, declaration.fingerprint)
    if pair in desk.agreed:
        return
    problems = tool_problems(contract, declaration.tools)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ToolsDrifted(
            f"Agent '{declaration.agent}' doesn't start in '{contract.slice}' under version {contract.version}: "
            f"{problems[0]}{more}. Change the tool, or sign a version that says what it takes; "
            f"`goldenthread contract drift {contract.slice}` lists what differs."
        )
    desk.agreed.add(pair)


@contextmanager
def keeping_refusal(desk: Desk, declaration: Declaration) -> Iterator[None]:
    """Put a refused start on record, once a fingerprint and contract version: nobody else would learn of it."""
    try:
        yield
    except ToolsDrifted:
        with desk.transaction() as writing:
            contract = writing.contract()
            problems = tool_problems(contract, declaration.tools)
            if problems and not _is_kept(desk, declaration, contract):
                record: dict[str, Any] = {
                    "agent": declaration.agent,
                    "fingerprint": declaration.fingerprint,
                    "tools": dict(declaration.tools),
                    "contract_version": contract.version,
                    "problems": list(problems),
                }
                writing.append(REFUSED, record, by=declaration.agent)
        raise


def _is_kept(desk: Desk, declaration: Declaration, contract: Contract) -> bool:
    """Whether the newest word on the agent here is this very refusal."""
    about = [
        record
        for record in desk.ledger.read(desk.slice, kinds=(REFUSED, "agent:fingerprint:declare"))
        if record.data["agent"] == declaration.agent
    ]
    return (
        bool(about)
        and about[-1].kind == REFUSED
        and (
            (about[-1].data["fingerprint"], about[-1].data["contract_version"])
            == (declaration.fingerprint, contract.version)
        )
    )
