from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from audit_worlds import run_verifier
from control.agents import SLICE
from control.costs.worked_case import CLAUDE, LLAMA, MODELS, OWN, PAYING, PEOPLE, TOOLS, TOTAL, Workshop
from goldenthread.control.costs import CostFact, SliceCosts, run_costs, slice_costs
from goldenthread.control.guard import Called, Step, begin_undo, order_undo, record_try
from goldenthread.promise.errors import ExchangeUnknown, NotPermitted, PricesInvalid
from goldenthread.record.audit import export
from goldenthread.record.costs import load_stated, state_prices
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import load_principals
from worlds import AGENT, APPROVER, OWNER, World

pytest.importorskip("genai_prices", reason="the extra 'costs' is not installed")


@pytest.fixture
def workshop(world: World) -> Workshop:
    """A slice with its costs stated."""
    return Workshop(world)


def _costs(workshop: Workshop) -> SliceCosts:
    prices = load_stated(workshop.world.ledger).prices()
    now = workshop.clock.at + timedelta(seconds=1)
    with workshop.telemetry() as telemetry:
        return slice_costs(workshop.desk, prices, telemetry, now - timedelta(days=28), now)


def test_a_case_costs_what_is_worked_out_by_hand(workshop: Workshop) -> None:
    """Models, tools and people, to the millionth: the case on the page about costs."""
    run = workshop.worked("order-4711")
    workshop.spoke(run, CLAUDE, LLAMA)
    (cost,) = _costs(workshop).cases.values()
    assert cost.amounts == {"USD": 29_025, "EUR": TOOLS + PEOPLE}  # nothing is stated yet: no rate, no price of our own
    assert (cost.fact.model_micros, cost.fact.total_micros, cost.fact.tool_micros) == (None, None, TOOLS)
    assert cost.fact.unknown[-1] == "no exchange rate from USD to EUR is stated"
    with pytest.raises(ExchangeUnknown, match=r"3\.62 EUR and 0\.029025 USD cannot be added up"):
        _ = cost.known
    workshop.state()
    found = _costs(workshop)
    (cost,) = found.cases.values()
    assert (cost.models.amounts, cost.tools.amounts) == ({"EUR": MODELS}, {"EUR": TOOLS})
    assert cost.people.amounts == {"EUR": PEOPLE}
    assert cost.unknown == {}
    assert (cost.runs, cost.reviews, cost.models.count, cost.differing) == ((run,), {"measured": 1}, 2, 0)
    assert cost.total("EUR") == MODELS + TOOLS + PEOPLE == TOTAL
    assert cost.fact == CostFact(
        model_micros=MODELS,
        tool_micros=TOOLS,
        people_micros=PEOPLE,
        total_micros=TOTAL,
        currency="EUR",
        unknown=(),
    )
    assert [table.split(" sha256:")[0] for table in cost.tables] == [
        f"1 USD = 0.92 EUR from {workshop.clock.at.date() - timedelta(days=1)} (maya@example.com, organisation#10)",
        f"genai-prices {version('genai-prices')}",
        "own prices organisation#9",
    ]


def test_what_cannot_be_told_is_named_and_counted_and_never_zero(workshop: Workshop) -> None:
    """Each of these would make a case look cheaper than it was, if it counted as nothing."""
    workshop.state()
    silent = workshop.worked("no telemetry", claim=False)
    quiet = workshop.worked("no model called")
    workshop.spoke(quiet, **{"gen_ai.usage.input_tokens": None, "gen_ai.usage.output_tokens": None})
    unpriced = workshop.worked("unknown model")
    workshop.spoke(unpriced, {**LLAMA, "gen_ai.request.model": "own-7b"}, {**CLAUDE, "gen_ai.usage.cost": 0.5})
    workshop.spoke("f" * 16, LLAMA)
    found = _costs(workshop)
    by_run = {cost.runs[0]: cost for cost in found.cases.values()}
    assert by_run[silent].unknown == {"no telemetry of the run says what models it called": 1}
    assert by_run[silent].people.amounts == {"EUR": 3 * 60 * 15_000}  # nobody took it first: the contract's 3 min
    assert by_run[silent].reviews == {"stated": 1}
    assert by_run[quiet].models.known
    assert by_run[quiet].total("EUR") == TOOLS + PEOPLE
    assert by_run[unpriced].unknown == {"'own-7b' of 'vllm' is not in the table": 1}
    assert by_run[unpriced].known == (26_703 + TOOLS + PEOPLE, "EUR")
    assert by_run[unpriced].total("EUR") is None
    assert (by_run[unpriced].said_micros, by_run[unpriced].differing) == (500_000, 1)
    assert (found.stray.amounts, found.stray.count) == ({"EUR": 1_100}, 1)  # a run that this slice never had


def test_taking_an_effect_back_is_a_call_of_a_tool_too(world: World) -> None:
    """What is undone cost twice."""
    actions = {**PAYING, "take_back": {"effect": "irreversible", "costs": "0.05 EUR"}}
    workshop = Workshop(world, actions=actions)
    run = workshop.worked("order-4711")
    (action,) = workshop.desk.read_rows("select id from action where run = %s", run)
    for begins in (True, False):
        undo = order_undo(workshop.desk, action["id"], "paid twice", by=OWNER, sign=world.keyring.sign)
        assert begin_undo(workshop.desk, undo.id, AGENT) is not None
        outcome = "failed" if begins else "not begun"
        world.ledger.append(SLICE, "undo:end", AGENT, {"undo": undo.id, "outcome": outcome, "result": None})
        with world.ledger.store.session() as connection:
            connection.execute("update undo set state = 'failed' where id = %s", (undo.id,))
            connection.commit()
    (cost,) = _costs(workshop).cases.values()
    assert (cost.tools.amounts, cost.tools.count) == ({"EUR": TOOLS + 50_000}, 2)


def test_a_lapsed_claim_ends_a_review_and_longest_caps_it(workshop: Workshop) -> None:
    """Lunch is not review: a claim lasts a quarter of an hour unless somebody keeps it."""
    run = workshop.worked("lunch", minutes=90)
    other = workshop.worked("order-4711")
    prices = load_stated(workshop.world.ledger).prices()
    found = run_costs(workshop.desk, prices, None, [run, other, "f" * 16])
    assert {id: cost.people.amounts for id, cost in found.items()} == {
        run: {"EUR": 15 * 60 * 15_000},
        other: {"EUR": PEOPLE},
    }


def test_what_the_contract_does_not_state_is_unknown(world: World) -> None:
    """A contract from before costs were stated must not make all its cases free."""
    workshop = Workshop(world, costs="", actions={"pay": {"effect": "reversible", "key": "order"}})
    workshop.worked("order-4711")
    (cost,) = _costs(workshop).cases.values()
    assert cost.amounts == {}
    assert cost.currency == "EUR"  # of its outcome line
    assert cost.unknown == {
        "no telemetry of the run says what models it called": 1,
        "the contract states no cost of a call of 'pay'": 1,
        f"the contract states no hourly rate of '{APPROVER}'": 1,
    }


def test_every_call_of_a_tool_counts_reads_and_failures_too(world: World) -> None:
    """What failed was called, and what only reads is paid for like the rest."""
    actions = {**PAYING, "look": {"effect": "read", "costs": "0.001 EUR"}}
    workshop = Workshop(world, costs="costs: {people: {approver: 60 EUR/h}, models: none}\n", actions=actions)
    agent, inbox = workshop.agent, world.inbox(SLICE)
    run = agent.run("case-1")
    asked = agent.ask(run, order="o", amount=7)
    assert asked.item is not None
    inbox.approve(asked.item, by=APPROVER)
    permitted = agent.ask(run, order="o", amount=7)
    agent.consume(run, permitted)
    record_try(workshop.desk, run, Called(name="pay", decision=permitted.id), 1, "TimeoutError")
    agent.failed(run, permitted)
    agent.end(run, "fault", steps=[Step(kind="read", content={"action": "look"})] * 3)
    (cost,) = _costs(workshop).cases.values()
    assert cost.tools.amounts == {"EUR": 2 * 20_000 + 3 * 1_000}
    assert cost.tools.count == 5
    assert cost.models.known
    assert cost.unknown == {"how long a review took was not measured": 1}
    world.ledger.erase(SLICE, run.case_ref, OWNER)
    (erased,) = _costs(workshop).cases.values()
    assert erased.tools.unknown == {"the contract states no cost of a call of a tool of an erased case": 3}


def test_only_who_may_states_prices_and_what_they_did_not_sign_prices_nothing(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Whoever may write to the ledger could else make every agent cheap."""
    ledger, keyring = workshop.world.ledger, workshop.world.keyring
    ledger.clock = lambda: datetime.now(UTC)
    with pytest.raises(NotPermitted):
        state_prices(ledger, keyring, OWN, by=APPROVER)
    with pytest.raises(PricesInvalid):
        state_prices(ledger, keyring, "[[price]]", by=OWNER)
    assert load_stated(ledger).own is None
    record = state_prices(ledger, keyring, OWN, by=OWNER)
    assert load_stated(ledger).own is not None
    forged = {**record.data, "text": OWN.replace("0.20", "0.02")}
    ledger.append(ORGANISATION, record.kind, OWNER, forged)
    with pytest.raises(PricesInvalid) as caught:
        load_stated(ledger)
    assert caught.value.message.startswith(
        f"Record organisation#{record.seq + 1} states prices or a rate, and does not count: "
    )
    export(ledger, load_principals(ledger), [], tmp_path / "audit", made_at=ledger.clock())
    assert [line.partition("costs:prices ")[2] for line in run_verifier(tmp_path / "audit").wrong] == [
        f"does not hold: it does not say what '{OWNER}' signed for this place."
    ]
