"""What an adversary of the evidence tries: each of these must not work."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from control.agents import SLICE as GUARDED
from control.agents import Agent, acting_alone, observed, sign
from control.autonomy.story import BEGIN, FIRST, SECOND, SLICE, Story
from goldenthread.control.autonomy import Standing
from goldenthread.control.autonomy.gates import read_gate
from goldenthread.control.autonomy.rows import Row
from goldenthread.control.guard import record_decisions, record_observation
from goldenthread.control.replay import Replay, replay_slice
from goldenthread.promise.errors import DecisionConflict, GoldenthreadError
from goldenthread.promise.evidence import FutureDaysTest, MeanTest, RateTest
from goldenthread.promise.evidence.audits import AuditedCase, AuditTest, judge_audits_in_order
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.ledger import Record
from goldenthread.record.metrics import Proposal
from worlds import APPROVER, EXPERT, World, contract_text

AGREEMENT = {"draft": ["agreement >= 80 %"]}
COST = {"draft": ["cost <= 0.40 EUR/case cap 5 EUR"]}
PAY = Proposal(action="pay", arguments={"order": "x", "amount": 1})


class Recorded(Story):
    """A story whose records can be folded again, by another process or a replay."""

    def __init__(self, **wanted: Any) -> None:
        self.log: list[Record] = []
        super().__init__(**wanted)

    def tell(self, kind: str, data: dict[str, Any], by: str = "goldenthread") -> Record:
        """As the story, and kept."""
        record = super().tell(kind, data, by)
        self.log.append(record)
        return record

    def restart(self) -> None:
        """Another process goes on: it folds the records, and looks when it observes something itself."""
        self.standing = Standing(slice=SLICE, signature_problem=lambda _contract, _record: None)
        for record in self.log:
            self.standing.apply(record)

    def replay(self) -> Replay:
        """The levels derived again."""
        return replay_slice(SLICE, self.log, lambda _digest: None, lambda _contract, _record: None)


def told(old: str, new: str, **wanted: Any) -> Story:
    """A story whose contract says `new` where the usual one says `old`."""
    story = Story(signed=False)
    text = contract_text(SLICE, **wanted)
    assert old in text
    story.sign(text.replace(old, new))
    return story


# --- (a) promotion at or below the bar ---------------------------------------------------------


def test_an_agent_that_faults_on_every_hard_case_does_not_climb() -> None:
    """Raising an exception must not be a way past the escalation line."""
    story = Story(gates=AGREEMENT, ceiling="draft")
    for number in range(200):
        if number % 2:
            story.case(status="fault")
        else:
            story.case(agreement=1.0)
    assert story.level() is Level.SHADOW


def test_hard_cases_left_open_for_another_fingerprint_still_count() -> None:
    """A fallback release that takes over what the first leaves open must not clean the first one's record."""
    story = Story(gates=AGREEMENT, ceiling="draft")
    story.declare(SECOND)
    for number in range(200):
        run = story.start(f"case-{number}")
        if number % 2:
            story.end(run, "superseded")
            story.start(f"case-{number}", fingerprint=SECOND)
        else:
            story.end(run)
            story.observe(run, escalation_rate=0.0, agreement=1.0)
    assert story.level() is Level.SHADOW


def test_the_escalation_line_cannot_be_met_once_and_then_forgotten() -> None:
    """A dozen cases answered at the start must not pay for escalating six in ten ever after."""
    story, chance = Story(gates=AGREEMENT, ceiling="draft"), random.Random(1)
    for number in range(400):
        hard = chance.random() < 0.6
        if number >= 12 and hard:
            story.case(status="escalated", escalation_rate=1.0)
        else:
            story.case(agreement=0.0 if hard else 1.0)
    assert story.level() is Level.SHADOW


def test_a_fault_does_not_take_a_question_back() -> None:
    """Slow answers are noes more often: a run that faults while it waits must keep its case pending."""
    story = Story(level="approval", gates={"constrained": ["approved_unedited >= 95 %"]})
    for number in range(200):
        run = story.start(level="approval")
        story.observe(run, approved_unedited=None)
        if number % 2:
            story.end(run, "fault")
            story.observe(run, approved_unedited=0.0)
        else:
            story.observe(run, approved_unedited=1.0)
            story.end(run)
            story.observe(run, escalation_rate=0.0)
    assert story.level() is Level.APPROVAL


def test_a_fault_does_not_take_back_what_an_outside_check_found() -> None:
    """An agent that sees the check fail and then raises must not get another try."""
    story = Story(gates={"draft": ["task_success >= 80 %"]}, ceiling="draft")
    for number in range(200):
        run = story.start()
        seen = {"metric": "task_success", "value": float(number % 2), "source": "checks@example.com"}
        story.tell("case:observe", {**run, "observations": [seen]})
        story.end(run, "done" if number % 2 else "fault")
        story.observe(run, escalation_rate=0.0)
    assert story.level() is Level.SHADOW


_Draw = Callable[[random.Random], list[tuple[str, float, int]]]


def _late(value: float, bad: float, share: float) -> _Draw:
    return lambda chance: [("", value, 0) if chance.random() < share else ("", bad, 100)]


def _pair(chance: random.Random) -> list[tuple[str, float, int]]:
    theirs = chance.random() < 0.85
    return [("", float(chance.random() < 0.80), 0), ("people", float(theirs), 100 if theirs else 0)]


LATE: Mapping[str, tuple[str, _Draw]] = {
    "cycle_time p90 <= 2 d": ("cycle_time", _late(3_600.0, 432_000.0, 0.9)),
    "csat >= 4 cap 5": ("csat", _late(5.0, 0.0, 0.8)),
    "automation_rate >= 80 %": ("automation_rate", _late(1.0, 0.0, 0.8)),
    "rework_rate <= 20 %": ("rework_rate", _late(0.0, 1.0, 0.8)),
    "task_success not below people by 5 %": ("task_success", _pair),
    "task_success >= 80 %": ("task_success", _late(1.0, 0.0, 0.8)),
}


@pytest.mark.parametrize("clause", LATE)
def test_bad_news_that_comes_late_does_not_promote_an_agent_at_the_bar(clause: str) -> None:
    """In order of arrival the error is 35 to 96 %: a value still to come must stand as the worst."""
    metric, draw = LATE[clause]
    promoted = 0
    for seed in range(20):
        chance, story = random.Random(seed), Story(gates={"draft": [clause]}, ceiling="draft")
        due: dict[int, list[tuple[dict[str, Any], str, float]]] = {}
        for number in range(200):
            run = story.case()
            for whose, value, delay in draw(chance):
                due.setdefault(number + delay, []).append((run, whose, value))
            for of, whose, value in due.pop(number, []):
                story.observe(of, {"of": whose} if whose else None, **{metric: value})
        promoted += story.level() is Level.DRAFT
    assert promoted <= 4


# --- falling ------------------------------------------------------------------------------------


def test_a_violation_found_after_a_clean_run_brings_the_agent_down() -> None:
    """The guard's own 0 at the end of a run must not shut the door to who looks closer."""
    story = Story()
    story.until(Level.CONSTRAINED)
    run = story.case(policy_violation=0.0)
    story.observe(run, policy_violation=1.0)
    assert story.level() is Level.DRAFT


def test_harm_found_to_be_hard_later_brings_the_agent_down() -> None:
    """First the undone case is seen, then whom it hurt."""
    story = told("[any policy_violation]", "[any hard rework_rate]")
    story.until(Level.CONSTRAINED)
    run = story.case(rework_rate=1.0)
    story.observe(run, {"severity": "hard"}, rework_rate=1.0)
    assert story.level() is Level.DRAFT


def test_cases_corrected_to_failures_ring_the_tripwire() -> None:
    """Fine at first and reworked later is how rework comes."""
    story = Story()
    story.until(Level.CONSTRAINED)
    runs = [story.case(rework_rate=0.0) for _ in range(100)]
    for run in runs:
        story.observe(run, rework_rate=1.0)
    assert story.level() < Level.CONSTRAINED


def test_one_case_feeds_a_tripwire_once() -> None:
    """Many small yeses in one run must not drown the noes of others."""
    story = Story(signed=False)
    text = contract_text(SLICE, level="approval", gates={"constrained": ["agreement >= 50 %"]})
    story.sign(text.replace("rework_rate > 3 %", "approved_unedited < 80 %"))
    story.cases(12, agreement=1.0)
    chance = random.Random(0)
    for _ in range(400):
        run, bad = story.start(level="constrained"), chance.random() < 0.4
        for _ in range(1 if bad else 30):
            story.observe(run, approved_unedited=None)
            story.observe(run, approved_unedited=float(not bad))
        story.end(run)
        story.observe(run, escalation_rate=0.0)
    assert ("constrained", "approval") in story.moves()


def test_harm_stays_with_the_release_that_did_it(world: World) -> None:
    """A second release that only looks at the case must not take the blame, or the praise."""
    first = acting_alone(world)
    run = first.run("c1")
    first.act(run, order="x", amount=1)
    first.end(run)
    second = Agent(world, model="other")
    again = second.run("c1")
    second.ask(again, order="x", amount=1)
    second.end(again, "denied")
    record_observation(first.desk, "c1", "rework_rate", 1.0, APPROVER, world.keyring.sign)
    rows = first.desk.standing().agents[first.declaration.fingerprint].rows.values()
    assert [row.values["rework_rate"] for row in rows if "rework_rate" in row.values] == [1.0]


def test_a_fault_of_another_release_does_not_hide_harm(world: World) -> None:
    """Whoever worked the case last and failed must not keep people from reporting what the first did."""
    first = acting_alone(world)
    run = first.run("c1")
    first.act(run, order="x", amount=1)
    first.end(run)
    second = Agent(world, model="other")
    second.end(second.run("c1"), "fault")
    record_observation(first.desk, "c1", "rework_rate", 1.0, APPROVER, world.keyring.sign)
    assert observed(world, "rework_rate") == [1.0]


# --- blind means blind ---------------------------------------------------------------------------


def test_a_decision_recorded_after_the_proposal_is_not_blind(world: World) -> None:
    """At draft people see the proposal: what they record then only repeats it."""
    sign(world, level="draft", blind=1)
    agent = Agent(world)
    run = agent.run("c1")
    agent.ask(run, order="x", amount=1)
    with pytest.raises(DecisionConflict):
        record_decisions(agent.desk, [("c1", PAY)], EXPERT, world.keyring.sign)
    agent.end(run, "drafted")
    assert 1.0 not in observed(world, "agreement")  # one case in a hundred is drawn, and waits for its answer


def test_decisions_copied_from_proposals_earn_the_next_release_nothing(world: World) -> None:
    """One comment more in the code, and the first release's drafts would be the second one's exam."""
    sign(world, level="draft", blind=1)
    first = Agent(world)
    decisions = [
        (f"c{number}", Proposal(action="pay", arguments={"order": "x", "amount": number})) for number in range(40)
    ]
    for case, decision in decisions:
        run = first.run(case)
        first.ask(run, order="x", amount=decision.arguments["amount"])
        first.end(run, "drafted")
    with pytest.raises(DecisionConflict):
        record_decisions(first.desk, decisions, EXPERT, world.keyring.sign)


def test_a_blind_answer_that_came_before_the_end_of_the_run_is_kept(world: World) -> None:
    """Else the case waits for an answer that was given already, for ever, and stands as a failure."""
    sign(world, level="draft", blind=100)
    agent = Agent(world)
    run = agent.run("c1")
    agent.ask(run, order="x", amount=1)
    item = next(item for item in world.inbox(GUARDED).items() if item.kind == "blind question")
    world.inbox(GUARDED).answer(item.id, PAY, by=APPROVER)
    agent.end(run, "drafted")
    (row,) = agent.desk.standing().agents[agent.declaration.fingerprint].rows.values()
    assert row.values["agreement"] == 1.0


# --- (b) folded, judged and replayed are one ------------------------------------------------------


@pytest.mark.parametrize("cost", [9.0, float("nan"), True])
def test_a_corrected_measurement_opens_the_gate_in_the_process_that_saw_it(cost: float) -> None:
    """The error names the way out, 'correct the measurement', and it must be one."""
    story = Recorded(gates=COST, ceiling="draft")
    run = story.case(cost=cost)
    for _ in range(140):
        story.case(cost=0.01)
    story.observe(run, cost=0.01)
    assert story.level() is Level.DRAFT


def test_a_restart_changes_no_level() -> None:
    """What the next process finds must be what the first and a replay find."""
    story = Recorded(gates=COST, ceiling="draft")
    run = story.case(cost=9.0)
    for _ in range(140):
        story.case(cost=0.01)
    story.observe(run, cost=0.01)
    story.restart()
    story.case(cost=0.01)
    assert story.replay().mismatches == []


def test_an_open_case_that_leaves_a_clause_leaves_its_meter() -> None:
    """Once its action waits for a yes, the case has no part in agreement; meter and full judgement must agree."""
    story = Recorded(gates={"constrained": ["agreement >= 80 %"]}, level="approval")
    story.start("never ends", level="approval")
    asked = story.start("asked", level="approval")
    story.cases(1, agreement=1.0)
    story.observe(asked, approved_unedited=None)
    for _ in range(60):
        story.case(agreement=1.0)
        proved = all(reading.passed for reading in read_gate(story.standing, FIRST, Level.CONSTRAINED))
        assert proved is (story.level() is Level.CONSTRAINED)


def test_a_case_without_people_beside_it_leaves_the_meter_when_it_ends() -> None:
    """The agent's value may be known before the end of the run."""
    story = Recorded(gates={"draft": ["task_success not below people by 50 %"]}, ceiling="draft")
    waiting = story.case()
    story.observe(waiting, {"of": "people"}, task_success=1.0)
    runs = [story.start() for _ in range(6)]
    for run in runs:
        story.observe(run, escalation_rate=0.0, task_success=1.0)
    for run in runs:
        story.end(run)
    for _ in range(40):
        pair = story.case(task_success=1.0)
        story.observe(pair, {"of": "people"}, task_success=1.0)
        proved = all(reading.passed for reading in read_gate(story.standing, FIRST, Level.DRAFT))
        assert proved is (story.level() is Level.DRAFT)


def test_a_pending_case_of_one_segment_does_not_hold_up_the_days_of_another() -> None:
    """The full judgement stops each segment at its own first pending case; the meter must too."""
    story = Story(
        gates={"draft": ["agreement >= 80 % in every language"]},
        segments={"language": ["de", "en"]},
        claim="about future days",
        pace=timedelta(minutes=20),
        ceiling="draft",
    )
    for _ in range(1200):
        story.case(agreement=1.0, segment={"language": "en"})
    story.start(segment={"language": "en"})
    for _ in range(1200):
        story.case(agreement=1.0, segment={"language": "de"})
    assert (story.verdict().verdict, story.level()) != (GateVerdict.PROMOTE, Level.SHADOW)


def test_a_clock_set_back_over_midnight_once_does_not_shut_the_gate_for_ever() -> None:
    """The ledger's order is by number; its times come from a wall clock."""
    story = Story(gates=AGREEMENT, claim="about future days", pace=timedelta(minutes=20), ceiling="draft")
    story.cases(30, agreement=1.0)
    run = {"run": "early", "case": "early", "fingerprint": FIRST}
    seq = story.standing.seq + 1
    said = {**run, "source": "live", "level": "shadow", "contract_version": 1, "input": ""}
    at = BEGIN - timedelta(days=1)
    story.standing.apply(
        Record(chain=SLICE, seq=seq, at=at, kind="run:start", by="", data=said, prev="", hash="", body=b"")
    )
    story.end(run)
    story.observe(run, escalation_rate=0.0, agreement=1.0)
    story.cases(2500, agreement=1.0)
    assert story.level() is Level.DRAFT


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("run:start", {"level": "god"}),
        ("level:change", {"to": "god"}),
        ("case:observe", {"observations": 5}),
        ("contract:version:commit", {"text": 5}),
        ("level:change", {"baselines": {"rework_rate > 3 %": "x"}}),
    ],
)
def test_a_tampered_record_is_named_by_replay(kind: str, change: dict[str, Any]) -> None:
    """Replay is for records that somebody changed; it must say which, and not die of them."""
    story = Recorded(gates=AGREEMENT, ceiling="draft")
    story.cases(30, agreement=1.0)
    story.log = [dataclasses.replace(r, data={**r.data, **change}) if r.kind == kind else r for r in story.log]
    assert not story.replay().ok


# --- (c) bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [10**400, True, "0.1", None, [1.0]], ids=["huge", "bool", "text", "none", "list"])
def test_a_value_that_no_case_can_have_is_refused_by_name(world: World, value: Any) -> None:
    """What is accepted here stops the gate; so it is refused where it can still be mended."""
    gates = {"approval": ["cost <= 0.40 EUR/case cap 5 EUR"], "constrained": ["agreement >= 50 %"]}
    sign(world, level="draft", gates=gates)
    agent = Agent(world)
    agent.end(agent.run("c1"))
    with pytest.raises(GoldenthreadError):
        record_observation(agent.desk, "c1", "cost", value, APPROVER, world.keyring.sign)


def test_evidence_refuses_what_is_no_label_by_name() -> None:
    """Bad input gets a named error, never a promotion."""
    days = FutureDaysTest(test=RateTest(bar=0.9, alpha=0.05))
    mean = MeanTest(bar=0.4, cap=5.0, alpha=0.05)
    audit = AuditTest(limit=0.05, alpha=0.05)
    attempts: list[Callable[[], object]] = [
        lambda: days.update(days.start, float("nan"), 1),  # type: ignore[arg-type]
        lambda: mean.update(mean.start, 10**400),
        lambda: RateTest(bar=10**400, alpha=0.05),
        lambda: RateTest(bar=0.9, alpha=0.05).promotes(2**70, 0),
        lambda: judge_audits_in_order(
            audit,
            [AuditedCase(audited=True, failed=-1, propensity=0.5)] * 300,  # type: ignore[arg-type]
        ),
    ]
    unnamed = []
    for number, attempt in enumerate(attempts):
        try:
            attempt()
        except GoldenthreadError:
            continue
        except Exception as error:  # noqa: BLE001 - which one, is what the test tells
            unnamed.append((number, type(error).__name__))
        else:
            unnamed.append((number, "accepted"))
    assert unnamed == []


# --- (d) the cost of a look -------------------------------------------------------------------------


def _values_read(story: Story, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> int:
    reads, real = [0], Row.value

    def counted(row: Row, clause: Any, now: Any) -> Any:
        reads[0] += 1
        return real(row, clause, now)

    monkeypatch.setattr(Row, "value", counted)
    act()
    return reads[0]


def test_a_proved_gate_that_is_held_is_not_judged_in_full_at_every_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suspended slice, or one that needs enforcing mode, goes on to work cases in shadow."""
    story = Story(ceiling="draft", gates={"draft": ["agreement >= 50 %"]})
    story.tell("slice:suspend", {})
    story.cases(1_500, agreement=1.0)
    assert _values_read(story, monkeypatch, lambda: story.case(agreement=1.0)) < 500


def test_one_case_left_open_does_not_make_every_look_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that nobody ever ends must not cost all that come after it."""
    story = Story(ceiling="draft", gates={"draft": ["agreement >= 90 %"]})
    story.start("never ends")
    chance = random.Random(4)
    for _ in range(1_500):
        story.case(agreement=float(chance.random() < 0.9))
    looks, real = [0], RateTest.boundary

    def counted(test: RateTest, cases: int) -> int:
        looks[0] += 1
        return real(test, cases)

    monkeypatch.setattr(RateTest, "boundary", counted)
    story.case(agreement=1.0)
    assert looks[0] < 500
