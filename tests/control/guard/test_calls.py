"""What becomes of a call that is asked again, repeated, interrupted or in doubt, and of the run that it stands in."""

from __future__ import annotations

import time

import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, acting_alone, doubts, later, observed, records, sign
from goldenthread.control.guard import Leases, Step
from goldenthread.promise.errors import CaseUnknown, DecisionConflict, NotPermitted, PermitRefused, RunBusy
from goldenthread.promise.values import Level, Verdict
from goldenthread.record.metrics import Proposal
from goldenthread.surfaces.opening import open_ledger
from worlds import APPROVER, EASY, ENGINEER, EXPERT, World

BOTH = KEYED | UNKEYED


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone, with a tool that takes an idempotency key and one that does not."""
    return acting_alone(world, actions=BOTH)


def test_a_consumed_call_takes_no_other_arguments(agent: Agent) -> None:
    """A model that words its call anew after a crash must not act twice."""
    run = agent.run()
    first = agent.ask(run, order="a", amount=7)
    agent.consume(run, first)
    other = agent.ask(agent.run(), order="a", amount=8)
    assert (other.verdict, other.state, other.permit) == (Verdict.DENY, "denied", None)
    assert other.reason == "Call 0 of this run already took effect with other arguments"
    assert other.clause == "actions.pay"


def test_a_consumed_call_is_no_other_action(agent: Agent) -> None:
    """Neither with another tool."""
    run = agent.run()
    agent.act(run, order="a", amount=7)
    assert agent.ask(run, "post", text="a").reason == "Call 0 of this run already took effect with other arguments"


def test_of_two_wordings_of_one_call_only_one_takes_effect(agent: Agent) -> None:
    """Two permits for one call are two effects, whichever came first."""
    run = agent.run()
    first = agent.ask(run, order="a", amount=7)
    second = agent.ask(run, order="a", amount=8)
    assert (first.state, second.state) == ("permitted", "permitted")
    agent.consume(run, second)
    agent.done(run, second)
    again = agent.ask(agent.run(), order="a", amount=7)
    assert again.verdict is Verdict.DENY
    assert again.reason == "Call 0 of this run already took effect with other arguments"
    with pytest.raises(PermitRefused):
        agent.consume(run, first)


def test_an_interrupted_keyed_call_is_done_again(agent: Agent) -> None:
    """The tool knows the key, so doing it again is safe, and not doing it could lose it."""
    run = agent.run()
    first = agent.ask(run, order="a", amount=7)
    agent.consume(run, first)
    resumed = agent.run()
    again = agent.ask(resumed, order="a", amount=7)
    assert (resumed.id, again.id, again.state) == (run.id, first.id, "consumed")


def test_an_interrupted_call_without_a_key_is_in_doubt(agent: Agent, world: World) -> None:
    """Nobody but a person can find out whether it happened."""
    run = agent.run()
    first = agent.ask(run, "post", text="a")
    agent.consume(run, first)
    again = agent.ask(agent.run(), "post", text="a")
    assert (again.id, again.state) == (first.id, "unknown")
    (item,) = doubts(world)
    assert (item.kind, item.action, item.arguments, item.case) == ("in-doubt effect", "post", {"text": "a"}, "case-1")
    assert item.reason == "The process died between permit and record; whether the effect happened is unknown"
    assert again.item == item.id
    assert records(world, "action:effect")[-1].data["outcome"] == "unknown"
    assert agent.ask(agent.run(), "post", text="a").item == item.id, "one doubt is asked about once"
    assert len(doubts(world)) == 1


def test_an_interrupted_keyed_call_in_a_stopped_slice_is_in_doubt(agent: Agent, world: World) -> None:
    """Stop means stop: it is not done again, and a person learns of it."""
    run = agent.run()
    first = agent.ask(run, order="a", amount=7)
    agent.consume(run, first)
    world.stop(SLICE)
    assert agent.ask(agent.run(), order="a", amount=7).state == "unknown"
    assert world.open_items(SLICE, "in-doubt effect") == ["case-1"]


def test_a_run_that_ends_in_the_middle_of_an_effect_leaves_the_doubt_in_the_inbox(agent: Agent, world: World) -> None:
    """An ended run is never resumed, so nobody else would ever look."""
    run = agent.run()
    agent.consume(run, agent.ask(run, "post", text="a"))
    agent.end(run, "fault")
    (item,) = doubts(world)
    assert item.reason == "The run ended between permit and record; whether the effect happened is unknown"


def test_an_effect_without_a_key_asks_before_it_repeats_in_a_later_run(agent: Agent) -> None:
    """The same letter twice may be right, but no guard can know."""
    first_run = agent.run()
    agent.act(first_run, "post", text="a")
    agent.end(first_run)
    run = agent.run()
    assert run.id != first_run.id
    again = agent.ask(run, "post", text="a")
    assert (again.verdict, again.state) == (Verdict.ASK, "asked")
    assert again.reason == f"The same action was done for this case before, in run {first_run.id}"
    assert agent.ask(run, "post", call=1, text="b").state == "permitted"


def test_a_done_keyed_effect_is_not_repeated_in_a_later_run(agent: Agent, world: World) -> None:
    """The later run gets the earlier result, and no permit."""
    first_run = agent.run()
    agent.act(first_run, order="a", amount=7, result={"receipt": 1})
    agent.end(first_run)
    again = agent.ask(agent.run(), order="a", amount=7)
    assert (again.state, again.result, again.permit) == ("done", {"receipt": 1}, None)
    assert len(records(world, "permit:consume")) == 1


def test_the_same_effect_for_another_case_is_its_own(agent: Agent) -> None:
    """Two customers may both be owed seven euros."""
    agent.act(agent.run("case-1"), "post", text="a")
    assert agent.ask(agent.run("case-2"), "post", text="a").state == "permitted"


def test_a_failed_keyed_call_may_be_tried_again_in_a_later_run(agent: Agent, world: World) -> None:
    """The tool takes the key, so a second try cannot be a second effect."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.consume(run, outcome)
    assert agent.failed(run, outcome) is None
    agent.end(run, "fault")
    assert records(world, "action:effect")[-1].data["outcome"] == "failed"
    assert doubts(world) == []
    again = agent.ask(agent.run(), order="a", amount=7)
    assert (again.state, again.id != outcome.id) == ("permitted", True)


def test_a_failed_keyed_call_may_be_tried_again_when_its_run_is_resumed(agent: Agent) -> None:
    """Ctrl-C in the tool leaves the run open; the effect must not be lost with it."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.consume(run, outcome)
    agent.failed(run, outcome)
    resumed = agent.run()
    again = agent.ask(resumed, order="a", amount=7)
    assert (resumed.id, again.state) == (run.id, "permitted")
    agent.consume(resumed, again)


def test_a_failed_call_without_a_key_is_in_doubt(agent: Agent, world: World) -> None:
    """A timeout does not say whether the letter went out."""
    run = agent.run()
    outcome = agent.ask(run, "post", text="a")
    agent.consume(run, outcome)
    item = agent.failed(run, outcome)
    (found,) = doubts(world)
    assert (found.id, found.kind, found.arguments) == (item, "in-doubt effect", {"text": "a"})
    assert found.reason == "The tool failed (RuntimeError); whether the effect happened is unknown"
    effect = records(world, "action:effect")[-1].data
    assert effect["outcome"] == "unknown"
    assert world.ledger.open(effect["result"]) == {"error": "RuntimeError", "message": "the line went dead"}
    agent.end(run, "fault")
    again = agent.ask(agent.run(), "post", text="a")
    assert (again.verdict, again.state) == (Verdict.ASK, "asked")


def test_a_case_opened_again_resumes_its_open_run(agent: Agent, world: World) -> None:
    """One attempt is one run, however many processes it took."""
    run = agent.run(amount=7)
    agent.pause(run)
    resumed = agent.run(amount=7)
    assert (resumed.id, resumed.resumed, run.resumed) == (run.id, True, False)
    agent.end(resumed)
    assert agent.run(amount=7).id != run.id
    assert len([record for record in records(world, "run:start") if record.data["case"] == run.case_ref]) == 2


def test_steps_of_all_processes_stand_at_the_end_of_the_run(agent: Agent, world: World) -> None:
    """What the agent did before it waited belongs to the same story."""
    run = agent.run()
    from goldenthread.control.guard import pause_run

    pause_run(agent.desk, run, [Step(kind="propose", content={"n": 1})], 1.0)
    resumed = agent.run()
    assert resumed.steps_before == 1
    agent.end(resumed, "done", [Step(kind="effect", content={"n": 2})])
    ended = records(world, "run:end")[-1].data
    assert [world.ledger.open(step) for step in ended["steps"]] == [
        {"kind": "propose", "content": {"n": 1}},
        {"kind": "effect", "content": {"n": 2}},
    ]


def test_waiting_for_people_is_no_time_of_the_agent(agent: Agent, world: World) -> None:
    """Otherwise a slow approver would cost the agent its level."""
    run = agent.run()
    agent.pause(run)
    later(world, days=3)
    agent.end(agent.run())
    assert observed(world, "agent_time")[-1] == 2.0


def test_a_run_ends_once(agent: Agent, world: World) -> None:
    """Two processes that both believe to be the last must not count the case twice."""
    run = agent.run()
    agent.end(run)
    ended = len(records(world, "run:end", "case:observe"))
    agent.end(run, "fault")
    assert len(records(world, "run:end", "case:observe")) == ended


def test_a_new_release_supersedes_the_open_run_of_the_old_one(world: World) -> None:
    """Neither evidence nor approvals pass from one fingerprint to another."""
    sign(world, level="approval", actions=BOTH)
    old = Agent(world)
    run = old.run()
    asked = old.ask(run, order="a", amount=7)
    old.pause(run)
    new = Agent(world, model="newer rules")
    fresh = new.run()
    assert (fresh.id != run.id, fresh.resumed) == (True, False)
    ended = records(world, "run:end")[-1].data
    assert (ended["run"], ended["status"], ended["fingerprint"]) == (run.id, "superseded", old.declaration.fingerprint)
    assert world.inbox(SLICE).items() == []
    (item,) = world.inbox(SLICE).items(state="superseded")
    assert item.id == asked.item


def test_what_is_in_doubt_stays_in_the_inbox_when_the_run_is_superseded(agent: Agent, world: World) -> None:
    """A new release does not make the doubt go away."""
    run = agent.run()
    agent.consume(run, agent.ask(run, "post", text="a"))
    Agent(world, model="newer rules").run()
    assert world.open_items(SLICE, "in-doubt effect") == ["case-1"]


def test_one_process_at_a_time_works_on_a_case(agent: Agent, world: World) -> None:
    """Two processes with the same case in hand would race for its calls."""
    mine, other = Leases(world.ledger.store), open_ledger(world.home)
    theirs = Leases(other.store)
    key = mine.take(SLICE, "case-1")
    words = (
        "run-busy: Case 'case-1' of 'refunds' is being worked on by another process or thread. "
        "Wait until it ends; a process that died holds nothing."
    )
    for leases in (mine, theirs):
        with pytest.raises(RunBusy) as busy:
            leases.take(SLICE, "case-1")
        assert str(busy.value) == words
    theirs.release(theirs.take(SLICE, "case-2"))
    theirs.release(theirs.take("other-slice", "case-1"))
    mine.release(key)
    theirs.take(SLICE, "case-1")
    theirs.close()
    other.store.close()
    assert _taken_in_time(mine), "a process that is gone holds nothing"
    mine.close()


def _taken_in_time(leases: Leases) -> bool:
    """The database learns of a closed session a moment later."""
    for _ in range(200):
        try:
            leases.take(SLICE, "case-1")
        except RunBusy:
            time.sleep(0.02)
        else:
            return True
    return False


def test_in_shadow_a_proposal_is_on_record_and_nobody_sees_it(world: World) -> None:
    """Shadow works beside people: what it would do is evidence, and never a suggestion."""
    sign(world, level="shadow")
    agent = Agent(world)
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    assert (outcome.verdict, outcome.permit, outcome.item) == (Verdict.DENY, None, None)
    assert outcome.reason == "At shadow, nothing the agent does is seen or has effect"
    record = records(world, "action:decide")[-1].data
    assert world.ledger.open(record["arguments"]) == {"order": "a", "amount": 7}
    agent.end(run, "denied")
    assert world.inbox(SLICE).items(state=None) == []


def test_a_case_that_people_decided_is_worked_in_shadow_at_any_level(agent: Agent, world: World) -> None:
    """A recorded decision is blind by nature, and never stands in for an approval."""
    from goldenthread.control.guard import record_decisions

    record_decisions(
        agent.desk, [("known", Proposal(action="pay", arguments={"amount": 7}))], EXPERT, agent.world.keyring.sign
    )
    run = agent.run("known")
    assert (run.level, run.source) == (Level.SHADOW, "replay")
    outcome = agent.ask(run, order="a", amount=7)
    assert (outcome.verdict, outcome.reason) == (
        Verdict.DENY,
        "This case was decided before by people, so the agent works it in shadow",
    )
    agent.end(run, "denied")
    seen = records(world, "case:observe")[-1].data["observations"]
    assert {"metric": "agreement", "value": 1.0, "source": "replay"} in seen
    assert all(observation["metric"] != "policy_violation" for observation in seen)


def test_an_undeclared_action_is_denied_and_brings_the_agent_down_at_once(agent: Agent, world: World) -> None:
    """The first thing that nobody allowed ends what evidence had earned."""
    run = agent.run()
    outcome = agent.ask(run, "wire_everything", amount=7)
    assert (outcome.verdict, outcome.clause) == (Verdict.DENY, "actions")
    assert agent.level() is Level.DRAFT
    agent.end(run, "denied")
    assert agent.level() is Level.DRAFT
    changes = [(record.data["from"], record.data["to"]) for record in records(world, "level:change")]
    assert changes == [("approval", "constrained"), ("constrained", "draft")]


@pytest.mark.parametrize("ending", ["fault", "waiting", "second run"])
def test_a_violation_counts_however_its_run_ends(agent: Agent, world: World, ending: str) -> None:
    """An agent that raises, waits or tries again after a forbidden call has made it all the same."""
    if ending == "second run":
        agent.end(agent.run())
    run = agent.run()
    agent.ask(run, "wire_everything", amount=7)
    if ending == "waiting":
        agent.pause(run)
    else:
        agent.end(run, "fault" if ending == "fault" else "denied")
    assert agent.level() is Level.DRAFT
    assert len(records(world, "level:change")) == 2


def test_an_undeclared_action_in_shadow_is_no_violation(world: World) -> None:
    """Below draft nothing could have happened; `policy_violation` counts above shadow."""
    sign(world, level="shadow")
    agent = Agent(world)
    run = agent.run()
    assert agent.ask(run, "wire_everything").verdict is Verdict.DENY
    agent.end(run, "denied")
    assert observed(world, "policy_violation") == []


def test_an_observation_from_outside_belongs_to_the_run_that_counts(agent: Agent, world: World) -> None:
    """What finance says about a case must reach the evidence, and only by those who may say it."""
    from goldenthread.control.guard import record_observation

    run = agent.run("case-9")
    agent.end(run)
    record_observation(agent.desk, "case-9", "rework_rate", 1.0, "finance-ops", agent.world.keyring.sign)
    seen = records(world, "case:observe")[-1].data
    assert (seen["run"], seen["fingerprint"]) == (run.id, agent.declaration.fingerprint)
    assert seen["observations"] == [{"metric": "rework_rate", "value": 1.0, "source": "finance-ops"}]
    with pytest.raises(NotPermitted):
        record_observation(agent.desk, "case-9", "rework_rate", 0.0, "agent", agent.world.keyring.sign)
    with pytest.raises(CaseUnknown) as unknown:
        record_observation(agent.desk, "case-77", "rework_rate", 0.0, APPROVER, agent.world.keyring.sign)
    assert str(unknown.value) == ("case-unknown: No case 'case-77' in 'refunds'. See `goldenthread case list refunds`.")


def test_a_case_that_only_ever_ended_in_faults_takes_no_observation(agent: Agent) -> None:
    """There is no run by which it counts, and the error says so."""
    from goldenthread.control.guard import record_observation

    agent.end(agent.run("case-9"), "fault")
    with pytest.raises(CaseUnknown) as unknown:
        record_observation(agent.desk, "case-9", "rework_rate", 1.0, APPROVER, agent.world.keyring.sign)
    assert str(unknown.value) == (
        "case-unknown: Case 'case-9' of 'refunds' has no run that counts: each ended in a fault. "
        "Run it again, then observe it."
    )


def test_recorded_decisions_are_said_once_and_by_those_who_may(agent: Agent, world: World) -> None:
    """The past is evidence; the agent, or whoever answers for it, does not write it."""
    from goldenthread.control.guard import record_decisions

    seven = ("old", Proposal(action="pay", arguments={"amount": 7}))
    eight = ("old", Proposal(action="pay", arguments={"amount": 8}))
    before = len(records(world, "case:decision:record"))
    for nobody in ("agent", ENGINEER):
        with pytest.raises(NotPermitted):
            record_decisions(agent.desk, [seven], nobody, agent.world.keyring.sign)
    record_decisions(agent.desk, [seven, seven], EXPERT, agent.world.keyring.sign)
    record_decisions(agent.desk, [seven], EXPERT, agent.world.keyring.sign)
    assert len(records(world, "case:decision:record")) == before + 1
    words = (
        "decision-conflict: Case 'old' of 'refunds' already has another recorded decision. "
        "A past decision is recorded once; if it was wrong, erase the case or leave it out."
    )
    with pytest.raises(DecisionConflict) as conflict:
        record_decisions(agent.desk, [("new", seven[1]), eight], EXPERT, agent.world.keyring.sign)
    assert str(conflict.value) == words
    with pytest.raises(DecisionConflict):
        record_decisions(agent.desk, [("new", seven[1]), ("new", eight[1])], EXPERT, agent.world.keyring.sign)
    assert len(records(world, "case:decision:record")) == before + 1


def test_an_agent_without_any_contract_gets_a_named_error(world: World) -> None:
    """No contract: the action does not happen, and the next step is said."""
    from goldenthread.promise.errors import ContractNotFound

    with pytest.raises(ContractNotFound) as missing:
        Agent(world)
    assert str(missing.value) == (
        "contract-not-found: No contract 'refunds' in this home. Write one with `goldenthread contract new` "
        "and sign it with `goldenthread contract sign FILE`."
    )


def test_an_unsigned_contract_keeps_the_agent_in_shadow(world: World) -> None:
    """A page that not everybody signed allows nothing."""
    from worlds import FINANCE, contract_text

    world.sign(contract_text(SLICE, level="approval", gates=EASY), leave_out=(FINANCE,))
    agent = Agent(world)
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    assert (run.level, outcome.verdict, outcome.clause) == (Level.SHADOW, Verdict.DENY, "contract")
    assert outcome.reason == ("No contract in force: it is unsigned or a prototype, so the agent stays in shadow")


def test_another_action_under_the_same_ordinal_is_decided_and_one_of_them_takes_effect(agent: Agent) -> None:
    """An agent that comes back may want something else; that is a question of its own, and no crash."""
    run = agent.run()
    first, other = agent.ask(run, "pay", x=1), agent.ask(run, "post", x=1)
    assert (first.state, other.state) == ("permitted", "permitted")
    agent.consume(run, other)
    agent.done(run, other)
    with pytest.raises(PermitRefused, match="call 0 of its run already took effect with other arguments"):
        agent.consume(run, first)
    assert agent.ask(run, "pay", x=1).state == "denied"


def test_two_calls_permitted_side_by_side_do_the_same_once(agent: Agent, world: World) -> None:
    """One after the other, the second would ask a person: a framework that calls both at once is no way round that."""
    run = agent.run()
    first, second = (agent.ask(run, "post", call, text="a") for call in (0, 1))
    assert (first.state, second.state) == ("permitted", "permitted")
    agent.consume(run, first)
    with pytest.raises(PermitRefused, match="the same was done for this case since it was given"):
        agent.consume(run, second)
    agent.done(run, first)
    again = agent.ask(run, "post", 1, text="a")
    assert again.state == "asked"
    assert again.reason.startswith("The same action was done for this case before")
    world.inbox(SLICE).approve(str(again.item), by=APPROVER)
    agent.consume(run, agent.ask(run, "post", 1, text="a"))
    assert world.verify_ok()


def test_two_calls_under_one_key_permitted_side_by_side(agent: Agent) -> None:
    """With the same arguments the tool takes the second for the first; with others a person is asked."""
    run = agent.run()
    first, same, other = (
        agent.ask(run, "pay", call, order="a", amount=amount) for call, amount in enumerate((1, 1, 2))
    )
    agent.consume(run, first)
    agent.consume(run, same)
    with pytest.raises(PermitRefused, match="the same was done for this case since it was given"):
        agent.consume(run, other)
    assert agent.ask(run, "pay", 2, order="a", amount=2).state == "asked"
