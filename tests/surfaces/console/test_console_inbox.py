"""What waits for people, answered in the console: each deed as it should go, and each as it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from goldenthread.record.store.server import EmbeddedServer
from surfaces.console.at_work import JSON, Work, at_work, refused, said_by
from surfaces.views.office import MARKUP, SECRET, opened_office
from worlds import APPROVER, ENGINEER, EXPERT, FINANCE, OWNER


@pytest.fixture(scope="module")
def work(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    """An office that these tests work in, each with items of its own."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as office:
        made = at_work(office)
        yield made
        made.wirer.close()


def test_a_yes_is_for_what_was_shown_and_says_what_happens_next(work: Work) -> None:
    """Whoever approves must know what they have set going, and has the next question before them."""
    first, second = work.ask(), work.ask()
    client = work.visitor(APPROVER)
    answer = client.post(f"/inbox/{first.id}/approve?slice=refunds&action=pay", {"seen": first.seen})
    assert answer.headers["location"] != "/inbox?show=mine"
    said = said_by(client, answer)
    assert said == f"Approved: pay in case {first.case}. It happens once, when the agent opens the case again."
    assert (work.now(first).answer, work.now(first).answered_by) == ("approve", APPROVER)
    assert work.now(second).state == "open"


def test_a_yes_needs_what_was_seen(work: Work) -> None:
    """A yes to whatever stands there by now is a yes to nothing."""
    item, client = work.ask(), work.visitor(APPROVER)
    for fields in ({}, {"seen": "short"}):
        assert refused(client.post(f"/inbox/{item.id}/approve", fields, accept=JSON))[:2] == (403, "form-refused")
    work.office.world.inbox("refunds").ask_back(item.id, "Which of the two?", by=APPROVER)
    answer = client.post(f"/inbox/{item.id}/approve", {"seen": item.seen})
    assert answer.status_code == 409
    assert "<strong>Nothing happened.</strong>" in answer.text
    assert "Which of the two?" in answer.text, "the page shows what changed"
    assert work.now(item).seen in answer.text, "and answers to that from now on"
    assert work.now(item).state == "open"


def test_an_edit_keeps_types_and_changes_only_what_was_changed(work: Work) -> None:
    """A slip in a field must not become an effect."""
    item, client = work.ask(), work.visitor(APPROVER)
    same = {"seen": item.seen, "doing": "edit", "arg:order": item.case, "arg:country": "DE", "arg:amount": "10"}
    address = f"/inbox/{item.id}/edit"
    told = refused(client.post(address, {**same, "arg:amount": "ten"}, accept=JSON))
    assert told == (422, "answer-invalid", "'ten' is no value for 'amount'. Write a whole number, such as 12.")
    again = client.post(address, {**same, "arg:amount": "ten"})
    assert again.status_code == 422
    assert 'value="ten"' in again.text, "what was typed is still there"
    assert "It says: <span" in again.text
    assert refused(client.post(address, same, accept=JSON))[2].startswith("Nothing of item")
    empty = refused(client.post(address, {**same, "arg:country": " "}, accept=JSON))
    assert empty[2] == "The argument 'country' would be empty. Fill it in, or reject the item with a reason."
    assert "no argument 'iban'" in refused(client.post(address, {**same, "arg:iban": "x"}, accept=JSON))[2]
    assert work.now(item).state == "open"
    done = client.post(address, {**same, "arg:amount": "8"})
    assert said_by(client, done).startswith(f"Approved with your changes (amount: 8): pay in case {item.case}.")
    (record,) = [
        one for one in work.office.ledger.read("refunds", kinds=["approval:answer"]) if one.data["item"] == item.id
    ]
    row = work.office.desk("refunds").read_rows("select permitted from action where id = %s", item.action_id)[0]
    assert work.office.ledger.open(row["permitted"]) == {"order": item.case, "amount": 8, "country": "DE"}
    assert record.data["answer"] == "edit"
    page = client.get(f"/inbox/{item.id}").text
    assert f"<h2>Changed by {APPROVER}</h2>" in page
    assert re.search(r"<dt>amount</dt><dd>\s*<span class=\"value\">8</span>\s*<div class=\"quiet was\">It was:", page)
    assert "<dt>country</dt>" not in page.partition("Changed by")[2].partition("</dl>")[0]
    assert "What a yes does" not in page, "nobody can say it any more"
    case = client.get(f"/slices/refunds/cases/{item.run}").text
    assert "answered; the agent goes on when it opens the case again" in case
    assert f'<a href="/inbox/{item.id}">in these words</a>' in case


def test_a_no_needs_a_reason_and_is_told(work: Work) -> None:
    """The agent, and whoever reads it later, learn from why."""
    item, client = work.ask(), work.visitor(APPROVER)
    address = f"/inbox/{item.id}/reject"
    assert refused(client.post(address, {"seen": item.seen, "reason": "  "}, accept=JSON))[1] == "form-refused"
    long = refused(client.post(address, {"seen": item.seen, "reason": "x" * 2001}, accept=JSON))
    assert long[2] == "The field 'reason' has 2,001 characters; it takes 1 to 2,000. Change it."
    done = client.post(address, {"seen": item.seen, "reason": f"no {MARKUP}"})
    assert said_by(client, done).endswith("It does not happen, and the agent is told why.")
    closed = client.get(f"/inbox/{item.id}").text
    assert '<blockquote class="why">no &lt;script&gt;' in closed, "whoever comes back to it sees why"
    other = client.get(f"/inbox/{work.ask().id}").text
    assert MARKUP not in other, "hostile words of a past answer are text"
    assert "no &lt;script&gt;" in other


def test_what_is_closed_is_answered_no_more_and_nothing_typed_is_lost(work: Work) -> None:
    """Two people at one list meet on the same item every day."""
    item, client = work.ask(), work.visitor(APPROVER)
    work.office.world.inbox("refunds").approve(item.id, by=APPROVER)
    late = client.post(f"/inbox/{item.id}/reject", {"seen": item.seen, "reason": "half an essay"})
    assert late.status_code == 409
    assert "half an essay" in late.text
    assert f"is closed: approve by {APPROVER}" in late.text
    assert f'href="/inbox/{item.id}.json"' in late.text


def test_one_person_is_at_an_item_at_a_time(work: Work) -> None:
    """Nobody works twice on the same question, and an owner can free one that is kept."""
    item = work.ask()
    mine, other = work.visitor(APPROVER), work.visitor(OWNER)
    assert said_by(mine, mine.post(f"/inbox/{item.id}/claim")).startswith("It is yours for 15 minutes")
    assert f"<strong>{APPROVER} is at it.</strong>" in mine.get("/inbox?show=all").text
    assert "You are at it" in mine.get(f"/inbox/{item.id}").text
    world = work.office.world
    told = refused(work.visitor(EXPERT).post(f"/inbox/{item.id}/approve", {"seen": item.seen}, accept=JSON))
    assert told[:2] == (403, "not-permitted"), "the path names no expert"
    assert said_by(other, other.post(f"/inbox/{item.id}/release")) == "Nobody is at it now; anybody may take it."
    world.inbox("refunds").claim(item.id, by=APPROVER)
    assert said_by(mine, mine.post(f"/inbox/{item.id}/release")) == "Nobody is at it now; anybody may take it."


def test_nobody_answers_for_their_own_agent_or_without_the_right(work: Work) -> None:
    """The page says so before the form does."""
    item = work.ask()
    engineer = work.visitor(ENGINEER)
    page = engineer.get(f"/inbox/{item.id}").text
    assert "nobody approves their own agent" in page
    assert f"/inbox/{item.id}/approve" not in page
    assert refused(engineer.post(f"/inbox/{item.id}/approve", {"seen": item.seen}, accept=JSON))[:2] == (
        403,
        "second-role",
    )
    for name in (FINANCE, ""):
        told = refused(work.visitor(name).post(f"/inbox/{item.id}/approve", {"seen": item.seen}, accept=JSON))
        assert told[:2] == (403, "right-missing")
    assert work.visitor(FINANCE).get(f"/inbox/{item.id}").status_code == 403
    assert work.now(item).state == "open"


def test_an_item_is_passed_on_asked_about_and_replied_to(work: Work) -> None:
    """What somebody cannot answer goes to who can, with what was said of it."""
    item, client = work.ask(), work.visitor(APPROVER)
    assert said_by(client, client.post(f"/inbox/{item.id}/ask-back", {"question": MARKUP})).startswith("Asked.")
    assert refused(client.post(f"/inbox/{item.id}/ask-back", {"question": ""}, accept=JSON))[1] == "form-refused"
    expert = work.visitor(EXPERT)
    assert said_by(expert, expert.post(f"/inbox/{item.id}/reply", {"text": "the one of March"})).startswith(
        "Your reply"
    )
    page = client.get(f"/inbox/{item.id}").text
    assert MARKUP not in page
    assert "the one of March" in page
    told = refused(client.post(f"/inbox/{item.id}/hand-over", {"to": "ghost"}, accept=JSON))
    assert told[:2] == (422, "principal-unknown")
    escalated = said_by(client, client.post(f"/inbox/{item.id}/escalate"))
    assert escalated == f"The item of case {item.case} is with lead now."
    assert refused(client.post(f"/inbox/{item.id}/escalate", accept=JSON))[:2] == (422, "answer-invalid")


def test_a_blind_question_keeps_its_secret_until_it_is_answered(work: Work) -> None:
    """Not in the page, not in its source, not in its twin; and afterwards both stand side by side."""
    item, client = work.ask("letters", country=SECRET), work.visitor(APPROVER)
    for address in (f"/inbox/{item.id}", "/inbox?show=all", "/slices/letters/inbox?show=all"):
        assert SECRET not in client.get(address).text
    for address in (f"/inbox/{item.id}.json", "/inbox.json?show=all", "/slices/letters/inbox.json?show=all"):
        assert SECRET not in client.get(address).text
    told = refused(client.post(f"/inbox/{item.id}/ask-back", {"question": "what?"}, accept=JSON))
    assert told[:2] == (422, "answer-invalid"), "what the agent says would give it away"
    fields = {"seen": item.seen, "action": "pay", "arg:order": "o", "arg:amount": "3"}
    told = refused(client.post(f"/inbox/{item.id}/answer", fields, accept=JSON))
    assert told == (422, "answer-invalid", "The argument 'country' is empty. Fill it in.")
    told = refused(client.post(f"/inbox/{item.id}/answer", {**fields, "action": "burn"}, accept=JSON))
    assert told[:2] == (422, "answer-invalid")
    done = client.post(f"/inbox/{item.id}/answer", {**fields, "arg:country": "DE"})
    said = said_by(client, done)
    assert said.startswith(f"Recorded for case {item.case}: pay(order: o, amount: 3, country: DE).")
    page = client.get(f"/inbox/{item.id}").text
    assert SECRET in page
    assert page.index("The agent proposed") < page.index(SECRET) < page.index(f"{APPROVER} decided")


def test_an_escalation_is_decided_by_a_person(work: Work) -> None:
    """What no agent could decide is decided, with the types of its tools."""
    item, client = work.ask("refunds", text="strange"), work.visitor(APPROVER)
    item = next(one for one in work.office.world.inbox("refunds").items() if one.kind == "escalation")
    assert "What you decide is recorded as the decision of the case." in client.get(f"/inbox/{item.id}").text
    fields = {"seen": item.seen, "action": "pay", "arg:order": "o", "arg:amount": "3", "arg:country": "DE"}
    assert said_by(client, client.post(f"/inbox/{item.id}/answer", fields)).startswith("Recorded for case")
    assert work.now(item).answer == "answer"
    page = client.get(f"/inbox/{item.id}").text
    assert f"<h2>{APPROVER} decided</h2>" in page
    assert "<strong>Decided</strong>" in page


def test_what_cannot_be_taken_back_takes_a_second_word(work: Work) -> None:
    """One key is quick, and must not be quick to harm."""
    item, client = work.ask("wires"), work.visitor(APPROVER)
    page = client.get(f"/inbox/{item.id}").text
    assert 'name="sure" value="yes" required' in page
    assert "<strong>It cannot be taken back.</strong>" in page
    for address in (f"/inbox/{item.id}/approve", f"/inbox/{item.id}/edit"):
        told = refused(client.post(address, {"seen": item.seen, "arg:amount": "5"}, accept=JSON))
        assert told[:2] == (403, "form-refused")
        assert "nobody said that they are sure" in told[2]
    several = {"item": [f"{item.id}:{item.seen}"], "answer": "approve"}
    assert refused(client.post("/inbox", several, accept=JSON))[1] == "form-refused"
    wrong = client.post(f"/inbox/{item.id}/edit", {"seen": item.seen, "sure": "yes", "arg:amount": "5.5"}, accept=JSON)
    assert refused(wrong)[:2] == (422, "answer-invalid")
    assert client.post(f"/inbox/{item.id}/approve", {"seen": item.seen, "sure": "yes"}).status_code == 303
    assert work.now(item).answer == "approve"


def test_several_alike_items_are_answered_together_each_as_it_was_shown(work: Work) -> None:
    """What changed since is refused and told, and keeps none of the others back."""
    items, client = [work.ask() for _ in range(3)], work.visitor(APPROVER)
    work.office.world.inbox("refunds").ask_back(items[1].id, "why?", by=APPROVER)
    page = client.get("/inbox?show=all&slice=refunds").text
    assert all(f'value="{one.id}:{work.now(one).seen}"' in page for one in items)
    ticked = [f"{one.id}:{one.seen}" for one in items]
    said = said_by(client, client.post("/inbox", {"item": ticked, "answer": "approve"})).splitlines()
    assert said[0] == "Approved: 2 of 3."
    assert said[-1].startswith(f"Refused: Item {items[1].id} is not any more what you were shown")
    assert [work.now(one).state for one in items] == ["answered", "open", "answered"]
    letter = work.ask("letters")
    fields = {"item": [*ticked[1:2], f"{letter.id}:{letter.seen}"], "answer": "approve"}
    assert "only items of one slice" in refused(client.post("/inbox", fields, accept=JSON))[2]
    assert refused(client.post("/inbox", {"answer": "approve"}, accept=JSON))[1] == "form-refused"
    assert refused(client.post("/inbox", {"item": ticked[1:2], "answer": "maybe"}, accept=JSON))[1] == "form-refused"
    again = client.post("/inbox", {"item": ticked[1:2], "answer": "reject", "reason": ""})
    assert again.status_code == 403
    assert work.now(items[1]).state == "open"


def test_two_answers_at_once_give_one_decision(work: Work) -> None:
    """The ledger's order decides, whichever browser was first; the other is told."""
    item = work.ask()
    clients = [work.newcomer(APPROVER) for _ in range(4)]

    def answer(number: int) -> int:
        address, fields = (
            ("approve", {"seen": item.seen}) if number % 2 else ("reject", {"seen": item.seen, "reason": "no"})
        )
        return clients[number].post(f"/inbox/{item.id}/{address}", fields, accept=JSON).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(answer, range(4))) == [200, 409, 409, 409]
    answers = work.office.ledger.read("refunds", kinds=["approval:answer"])
    assert len([one for one in answers if one.data["item"] == item.id]) == 1


def test_the_list_begins_with_what_is_overdue_and_with_whose_turn_it_is(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with five minutes must see in one look where to begin, and in words."""
    item, client = work.ask(), work.visitor(APPROVER)
    told = client.get("/inbox.json").json()
    assert told["wanted"]["show"] == "mine"
    assert told["counts"]["mine"] == told["counts"]["all"]
    engineer = work.visitor(ENGINEER).get("/inbox.json").json()
    assert engineer["counts"]["mine"] == 0, "nobody's turn for their own agent"
    assert (engineer["wanted"]["show"], len(engineer["items"])) == ("all", engineer["counts"]["all"])
    assert {one["item"]["kind"] for one in client.get("/inbox.json?kind=escalation").json()["items"]} <= {"escalation"}
    assert client.get("/inbox?show=some").status_code == 404
    assert client.get("/inbox?kind=some").status_code == 404
    now = work.office.ledger.clock()
    monkeypatch.setattr(work.office.ledger, "clock", lambda: now + timedelta(days=5))
    found = client.get("/inbox.json?show=all").json()["items"]
    states = [one["urgency"] for one in found]
    assert states[0] == "overdue"
    assert states == sorted(states, key=["overdue", "soon", "later", "open"].index)
    assert "overdue by" in client.get("/inbox").text
    assert item.id in client.get("/inbox?slice=refunds&show=all").text


def test_a_proposal_beside_an_open_blind_question_stays_hidden(work: Work) -> None:
    """The same case may wait twice, and the second item must not tell what the first one hides."""
    blind = work.ask("letters", country=SECRET)
    row = work.office.desk("letters").read_rows("select case_ref from inbox where id = %s", blind.id)[0]
    item = work.ask()
    with work.office.ledger.store.session() as connection:
        connection.execute("update inbox set case_ref = %s where id = %s", (row["case_ref"], item.id))
        connection.commit()
    client = work.visitor(APPROVER)
    page = client.get(f"/inbox/{item.id}").text
    assert f"/inbox/{blind.id}" in page
    assert f"/inbox/{item.id}/approve" not in page
    assert "<dt>amount</dt>" not in page
    told = client.get(f"/inbox/{item.id}.json").json()
    assert (told["hidden"], told["page"]["item"]["arguments"], told["parts"]) == (blind.id, None, [])


def test_what_has_expired_is_answered_no_more(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is never a yes. Last in this file: reading an item two months later puts on record what came due."""
    item, client = work.ask(), work.visitor(APPROVER)
    now = work.office.ledger.clock()
    monkeypatch.setattr(work.office.ledger, "clock", lambda: now + timedelta(days=60))
    told = refused(client.post(f"/inbox/{item.id}/approve", {"seen": item.seen}, accept=JSON))
    assert told[:2] == (409, "inbox-item-expired")
    assert "<strong>Expired.</strong>" in client.get(f"/inbox/{item.id}").text


def test_the_address_of_a_refused_form_leads_back_to_its_page(work: Work) -> None:
    """It stands in the browser's bar then, and people open it again."""
    item, client = work.ask(), work.visitor(APPROVER)
    answer = client.get(f"/inbox/{item.id}/approve?show=all")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox/{item.id}?show=all")
    assert client.get("/inbox/%2F%2Fevil.example/approve").status_code == 404
    assert client.get("/inbox/..%2f..%2fx/approve").headers.get("location", "/").startswith("/")
    assert work.now(item).state == "open"


def test_what_somebody_else_is_at_offers_no_answer(work: Work) -> None:
    """Forms that can only be refused cost people their words."""
    item, mine, owner = work.ask(), work.visitor(APPROVER), work.visitor(OWNER)
    assert mine.post(f"/inbox/{item.id}/claim").status_code == 303
    page = owner.get(f"/inbox/{item.id}").text
    assert f"{APPROVER} is at it" in page
    assert f'action="/inbox/{item.id}/approve' not in page
    assert "Break the claim" in page, "an owner may, though they answer nothing"
    late = work.visitor(EXPERT).post(f"/inbox/{item.id}/reject", {"seen": item.seen, "reason": "half an essay"})
    assert late.status_code in (403, 409)
    assert mine.post(f"/inbox/{item.id}/release").status_code == 303
