"""Who gets events and notices, who was asked to sign and refused, who was left alone: under the auditor's verifier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import worlds
from audit_worlds import SLICE, Paper, World, export_of, run_verifier
from control.agents import Agent
from goldenthread.control.guard import tick_coverage
from goldenthread.control.signing import ask_signature, refuse_signature
from goldenthread.control.signing.sign_off import SIGN_OFF_TYPE
from goldenthread.record.audit import export
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import load_principals, revoke
from goldenthread.record.store import Home
from goldenthread.work.events import Custody, subscribe
from goldenthread.work.events.subscribing import pause, remove, replay, resume, rotate
from goldenthread.work.events.subscriptions import SUBSCRIPTION_TYPE, statement
from goldenthread.work.notices import FOLDER, add_rule, remove_rule
from goldenthread.work.notices.rules import NOTICE_TYPE
from worlds import APPROVER, EXPERT, OWNER, contract_text, make_world

URL = "https://events.example.com/hook"


def test_what_people_and_the_guard_really_wrote_verifies(home: Home, tmp_path: Path) -> None:
    """A verifier that only knows the records of its own tests would call every real export wrong."""
    made = make_world(home.path)
    with made.opened() as ledger:
        made.sign(contract_text("refunds", level="approval"))
        outlets(made, home)
        sign_offs(made)
        left_alone(made)
        kinds = {record.kind for chain in ledger.chains() for record in ledger.read(chain)}
        assert {f"subscription:{what}" for what in ("add", "pause", "resume", "rotate", "replay", "remove")} <= kinds
        assert {"notice:add", "notice:remove", "contract:version:ask", "contract:version:refuse"} <= kinds
        assert {"coverage:lost", "coverage:back"} <= kinds
        written = export(ledger, load_principals(ledger), [], tmp_path / "export", made_at=ledger.clock())
    verdict = run_verifier(written.path)
    assert (verdict.wrong, verdict.code) == ([], 0)


def outlets(made: worlds.World, home: Home) -> None:
    """All that can be done to where events and notices go, also by somebody who loses their rights afterwards."""
    ledger, ring, custody = made.ledger, made.keyring, Custody(home)
    for slices in (("*",), ("refunds",)):
        id = subscribe(ledger, ring, custody, URL, by=OWNER, slices=slices).subscription.id
        pause(ledger, ring, id, by=OWNER)
        resume(ledger, ring, id, by=OWNER)
        rotate(ledger, ring, custody, id, by=OWNER)
        replay(ledger, ring, id, by=OWNER, start=ledger.clock())
        remove(ledger, ring, custody, id, by=OWNER)
    told = Custody(home, FOLDER)
    own = add_rule(ledger, ring, told, APPROVER, "json://127.0.0.1", by=APPROVER)
    add_rule(ledger, ring, told, EXPERT, "json://127.0.0.1", by=OWNER)
    remove_rule(ledger, ring, told, own.id, by=OWNER)


def sign_offs(made: worlds.World) -> None:
    """A version that waits: they are asked, refuse, are asked again and sign."""
    text = contract_text("refunds", version=2, level="approval")
    made.sign(text, leave_out=(EXPERT,))
    desk = made.desk("refunds")
    ask_signature(desk, made.keyring, EXPERT, by=OWNER)
    refuse_signature(desk, made.keyring, "the limit is too wide", by=EXPERT)
    ask_signature(desk, made.keyring, EXPERT, by=OWNER)
    made.sign(text)


def left_alone(made: worlds.World) -> None:
    """Nobody answers for weeks; then somebody does."""
    agent = Agent(made, made.desk("refunds"))
    item = agent.ask(agent.run(), order="a", amount=1).item
    clock = made.ledger.clock
    made.ledger.clock = lambda: clock() + timedelta(days=6)
    tick_coverage(agent.desk)
    assert item is not None
    made.inbox("refunds").approve(item, by=APPROVER)
    tick_coverage(agent.desk)


# --- forgeries: what somebody really signed, or not, whatever the rules say -----------------------------------------


def say(world: World, kind: str, by: str, *, signer: str | None = None, **about: Any) -> None:
    """A word on the organisation's chain, signed for its place."""
    place = len(world.book.chains[ORGANISATION]) + 1
    said = statement(load_principals(world.book), kind, place, about)
    of = SUBSCRIPTION_TYPE if kind.startswith("subscription") else NOTICE_TYPE
    world.book.append(ORGANISATION, kind, by, {**about, "envelope": world.ring.sign(signer or by, of, said)})


def subscribed(world: World, by: str = "bob", **more: Any) -> None:
    """A subscription to the events of the slice."""
    about = {"subscription": "s1", "host": "example.com", "digest": "d", "types": ["a"], "slices": [SLICE], **more}
    say(world, "subscription:add", by, **about)


def noticed(world: World, by: str = "carol", **more: Any) -> None:
    """A rule for notices."""
    about = {"rule": "n1", "person": "carol", "service": "json", "digest": "d", "types": ["a"], "slices": ["*"]}
    say(world, "notice:add", by, **{**about, "every": "now", **more})


def altered(world: World) -> None:
    """The last record of the organisation says other than was signed."""
    last = world.book.chains[ORGANISATION].pop()
    world.book.append(ORGANISATION, last.kind, last.by, {**last.data, "digest": "another address"})


def further_on(world: World) -> None:
    """The last record once more, for another place."""
    last = world.book.chains[ORGANISATION][-1]
    world.book.append(ORGANISATION, last.kind, last.by, last.data)


def after_leaving(world: World) -> None:
    """Bob is no owner any more, and his subscription is resumed in his name."""
    subscribed(world)
    revoke(world.book, world.ring, by="maya", name="bob", reason="left")
    say(world, "subscription:resume", "bob", subscription="s1")


def another_address(world: World) -> None:
    """Events go elsewhere than the owner signed."""
    subscribed(world)
    altered(world)


def again_further_on(world: World) -> None:
    """A pause that was meant once."""
    subscribed(world)
    say(world, "subscription:pause", "bob", subscription="s1")
    further_on(world)


def another_address_for_notices(world: World) -> None:
    """Notices go elsewhere than the person signed."""
    noticed(world)
    altered(world)


def end_anothers(world: World) -> None:
    """Somebody else ends a rule."""
    noticed(world)
    say(world, "notice:remove", "ann", rule="n1")


def subscribed_twice(world: World) -> None:
    """The same subscription, perhaps with other slices."""
    subscribed(world)
    subscribed(world)


def noticed_twice(world: World) -> None:
    """The same rule, perhaps for another person."""
    noticed(world)
    noticed(world)


OUTLETS: list[Callable[[World], object]] = [
    another_address,
    again_further_on,
    after_leaving,
    another_address_for_notices,
    end_anothers,
    lambda world: subscribed(world, "carol"),
    lambda world: subscribed(world, "bot"),
    lambda world: subscribed(world, slices=["*"]),
    lambda world: subscribed(world, slices=[]),
    lambda world: subscribed(world, signer="carol"),
    subscribed_twice,
    lambda world: say(world, "subscription:remove", "bob", subscription="never made"),
    lambda world: noticed(world, "ann"),
    lambda world: noticed(world, "finance", person="finance"),
    lambda world: noticed(world, signer="maya"),
    noticed_twice,
    lambda world: say(world, "notice:remove", "maya", rule="never made"),
    lambda world: world.book.append(ORGANISATION, "notice:add", "carol", {"rule": "n1"}),
    lambda world: world.book.append(ORGANISATION, "subscription:add", "bob", {"envelope": 1}),
]


@pytest.mark.parametrize("forge", OUTLETS)
def test_an_outlet_that_nobody_entitled_signed_is_found(
    begun: World, tmp_path: Path, forge: Callable[[World], object]
) -> None:
    """Events of every case could be sent anywhere, and the auditor would be told that all holds."""
    assert run_verifier(export_of(begun, tmp_path / "before")).code == 0
    forge(begun)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    last = begun.book.chains[ORGANISATION][-1]
    assert (verdict.code, len(verdict.wrong)) == (1, 1), verdict.wrong
    assert verdict.wrong[0].startswith(f"organisation {last.seq}: {last.kind} does not hold: ")


def test_what_was_signed_by_the_rules_is_no_finding(begun: World, tmp_path: Path) -> None:
    """The forgeries above differ from this in one thing each."""
    subscribed(begun)
    subscribed(begun, "maya", subscription="s2", slices=["*"])
    say(begun, "subscription:pause", "bob", subscription="s1")
    noticed(begun)
    noticed(begun, "maya", rule="n2", person="ann")
    say(begun, "notice:remove", "carol", rule="n1")
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    assert (verdict.wrong, verdict.code) == ([], 0)


def sign_off(world: World, kind: str, by: str, *, signer: str | None = None, seq: int = 0, **more: Any) -> None:
    """A word about a signature, signed for its place."""
    about = {"version": 1, "digest": Paper().digest, "name": "ann", **more}
    place = {"slice": SLICE, "seq": seq or len(world.book.chains[SLICE]) + 1}
    said = {"record": kind, "organisation": load_principals(world.book).organisation, **place, **about}
    world.write(kind, by, **about, envelope=world.ring.sign(signer or by, SIGN_OFF_TYPE, said))


ASK, REFUSE = "contract:version:ask", "contract:version:refuse"


def reason_altered(world: World) -> None:
    """Another reason than ann signed."""
    sign_off(world, REFUSE, "ann", reason="the limit is too wide")
    last = world.book.chains[SLICE].pop()
    world.write(REFUSE, "ann", **{**last.data, "reason": "I like it"})


SIGN_OFFS: list[Callable[[World], object]] = [
    reason_altered,
    lambda world: sign_off(world, ASK, "carol", within="3 d"),
    lambda world: sign_off(world, ASK, "bob", signer="carol", within="3 d"),
    lambda world: sign_off(world, ASK, "bob", within="3 d", seq=2),
    lambda world: sign_off(world, ASK, "bob", within="3 d", version=9),
    lambda world: sign_off(world, ASK, "bob", within="3 d", digest="sha256:0"),
    lambda world: sign_off(world, REFUSE, "bob", reason="no"),
    lambda world: sign_off(world, REFUSE, "carol", name="carol", reason="no"),
    lambda world: sign_off(world, REFUSE, "ann", signer="bob", reason="no"),
    lambda world: world.write(REFUSE, "ann", name="ann", version=1, digest=Paper().digest, reason="no"),
    lambda world: world.write("coverage:lost", "carol", agent="bot"),
    lambda world: world.write("coverage:back", "goldenthread", agent="bot"),
    lambda world: world.write("coverage:lost", "goldenthread"),
]


@pytest.mark.parametrize("forge", SIGN_OFFS)
def test_a_word_about_a_signature_that_nobody_entitled_signed_is_found(
    begun: World, tmp_path: Path, forge: Callable[[World], object]
) -> None:
    """A refusal in somebody's name would say that they did not want what they signed; and so on."""
    forge(begun)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    last = begun.book.chains[SLICE][-1]
    assert (verdict.code, len(verdict.wrong)) == (1, 1), verdict.wrong
    assert verdict.wrong[0].startswith(f"{SLICE} {last.seq}: {last.kind} does not hold: ")


def test_words_about_signatures_by_the_rules_are_no_finding(begun: World, tmp_path: Path) -> None:
    """The forgeries above differ from this in one thing each."""
    sign_off(begun, ASK, "bob", within="3 d")
    sign_off(begun, REFUSE, "ann", reason="the limit is too wide")
    for _ in range(2):  # a contract without that clause, in between, lets it begin anew
        begun.write("coverage:lost", "goldenthread", agent="bot")
    begun.write("coverage:back", "goldenthread", agent="bot")
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    assert (verdict.wrong, verdict.code) == ([], 0)
