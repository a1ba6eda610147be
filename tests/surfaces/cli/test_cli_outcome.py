"""`goldenthread outcome`, as a data owner and a product owner type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from control.agents import SLICE, Agent, sign
from goldenthread.record.ledger import Ledger
from surfaces.cli.test_cli_people import Hands
from surfaces.cli.typed import Terminal
from worlds import World

COLUMNS = "--column period=week --column value=eur --as finance-ops"


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The clock of every ledger that is opened from now on, and a first live case on 2099-11-02."""
    hands, begin = Hands(), Ledger.__init__

    def with_hands(ledger: Ledger, *given: object, **named: object) -> None:
        begin(ledger, *given, **named)  # type: ignore[arg-type]
        ledger.clock = hands

    monkeypatch.setattr(Ledger, "__init__", with_hands)
    with world.opened():
        sign(world, level="draft")
        agent = Agent(world)
        run = agent.run("live-1")
        agent.ask(run, order="live-1")
        agent.end(run)
    return hands


def test_an_outcome_from_its_source_to_its_explanation(terminal: Terminal, clock: Hands, tmp_path: Path) -> None:
    """Everything that a page of a board paper needs comes from five commands."""
    costs = tmp_path / "costs.csv"
    costs.write_text("week,eur\n2099-W42,18\n2099-W43,20\n2099-W45,x\n")
    assert terminal.done(f"outcome source refunds cost_to_serve --file {costs} {COLUMNS}").startswith(
        f"finance-ops states where the values of cost_to_serve are: {costs} (record refunds#"
    )
    assert terminal.done("outcome read refunds").splitlines()[1:] == [
        "  1 rows could not be taken, so this reading settles no window:",
        "    row 3: value is no plain number such as 12.50",
    ]
    clock.at = clock.at.replace(month=12, day=10)
    costs.write_text("week,eur\n2099-W42,18\n2099-W43,20\n2099-W45,9\n2099-W46,8\n")
    read = terminal.done("outcome read refunds cost_to_serve")
    assert read.startswith("cost_to_serve: 2 new, 0 corrected, 2 as before")
    said = terminal.done(
        "outcome baseline refunds cost_to_serve --from 2099-10-01 --to 2099-11-01 --as finance-ops"
    ).splitlines()
    assert said[0].startswith("Before, cost_to_serve was 19 EUR/case over 2 values; finance-ops signed it")
    assert said[1].startswith("They disagree: The contract says 18 EUR/case before, and the data say 19 EUR/case.")
    assert terminal.done("outcome status refunds").splitlines() == [
        "refunds: outcomes hold nothing back",
        "outcome         promised          before           now           state    due         owner",
        "cost_to_serve   18 -> 6 EUR/case  19 EUR/case      8.5 EUR/case  running  2099-12-28  finance-ops",
        "time_to_answer  2 d -> 1 h        48 h (contract)                unknown  2099-12-28  customer-desk",
        "agent_share     0 % -> 70 %       0 % (contract)                 unknown  2099-12-28  customer-desk",
        "  cost_to_serve is running: 8.5 EUR/case over 2 values of 2099-11-02 to 2099-11-09; due 2099-12-28.",
        "  time_to_answer is unknown: customer-desk has reported nothing yet; due 2099-12-28.",
        "  agent_share is unknown: customer-desk has reported nothing yet; due 2099-12-28.",
    ]
    assert terminal.done("outcome explain refunds cost_to_serve").splitlines() == [
        "cost_to_serve of refunds, from its baseline to 2099-11-02 to 2099-11-09:",
        "            EUR/case",
        "before      19.00     2 values",
        "mix         +0.00",
        "automation  +0.00",
        "rework      +0.00",
        "unit price  +0.00",
        "rest        -10.50",
        "after       8.50      2 values",
        "The values name no kinds of case, so mix cannot be told and stays in the rest.",
        "The values name no units, so no price can be told and stays in the rest.",
    ]
    assert terminal.done("outcome delta refunds cost_to_serve").splitlines()[0] == (
        "cost_to_serve of refunds, 2099-11-02 to 2099-11-09: -10.50 EUR/case, and whether that is chance cannot be "
        "told yet: it takes 100 cases on each side, and there are 2 and 2."
    )
    assert json.loads(terminal.done("outcome delta refunds cost_to_serve --json"))["design"] == "before-after"
    assert "outcome-unknown: " in terminal.refused("outcome delta refunds cost_to_serve --as-of 2099-11-01")


def test_an_overdue_outcome_says_what_it_holds_and_a_flag_who_looks(
    terminal: Terminal, world: World, clock: Hands, tmp_path: Path
) -> None:
    """Whoever wonders why an agent stays where it is finds the line, the day and the name."""
    clock.at = clock.at.replace(year=2100, month=1, day=4)
    assert terminal.done("outcome flags") == "No red flag.\n"
    lines = terminal.done("outcome status").splitlines()
    assert lines[0].startswith(
        "refunds: The outcome 'cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops' is"
    )
    assert lines[2].split()[-3:] == ["overdue", "2099-12-28", "finance-ops"]
    (view,) = json.loads(terminal.done("outcome status --json"))
    assert view["holds"] == view["words"]
    with world.opened() as ledger:
        asked = [one.data["metric"] for one in ledger.read(SLICE, kinds=["outcome:ask"])]
    assert asked == ["cost_to_serve", "time_to_answer", "agent_share"]
    assert "all the same" in terminal.done("ledger replay refunds")


def test_what_cannot_be_stated_is_refused_before_anything_is_signed(terminal: Terminal, clock: Hands) -> None:
    """A wrong source is found when it is stated, by whoever can mend it."""
    refused = terminal.refused("outcome source refunds cost_to_serve --column case=id --as finance-ops")
    assert refused.startswith("outcome-source-invalid: A row is of a case and the day it was done, or of a period.")
    refused = terminal.refused(f"outcome source refunds margin --file a.csv {COLUMNS}")
    assert refused.startswith(
        "outcome-unknown: The contract of 'refunds' has no outcome 'margin'; it has cost_to_serve,"
    )
    assert terminal.done("outcome read refunds") == (
        "No data owner of 'refunds' has stated a source. Run `goldenthread outcome source`.\n"
    )
