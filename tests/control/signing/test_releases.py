"""Signatures on releases: asked for by the declaration, held at draft without them, withdrawn, replayed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, records, sign
from goldenthread.control.signing import (
    SignedRelease,
    SignOff,
    ask_release,
    refuse_release,
    sign_offs,
    sign_release,
    tick_sign_offs,
)
from goldenthread.promise.errors import (
    GoldenthreadError,
    ManifestMismatch,
    NotPermitted,
    PermitRefused,
    ReleaseUnasked,
    ReleaseUnknown,
    ValueProblem,
)
from goldenthread.promise.values import Level, Verdict
from goldenthread.record.ledger import Record
from goldenthread.record.principals import record_leave, revoke
from worlds import APPROVER, CUSTOMER, EASY, EXPERT, FINANCE, OWNER, World, contract_text

EXPERT_SIGNS = "signed by expert"
MONDAY = datetime(2099, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Berlin
WAITS = f"This release waits for the signature of {EXPERT} as expert, and goes no higher than draft until then"


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that has earned constrained, under a contract that wants the expert's signature on each release."""
    sign(world, level="approval", gates=EASY, actions=KEYED, releases=EXPERT_SIGNS)
    return Agent(world)


def signed(world: World, agent: Agent, by: str = EXPERT) -> SignedRelease:
    """Somebody signs the agent's release."""
    return sign_release(world.desk(SLICE), world.keyring, agent.declaration.fingerprint, by=by)


def withdrawn(world: World, agent: Agent, by: str = EXPERT, reason: str = "it cites what is not there") -> Record:
    """Somebody takes it back, or never gives it."""
    return refuse_release(world.desk(SLICE), world.keyring, agent.declaration.fingerprint, reason, by=by)


def waiting(world: World) -> list[tuple[str, str]]:
    """Whose signature is waited for, and how."""
    return [(one.name, one.state) for one in sign_offs(world.desk(SLICE))]


def the_one(world: World) -> SignOff:
    """The only signature that is missing."""
    (found,) = sign_offs(world.desk(SLICE))
    return found


# --- held, and let go on ----------------------------------------------------------------------------------------------


def test_an_unsigned_release_drafts_whatever_it_has_earned(world: World, agent: Agent) -> None:
    """It begins at approval by its contract; the expert must have looked before anything of it takes effect."""
    assert agent.level() is Level.DRAFT
    outcome = agent.ask(agent.run(), order="o-1", amount=5)
    assert (outcome.verdict, outcome.state, outcome.permit) == (Verdict.DRAFT, "drafted", None)
    assert (outcome.reason, outcome.clause) == (WAITS, "autonomy.releases")
    assert world.replay(SLICE).ok


def test_a_proved_gate_waits_for_the_signature_and_opens_with_it(world: World, agent: Agent) -> None:
    """The evidence is gathered meanwhile, and what it has proved counts the moment the last signature is there."""
    agent.climb()
    standing = agent.desk.standing()
    assert standing.earned(agent.declaration.fingerprint) is Level.APPROVAL
    assert [one.data["to"] for one in records(world, "level:change")] == []
    done = signed(world, agent)
    assert (done.level, done.missing, done.again) == (Level.CONSTRAINED, {}, False)
    assert [one.data["to"] for one in records(world, "level:change")] == ["constrained"]
    assert agent.ask(agent.run(), order="o-1", amount=5).verdict is Verdict.ALLOW
    assert world.replay(SLICE).ok


def earned_and_unsigned(world: World) -> Agent:
    """An agent at constrained; then a contract comes into force that wants each release signed."""
    sign(world, level="approval", gates=EASY, actions=KEYED)
    agent = Agent(world)
    agent.climb()
    assert agent.level() is Level.CONSTRAINED
    sign(world, version=2, level="approval", gates=EASY, actions=KEYED, releases=EXPERT_SIGNS)
    return agent


def test_what_had_earned_constrained_is_held_at_authorize_until_signed(world: World) -> None:
    """A level that was earned is no way round the expert; and it is not earned again once they sign."""
    agent = earned_and_unsigned(world)
    outcome = agent.ask(agent.run("case-1"), order="o-1", amount=5)
    assert (outcome.verdict, outcome.reason) == (Verdict.DRAFT, WAITS)
    assert waiting(world) == [(EXPERT, "waits")]
    assert signed(world, agent).level is Level.CONSTRAINED
    assert agent.ask(agent.run("case-2"), order="o-2", amount=5).verdict is Verdict.ALLOW
    assert world.replay(SLICE).ok


def test_a_permit_from_before_is_void_once_the_release_is_held(world: World, agent: Agent) -> None:
    """Between the permit and the act the expert took their signature back: the act does not happen."""
    agent.climb()
    signed(world, agent)
    run = agent.run()
    outcome = agent.ask(run, order="o-1", amount=5)
    withdrawn(world, agent)
    with pytest.raises(PermitRefused):
        agent.consume(run, outcome)
    assert agent.ask(run, order="o-1", amount=5).verdict is Verdict.DRAFT
    assert records(world, "permit:consume") == []
    assert world.replay(SLICE).ok


def test_a_persons_yes_does_not_outlast_the_signature(world: World, agent: Agent) -> None:
    """Who said yes said it to a release that an expert stood for."""
    signed(world, agent)
    run = agent.run()
    asked = agent.ask(run, order="o-1", amount=5)
    assert asked.item is not None
    world.inbox(SLICE).approve(asked.item, by=APPROVER)
    withdrawn(world, agent)
    assert agent.ask(run, order="o-1", amount=5).verdict is Verdict.DRAFT
    assert world.replay(SLICE).ok


def test_a_signature_taken_back_and_given_again(world: World, agent: Agent) -> None:
    """A withdrawal takes nothing that was earned, and no old signature brings the release back."""
    agent.climb()
    signed(world, agent)
    withdrawn(world, agent)
    assert (agent.level(), waiting(world)) == (Level.DRAFT, [(EXPERT, "refused")])
    assert the_one(world).reason == "it cites what is not there"
    copied = records(world, "release:sign")[0]
    with world.desk(SLICE).transaction() as writing:
        writing.append("release:sign", dict(copied.data), by=EXPERT)
    assert agent.level() is Level.DRAFT
    assert signed(world, agent).level is Level.CONSTRAINED
    assert world.replay(SLICE).ok


def test_two_signers_are_two_signatures(world: World) -> None:
    """Expert and data owners; the last one opens."""
    sign(world, level="approval", gates=EASY, actions=KEYED, releases="signed by expert and data owners")
    agent = Agent(world)
    assert waiting(world) == [(EXPERT, "waits"), (FINANCE, "waits"), (CUSTOMER, "waits")]
    assert signed(world, agent, EXPERT).missing == {FINANCE: "data-owner", CUSTOMER: "data-owner"}
    assert signed(world, agent, FINANCE).level is Level.DRAFT
    assert agent.ask(agent.run(), order="o-1", amount=5).reason == (
        f"This release waits for the signature of {CUSTOMER} as data owner, and goes no higher than draft until then"
    )
    assert signed(world, agent, CUSTOMER).level is Level.APPROVAL
    again = signed(world, agent, CUSTOMER)
    assert (again.again, again.record) == (True, None)
    assert world.replay(SLICE).ok


def test_another_release_needs_signatures_of_its_own_and_the_signed_one_keeps_them(world: World, agent: Agent) -> None:
    """Going back to what was signed needs nobody; going on to what was not does."""
    signed(world, agent)
    changed = Agent(world, model="larger rules")
    assert (agent.level(), changed.level()) == (Level.APPROVAL, Level.DRAFT)
    assert the_one(world).fingerprint == changed.declaration.fingerprint
    back = Agent(world)
    assert (back.level(), waiting(world)) == (Level.APPROVAL, [])
    assert world.replay(SLICE).ok


def test_a_signature_stands_under_a_new_version_that_names_the_same_person(world: World, agent: Agent) -> None:
    """Whoever signs the version knows the release; whoever is named anew has not signed it."""
    signed(world, agent)
    sign(world, version=2, level="approval", gates=EASY, actions=KEYED, releases=EXPERT_SIGNS)
    assert (agent.level(), waiting(world)) == (Level.APPROVAL, [])
    sign(world, version=3, level="approval", gates=EASY, actions=KEYED, releases="signed by owner and expert")
    assert (agent.level(), waiting(world)) == (Level.DRAFT, [(OWNER, "waits")])
    sign(world, version=4, level="approval", gates=EASY, actions=KEYED)
    assert (agent.level(), waiting(world)) == (Level.APPROVAL, [])
    assert world.replay(SLICE).ok


def test_who_leaves_later_has_still_signed(world: World, agent: Agent) -> None:
    """As with contracts: judged by the rights of the moment."""
    signed(world, agent)
    revoke(world.ledger, world.keyring, by=OWNER, name=EXPERT, reason="left")
    assert agent.level() is Level.APPROVAL
    assert world.replay(SLICE).ok


# --- asked for --------------------------------------------------------------------------------------------------------


class Hands:
    """The ledger's clock, set by hand."""

    def __init__(self, world: World) -> None:
        self.at = MONDAY
        world.ledger.clock = lambda: self.at


def test_the_declaration_asks_and_the_calendar_says_until_when(world: World) -> None:
    """Five working days from Monday morning; nobody had to think of asking."""
    hands = Hands(world)
    sign(world, level="approval", actions=KEYED, releases=EXPERT_SIGNS)
    agent = Agent(world)
    found = the_one(world)
    assert (found.fingerprint, found.agent) == (agent.declaration.fingerprint, "agent")
    assert (found.name, found.role, found.version, found.state) == (EXPERT, "expert", 1, "waits")
    assert (found.asked_at, found.asked_by) == (MONDAY, "agent")
    assert found.due == datetime(2099, 11, 27, 16, 0, tzinfo=UTC)
    Agent(world)  # the same release again asks nobody anew
    (asked,) = records(world, "release:ask")
    assert asked.data["signers"] == {EXPERT: "expert"}
    hands.at = found.due
    assert the_one(world).state == "overdue"


def test_reminders_of_a_release_come_as_those_of_a_contract(world: World) -> None:
    """Half of the time, its end, and not while they are away or have refused."""
    hands = Hands(world)
    sign(world, level="approval", actions=KEYED, releases=EXPERT_SIGNS)
    agent = Agent(world)
    said = []
    for hours in range(24 * 5):
        hands.at = MONDAY + timedelta(hours=hours)
        said += [(f"{one.at:%a %H:%M}", one.kind, one.data["number"]) for one in tick_sign_offs(world.desk(SLICE))]
    assert said == [("Wed 12:00", "release:remind", 1), ("Fri 16:00", "release:remind", 2)]
    record_leave(world.ledger, world.keyring, by=EXPERT, name=EXPERT, begins=hands.at, ends=MONDAY + timedelta(days=8))
    hands.at = MONDAY + timedelta(days=7, hours=9)
    assert tick_sign_offs(world.desk(SLICE)) == ()
    assert the_one(world).away
    hands.at = MONDAY + timedelta(days=8)
    withdrawn(world, agent)
    assert tick_sign_offs(world.desk(SLICE)) == ()
    ask_release(world.desk(SLICE), world.keyring, agent.declaration.fingerprint[:15], EXPERT, by=OWNER, within="1 d")
    assert (the_one(world).state, the_one(world).asked_by) == ("waits", OWNER)
    assert the_one(world).due == MONDAY + timedelta(days=8, hours=8)
    assert world.replay(SLICE).ok


def test_nobody_is_asked_about_a_release_that_was_left_or_whose_agent_is_revoked(world: World, agent: Agent) -> None:
    """What is not to go live waits for nobody."""
    Agent(world, model="larger rules")
    assert len(sign_offs(world.desk(SLICE))) == 1
    revoke(world.ledger, world.keyring, by=OWNER, name="agent", reason="retired")
    assert sign_offs(world.desk(SLICE)) == ()


# --- refused ----------------------------------------------------------------------------------------------------------


def refusal(problem: type[GoldenthreadError], world: World, what: Callable[[], object]) -> str:
    """What a user reads when a request is refused, and nothing recorded."""
    head = world.ledger.head(SLICE)
    with pytest.raises(problem) as caught:
        what()
    assert world.ledger.head(SLICE) == head
    return str(caught.value)


def test_what_cannot_be_signed_asked_or_refused_says_why(world: World, agent: Agent) -> None:
    """Each wrong request has its own words, and leaves nothing on record."""
    desk, keys, print_ = world.desk(SLICE), world.keyring, agent.declaration.fingerprint
    signs: Callable[[str, str], object] = lambda name, by: sign_release(desk, keys, name, by=by)  # noqa: E731
    assert refusal(ReleaseUnknown, world, lambda: signs("abcdef123", EXPERT)) == (
        "release-unknown: No release 'abcdef123' was declared in 'refunds'; write at least 6 of its first digits. "
        "See `goldenthread release list refunds`."
    )
    assert refusal(ReleaseUnknown, world, lambda: signs("", EXPERT)).startswith(
        "release-unknown: '' names no one release in 'refunds'; write at least 6"
    )
    assert refusal(ReleaseUnknown, world, lambda: signs(print_[:10], EXPERT)).startswith(
        f"release-unknown: '{print_[:10]}' names no one release"
    )
    assert refusal(ReleaseUnasked, world, lambda: signs(print_, APPROVER)) == (
        "release-unasked: The contract in force of 'refunds' does not ask 'reviewer@example.com' to sign releases; "
        "it asks expert@example.com as expert. Name one of these."
    )
    assert refusal(ValueProblem, world, lambda: withdrawn(world, agent, reason="  ")) == (
        "value-problem: A refusal without a reason helps nobody write the next release. Say what is wrong."
    )
    assert refusal(NotPermitted, world, lambda: ask_release(desk, keys, print_, EXPERT, by=APPROVER)).startswith(
        "not-permitted: 'reviewer@example.com' is not owner or expert or administrator of 'refunds'"
    )
    signed(world, agent)
    assert refusal(ReleaseUnasked, world, lambda: ask_release(desk, keys, print_, EXPERT, by=OWNER)) == (
        f"release-unasked: 'expert@example.com' has signed the release {print_[:19]}... of 'agent' in 'refunds'. "
        "Ask for another signature."
    )
    revoke(world.ledger, world.keyring, by=OWNER, name=EXPERT, reason="left")
    assert refusal(NotPermitted, world, lambda: withdrawn(world, agent)).startswith(
        "not-permitted: What 'expert@example.com' held was revoked"
    )


def test_a_contract_that_wants_no_signature_takes_none(world: World) -> None:
    """It says where to write that it does."""
    sign(world, level="approval", actions=KEYED)
    agent = Agent(world)
    assert agent.level() is Level.APPROVAL
    assert refusal(ReleaseUnasked, world, lambda: signed(world, agent)) == (
        f"release-unasked: The contract in force of 'refunds' asks nobody to sign "
        f"{agent.declaration.fingerprint[:19]}... or any other release. "
        "Write `releases: signed by expert` under `autonomy` in its next version."
    )


def test_a_declaration_that_is_not_what_its_fingerprint_says_is_not_signed(world: World, agent: Agent) -> None:
    """Whoever signs reads the declaration; what they sign is the fingerprint."""
    false = "sha256:" + "ab" * 32
    with world.desk(SLICE).transaction() as writing:
        writing.append(
            "agent:fingerprint:declare",
            {**agent.declaration.record(), "fingerprint": false},
            by=agent.declaration.agent,
        )
    words = refusal(ManifestMismatch, world, lambda: sign_release(world.desk(SLICE), world.keyring, false, by=EXPERT))
    assert words == (
        f"manifest-mismatch: What 'agent' declared has the fingerprint {agent.declaration.fingerprint[:19]}..., and it "
        f"stands on record as {false[:19]}.... Do not sign it; have the agent declare itself again."
    )


# --- forged -----------------------------------------------------------------------------------------------------------


def forged(world: World, agent: Agent, **changed: Any) -> Level:
    """The level after a signature record that nobody should believe."""
    from goldenthread.record.principals import sign_release_statement

    desk = world.desk(SLICE)
    contract = desk.contract()
    by, seq = changed.pop("by", EXPERT), world.ledger.head(SLICE).seq + 1 + changed.pop("off", 0)
    made = sign_release_statement(
        desk.principals(), world.keyring, contract, agent.declaration.fingerprint, EXPERT, "expert", seq
    )
    with desk.transaction() as writing:
        writing.append("release:sign", {**made, **changed}, by=by)
    return agent.level()


def test_only_the_right_signature_in_its_place_opens(world: World, agent: Agent) -> None:
    """Another's name, another role, another place, another version or no envelope: each holds."""
    assert forged(world, agent, by=OWNER) is Level.DRAFT
    assert forged(world, agent, role="owner") is Level.DRAFT
    assert forged(world, agent, off=1) is Level.DRAFT
    assert forged(world, agent, version=7) is Level.DRAFT
    assert forged(world, agent, envelope=None) is Level.DRAFT
    assert agent.desk.standing().agents[agent.declaration.fingerprint].signatures == {}
    assert forged(world, agent) is Level.APPROVAL


def test_replay_finds_an_action_that_went_ahead_unsigned(world: World, agent: Agent) -> None:
    """Without the record of the signature the verdict comes out otherwise."""
    signed(world, agent)
    assert agent.ask(agent.run(), order="o-1", amount=5).verdict is Verdict.ASK
    assert world.replay(SLICE).ok
    without = [record for record in world.ledger.read(SLICE) if record.kind != "release:sign"]
    (found,) = world.replay(SLICE, without).mismatches
    assert found.kind == "action:decide"
    assert contract_text(SLICE, releases=EXPERT_SIGNS).count("releases: signed by expert") == 1
