from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from typing import Any

import pytest

from control.agents import Agent
from goldenthread.promise.errors import (
    ContractNotFound,
    LinkRefused,
    NotifyMissing,
    NotPermitted,
    ReceiverRefused,
    ValueProblem,
)
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import Role, grant, revoke
from goldenthread.work.events import Custody
from goldenthread.work.notices import (
    FOLDER,
    Rule,
    Told,
    add_rule,
    load_rules,
    make_link,
    read_link,
    remove_rule,
    rules_standing,
    send_test,
    tick,
)
from goldenthread.work.notices.services import _apprise
from work.conftest import Outside
from work.notices.mailbox import Mailbox, mailbox
from worlds import APPROVER, FINANCE, OWNER, contract_text

LEE = "lee@example.com"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """Where lee's mail arrives."""
    with mailbox() as made:
        yield made


@pytest.fixture
def lee(outside: Outside) -> str:
    """An approver of refunds and of nothing else."""
    role = Role(name="approver", slice="refunds")
    grant(outside.world.ledger, outside.world.keyring, by=OWNER, name=LEE, kind="person", roles=[role])
    return LEE


def rule(outside: Outside, url: str, *types: str, person: str = LEE, by: str | None = None, **more: Any) -> Rule:
    """Tell somebody."""
    custody = Custody(outside.home, FOLDER)
    world = outside.world
    return add_rule(world.ledger, world.keyring, custody, person, url, by=by or person, types=types, **more)


def ask(outside: Outside, *cases: str) -> list[str]:
    """An agent asks for something in each case; the items."""
    agent, items = Agent(outside.world), []
    for case in cases:
        run = agent.run(case)
        items.append(str(agent.ask(run, order="a-secret-order", amount=3).item))
        agent.pause(run)
    return items


def told(outside: Outside) -> Told:
    """One tick."""
    return tick(outside.world.ledger, outside.home)


def text(box: Mailbox, number: int = -1) -> str:
    """What a message says."""
    part = box.came[number].get_body(("plain", "html"))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").strip()


def test_what_waits_arrives_by_mail_in_few_words(outside: Outside, box: Mailbox, lee: str) -> None:
    """Whole: a mail goes through many hands, so it says that something waits, and not what."""
    rule(outside, box.url)
    [item] = ask(outside, "case-of-a-person")
    assert sum(told(outside).told.values()) == 1
    [message] = box.came
    assert message["To"] == LEE
    assert message["Subject"] == "goldenthread: 1 thing waits for an answer"
    assert text(box) == (
        f"- refunds: an approval waits: `goldenthread inbox show {item[:8]}`\n\n"
        "A link shows a page, and answers nothing. Answer with the key that is yours."
    )


def test_a_minute_brings_one_message_however_much_happens(outside: Outside, box: Mailbox, lee: str) -> None:
    """Nobody reads the hundredth message, and then misses the one that counts."""
    rule(outside, box.url)
    ask(outside, "case-1")
    told(outside)
    ask(outside, *(f"case-{number}" for number in range(2, 32)))
    told(outside)
    assert len(box.came) == 1
    outside.clock.move(seconds=61)
    told(outside)
    assert len(box.came) == 2
    assert box.came[1]["Subject"] == "goldenthread: 30 things wait for an answer"
    lines = text(box).splitlines()
    assert sum(line.startswith("- refunds") for line in lines) == 20
    assert "... and 10 more; `goldenthread inbox list` shows what waits." in lines


@pytest.mark.parametrize(("every", "hours"), [("hourly", 1), ("daily", 24)])
def test_a_digest_comes_when_it_is_due(outside: Outside, box: Mailbox, lee: str, every: str, hours: int) -> None:
    """Who wants one message a day gets one a day."""
    rule(outside, box.url, every=every)
    ask(outside, "case-1")
    told(outside)
    ask(outside, "case-2", "case-3")
    outside.clock.move(hours=hours, minutes=-1)
    told(outside)
    assert len(box.came) == 1
    outside.clock.move(minutes=2)
    told(outside)
    assert box.came[1]["Subject"] == "goldenthread: 2 things wait for an answer"


def test_what_was_answered_in_the_meantime_is_not_told(outside: Outside, box: Mailbox, lee: str) -> None:
    """A notice of something that is done wastes a person's attention."""
    rule(outside, box.url)
    first, second = ask(outside, "case-1", "case-2")
    outside.world.inbox("refunds").reject(first, "no", by=APPROVER)
    told(outside)
    assert first[:8] not in text(box)
    assert second[:8] in text(box)


def test_nobody_hears_of_slices_that_are_not_theirs(outside: Outside, box: Mailbox, lee: str) -> None:
    """What waits elsewhere is not theirs to know."""
    outside.world.sign(contract_text("secret-slice", level="approval"))
    rule(outside, box.url, "*")
    outside.world.sign(contract_text("secret-slice", version=2, level="approval"))
    outside.world.stop("refunds", by=APPROVER)
    told(outside)
    assert "secret-slice" not in text(box)
    assert "- refunds: the slice, or one tool in it, was stopped" in text(box)


def test_who_cannot_answer_is_not_asked(outside: Outside, box: Mailbox) -> None:
    """An auditor may know what changed, and has nothing to answer."""
    role = Role(name="auditor")
    grant(outside.world.ledger, outside.world.keyring, by=OWNER, name=LEE, kind="person", roles=[role])
    rule(outside, box.url)
    ask(outside, "case-1")
    assert told(outside) == Told()
    assert box.came == []


def test_who_left_is_told_nothing_more(outside: Outside, box: Mailbox, lee: str) -> None:
    """A mailbox outlives an employment."""
    rule(outside, box.url)
    revoke(outside.world.ledger, outside.world.keyring, by=OWNER, name=lee, reason="left")
    ask(outside, "case-1")
    told(outside)
    assert box.came == []
    [stands] = rules_standing(outside.world.ledger, outside.home)
    assert stands.state.startswith(f"What '{lee}' held was revoked")


def test_what_could_not_be_sent_comes_later_with_what_came_since(outside: Outside, box: Mailbox, lee: str) -> None:
    """A mail server that is down loses nothing."""
    made = rule(outside, box.url)
    ask(outside, "case-1")
    box.refuse = True
    assert told(outside).failed == {made.id: "mailto did not take the message"}
    assert told(outside) == Told(), "it is left alone for a while"
    ask(outside, "case-2")
    box.refuse = False
    outside.clock.move(minutes=2)
    assert told(outside).told == {made.id: 2}
    assert told(outside) == Told()


def test_a_webhook_may_be_told_as_well(outside: Outside, lee: str) -> None:
    """Chats take JSON; the address is theirs, and holds their secret."""
    url = outside.receiver.url.replace("http://", "json://")
    rule(outside, url)
    ask(outside, "case-1")
    outside.receiver.answering = lambda _: 204
    told(outside)
    [came] = outside.receiver.came
    assert came.event["title"] == "goldenthread: 1 thing waits for an answer"


def test_links_lead_to_the_page_and_nowhere_else(
    outside: Outside, box: Mailbox, lee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that could be bent would lead people to somebody else's page under our name."""
    monkeypatch.setenv("GOLDENTHREAD_CONSOLE_URL", "https://agents.example.com")
    rule(outside, box.url)
    ask(outside, "case-1")
    told(outside)
    found = re.search(r"https://agents\.example\.com/open/(\S+)", text(box))
    assert found is not None
    vault, now = outside.world.ledger.vault, outside.clock()
    link = read_link(vault, found[1], now)
    assert (re.sub(r"[0-9a-f]{16}", "ITEM", link.page), link.person) == ("/inbox/ITEM", lee)
    for bent in (found[1][:-1], found[1].replace(".", ""), "x" + found[1], "", ".", "a.b", "é." + "0" * 32):
        with pytest.raises(LinkRefused, match="is not as it was sent"):
            read_link(vault, bent, now)
    outside.clock.move(days=15)
    with pytest.raises(LinkRefused, match="is too old: links of notices count for two weeks"):
        read_link(vault, found[1], outside.clock())


def test_no_pseudonym_of_a_case_is_a_signature_of_a_link(outside: Outside) -> None:
    """Pseudonyms are on every ledger and in every event."""
    vault, now = outside.world.ledger.vault, outside.clock()
    token = make_link(vault, "/", LEE, now)
    said, _, signed = token.partition(".")
    assert signed not in {vault.ref(name, said) for name in ("link", "refunds", ORGANISATION, "blind")}


def test_only_the_person_or_an_administrator_makes_a_rule(outside: Outside, box: Mailbox, lee: str) -> None:
    """Otherwise one approver could have another's messages sent to themselves."""
    with pytest.raises(NotPermitted):
        rule(outside, box.url, person=lee, by=APPROVER)
    with pytest.raises(NotPermitted, match="is no person, and notices are for people"):
        rule(outside, box.url, person=FINANCE, by=OWNER)
    made = rule(outside, box.url, person=lee, by=OWNER)
    with pytest.raises(NotPermitted):
        remove_rule(outside.world.ledger, outside.world.keyring, Custody(outside.home, FOLDER), made.id, by=APPROVER)
    remove_rule(outside.world.ledger, outside.world.keyring, Custody(outside.home, FOLDER), made.id, by=lee)
    assert load_rules(outside.world.ledger).by_id == {}
    assert list((outside.home.path / FOLDER).iterdir()) == []


def test_the_address_stands_nowhere_but_in_the_private_file(outside: Outside, lee: str) -> None:
    """Addresses of chats are their passwords."""
    made = rule(outside, "json://maya:hunter2@127.0.0.1:9/a-secret-path")
    ask(outside, "case-1")
    failed = told(outside).failed[made.id]
    seen = [failed, repr(made), repr(rules_standing(outside.world.ledger, outside.home))]
    seen += [one.body.decode() for one in outside.world.ledger.read(ORGANISATION)]
    assert failed == "json did not take the message"
    assert not [one for one in seen if "hunter2" in one or "a-secret-path" in one]
    [file] = (outside.home.path / FOLDER).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("url", ["nonsense", "nonsense://x", "slack://only-one", "syslog://", "", "http://"])
def test_what_is_no_address_is_refused_without_being_repeated(outside: Outside, lee: str, url: str) -> None:
    """What was typed may hold a secret."""
    with pytest.raises(ReceiverRefused, match="it isn't shown, since it may hold a secret"):
        rule(outside, url)
    with pytest.raises(ValueProblem, match="'weekly' is no time for notices; there are now, hourly, daily"):
        rule(outside, "json://127.0.0.1", every="weekly")


def test_a_test_message_says_that_it_is_one(outside: Outside, box: Mailbox, lee: str) -> None:
    """People try it before they rely on it."""
    made = rule(outside, box.url)
    assert send_test(outside.world.ledger, outside.home, made.id) is None
    assert box.came[0]["Subject"] == "goldenthread: a test"


def test_without_the_extra_it_says_how_to_install_it(
    outside: Outside, lee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is large, so it comes on request."""
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "apprise":
            raise ImportError(name)
        return real(name, *rest, **more)

    _apprise.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotifyMissing) as caught:
        rule(outside, "json://127.0.0.1")
    assert str(caught.value) == (
        "notify-missing: Notices are sent by the library apprise, which isn't installed. "
        "Install it with `pip install 'goldenthread[notify]'`."
    )


def other_slice(outside: Outside, product: str | None, *, version: int = 1) -> None:
    """Something of a slice `billing`, which is of that product."""
    parts = f"product: {product}\n" if product else ""
    outside.world.sign(contract_text("billing", version=version, level="approval", parts=parts))


def test_a_rule_may_be_of_one_product(outside: Outside, box: Mailbox) -> None:
    """Who answers for one product drowned in what all the others do."""
    other_slice(outside, "Ledger")
    rule(outside, box.url, "contract.committed", person=APPROVER, products=["ledger"])
    outside.world.sign(contract_text("refunds", version=2, level="approval", parts="product: shop\n"))
    told(outside)
    assert box.came == []
    other_slice(outside, None, version=2)
    told(outside)
    assert text(box).splitlines()[0].startswith("- billing: a version of the contract is on record")
    assert len(text(box).splitlines()) == 3


def test_what_a_slice_did_before_it_was_of_the_product_is_not_told(outside: Outside, box: Mailbox) -> None:
    """A slice that joins a product brings none of its past along."""
    other_slice(outside, "shop")
    outside.world.sign(contract_text("third", level="approval"))
    rule(outside, box.url, "contract.committed", person=APPROVER, products=["shop"])
    outside.world.sign(contract_text("third", version=2, level="approval"))
    told(outside)
    outside.world.sign(contract_text("third", version=3, level="approval", parts="product: shop\n"))
    told(outside)
    assert text(box).count("- third: a version of the contract is on record") == 1
    assert len(box.came) == 1
    assert box.came[0]["Subject"] == "goldenthread: 1 change"


def test_slices_and_products_narrow_a_rule_together(outside: Outside, box: Mailbox) -> None:
    """With both, only those slices as far as they are of that product."""
    other_slice(outside, "shop")
    rule(outside, box.url, "contract.committed", person=APPROVER, slices=["refunds"], products=["shop"])
    other_slice(outside, "shop", version=2)
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    told(outside)
    assert box.came == []
    outside.world.sign(contract_text("refunds", version=3, level="approval", parts="product: shop\n"))
    told(outside)
    assert text(box).splitlines()[0].startswith("- refunds: a version of the contract is on record")


@pytest.mark.parametrize(("stopped", "hears"), [("shop", True), ("SHOP", True), ("other", False), (None, True)])
def test_a_stop_is_told_to_those_whose_product_it_reaches(
    outside: Outside, box: Mailbox, stopped: str | None, hears: bool
) -> None:
    """Another product's stop is noise; a stop of everything is everybody's."""
    other_slice(outside, "shop")
    outside.world.sign(contract_text("third", level="approval", parts="product: other\n"))
    rule(outside, box.url, "*.stopped", person=APPROVER, products=["shop"])
    outside.world.stop(product=stopped)
    told(outside)
    assert len(box.came) == hears


def test_a_product_that_no_contract_names_is_refused(outside: Outside, lee: str) -> None:
    """A slip in its name would be a rule that never tells anything."""
    other_slice(outside, "shop")
    with pytest.raises(ContractNotFound) as refused:
        rule(outside, "json://127.0.0.1", products=["shopp"])
    assert str(refused.value) == (
        "contract-not-found: No contract in this home names the product 'shopp'; they name shop. Name one of these, "
        "or write `product` in the contract."
    )
    made = rule(outside, "json://127.0.0.1", products=["SHOP", "shop"])
    assert made.products == ("shop",)
    assert [one.products for one in rules_standing(outside.world.ledger, outside.home)] == [("shop",)]
