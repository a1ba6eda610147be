"""A level is earned by evidence that was promised before, and by nothing else."""

from __future__ import annotations

import pytest

from control.autonomy.story import FIRST, SECOND, SLICE, Story
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.values import GateVerdict, Level
from worlds import CUSTOMER, contract_text

# evidence.md: at .80 and .85 the fewest clean cases that promote are 20 and 28.
CLEAN_FOR_DRAFT, CLEAN_FOR_APPROVAL = 20, 28
DRAFT_ONLY = {"draft": ["agreement >= 80 %"]}


def test_a_gate_opens_at_the_very_case_that_proves_it() -> None:
    """One case earlier is unproved autonomy; one later is evidence thrown away."""
    story = Story()
    story.cases(CLEAN_FOR_DRAFT - 1, agreement=1.0)
    assert (story.level(), story.changes) == (Level.SHADOW, [])
    story.case(agreement=1.0)
    assert (story.level(), story.moves()) == (Level.DRAFT, [("shadow", "draft")])


def test_the_level_change_carries_the_evidence_that_caused_it() -> None:
    """Years later somebody asks why the agent was let act; the record alone must answer."""
    story = Story()
    story.cases(CLEAN_FOR_DRAFT, agreement=1.0)
    (change,) = story.changes
    assert change["fingerprint"] == FIRST
    assert (change["contract_version"], change["verdict"], change["tripwire"]) == (1, "promote", None)
    assert change["reason"] == "Every clause of the gate to draft is proved at 95 % confidence"
    gate, line = change["evidence"]
    assert gate == {
        "clause": "agreement >= 80 %",
        "cases": 20,
        "pending": 0,
        "failures": 0,
        "estimate": 1.0,
        "lower": gate["lower"],
        "upper": None,
        "meter": 1.0,
        "passed": True,
    }
    assert 0.8 <= gate["lower"] < 0.85
    assert (line["clause"], line["passed"], line["cases"]) == ("escalation_rate <= 35 %", True, 20)


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_failures_delay_a_gate_by_exactly_what_they_weigh(failures: int) -> None:
    """The gate is the e-process of evidence.md, not a share of cases."""
    test = RateTest(bar=0.80, alpha=0.05)
    needed = next(n for n in range(1, 500) if test.boundary(n) >= failures)
    story = Story(gates=DRAFT_ONLY)
    story.cases(failures, agreement=0.0)
    story.cases(needed - failures - 1, agreement=1.0)
    assert story.level() is Level.SHADOW
    story.case(agreement=1.0)
    assert story.level() is Level.DRAFT


def test_an_agent_at_the_bar_does_not_climb() -> None:
    """Four out of five is what the gate says is not yet enough to be proved better than four out of five."""
    story = Story()
    for number in range(600):
        story.case(agreement=float(number % 5 != 0))
    assert story.level() is Level.SHADOW
    assert story.verdict().verdict is GateVerdict.INSUFFICIENT
    assert story.verdict().reason == "Not yet earned for draft: 'agreement >= 80 %'"


def test_one_observation_may_open_several_gates() -> None:
    """Evidence counts at whichever level it was seen, so nobody waits for cases that add nothing."""
    story = Story(gates={"draft": ["agreement >= 80 %"], "approval": ["agreement >= 80 %"]})
    story.cases(CLEAN_FOR_DRAFT, agreement=1.0)
    assert story.moves() == [("shadow", "draft"), ("draft", "approval")]
    assert [change["evidence"][0]["cases"] for change in story.changes] == [20, 20]


def test_evidence_from_lower_levels_counts_for_higher_gates() -> None:
    """A clause counts every eligible case under the fingerprint, at whichever level it was seen."""
    story = Story()
    story.cases(CLEAN_FOR_APPROVAL, agreement=1.0)
    assert story.moves() == [("shadow", "draft"), ("draft", "approval")]
    assert story.changes[1]["evidence"][0]["cases"] == CLEAN_FOR_APPROVAL


def test_every_clause_of_a_gate_must_be_proved() -> None:
    """A gate is all of its clauses; the best of them is no gate."""
    story = Story(gates={"draft": ["agreement >= 80 %", "ungrounded_rate <= 5 %"]})
    story.cases(200, agreement=1.0)
    verdict = story.verdict()
    assert (story.level(), verdict.verdict) == (Level.SHADOW, GateVerdict.INSUFFICIENT)
    assert verdict.reason == (
        "Not yet earned for draft: 'ungrounded_rate <= 5 %' (nobody has measured ungrounded_rate yet)"
    )
    story.cases(200, agreement=1.0, ungrounded_rate=0.0)
    assert story.level() is Level.DRAFT


def test_a_level_without_a_gate_is_never_entered() -> None:
    """No gate is no promise, and nobody climbs on nothing."""
    story = Story(gates={"draft": ["agreement >= 80 %"], "constrained": ["approved_unedited >= 95 %"]})
    story.cases(400, agreement=1.0, approved_unedited=1.0)
    assert story.level() is Level.DRAFT
    assert story.verdict().verdict is GateVerdict.INSUFFICIENT
    assert story.verdict().reason == "The contract has no gate to approval"


def test_nobody_climbs_above_the_ceiling() -> None:
    """The ceiling is what people signed, whatever the evidence says."""
    story = Story(ceiling="draft", gates=DRAFT_ONLY)
    story.cases(600, agreement=1.0)
    verdict = story.verdict()
    assert (story.level(), verdict.verdict) == (Level.DRAFT, GateVerdict.HOLD)
    assert verdict.reason == "Draft is the contract's ceiling"


def test_a_lower_ceiling_counts_at_once() -> None:
    """People take autonomy back by signing, without waiting for evidence."""
    story = Story()
    story.until(Level.APPROVAL)
    story.sign(contract_text(SLICE, version=2, ceiling="draft", gates=DRAFT_ONLY))
    assert story.level() is Level.DRAFT


def test_without_a_contract_nothing_is_earned() -> None:
    """No contract, no evidence: a thousand good cases before anybody promised anything prove nothing."""
    story = Story(signed=False)
    story.cases(300, agreement=1.0)
    assert (story.level(), story.changes) == (Level.SHADOW, [])
    assert story.verdict().verdict is GateVerdict.INSUFFICIENT
    assert story.verdict().reason == "No contract in force: nothing is earned"


def test_one_missing_signature_is_an_unsigned_contract() -> None:
    """A contract is in force when everybody has signed it, not when most have."""
    story = Story(signed=False)
    story.sign(contract_text(SLICE, level="approval"), leave_out=(CUSTOMER,))
    story.cases(300, agreement=1.0, approved_unedited=1.0)
    assert (story.level(), story.changes) == (Level.SHADOW, [])
    assert story.standing.in_force is None


def test_a_prototype_earns_nothing_even_signed() -> None:
    """A contract with a missing part may run in shadow and never climbs."""
    lines = contract_text(SLICE).splitlines(keepends=True)
    prototype = "".join(line for line in lines if not line.startswith("adoption"))
    story = Story(signed=False)
    story.sign(prototype)
    story.cases(300, agreement=1.0)
    assert (story.level(), story.changes, story.standing.in_force) == (Level.SHADOW, [], None)


def test_a_signature_that_does_not_count_puts_nothing_in_force() -> None:
    """Whoever may not sign has not signed."""
    story = Story(signed=False)
    story.standing.signature_problem = lambda contract, record: "revoked" if record.by == CUSTOMER else None
    story.sign(contract_text(SLICE))
    story.cases(100, agreement=1.0)
    assert (story.level(), story.changes) == (Level.SHADOW, [])


def test_only_cases_started_after_the_signature_count() -> None:
    """Success is committed first: a bar is never drawn around arrows that have landed."""
    story = Story(signed=False)
    story.cases(300, agreement=1.0)
    begun = story.start()
    story.sign(contract_text(SLICE))
    story.end(begun)
    story.observe(begun, agreement=1.0, escalation_rate=0.0)
    story.cases(CLEAN_FOR_DRAFT - 1, agreement=1.0)
    assert story.level() is Level.SHADOW, "the case begun before the signature was counted"
    story.case(agreement=1.0)
    assert story.level() is Level.DRAFT
    assert story.changes[0]["evidence"][0]["cases"] == CLEAN_FOR_DRAFT


def test_a_case_seen_before_the_signature_does_not_count_when_it_is_run_again() -> None:
    """A known answer is no evidence: a case counts once, by its first run."""
    story = Story(signed=False)
    for number in range(50):
        story.case(f"old-{number}", agreement=1.0)
    story.sign(contract_text(SLICE))
    for number in range(50):
        story.case(f"old-{number}", agreement=1.0)
    assert story.level() is Level.SHADOW
    assert story.verdict().reason.endswith("; 50 cases that started before this gate was signed do not count")


@pytest.mark.parametrize(
    ("new_gate", "kept"),
    [
        ("agreement >= 75 %", False),
        ("agreement >= 85 %", True),
        ("agreement >= 80 %", True),
        ("ungrounded_rate <= 5 %", False),
    ],
)
def test_a_loosened_gate_starts_its_evidence_afresh_and_a_tightened_one_keeps_it(new_gate: str, kept: bool) -> None:
    """Whoever lowers the bar after seeing the jump has to see another jump."""
    story = Story(gates=DRAFT_ONLY, ceiling="draft")
    story.cases(15, agreement=1.0, ungrounded_rate=0.0)
    story.sign(contract_text(SLICE, version=2, ceiling="draft", gates={"draft": [new_gate]}))
    assert story.evidence().n == (15 if kept else 0)


def test_loosening_one_gate_leaves_the_others_alone() -> None:
    """Evidence belongs to the promise that it was gathered for."""
    story = Story()
    story.cases(15, agreement=1.0)
    looser = {"draft": ["agreement >= 80 %"], "approval": ["agreement >= 82 %"]}
    story.sign(contract_text(SLICE, version=2, ceiling="approval", gates=looser))
    story.cases(5, agreement=1.0)
    assert story.moves() == [("shadow", "draft")]
    story.cases(RateTest(bar=0.82, alpha=0.05).fewest() - 6, agreement=1.0)
    assert story.level() is Level.DRAFT
    story.case(agreement=1.0)
    assert story.level() is Level.APPROVAL


def test_a_gate_taken_out_and_put_back_starts_afresh() -> None:
    """A promise that did not stand meanwhile was not kept meanwhile."""
    story = Story(gates={"draft": ["agreement >= 90 %"]}, ceiling="draft")
    story.cases(15, agreement=1.0)
    story.sign(contract_text(SLICE, version=2, ceiling="shadow", gates={}))
    story.sign(contract_text(SLICE, version=3, ceiling="draft", gates={"draft": ["agreement >= 90 %"]}))
    assert story.evidence().n == 0


def test_a_looser_escalation_line_starts_every_gate_afresh() -> None:
    """Every gate requires the line, so every gate was loosened."""
    story = Story(gates=DRAFT_ONLY)
    story.cases(15, agreement=1.0)
    text = contract_text(SLICE, version=2, gates=DRAFT_ONLY)
    story.sign(text.replace('escalation_rate: "<= 35 %"', 'escalation_rate: "<= 45 %"'))
    assert [reading.evidence.n for reading in story.verdict().readings if reading.evidence] == [0, 0]


def test_an_agent_that_answers_only_the_easy_cases_does_not_climb() -> None:
    """Escalating every second case keeps the rest spotless, and saves nobody any work."""
    story = Story()
    for number in range(400):
        if number % 2:
            story.case(status="escalated", escalation_rate=1.0)
        else:
            story.case(agreement=1.0)
    assert story.level() is Level.SHADOW
    assert story.verdict().reason == "Not yet earned for draft: 'escalation_rate <= 35 %'"


def test_a_gate_of_its_own_does_not_waive_the_escalation_line() -> None:
    """The workflow's line holds in every gate; a looser clause in one gate is not a way around it."""
    story = Story(gates={"draft": ["agreement >= 80 %", "escalation_rate <= 80 %"]})
    for number in range(400):
        if number % 2:
            story.case(status="escalated", escalation_rate=1.0)
        else:
            story.case(agreement=1.0)
    assert story.level() is Level.SHADOW


def test_a_case_counts_once_however_often_it_is_run() -> None:
    """Otherwise the easiest case, run a hundred times, would earn a level."""
    story = Story()
    for _ in range(30):
        for number in range(CLEAN_FOR_DRAFT - 1):
            story.case(f"case {number}", agreement=1.0)
    assert story.level() is Level.SHADOW
    assert story.evidence().n == CLEAN_FOR_DRAFT - 1


def test_a_second_try_does_not_replace_the_first() -> None:
    """Retries can't climb: what counts is how the agent did when it saw the case first."""
    story = Story()
    for number in range(60):
        story.case(f"case {number}", agreement=0.0)
        story.case(f"case {number}", agreement=1.0)
    evidence = story.evidence()
    assert (evidence.n, evidence.failures) == (60, 60)


def test_a_fault_is_no_failure_and_no_success() -> None:
    """Outages are counted in reliability, never in quality."""
    story = Story()
    for number in range(100):
        story.case(f"case {number}", status="fault")
    assert story.evidence().n == 0
    for number in range(100):
        story.case(f"case {number}", agreement=1.0)
    assert story.level() >= Level.DRAFT


def test_what_is_said_of_a_run_that_ended_in_a_fault_does_not_count() -> None:
    """The case counts by its first run that did not end in a fault."""
    story = Story()
    broken = story.start("case 1")
    story.end(broken, "fault")
    whole = story.case("case 1", agreement=0.0)
    story.observe(broken, agreement=1.0)
    assert story.agent().rows["case 1"].run == whole["run"]
    assert story.agent().rows["case 1"].values["agreement"] == 0.0


def test_pending_labels_count_as_failures_until_they_come() -> None:
    """Failures often arrive late; in order of arrival the error would be 35 to 96 %."""
    story = Story(gates=DRAFT_ONLY)
    waiting = [story.case(agreement=None) for _ in range(3)]
    story.cases(CLEAN_FOR_DRAFT, agreement=1.0)
    evidence = story.evidence()
    assert (story.level(), evidence.pending) == (Level.SHADOW, 3)
    for run in waiting[:2]:
        story.observe(run, agreement=1.0)
        assert story.level() is Level.SHADOW
    story.observe(waiting[2], agreement=1.0)
    assert story.level() is Level.DRAFT


def test_pending_cases_at_the_end_do_not_take_a_proof_away() -> None:
    """Any prefix may prove the gate: cases that are still out come after it."""
    story = Story(gates=DRAFT_ONLY)
    last = [story.start() for _ in range(CLEAN_FOR_DRAFT)]
    late = story.start()
    story.end(late)
    story.observe(late, agreement=None, escalation_rate=0.0)
    for run in last:
        story.end(run)
        story.observe(run, agreement=1.0, escalation_rate=0.0)
    assert story.level() is Level.DRAFT


@pytest.mark.parametrize(
    ("clause", "missing"),
    [
        (
            "throughput >= 100 cases per week",
            (
                "'throughput' counts cases over a time and has no value in a single case; "
                "only rates, quantiles and capped means can be judged yet"
            ),
        ),
        (
            "agreement >= 80 % in 28 d",
            (
                "'in 28 d' is a moving window, and a test that is looked at after every case "
                "needs all cases since the version was signed; leave the window out"
            ),
        ),
        (
            "cost <= 0.40 EUR/case",
            (
                "a mean of 'cost' has no valid bound without a hard cap per case; "
                "write e.g. 'cost <= 0.40 EUR/case cap 4 EUR'"
            ),
        ),
    ],
)
def test_a_clause_that_cannot_be_judged_yet_names_what_is_missing(clause: str, missing: str) -> None:
    """What cannot be judged is never a pass, and whoever reads the page learns why it stands still."""
    story = Story(gates={"draft": ["agreement >= 80 %", clause]})
    story.cases(100, agreement=1.0, cost=0.1)
    verdict = story.verdict()
    assert (story.level(), verdict.verdict) == (Level.SHADOW, GateVerdict.INSUFFICIENT)
    assert verdict.reason == f"Not yet earned for draft: '{clause}' ({missing})"


def test_a_metric_that_nobody_has_measured_is_missing_not_zero() -> None:
    """No data is never a pass."""
    story = Story(gates={"draft": ["cost <= 0.40 EUR/case cap 5 EUR"]})
    story.cases(300, agreement=1.0)
    assert story.level() is Level.SHADOW
    assert story.verdict().reason == (
        "Not yet earned for draft: 'cost <= 0.40 EUR/case cap 5 EUR' "
        "(nobody has measured cost yet; 300 cases wait for it)"
    )


def test_a_value_beyond_the_cap_stops_the_gate_and_not_the_work() -> None:
    """A failed measurement is an error of its own: the gate stays shut, and later cases can still be recorded."""
    story = Story(
        gates={"draft": ["agreement >= 80 %"], "approval": ["cost <= 0.40 EUR/case cap 5 EUR"]}, ceiling="approval"
    )
    story.case(agreement=1.0, cost=7.0)
    story.cases(100, agreement=1.0, cost=0.01)
    assert story.level() is Level.DRAFT
    assert story.verdict().verdict is GateVerdict.ERROR
    assert "7.0" in story.verdict().reason


def test_a_new_fingerprint_starts_at_the_start() -> None:
    """Evidence belongs to a fingerprint; what the old release earned says nothing about the new one."""
    story = Story()
    story.until(Level.APPROVAL)
    story.declare(SECOND)
    assert (story.level(SECOND), story.level(FIRST)) == (Level.SHADOW, Level.APPROVAL)
    story.cases(CLEAN_FOR_DRAFT - 1, fingerprint=SECOND, agreement=1.0)
    assert story.level(SECOND) is Level.SHADOW
    story.case(fingerprint=SECOND, agreement=1.0)
    assert story.level(SECOND) is Level.DRAFT


def test_an_old_fingerprint_put_back_keeps_its_level() -> None:
    """Going back to the last good release is the first thing to do in an incident, and must cost nothing."""
    story = Story()
    story.until(Level.APPROVAL)
    story.declare(SECOND)
    story.cases(5, fingerprint=SECOND, agreement=0.0)
    story.declare(FIRST)
    assert story.level(FIRST) is Level.APPROVAL
    assert story.standing.current is story.agent(FIRST)


def test_a_case_counts_for_each_fingerprint_apart() -> None:
    """The second release must see the case itself."""
    story = Story()
    story.case("shared", agreement=1.0)
    story.declare(SECOND)
    story.case("shared", fingerprint=SECOND, agreement=0.0)
    assert story.agent(FIRST).rows["shared"].values["agreement"] == 1.0
    assert story.agent(SECOND).rows["shared"].values["agreement"] == 0.0


def test_a_quantile_clause_is_judged_like_a_rate() -> None:
    """`agent_time p90 <= 10 min` is the event of being within, with a bar of 90 %."""
    needed = RateTest(bar=0.90, alpha=0.05).fewest()
    story = Story(gates={"draft": ["agent_time p90 <= 10 min"]})
    story.cases(needed - 1, agent_time=600.0)
    assert story.level() is Level.SHADOW
    story.case(agent_time=600.0)
    assert story.level() is Level.DRAFT
