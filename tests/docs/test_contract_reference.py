from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from docs.pages import DOCS, ROOT, blocks
from goldenthread.promise import contract
from goldenthread.promise.errors import ContractInvalid, LineInvalid

PAGE = DOCS / "reference" / "contract.md"
PARSERS: Mapping[str, Callable[[str], object]] = {
    "outcome, adoption": contract.parse_shift,
    "clause of a gate": contract.parse_clause,
    "clause of a tripwire": contract.parse_clause,
    "error budget": contract.parse_error_budget,
    "share of cases": contract.parse_share,
    "share of approvals": contract.parse_approvals,
    "step of the escalation path": contract.parse_step,
    "expiry of a question": contract.parse_expiry,
    "when people leave": contract.parse_fallback,
    "calendar": contract.parse_calendar,
    "who signs each release": contract.parse_releases,
    "false alarms of the tripwires": contract.parse_false_alarm,
    "claim of the gates": contract.parse_claim,
    "limit of an action": contract.parse_limit,
    "budget of an action": contract.parse_budget,
    "budget of the whole agent": contract.parse_budget,
    "rule on what follows what": contract.parse_rule,
    "type of an argument": contract.parse_field,
    "type of an output": contract.parse_output,
    "path in an output": contract.parse_path,
    "what a call of an action costs": contract.parse_price,
    "what an hour of a person costs": contract.parse_hourly,
    "line of the workflow": lambda line: contract.parse_clause(f"cycle_time {line}"),
}


def _forms() -> list[tuple[str, str]]:
    """Each example with the form it belongs to; an empty first cell repeats the one above."""
    section = PAGE.read_text(encoding="utf-8").partition("## The one-line forms")[2].partition("\n## ")[0]
    forms, current = [], ""
    for name, example in re.findall(r"^\| ([^|]*)\| `([^`]+)` \|$", section, re.MULTILINE):
        current = name.strip() or current
        forms.append((current, example))
    return forms


@pytest.mark.parametrize(("form", "example"), _forms())
def test_every_one_line_form_on_the_page_parses(form: str, example: str) -> None:
    """The page is what an author copies from."""
    PARSERS[form](example)


def test_months_are_refused_as_the_page_says() -> None:
    """A unit that the page rules out must not slip through."""
    with pytest.raises(LineInvalid):
        contract.parse_shift("cost_to_serve 18 -> 6 EUR/case in 2 months, owned by finance-ops")


def test_the_contract_on_the_page_is_the_one_that_ships() -> None:
    """Two versions of the same example would make the reader wonder which one is right."""
    shipped = ROOT / "src" / "goldenthread" / "products" / "open_source_intake" / "contract.yaml"
    assert next(block.text for block in blocks(PAGE) if block.language == "yaml") == shipped.read_text(encoding="utf-8")


def _with(snippet: str) -> str:
    """The contract that ships, with the keys of a snippet in place of its own and all the actions a snippet names."""
    shipped = next(block.text for block in blocks(PAGE) if block.language == "yaml")
    head, technique = shipped[: shipped.index("lists:")], shipped[shipped.index("technique:") :]
    if "actions:" not in snippet:
        named = ("read_customer", "read_claim", "post_publicly", "send_message", "add_payee", "send_money")
        snippet += "actions:\n" + "".join(f"  {name}: {{effect: irreversible}}\n" for name in named)
    return head + snippet + technique


@pytest.mark.parametrize("heading", ["What an action is held to", "What the whole agent is held to"])
def test_what_the_page_shows_of_acting_is_a_sound_contract(heading: str) -> None:
    """These lines go from the page straight into somebody's contract."""
    snippet = next(block for block in blocks(PAGE) if block.language == "yaml" and _under(block.line) == heading)
    assert contract.check(contract.parse_contract(_with(snippet.text))).state == "sound"


def _under(line: int) -> str:
    """The heading above a line of the page."""
    above = PAGE.read_text(encoding="utf-8").split("\n")[:line]
    return next((text.removeprefix("## ") for text in reversed(above) if text.startswith("## ")), "")


def test_every_key_of_an_action_stands_on_the_page() -> None:
    """A key that the page forgets is one that nobody uses."""
    section = PAGE.read_text(encoding="utf-8").partition("## What an action is held to")[2].partition("```")[0]
    with pytest.raises(ContractInvalid, match="write one of") as caught:
        contract.parse_contract(_with("actions: {a: {zzz: 1}}\n"))
    known = str(caught.value).partition("write one of ")[2].partition(".")[0].split(", ")
    assert re.findall(r"^\| `([a-z]+)", section, re.MULTILINE) == known


def test_every_metric_on_the_page_is_known() -> None:
    """A metric that only the page knows would make a gate that nobody can measure."""
    section = PAGE.read_text(encoding="utf-8").partition("## Metrics that the guard")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", section)) <= {*contract.METRICS}
