"""The page on plans shows what the command prints for the contract in the reference."""

from __future__ import annotations

from docs.pages import DOCS, blocks
from goldenthread.promise.contract import parse_contract, plan, plan_text

_PAGE = DOCS / "howto" / "read-a-plan.md"


def test_the_page_on_plans_shows_real_plans() -> None:
    """A plan that the reader's own command does not print would teach them to distrust both."""
    reference = next(block.text for block in blocks(DOCS / "reference" / "contract.md") if "kind: Agent" in block.text)
    hard = reference.replace("agreement >= 85 %", "agreement >= 99 %")
    plans = {name: plan_text(plan(parse_contract(text, name))) for name, text in (("", reference), ("hard", hard))}
    shown = [block for block in blocks(_PAGE) if block.language == "text"]
    assert len(shown) == 4
    for block in shown:
        assert block.text in plans["".join(block.info[1:])], str(block)
