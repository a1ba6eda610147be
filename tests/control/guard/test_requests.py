"""What the guard makes of arguments, effects and shares: fail closed, and say why."""

from __future__ import annotations

from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, records, sign
from goldenthread.control.guard import code_digest, declare, tool_schema
from goldenthread.promise.errors import ManifestMismatch, NotCanonical
from goldenthread.promise.values import Json, Level, Verdict
from worlds import World

NO_JSON: dict[str, Any] = {
    "nan": float("nan"),
    "infinity": float("inf"),
    "bytes": b"seven",
    "huge": 2**53,
    "very huge": 10**400,
    "a set": {1},
    "an object": object(),
    "a complex number": 1j,
    "a number as key": {1: "a"},
    "half a surrogate": "\ud800",
    "nan deep inside": {"a": [1, {"b": float("nan")}]},
}


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone."""
    return acting_alone(world)


@pytest.mark.parametrize("value", NO_JSON.values(), ids=NO_JSON)
def test_arguments_that_json_cannot_carry_get_no_permit(value: Any) -> None:
    """What cannot be hashed exactly cannot be approved exactly."""
    from goldenthread.promise.values import digest

    with pytest.raises(NotCanonical) as refusal:
        digest({"order": "a", "amount": value})
    assert str(refusal.value).startswith("not-canonical: A value cannot be written as canonical JSON: ")
    assert str(refusal.value).endswith(
        "Pass only strings, booleans, null, finite numbers up to 2^53 - 1, lists and objects."
    )


def test_the_guard_writes_nothing_about_arguments_that_are_no_json(agent: Agent, world: World) -> None:
    """A refusal that leaves half a record would be worse than none."""
    run = agent.run()
    before = records(world)
    for value in NO_JSON.values():
        with pytest.raises(NotCanonical):
            agent.ask(run, order="a", amount=value)
    assert records(world) == before
    assert agent.ask(run, order="a", amount=7).state == "permitted", "the desk still works"


def test_the_same_number_written_otherwise_is_the_same_argument(agent: Agent) -> None:
    """Canonical JSON knows one seven; a retry that says 7.0 is no second call."""
    run = agent.run()
    first = agent.ask(run, order="a", amount=7)
    assert agent.ask(run, order="a", amount=7.0).id == first.id


def test_true_is_not_one(agent: Agent) -> None:
    """Python calls them equal; a permit does not."""
    run = agent.run()
    first = agent.ask(run, order="a", amount=1)
    assert agent.ask(run, order="a", amount=True).id != first.id


READS: dict[str, Any] = {
    "pay": {"effect": "reversible", "key": "order"},
    "look": {"effect": "read"},
    "search": {"effect": "read", "egress": True},
    "wipe": {"effect": "irreversible"},
}


@pytest.mark.parametrize(
    ("level", "search"), [("shadow", Verdict.DENY), ("draft", Verdict.DRAFT), ("approval", Verdict.ASK)]
)
def test_reads_need_no_permit_and_reads_that_send_data_out_do(world: World, level: str, search: Verdict) -> None:
    """A search in somebody else's machine tells it what we work on."""
    sign(world, level=level, actions={name: READS[name] for name in ("pay", "look", "search")})
    agent = Agent(world)
    desk, fingerprint = agent.desk, agent.declaration.fingerprint
    assert (desk.is_silent_read("look"), desk.is_silent_read("search")) == (True, False)
    assert (desk.is_silent_read("pay"), desk.is_silent_read("unheard_of")) == (False, False)
    before = records(world)
    assert desk.decide(fingerprint, "look", {}, replay=False).verdict is Verdict.ALLOW
    assert records(world) == before
    assert agent.ask(agent.run(), "search", text="a").verdict is search


def test_acting_alone_a_read_that_sends_data_out_takes_a_permit(world: World) -> None:
    """It is an effect in all but name."""
    agent = acting_alone(world, actions={key: READS[key] for key in ("pay", "search")})
    run = agent.run()
    outcome = agent.ask(run, "search", text="a")
    assert (outcome.state, outcome.permit is not None) == ("permitted", True)
    agent.consume(run, outcome)


def blind_cases(agent: Agent, world: World, cases: int) -> list[str]:
    """Which of so many cases a person is asked to decide before seeing the proposal."""
    for number in range(cases):
        run = agent.run(f"live-{number}")
        agent.ask(run, order=str(number), amount=7)
        agent.end(run, "drafted")
    return sorted(item.case for item in world.inbox(SLICE).items() if item.kind == "blind question")


def test_the_blind_share_at_draft_is_near_what_was_signed_and_drawn_by_case(world: World) -> None:
    """A share that the agent could foresee or redraw would be no sample."""
    sign(world, level="draft", blind=20)
    agent = Agent(world)
    drawn = blind_cases(agent, world, 150)
    assert 8 <= len(drawn) <= 54, "20 % of 150, within some five standard deviations"
    other = Agent(world, model="another")
    assert blind_cases(other, world, 20) == sorted(
        [*drawn, *(case for case in drawn if int(case.removeprefix("live-")) < 20)]
    )


def test_a_share_of_all_leaves_nothing_to_chance(world: World) -> None:
    """100 % is every case."""
    sign(world, level="draft", blind=100)
    assert len(blind_cases(Agent(world), world, 6)) == 6


def test_a_blind_question_waits_as_a_pending_agreement(world: World) -> None:
    """A question that is out is not an answer, and the gate must know that it is out."""
    sign(world, level="draft", blind=100)
    agent = Agent(world)
    run = agent.run()
    agent.ask(run, order="a", amount=7)
    agent.end(run, "drafted")
    seen = records(world, "case:observe")[-1].data["observations"]
    assert {"metric": "agreement", "value": None, "source": "person"} in seen


def test_one_case_is_one_blind_question(world: World) -> None:
    """A person decides the case once, whatever the agent asks for in it; a second answer would overwrite the first."""
    sign(world, level="draft", blind=100)
    agent = Agent(world)
    run = agent.run()
    agent.ask(run, order="a", amount=7)
    agent.ask(run, call=1, order="b", amount=8)
    assert len(world.inbox(SLICE).items()) == 1


def test_acting_alone_is_audited_by_a_blind_share(world: World) -> None:
    """At constrained the agent acts; people go on deciding a share of cases without seeing what it did."""
    agent = acting_alone(world)
    for number in range(150):
        agent.ask(agent.run(f"live-{number}"), order=str(number), amount=1)
    audited = [item for item in world.inbox(SLICE).items() if item.kind == "blind question"]
    assert 1 <= len(audited) <= 34, "10 % of 150, within some five standard deviations"
    assert all(item.action is None and item.arguments is None for item in audited)


def test_replayed_cases_are_never_asked_blind(world: World) -> None:
    """They are blind by nature: the decision was there first."""
    from goldenthread.control.guard import record_decisions
    from goldenthread.record.metrics import Proposal
    from worlds import EXPERT

    sign(world, level="draft", blind=100)
    agent = Agent(world)
    record_decisions(
        agent.desk, [("known", Proposal(action="pay", arguments={"amount": 7}))], EXPERT, agent.world.keyring.sign
    )
    run = agent.run("known")
    agent.ask(run, order="a", amount=7)
    assert world.inbox(SLICE).items() == []


def test_an_irreversible_effect_is_asked_even_of_an_agent_that_acts_alone(world: World) -> None:
    """In the agent's own process nothing guards against the agent itself."""
    sign(world, level="approval", actions={"wipe": READS["wipe"]})
    agent = Agent(world)
    assert agent.ask(agent.run(), "wipe").verdict is Verdict.ASK


def pay(order: str, amount: int = 1) -> None: ...


def test_the_fingerprint_covers_manifest_tools_and_code_and_nothing_else() -> None:
    """Whatever makes the agent behave otherwise is another agent; the order of words is not."""
    import json as code

    one = declare("agent", {"model": "a", "prompts": "b"}, {"pay": pay}, [code])
    assert one.fingerprint == declare("agent", {"prompts": "b", "model": "a"}, {"pay": pay}, [code]).fingerprint
    others = [
        declare("agent", {"model": "a", "prompts": "c"}, {"pay": pay}, [code]),
        declare("agent", {"model": "a", "prompts": "b"}, {"refund": pay}, [code]),
        declare("agent", {"model": "a", "prompts": "b"}, {"pay": lambda order: None}, [code]),
        declare("agent", {"model": "a", "prompts": "b"}, {"pay": pay}, []),
        declare("another", {"model": "a", "prompts": "b"}, {"pay": pay}, [code]),
    ]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 6


def test_a_tools_schema_is_its_parameters() -> None:
    """A new parameter is a new tool."""
    assert tool_schema(pay) == [
        {"name": "order", "type": "'str'", "required": True},
        {"name": "amount", "type": "'int'", "required": False},
    ]


def test_a_manifest_that_names_other_code_is_a_mismatch() -> None:
    """A release that is not what it says it is does not begin to work."""
    import json as code

    seen = code_digest([code])
    declare("agent", {"code": seen}, {}, [code])
    with pytest.raises(ManifestMismatch) as mismatch:
        declare("agent", {"code": "sha256:other"}, {}, [code])
    assert str(mismatch.value) == (
        f"manifest-mismatch: Agent 'agent' declares code sha256:other, but the code here is {seen}. "
        "Leave `code` out of the manifest, or release what is really running."
    )


@pytest.mark.parametrize(("named", "words"), [(["pay", "refund"], "pay, refund"), ([], "none"), (["refund"], "refund")])
def test_a_manifest_that_names_other_tools_is_a_mismatch(named: list[Any], words: str) -> None:
    """A tool that was left out of the declaration would act under a fingerprint that does not know it."""
    declare("agent", {"tools": ["pay"]}, {"pay": pay}, [])
    with pytest.raises(ManifestMismatch) as mismatch:
        declare("agent", {"tools": named}, {"pay": pay}, [])
    assert str(mismatch.value) == (
        f"manifest-mismatch: Agent 'agent' declares the tools {words}, but registered pay. "
        "Declare what is registered, or leave `tools` out."
    )


def test_a_manifest_of_another_shape_is_no_way_around_the_check() -> None:
    """A string or an object under `tools` is a declaration too."""
    shapes: list[Json] = ["refund", {"refund": {}}]
    for stated in shapes:
        with pytest.raises(ManifestMismatch):
            declare("agent", {"tools": stated}, {"pay": pay}, [])


def test_a_fingerprint_is_put_on_record_once_while_it_works(world: World) -> None:
    """Each declaration is a change of who works here; saying it again is none."""
    sign(world, level="shadow")
    first, second = Agent(world), Agent(world)
    assert first.declaration.fingerprint == second.declaration.fingerprint
    assert len(records(world, "agent:fingerprint:declare")) == 1
    Agent(world, model="newer rules")
    again = Agent(world)
    assert len(records(world, "agent:fingerprint:declare")) == 3
    assert again.desk.standing().current is again.desk.standing().agents[first.declaration.fingerprint]


def test_level_of_a_run_is_the_one_that_counts_now(world: World) -> None:
    """The agent may ask how far it may go before it does work in vain."""
    agent = acting_alone(world)
    assert agent.run().level is Level.CONSTRAINED
    agent.fall("case-1")
    assert agent.run().level is Level.DRAFT
