"""What a contract says of acting, from the file to the page and to the next version."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    Budget,
    Contract,
    Field,
    Quantity,
    check,
    difference,
    loosened_gates,
    page,
    page_html,
    page_text,
    parse_contract,
)
from goldenthread.promise.errors import ContractInvalid
from goldenthread.promise.values import Verdict

HERE = Path(__file__).parent
FILE = HERE.parents[2] / "examples" / "agent-actions.yaml"
GOOD = FILE.read_text(encoding="utf-8")
CONTRACT = parse_contract(GOOD, FILE.name)

ROWS = """\
ACTIONS AND LIMITS
  read_invoice    read; within 20 s; up to 3 tries
  read_mail       read
  read_supplier   read; trusted of its output: id, bank.account
  read_purchase_order read; output trusted
  search_web      read, sends data out; at most 5 calls per run
  add_supplier    reversible; undone by remove_supplier; account from trusted sources, else denied;
                  at most 1 call per run
  pay_invoice     irreversible; account and amount from trusted sources, else a person is asked;
                  limit: amount <= 2000 EUR and currency in currencies; at most 1 call per run,
                  20000 EUR of amount per day; once for each invoice; within 10 s; up to 2 tries;
                  costs 0.02 EUR a call
  List currencies EUR, CHF
  Checked         arguments and outputs of every action but add_supplier
  Budgets         2 EUR per run, 150 EUR per day, 400000 tokens per run, 60 calls per run
  Rules           after read_mail, pay_invoice only with a person; after read_supplier or
                  read_purchase_order, never search_web; two people for add_supplier and pay_invoice
  Content         secrets: deny; personal data: redact; orders injected by others: ask
  Decision        match_order: order, same out of invoice; within 60 s; up to 2 tries; else a person
                  takes the case
  Costs           people 54 EUR/h; a review 3 min unmeasured, at most 15 min; other tools 0 EUR
"""


def _changed(text: str) -> Contract:
    return parse_contract(text, FILE.name)


# --- reading --------------------------------------------------------------------------------------


def test_the_example_of_acting_is_sound_and_fits_the_sheet() -> None:
    """It is what people copy when an agent gets real tools."""
    found = check(CONTRACT)
    assert (found.state, found.refusals) == ("sound", ())
    assert page(CONTRACT).overflow == 0


def test_everything_that_an_action_says_arrives() -> None:
    """A field that is read wrongly would be enforced wrongly, under a signature."""
    pay = CONTRACT.actions["pay_invoice"]
    assert (pay.decides, pay.untrusted, pay.trust, pay.gives) == (("account", "amount"), Verdict.ASK, (), "object")
    assert pay.takes is not None
    assert pay.takes["urgent"] == Field(type="yes or no", optional=True)
    assert pay.budget == (
        Budget(amount=Decimal(1), unit="calls", per="run"),
        Budget(amount=Decimal(20000), unit="EUR", per="day", of="amount"),
    )
    assert (pay.key, pay.within, pay.tries) == ("invoice", Quantity(amount=Decimal(10), unit="s"), 2)
    assert CONTRACT.actions["add_supplier"].untrusted is Verdict.DENY
    assert CONTRACT.actions["add_supplier"].takes is None
    assert CONTRACT.actions["read_supplier"].trust == ("id", "bank.account")
    assert CONTRACT.actions["read_purchase_order"].trust is None
    assert CONTRACT.actions["read_mail"].trust == ()


def test_what_holds_for_the_whole_agent_arrives() -> None:
    """Budgets, rules, content and decisions are compiled from exactly these."""
    assert [str(budget) for budget in CONTRACT.budgets] == [
        "2 EUR per run",
        "150 EUR per day",
        "400000 tokens per run",
        "60 calls per run",
    ]
    assert [(rule.first, rule.then, rule.verdict) for rule in CONTRACT.rules] == [
        (("read_mail",), ("pay_invoice",), Verdict.ASK),
        (("read_supplier", "read_purchase_order"), ("search_web",), Verdict.DENY),
        (("add_supplier",), ("pay_invoice",), None),
    ]
    assert CONTRACT.content == {"secrets": "deny", "personal_data": "redact", "injection": "ask"}
    match = CONTRACT.decisions["match_order"]
    assert (match.takes, match.gives) == (
        {"invoice": Field(type="text")},
        {"order": Field(type="text"), "same": Field(type="yes or no")},
    )
    assert (str(match.within), match.tries, match.otherwise) == ("60 s", 2, "escalate")


def test_what_is_said_of_costs_arrives() -> None:
    """From these lines money is added up, a case at a time."""
    costs, hour = CONTRACT.costs, Quantity(amount=Decimal(54), unit="EUR/h")
    assert costs is not None
    assert (costs.people, costs.models, str(costs.tools)) == ({"": hour}, True, "0 EUR")
    assert (str(costs.review), str(costs.longest)) == ("3 min", "15 min")
    assert str(CONTRACT.actions["pay_invoice"].costs) == "0.02 EUR"
    assert CONTRACT.actions["add_supplier"].costs is None
    roles = _changed(GOOD.replace("people: 54 EUR/h", "people: {approver: 54 EUR/h, owner: 90 EUR/h}")).costs
    assert roles is not None
    assert roles.people_words == "approver 54 EUR/h, owner 90 EUR/h"
    assert not _changed(GOOD.replace("tools: 0 EUR", "models: none")).costs.models  # type: ignore[union-attr]


def test_what_nobody_says_is_the_careful_side() -> None:
    """Nothing is trusted, nothing tried twice, nothing but a person follows from doubt."""
    pay = _changed(GOOD.replace("    untrusted: ask\n", "").replace("    tries: 2\n", "")).actions["pay_invoice"]
    assert (pay.untrusted, pay.trust, pay.tries) == (Verdict.ASK, (), 1)
    plain = CONTRACT.actions["add_supplier"]
    assert (plain.takes, plain.gives, plain.within, plain.budget[1:]) == (None, None, None, ())


@pytest.mark.parametrize("written", [", trust: nothing", ""])
def test_nothing_is_trusted_unless_it_is_said(written: str) -> None:
    """Saying so and not saying anything mean the same."""
    assert _changed(GOOD.replace(", trust: all", written)).actions["read_purchase_order"].trust == ()


def test_an_action_may_take_nothing() -> None:
    """That is something else than nothing being said of its arguments."""
    assert _changed(GOOD.replace("takes: {case: text}", "takes: {}")).actions["read_mail"].takes == {}


_BITS = st.sampled_from(
    ["", " ", ":", ", ", "[", "]", "{", "}", "'", "?", "all", "nothing", "after ", " or ", "never", "per", "of", "~",
     "0", "-1", "EUR", "text", "number", "deny", "ask", "allow", "redact", "é", "\u202e", "\t", "\n"]
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(GOOD.index("lists:"), len(GOOD)), st.integers(0, 12), _BITS), max_size=5))
def test_a_damaged_part_on_acting_reads_or_is_refused_in_words(damage: list[tuple[int, int, str]]) -> None:
    """Whatever happens to these lines, the reader gives a contract or places and cures."""
    text = GOOD
    for place, length, bit in damage:
        text = text[:place] + bit + text[place + length :]
    try:
        contract = _changed(text)
    except ContractInvalid as invalid:
        assert all(problem.words.endswith((".", "?")) for problem in invalid.problems)
    else:
        check(contract)
        page(contract)
        assert difference(contract, contract) == ()


# --- the page -------------------------------------------------------------------------------------


def test_the_page_says_what_the_agent_is_held_to() -> None:
    """Compared whole: this is what an owner signs."""
    assert ROWS in page_text(page(CONTRACT))
    assert "after read_mail, pay_invoice only with a person" in page_html(page(CONTRACT))


def test_reads_that_say_the_same_share_a_row() -> None:
    """Agents have dozens of reads, and the sheet belongs to what has an effect."""
    more = "".join(f"  look_{letter}: {{effect: read, trust: all}}\n" for letter in "abc")
    text = page_text(page(_changed(GOOD.replace("  read_mail:", more + "  read_mail:"))))
    assert "  Reads           look_a, look_b, look_c, read_purchase_order; output trusted\n" in text
    assert "  read_mail       read\n" in text


def test_the_page_says_of_which_actions_types_are_checked() -> None:
    """An owner must see where an agent may pass anything."""
    one_less = page_text(page(_changed(GOOD.replace(", takes: {case: text}, gives: list", ""))))
    assert "  Checked         arguments and outputs of every action but read_mail, add_supplier\n" in one_less
    apart = page_text(page(_changed(GOOD.replace("gives: text, within", "within"))))
    assert (
        "  Checked         arguments of every action but add_supplier; outputs of every action but\n"
        "                  read_invoice, add_supplier\n"
    ) in apart
    kept = ("read_supplier:", "match_order:")
    few = "\n".join(line if any(name in line for name in kept) else _untyped(line) for line in GOOD.split("\n"))
    assert "  Checked         arguments and outputs of read_supplier\n" in page_text(page(_changed(few)))


def _untyped(line: str) -> str:
    return re.sub(r"(, )?(takes: \{[^}]*\}|gives: [a-z]+)", "", line)


# --- the next version -----------------------------------------------------------------------------


def _table() -> list[tuple[str, str, list[str]]]:
    """Blocks of lines: `-` what stands in the example, `+` what replaces it, `=` what must be told."""
    text = (HERE / "acting_differences.txt").read_text(encoding="utf-8")
    return [_row(block.strip("\n").split("\n")) for block in text.split("\n\n")]


def _row(lines: list[str]) -> tuple[str, str, list[str]]:
    old, new, told = ([line[2:] for line in lines if line.startswith(f"{sign} ")] for sign in "-+=")
    return "\n".join(old) + ("" if new else "\n"), "\n".join(new), told


@pytest.mark.parametrize(("old", "new", "told"), _table())
def test_a_change_in_acting_is_told_in_words_with_its_direction(old: str, new: str, told: list[str]) -> None:
    """Whoever signs must see at once whether the agent gains room; evidence for the gates stays what it is."""
    assert old in GOOD
    after = _changed(GOOD.replace(old, new, 1))
    assert [str(change) for change in difference(CONTRACT, after)] == told
    assert loosened_gates(CONTRACT, after) == set()


_OPPOSITE = {"loosens": "tightens", "tightens": "loosens", "adds": "removes", "removes": "adds", "changes": "changes"}


@pytest.mark.parametrize(("old", "new", "told"), _table())
def test_a_change_taken_back_has_the_opposite_direction(old: str, new: str, told: list[str]) -> None:
    """What loosens one way must not pass for harmless the other way."""
    after = _changed(GOOD.replace(old, new, 1))
    back = [_OPPOSITE[change.direction] for change in difference(after, CONTRACT)]
    assert sorted(back) == sorted(line.split(" ", 1)[0] for line in told)


def test_the_table_of_changes_in_acting_is_there() -> None:
    """It is read from a file, and an empty file would pass every case in it."""
    assert len(_table()) >= 40


def test_links_in_an_argument_may_decide() -> None:
    """A text is free then, and where it sends its reader is not."""
    read = "decides: [account, amount]"
    assert read in GOOD
    changed = _changed(GOOD.replace(read, "decides: [account, links in account]", 1))
    assert changed.actions["pay_invoice"].decides == ("account", "links in account")
    with pytest.raises(ContractInvalid, match="there is no argument 'links in urgent'; did you mean"):
        _changed(GOOD.replace(read, "decides: [account, links in urgent]", 1))
