from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import ActionUnknown
from goldenthread.promise.values import Level
from goldenthread.surfaces.views import Content, ThreadView, as_json, case_page, thread, thread_text
from goldenthread.surfaces.views.clauses import clause_part
from surfaces.views.office import GONE, SECRET, Office, dumped, settled

EDITED = """\
o promise   cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops
|           unknown: finance-ops has reported nothing yet; due <day>
o promise   time_to_answer p50 2 d -> 1 h in 8 weeks, owned by customer-desk
|           unknown: customer-desk has reported nothing yet; due <day>
o promise   agent_share 0 % -> 70 % of cases in 8 weeks, owned by customer-desk
|           unknown: customer-desk has reported nothing yet; due <day>
o contract  refunds version 1, sha256:<digest>  [refunds#N]
|           signed by maya@example.com as owner, <time>  [refunds#N]
|           signed by expert@example.com as expert, <time>  [refunds#N]
|           signed by finance-ops as data-owner, <time>  [refunds#N]
|           signed by customer-desk as data-owner, <time>  [refunds#N]
o level     approval: acts, each action after a person's yes
o agent     agent, sha256:<digest>  [refunds#N]
|           answered for by engineer@example.com
|           model: nearest precedent
o run       <id> on case edited (live)  [refunds#N]
|           steps: retrieve, propose, retrieve, propose, effect; done  [refunds#N]
o cites     precedent-0, past decisions, score 1
|           sha256:<digest>
o action    pay {"amount": 10, "country": "DE", "order": "edited"}  [refunds#N]
|           ask: At approval, every action waits for a person's yes, <time>
|           clause autonomy.gates.approval, line 32 of the contract: start: approval
|           cooperative mode
o person    approval <id>: edit by reviewer@example.com, <time>  [refunds#N]
|           asked <time>  [refunds#N]
o edited    {"amount": 8, "country": "DE", "order": "edited"}
o permit    <id>, sha256:<digest>  [refunds#N]
|           used <time>  [refunds#N]
o effect    done, <time>  [refunds#N]
|           result: {"receipt": "edited"}"""

WAITS = """\
o action    pay {"amount": 10, "country": "DE", "order": "waits"}  [refunds#N]
|           ask: At approval, every action waits for a person's yes, <time>
|           clause autonomy.gates.approval, line 32 of the contract: start: approval
|           cooperative mode
o asked     approval <id>: nobody has answered yet  [refunds#N]
o effect    none: waits for a person's yes"""

ERASED = """\
o run       <id> on case erased (live)  [refunds#N]
|           steps: retrieve, propose, retrieve, propose, effect; done  [refunds#N]
o cites     precedent-0, erased
o action    pay erased  [refunds#N]
|           ask: At approval, every action waits for a person's yes, <time>
|           clause autonomy.gates.approval, line 32 of the contract: start: approval
|           cooperative mode
o person    approval <id>: approve by reviewer@example.com, <time>  [refunds#N]
|           asked <time>  [refunds#N]
o permit    <id>, sha256:<digest>  [refunds#N]
|           used <time>  [refunds#N]
o effect    done, <time>  [refunds#N]
|           result: erased"""

BLIND = """\
o run       <id> on case blind (live)  [letters#N]
|           steps: retrieve, propose; drafted  [letters#N]
o action    an action hidden: a person decides this case before seeing the proposal  [letters#N]
|           draft: At draft, people get the proposal and do the work, <time>
|           clause autonomy.gates.draft, line 32 of the contract: start: draft
|           cooperative mode
o asked     blind question <id>: nobody has answered yet  [letters#N]
o effect    none: a draft for people"""


def thread_on(office: Office, slice_name: str, case: str) -> ThreadView:
    """The thread of a case's last action."""
    page = case_page(office.desk(slice_name))
    found = next(one for one in page.cases if one.case.words == case)
    return thread(office.ledger, found.actions[-1].id)


def test_thread_runs_from_the_promise_down_to_the_effect(office: Office) -> None:
    """Whoever asks why an action happened gets every part with its place in the ledger, the edit included."""
    assert settled(thread_text(thread_on(office, "refunds", "edited"))) == EDITED


def test_thread_of_a_waiting_action_says_who_has_not_answered(office: Office) -> None:
    """An action that has not happened must not read like one that has."""
    assert settled(thread_text(thread_on(office, "refunds", "waits"))).endswith(WAITS)


def test_thread_of_an_erased_case_keeps_its_records_and_loses_its_content(office: Office) -> None:
    """Erasure takes the content and leaves the proof that somebody allowed the action."""
    text = settled(thread_text(thread_on(office, "refunds", "erased")))
    assert text.endswith(ERASED)
    assert GONE not in text


def test_thread_hides_a_proposal_that_somebody_still_decides_blind(office: Office) -> None:
    """Agreement counts only where the person decided before seeing the proposal."""
    view = thread_on(office, "letters", "blind")
    assert settled(thread_text(view)).endswith(BLIND)
    assert SECRET not in dumped(as_json(view))


def test_thread_hides_what_an_agent_proposed_in_shadow(office: Office) -> None:
    """At shadow nothing the agent does is seen, so that it sways nobody."""
    view = thread_on(office, "claims", "live")
    assert view.arguments == Content(
        state="hidden", why="unseen: at shadow nobody sees a proposal before people have decided the case"
    )
    assert SECRET not in dumped(as_json(view))


def test_thread_shows_what_people_decided_before_beside_a_replayed_proposal(office: Office) -> None:
    """A recorded decision is what the proposal is judged by."""
    view = thread_on(office, "claims", "claim-0")
    assert view.recorded is not None
    assert view.recorded.value == {
        "action": "pay",
        "arguments": {"order": "claim-0", "amount": 10, "country": "FR"},
    }
    assert [(one.metric, one.value, one.source) for one in view.observations if one.metric == "agreement"] == [
        ("agreement", 0.0, "replay")
    ]


def test_thread_names_the_change_that_had_earned_the_level_by_then(busy_office: Office) -> None:
    """An action rests on what was proved before it, never on what came later."""
    busy_office.climb("claims", Level.DRAFT)
    busy_office.work("claims", "at draft", text="a claim")
    busy_office.climb("claims", Level.APPROVAL)
    busy_office.work("claims", "at approval", text="a claim")
    steps = [thread_on(busy_office, "claims", f"at {level}").level for level in ("draft", "approval")]
    assert [(step.level, step.earned and (step.earned.before, step.earned.after)) for step in steps] == [
        (Level.DRAFT, (Level.SHADOW, Level.DRAFT)),
        (Level.APPROVAL, (Level.DRAFT, Level.APPROVAL)),
    ]
    text = settled(thread_text(thread_on(busy_office, "claims", "at approval")))
    assert (
        "o level     approval, from draft: Every clause of the gate to approval is proved at 95 % confidence"
        "  [claims#N]\n"
        "|           agreement >= 85 %: "
    ) in text


def test_thread_is_found_by_the_first_digits_of_an_action(office: Office) -> None:
    """People type what they can read off a screen."""
    view = thread_on(office, "refunds", "approved")
    assert thread(office.ledger, view.id[:10]).id == view.id


def test_thread_is_found_by_the_case_and_by_the_inbox_item(office: Office) -> None:
    """Who answers an item, or knows the case, need not look an action's id up first."""
    view = thread_on(office, "refunds", "approved")
    record = next(
        record
        for record in office.ledger.read("refunds", kinds=["approval:ask"])
        if record.data["action"] == view.id and record.data["kind"] == "approval"
    )
    assert thread(office.ledger, "approved").id == view.id
    assert thread(office.ledger, record.data["item"][:12]).id == view.id


@pytest.mark.parametrize("action", ["zz", "", "0000000000000000", "'; drop table action; --", "%"])
def test_an_unknown_action_is_named(office: Office, action: str) -> None:
    """A wrong id gets an answer, never a stack trace or another action."""
    with pytest.raises(ActionUnknown) as refused:
        thread(office.ledger, action)
    assert str(refused.value) == (
        f"action-unknown: No action '{action}'; ids have 16 hex digits, and any beginning that only one has will do. "
        "See `goldenthread case list`."
    )


def test_digits_that_several_actions_begin_with_are_refused(office: Office) -> None:
    """A thread of the wrong action would be worse than none."""
    shown = [case for name in ("refunds", "claims") for case in case_page(office.desk(name)).cases]
    digits = [action.id[0] for case in shown for action in case.actions]
    assert len(digits) > 16
    shared = next(digit for digit in digits if digits.count(digit) > 1)
    with pytest.raises(ActionUnknown) as refused:
        thread(office.ledger, shared)
    assert str(refused.value) == (
        f"action-unknown: Several actions begin with '{shared}'; ids have 16 hex digits, and any beginning that only "
        "one has will do. See `goldenthread case list`."
    )


def test_control_characters_in_content_cannot_forge_a_line(office: Office) -> None:
    """Case content comes from outside; on a terminal it must not move the cursor."""
    view = thread_on(office, "refunds", "waits")
    run = dataclasses.replace(view.run, case=Content(state="kept", value="x\x1b[2J\no effect    done"))
    text = thread_text(dataclasses.replace(view, run=run))
    assert r"on case x\x1b[2J\no effect    done (live)" in text


def test_each_part_names_the_record_it_stands_on(office: Office) -> None:
    """A thread is only as good as its knots: an auditor looks each of them up."""
    view = thread_on(office, "refunds", "approved")
    assert view.permit is not None
    assert view.effect is not None
    question = view.questions[0]
    kinds = {
        view.contract.place: "contract:version:commit",
        view.contract.signatures[0].place: "contract:version:sign",
        view.agent.place: "agent:fingerprint:declare",
        view.run.place: "run:start",
        str(view.run.ended): "run:end",
        view.decision.place: "action:decide",
        question.place: "approval:ask",
        str(question.answered): "approval:answer",
        str(view.permit.consumed): "permit:consume",
        view.effect.place: "action:effect",
        view.observations[0].place: "case:observe",
    }
    assert view.permit.place == question.answered
    for where, kind in kinds.items():
        chain, _, seq = where.partition("#")
        record = office.ledger.record(chain, int(seq))
        assert record is not None
        assert record.kind == kind


def test_thread_is_json(office: Office) -> None:
    """The twin of the page carries the same facts, for programs."""
    told = as_json(thread_on(office, "refunds", "approved"))
    assert (told["decision"]["verdict"], told["level"]["level"]) == ("ask", "approval")
    assert told["effect"]["outcome"] == "done"
    assert told["arguments"]["value"] == {"order": "approved", "amount": 10, "country": "DE"}
    assert dumped(told)


def test_a_rule_and_a_budget_lead_to_their_lines() -> None:
    """They are named by what they say, and whoever was refused looks for the line."""
    contract = parse_contract((Path(__file__).parents[3] / "examples" / "agent-actions.yaml").read_text())
    rule = clause_part(contract, "rules 'after read_mail, pay_invoice only with a person'", "pay_invoice")
    own = clause_part(contract, "budget 20000 EUR of amount per day", "pay_invoice")
    single = clause_part(contract, "budget 5 calls per run", "search_web")
    whole = clause_part(contract, "budget 60 calls per run", "search_web")
    other = clause_part(contract, "budget 20000 EUR of amount per day", "search_web")
    assert rule.text == "- after read_mail, pay_invoice only with a person"
    assert own.text == "budget: [1 call per run, 20000 EUR of amount per day]"
    assert str(single.text).startswith("search_web: {effect: read, egress: true")
    assert str(whole.text).startswith("budgets: [2 EUR per run")
    assert (other.line, other.text) == (None, None)
