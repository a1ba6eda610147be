"""Budgets: what is used up is added up exactly, whoever asks, whenever, from whichever process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from decimal import Decimal
from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, records, sign
from goldenthread.control.guard import Desk, reserve, settle
from goldenthread.promise.errors import AnswerInvalid, BudgetSpent, PermitRefused, ValueProblem
from goldenthread.promise.values import Json, Verdict
from goldenthread.record.costs import state_prices
from goldenthread.surfaces.opening import open_ledger
from worlds import APPROVER, OWNER, World


def paying(*budget: str) -> dict[str, Any]:
    """The action `pay` with budgets of its own."""
    own = {"budget": list(budget)} if budget else {}
    return {"pay": {"effect": "reversible", **own}, "post": {"effect": "reversible"}}


def spent(world: World) -> Decimal:
    """The sum of `amount` over all permits that were used."""
    used = {record.data["permit"] for record in records(world, "permit:consume")}
    return sum(
        (
            Decimal(record.data["spends"]["pay:amount"])
            for record in records(world, "action:decide")
            if record.data.get("permit") and record.data["permit"]["id"] in used
        ),
        Decimal(0),
    )


def test_an_action_over_its_daily_sum_is_denied(world: World) -> None:
    """A hundred small payments are a large one."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    first = agent.act(agent.run("a"), order="a", amount=60)
    second = agent.ask(agent.run("b"), order="b", amount=41)
    assert (first.verdict, second.verdict) == (Verdict.ALLOW, Verdict.DENY)
    assert second.reason == "It would go over the budget '100 EUR of amount per day'"
    assert agent.ask(agent.run("c"), order="c", amount=40).verdict is Verdict.ALLOW


def test_an_amount_that_cannot_be_added_up_is_denied_in_words_that_say_so(world: World) -> None:
    """'It would go over' sends people to look for spending that there was not."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    denied = agent.ask(agent.run("a"), order="a", amount="twenty")
    assert denied.verdict is Verdict.DENY
    assert denied.reason == "It has an 'amount' that the budget '100 EUR of amount per day' cannot add up"


def test_a_permit_that_nobody_used_yet_holds_its_amount(world: World) -> None:
    """What may be spent any moment is not there for others."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    held = agent.ask(agent.run("a"), order="a", amount=100)
    assert agent.ask(agent.run("b"), order="b", amount=1).verdict is Verdict.DENY
    agent.consume(agent.run("a"), held)
    assert agent.ask(agent.run("b"), order="c", amount=1).verdict is Verdict.DENY


def test_a_run_that_ends_gives_back_what_it_did_not_use(world: World) -> None:
    """An abandoned permit must not stop a day's work."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    run = agent.run("a")
    agent.ask(run, order="a", amount=100)
    agent.end(run)
    assert agent.ask(agent.run("b"), order="b", amount=100).verdict is Verdict.ALLOW


def test_asking_again_in_smaller_words_frees_nothing_of_what_may_still_be_done(world: World) -> None:
    """The first permit of a call stays good until one of them is used, so both are held."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    run = agent.run("a")
    large = agent.ask(run, order="a", amount=90)
    small = agent.ask(run, order="a", amount=1)
    assert (large.state, small.state) == ("permitted", "permitted")
    assert agent.ask(agent.run("b"), order="b", amount=50).verdict is Verdict.DENY
    agent.consume(run, large)
    agent.done(run, large)
    with pytest.raises(PermitRefused):
        agent.consume(run, small)
    assert agent.ask(agent.run("b"), order="b", amount=10).verdict is Verdict.ALLOW


def test_counts_of_a_run_begin_anew_with_each_run(world: World) -> None:
    """Two calls a run are two calls for every run."""
    agent = acting_alone(world, actions=paying("2 calls per run"))
    for case in ("a", "b"):
        run = agent.run(case)
        assert [agent.act(run, call=number, order=f"{case}{number}", amount=1).verdict for number in range(2)] == [
            Verdict.ALLOW,
            Verdict.ALLOW,
        ]
        assert agent.ask(run, call=2, order=f"{case}2", amount=1).clause == "budget 2 calls per run"


def test_the_budget_of_the_slice_counts_every_action(world: World) -> None:
    """Whoever limits calls means all of them."""
    agent = acting_alone(world, actions=paying(), parts="budgets: [2 calls per run]\n")
    run = agent.run("a")
    agent.act(run, order="a", amount=1)
    agent.act(run, "post", call=1, text="b")
    assert agent.ask(run, "post", call=2, text="c").verdict is Verdict.DENY


@pytest.mark.parametrize("amount", [-5, "much", None, True, "5 USD"])
def test_what_cannot_be_added_up_is_denied(world: World, amount: Json) -> None:
    """A sum with a hole in it limits nothing."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    outcome = agent.ask(agent.run("a"), order="a", amount=amount)
    assert (outcome.verdict, outcome.clause) == (Verdict.DENY, "budget 100 EUR of amount per day")


def test_a_persons_yes_cannot_go_over_a_budget_either(world: World) -> None:
    """The budget is the contract's; whoever approves is bound by it, also by an edit."""
    sign(world, level="approval", actions=paying("100 EUR of amount per day"))
    agent = Agent(world)
    first = agent.ask(agent.run("a"), order="a", amount=80)
    second = agent.ask(agent.run("b"), order="b", amount=80)
    inbox = world.inbox(SLICE)
    inbox.approve(str(first.item), by=APPROVER)
    with pytest.raises(AnswerInvalid, match="would go over the budget '100 EUR of amount per day'"):
        inbox.approve(str(second.item), by=APPROVER)
    with pytest.raises(AnswerInvalid, match="would go over the budget"):
        inbox.edit(str(second.item), {"amount": 21}, by=APPROVER)
    inbox.edit(str(second.item), {"amount": 20}, by=APPROVER)
    agent.consume(agent.run("b"), agent.ask(agent.run("b"), order="b", amount=80))


def test_model_calls_reserve_before_and_settle_after(world: World) -> None:
    """What a call may cost is held while it runs; what it did cost is what counts."""
    agent = acting_alone(world, parts="budgets: [1000 tokens per run, 1 EUR per day]\n")
    run = agent.run("a")
    used = reserve(agent.desk, run, tokens=800, cost="0.60 EUR")
    with pytest.raises(BudgetSpent, match=r"800 tokens and 0\.60 EUR goes over the budget '1000 tokens per run'"):
        reserve(agent.desk, run, tokens=800, cost="0.60 EUR")
    used.tokens, used.cost = 100, "0.10 EUR"
    settle(agent.desk, run, used)
    more = reserve(agent.desk, run, tokens=900, cost="0.90 EUR")
    more.tokens = 2000
    settle(agent.desk, run, more)
    with pytest.raises(BudgetSpent):
        reserve(agent.desk, run, tokens=1)


OWN_PRICE = '[[price]]\nmodel = "own-7b"\nfrom = 2026-01-01\ncurrency = "EUR"\ninput = 100\noutput = 300\n'


def test_tokens_are_priced_where_a_budget_counts_money(world: World) -> None:
    """An agent that knows only its tokens must not be free under a budget of money, nor a model without a price."""
    agent = acting_alone(world, parts="budgets: [1 EUR per run]\n")
    run = agent.run("a")
    for unknown in ({}, {"model": "own-7b", "provider": "vllm"}):
        with pytest.raises(ValueProblem, match="A budget counts money, and what this model call may cost is not known"):
            reserve(agent.desk, run, tokens=1000, **unknown)
    state_prices(world.ledger, world.keyring, OWN_PRICE, by=OWNER)
    with pytest.raises(ValueProblem, match="is not known"):
        reserve(agent.desk, run, model="own-7b", provider="vllm")
    with pytest.raises(BudgetSpent, match=r"4000 tokens and 1\.2 EUR goes over the budget '1 EUR per run'"):
        reserve(agent.desk, run, tokens=4000, model="own-7b", provider="vllm")
    used = reserve(agent.desk, run, tokens=3000, model="own-7b", provider="vllm")
    used.input_tokens, used.output_tokens = 2000, 500
    settle(agent.desk, run, used)
    kept = reserve(agent.desk, run, tokens=2000, model="own-7b", provider="vllm")
    kept.model = "unknown"
    settle(agent.desk, run, kept)
    told = [record.data for record in records(world, "budget:reserve", "budget:settle")]
    assert [one["amounts"]["EUR"] for one in told] == ["0.9", "0.35", "0.6", "0.6"]
    assert told[0]["prices"][0].startswith("own prices organisation#")
    with pytest.raises(BudgetSpent):
        reserve(agent.desk, run, cost="0.06 EUR")


@pytest.mark.parametrize(("tokens", "cost"), [(-1, ""), (1.5, ""), (1, "5"), (1, "-5 EUR"), (1, "5 euro")])
def test_usage_that_is_none_is_named(world: World, tokens: Any, cost: str) -> None:
    """A typing error must not count as nothing."""
    agent = acting_alone(world, parts="budgets: [1000 tokens per run]\n")
    with pytest.raises(ValueProblem):
        reserve(agent.desk, agent.run("a"), tokens=tokens, cost=cost)


RIVAL = """
import sys, threading
sys.path[:0] = {path!r}
from control.agents import SLICE, Agent
from goldenthread.control.guard import Authorizer, Desk, Request
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.surfaces.opening import open_ledger

class Place:
    def __init__(self, ledger):
        self.ledger = ledger

ledger = open_ledger(sys.argv[1])
agent = Agent(Place(ledger), Desk(ledger, SLICE))
authorizer = Authorizer(agent.desk)
print("ready", flush=True)
sys.stdin.readline()

def work(number):
    case = f"{{sys.argv[2]}}-{{number}}"
    run = agent.run(case)
    outcome = authorizer.authorize(Request(run=run, call=0, action="pay", arguments={{"order": case, "amount": 7}}))
    if outcome.state == "permitted":
        agent.consume(run, outcome)
        agent.done(run, outcome)

threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
for thread in threads: thread.start()
for thread in threads: thread.join()
ledger.store.close()
"""


def test_a_budget_raced_by_a_hundred_clients_is_never_overspent_and_fully_used(world: World) -> None:
    """Fifty clients in each of two processes, all at once: the sum is exact, not nearly so."""
    acting_alone(world, actions=paying("100 EUR of amount per day"))
    script = textwrap.dedent(RIVAL).format(path=[path for path in sys.path if path])
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(world.home), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    for rival in rivals:
        rival.communicate(timeout=120)
    assert [rival.returncode for rival in rivals] == [0, 0]
    assert spent(world) == 98  # fourteen of seven; a fifteenth would be 105
    denied = [one for one in records(world, "action:decide") if one.data["reason"].startswith("It would go over")]
    denied = [one for one in denied if not one.data["replay"]]
    assert len(denied) == 100 - 14


def test_another_process_starts_from_what_is_on_record(world: World) -> None:
    """Spending is derived from the chain, so a restart forgets nothing."""
    agent = acting_alone(world, actions=paying("100 EUR of amount per day"))
    agent.act(agent.run("a"), order="a", amount=95)
    ledger = open_ledger(world.home)
    try:
        other = Agent(world, Desk(ledger, SLICE))
        assert other.ask(other.run("b"), order="b", amount=6).verdict is Verdict.DENY
        assert other.ask(other.run("b"), order="b", amount=5).verdict is Verdict.ALLOW
    finally:
        ledger.store.close()


def test_replay_comes_to_the_same(world: World) -> None:
    """A denial for want of budget must be explained by the record alone."""
    agent = acting_alone(world, actions=paying("1 calls per run"))
    run = agent.run("a")
    agent.act(run, order="a", amount=1)
    agent.ask(run, call=1, order="b", amount=1)
    assert world.replay(SLICE).ok
