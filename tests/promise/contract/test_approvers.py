"""The line on approvers: read, printed on the page, compared."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goldenthread.promise.contract import (
    Approvers,
    difference,
    page,
    page_text,
    parse_approvals,
    parse_contract,
    refusals,
)
from goldenthread.promise.errors import LineInvalid
from worlds import contract_text


def _text(version: int = 1, approvers: str = "", **wanted: object) -> str:
    line = f"  approvers: {{{approvers}}}\n" if approvers else ""
    text = contract_text("refunds", version=version, level="approval", **wanted)  # type: ignore[arg-type]
    return text.replace("  escalate:", f"{line}  escalate:")


def test_the_line_is_read_and_printed() -> None:
    """Whoever signs must see that people are watched, and how."""
    contract = parse_contract(_text(approvers="shared: 5 % of approvals, checks: 2.5 % of approvals"))
    assert contract.autonomy is not None
    assert contract.autonomy.approvers == Approvers(shared=Decimal(5), checks=Decimal("2.5"))
    assert str(contract.autonomy.approvers) == "shared 5 %, checks 2.5 % of approvals"
    assert refusals(contract) == ()
    printed = " ".join(page_text(page(contract)).split())
    words = "5 % of approvals are asked of two people apart; 2.5 % come with a check whose right answer is known"
    assert f"Do they look {words}" in printed


def test_without_the_line_nobody_is_watched_and_the_page_is_silent() -> None:
    """It is for those who want it."""
    contract = parse_contract(_text())
    assert contract.autonomy is not None
    assert contract.autonomy.approvers is None
    assert "Do they look" not in page_text(page(contract))


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        ("checks: 2 % of approvals", "checks: 1 % of approvals", "loosens"),
        ("checks: 2 % of approvals", "", "loosens"),
        ("", "checks: 2 % of approvals", "tightens"),
        ("shared: 5 % of approvals", "shared: 6 % of approvals", "tightens"),
    ],
)
def test_fewer_checks_loosen(old: str, new: str, direction: str) -> None:
    """Who watches less trusts more, and says so when signing."""
    changes = difference(parse_contract(_text(approvers=old)), parse_contract(_text(2, approvers=new)))
    assert [change.direction for change in changes if change.path.startswith("autonomy.approvers")] == [direction]


def test_where_nobody_is_asked_nobody_can_be_watched() -> None:
    """A line that does nothing is no promise."""
    text = contract_text("refunds", level="shadow", ceiling="draft")
    contract = parse_contract(text.replace("  escalate:", "  approvers: {checks: 2 % of approvals}\n  escalate:"))
    assert "at draft nobody is asked to approve anything" in " ".join(map(str, refusals(contract)))


def test_a_share_of_something_else_is_refused() -> None:
    """Cases are not approvals: one case may ask for several."""
    with pytest.raises(LineInvalid, match="'of cases' is no share of approvals; write e"):
        parse_approvals("5 % of cases")
