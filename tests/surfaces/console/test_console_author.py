"""Writing contracts in the console: nothing that was written is lost, and nothing binds before it was signed."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from goldenthread.promise.contract import parse_contract
from goldenthread.promise.contract.schema import contract_schema
from goldenthread.record.drafts import LARGEST
from goldenthread.record.principals import KeyRing, Role, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.console.planning import PLANS
from goldenthread.surfaces.views.authoring import findings_of
from surfaces.console.visiting import Visitor, visitor
from worlds import APPROVER, CUSTOMER, EXPERT, FINANCE, OWNER, World, contract_text, make_world

JSON = "application/json"
MARKUP = "<script>alert(1)</script>"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def world(shared_home: Home) -> Iterator[World]:
    """A home with people, whose slices are the tests' own."""
    made = make_world(shared_home.path)
    with made.opened():
        yield made


@pytest.fixture
def maya(world: World) -> Visitor:
    """The owner, who sits at the machine that holds the keys."""
    return visitor(world.ledger, home=Home(world.home), name=OWNER)


def fresh() -> str:
    """The name of a slice that nobody has used."""
    return f"author-{next(_numbers)}"


def begun(client: Visitor, text: str = "", name: str = "") -> str:
    """The address of a draft, which holds a text."""
    answer = client.post("/author/begin", {"slice": name or fresh()})
    assert answer.status_code == 303
    address = answer.headers["location"]
    if text:
        assert saved(client, address, text, revision=1).status_code == 200
    return address


def saved(client: Visitor, address: str, text: str, *, revision: int, over: str = "ask", deed: str = "") -> Any:
    """What saving a text says, as a script asks for it."""
    fields = {"text": text, "revision": str(revision), "over": over}
    return client.post(address + deed, fields, accept=JSON)


def view(client: Visitor, address: str) -> Any:
    return client.get(f"{address}.json").json()


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_begins_as_a_whole_contract_under_its_own_name(maya: Visitor) -> None:
    """An empty page helps nobody; this one is sound, and every line of it shows what belongs there."""
    name = fresh()
    shown = view(maya, begun(maya, name=name))
    assert shown["title"] == f"{name}, version 1"
    assert shown["findings"]["state"] == "sound"
    assert shown["findings"]["words"] == f"Sound. Version 1 of '{name}' may be committed and signed."
    assert shown["findings"]["signers"][OWNER] == "owner"
    assert shown["beside"] is None


def test_what_was_written_is_there_for_its_author_in_any_session_and_for_nobody_else(
    maya: Visitor, world: World
) -> None:
    """Reload, sign-out and another machine show the same text; somebody else is told that there is none."""
    text = contract_text(fresh()).replace("most are routine.", f"most are routine {MARKUP}.")
    address = begun(maya, text)
    again = visitor(world.ledger, home=Home(world.home), name=OWNER)
    assert view(again, address)["draft"]["text"] == text
    page = again.get(address).text
    assert MARKUP not in page
    assert unescape(page.partition("<textarea")[2].partition(">\n")[2].partition("</textarea>")[0]) == text
    other = visitor(world.ledger, home=Home(world.home), name=EXPERT)
    for path in ("", ".json", "/plan", "/found", "/printed"):
        assert other.get(f"{address}{path}").status_code == 404
    refused = saved(other, address, "theirs", revision=2)
    assert (refused.status_code, refused.json()["code"]) == (404, "draft-unknown")
    assert other.post(f"{address}/drop", {}, accept=JSON).status_code == 404
    assert view(maya, address)["draft"]["text"] == text


def test_whoever_may_not_write_has_no_page_for_it(world: World) -> None:
    """An approver answers; what the agent may do is not theirs to write."""
    client = visitor(world.ledger, home=Home(world.home), name=APPROVER)
    for address in ("/author", "/author/words", "/author/drafts/0123456789abcdef"):
        assert client.get(address).status_code == 403
    refused = client.post("/author/begin", {"slice": "theirs"}, accept=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")


def test_a_draft_saved_in_two_places_loses_neither_text(maya: Visitor) -> None:
    """Two tabs of one person: the second is told, and chooses; without script both texts are kept apart."""
    address = begun(maya, "first: 1\n")
    assert saved(maya, address, "second: 2\n", revision=2).status_code == 200
    told = saved(maya, address, "other: 3\n", revision=2)
    assert (told.status_code, told.json()["code"]) == (409, "draft-changed")
    assert "it is at revision 3, and this page knows revision 2" in told.json()["message"]
    assert view(maya, address)["draft"]["text"] == "second: 2\n"

    apart = saved(maya, address, "other: 3\n", revision=2, over="")
    assert apart.json()["to"] != address
    assert "kept as a draft of its own" in apart.json()["said"]
    assert view(maya, apart.json()["to"])["draft"]["text"] == "other: 3\n"

    assert saved(maya, address, "mine: 4\n", revision=2, over="mine").status_code == 200
    texts = [
        view(maya, f"/author/drafts/{one['id']}")["draft"]["text"] for one in maya.get("/author.json").json()["drafts"]
    ]
    assert {"second: 2\n", "other: 3\n", "mine: 4\n"} <= set(texts)


def test_what_was_begun_as_nobody_is_there_for_whoever_acts_next_at_this_machine(world: World) -> None:
    """Somebody who tries the editor first and then chooses whom to act as finds what they wrote."""
    client = visitor(world.ledger, home=Home(world.home))
    address = begun(client, "mine: 1\n")
    client.act_as(EXPERT)
    assert view(client, address)["draft"]["text"] == "mine: 1\n"
    assert "begun as nobody at this machine" in client.get("/author").text
    assert client.post(f"{address}/drop", {}).status_code == 303
    assert client.get(address).status_code == 404


# --- hostile texts ----------------------------------------------------------------------------------------------------


HOSTILE = {
    "aliases": ("a: &a [x, x]\nb: [*a, *a, *a]\n" * 200, "is an alias; write the value itself"),
    "deep": ("{a: " * 200 + "1" + "}" * 200, "Nested more than 8 deep"),
    "long": ("problem: " + "x" * 70_000, "a contract has at most 65536. Clarify the work: one page."),
    "markup": (f"slice: {MARKUP}\nkind: {MARKUP}\n", "is no slice's name"),
    "unseen": ("slice: a\u202eb\n", "An invisible character stands here (U+202E); remove it."),
    "escapes": ('slice: "a\\0b"\n', "An escape stands for an invisible character here (U+0000); remove it."),
    "merge": ("<<: {a: b}\n", "'<<' is a merge key; write the values themselves."),
    "tags": ("slice: !!python/object/apply:os.system [id]\n", "is a tag; write the plain value"),
    "lines": ("\n" * 200_000, "The file has 200000 bytes"),
    "many": ("".join(f"k{number}: v\n" for number in range(4_000)), "is no key"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_kept_and_told_what_is_wrong_with_it(maya: Visitor, name: str) -> None:
    """Whatever is typed, the page stands, says what is wrong in words, and runs nothing of it."""
    text, words = HOSTILE[name]
    address = begun(maya, text)
    shown = view(maya, address)
    assert shown["findings"]["state"] == "invalid"
    assert any(words in one["words"] for one in shown["findings"]["findings"])
    assert len(shown["findings"]["findings"]) <= 100
    assert shown["plan"]["state"] == "none"
    page = maya.get(address).text
    assert MARKUP not in page
    assert "The page appears as soon as the text reads." in maya.get(f"{address}/printed").text
    refused = saved(maya, address, text, revision=2, deed="/commit")
    assert (refused.status_code, refused.json()["code"]) == (422, "contract-invalid")


def test_what_cannot_be_kept_is_refused_in_words(maya: Visitor) -> None:
    """The limits of a draft are told before anything is lost, and the text before stands."""
    address = begun(maya, "kept: 1\n")
    large = saved(maya, address, "é" * (LARGEST // 2) + "x", revision=2)
    assert (large.status_code, large.json()["code"]) == (422, "draft-refused")
    assert "The text has 262,145 bytes; a draft has at most 262,144." in large.json()["message"]
    nul = saved(maya, address, "a\0b", revision=2)
    assert (nul.status_code, nul.json()["code"]) == (403, "form-refused")
    assert "NUL character" in nul.json()["message"]
    for fields in ({"text": "x"}, {"revision": "2"}, {"text": "x", "revision": "two"}):
        assert maya.post(address, fields, accept=JSON).json()["code"] == "form-refused"
    assert view(maya, address)["draft"]["text"] == "kept: 1\n"


def test_a_name_that_is_none_begins_nothing(maya: Visitor) -> None:
    """The name of a slice becomes part of addresses and commands."""
    for name in ("", "Big", "a b", "../x", MARKUP, "x" * 64):
        assert maya.post("/author/begin", {"slice": name}, accept=JSON).json()["code"] == "form-refused"
    refused = maya.post("/author/begin", {"slice": "mine", "like": "nobody-has-it"}, accept=JSON)
    assert refused.json()["code"] == "contract-not-found"


def test_a_name_that_is_taken_begins_its_next_version(maya: Visitor) -> None:
    """A draft that reads as sound and cannot be committed as it is numbered helps nobody."""
    name = fresh()
    committed(maya, contract_text(name))
    answer = maya.post("/author/begin", {"slice": name})
    found = view(maya, answer.headers["location"])
    assert (found["draft"]["slice"], found["findings"]["version"], found["beside"]["conflict"]) == (name, 2, None)
    other = fresh()
    committed(maya, contract_text(other))
    refused = maya.post("/author/begin", {"slice": name, "like": other}, accept=JSON).json()
    assert refused["code"] == "form-refused"
    assert refused["message"].startswith(f"'{name}' has a contract on record already.")


# --- what stands beside -------------------------------------------------------------------------------------------


def test_findings_are_those_of_the_command_with_their_places(maya: Visitor) -> None:
    """One checker, one set of words: what the page says is what `contract check` says."""
    text = contract_text(fresh()).replace("in 8 weeks, owned by finance-ops", "soon, owned by finance-ops")
    shown = view(maya, begun(maya, text))
    found, _ = findings_of(text)
    assert shown["findings"]["findings"] == [
        {
            "line": 15,
            "column": 44,
            "path": "outcome.business",
            "words": "'soon' is no window; write e.g. 'in 8 weeks'.",
            "rule": "",
        }
    ]
    assert found.words == "It does not read yet: 1 problem."
    piece = maya.get(begun(maya, text) + "/found").text
    assert 'data-line="15" data-column="44"' in piece
    assert "<html" not in piece


def test_the_printed_page_stands_alone_and_can_do_nothing(maya: Visitor) -> None:
    """Only our own pages frame it, only its own style applies, and no script can run in it."""
    answer = maya.get(begun(maya, contract_text(fresh())) + "/printed")
    policy = answer.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'; "
        r"frame-ancestors 'self'; sandbox",
        policy,
    )
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "Agent Impact Contract" in answer.text
    assert "frame-src 'self'" in maya.get("/author").headers["content-security-policy"]


def test_the_plan_is_worked_out_beside_and_comes_when_it_is_ready(maya: Visitor) -> None:
    """A plan may take seconds; the page never waits for it, and says that it is coming."""
    text = contract_text(fresh())
    address = begun(maya, text)
    assert view(maya, address)["plan"]["state"] in ("working", "ready")
    assert PLANS.wait(text, 60).state == "ready"
    shown = view(maya, address)["plan"]
    assert shown["reaches"][0]["level"] == "draft"
    assert shown["reaches"][0]["time"] is not None
    page = maya.get(f"{address}/plan").text
    assert "To draft, from shadow: about" in page


def test_the_editor_is_told_every_key_choice_metric_and_name(maya: Visitor) -> None:
    """Completion that knows less than the checker teaches wrong contracts."""
    words = maya.get("/author/words").json()
    schema: Any = contract_schema()
    assert set(words["keys"]) == set(schema["properties"])
    assert words["keys"]["autonomy"]["keys"]["start"]["choices"][0] == "shadow"
    assert "agreement >= 85 %" in words["keys"]["autonomy"]["keys"]["gates"]["keys"]["draft"]["lines"]
    assert words["keys"]["actions"]["each"]["keys"]["effect"]["choices"] == ["read", "reversible", "irreversible"]
    assert {OWNER, EXPERT, FINANCE} <= set(words["people"])
    assert "agreement" in words["metrics"]


def test_the_schema_is_served_as_the_command_prints_it(maya: Visitor) -> None:
    """An editor outside asks for it at an address that stays."""
    answer = maya.get("/contract.schema.json")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == json.loads(json.dumps(contract_schema()))


# --- committing and signing ---------------------------------------------------------------------------------------


def committed(client: Visitor, text: str) -> str:
    """The address of a version that was written and committed."""
    address = begun(client, text)
    answer = saved(client, address, text, revision=2, deed="/commit")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["to"])


def test_a_version_is_written_signed_and_in_force_without_a_file(maya: Visitor, world: World) -> None:
    """From the first line to the last signature, in the browser alone; each signs what was shown."""
    name = fresh()
    text = contract_text(name)
    address = committed(maya, text)
    assert address == f"/slices/{name}/author/1"
    shown = view(maya, address)
    assert shown["contract"]["text"] == text
    assert shown["role"] == "owner"
    assert shown["statement"]["subject"][0]["digest"]["sha256"] == parse_contract(text).digest.removeprefix("sha256:")
    assert [one["name"] for one in shown["awaited"]] == [OWNER, EXPERT, FINANCE, CUSTOMER]
    for person in (OWNER, EXPERT, FINANCE, CUSTOMER):
        maya.act_as(person)
        answer = maya.post(f"{address}/sign", {"digest": shown["contract"]["digest"]})
        assert answer.headers["location"] == address
    assert "Everybody has signed: it is in force." in maya.get(address).text
    standing = world.desk(name).standing()
    assert standing.in_force is not None
    assert standing.in_force.signatures == {
        OWNER: "owner",
        EXPERT: "expert",
        FINANCE: "data-owner",
        CUSTOMER: "data-owner",
    }
    assert maya.get(f"{address}/printed").text.count("signed 20") == 4


def test_a_next_version_says_what_it_loosens_and_what_is_proved_anew(maya: Visitor) -> None:
    """Whoever signs reads the change in words, and not two pages of YAML beside each other."""
    name = fresh()
    committed(maya, contract_text(name))
    answer = maya.post(f"/slices/{name}/author/begin", {})
    address = answer.headers["location"]
    draft = view(maya, address)["draft"]
    assert draft["slice"] == name
    assert "\nversion: 2\n" in draft["text"]
    looser = draft["text"].replace("agreement >= 80 %", "agreement >= 70 %")
    assert saved(maya, address, looser, revision=1).status_code == 200
    beside = view(maya, address)["beside"]
    assert (beside["before"], beside["next"], beside["conflict"]) == (1, 2, None)
    assert beside["changes"][0]["direction"] == "loosens"
    assert beside["changes"][0]["path"] == "autonomy.gates.draft"
    assert beside["afresh"] == ["draft"]
    assert "evidence for the gate to draft starts afresh" in maya.get(address).text


def test_a_commit_that_is_refused_shows_the_draft_with_why(maya: Visitor) -> None:
    """Without script, too: the text is kept, and stands beside what is wrong with it."""
    address = begun(maya, "\tslice: x\n")
    answer = maya.post(f"{address}/commit", {"text": "\tslice: y\n", "revision": "2"})
    assert answer.status_code == 422
    assert "<strong>Nothing happened.</strong>" in answer.text
    assert "slice: y" in answer.text
    assert view(maya, address)["draft"]["text"] == "\tslice: y\n"
    large = "# " + "x" * LARGEST
    unsaved = maya.post(address, {"text": large, "revision": "3"})
    assert unsaved.status_code == 422
    assert large in unsaved.text, "what cannot be saved stands in the editor all the same"
    assert view(maya, address)["draft"]["text"] == "\tslice: y\n"
    back = maya.get(f"{address}/commit")
    assert (back.status_code, back.headers["location"]) == (303, address)


def test_who_cannot_sign_is_told_while_it_is_written(maya: Visitor) -> None:
    """Not after the commit, when the text stands for good."""
    name = fresh()
    sound = contract_text(name)
    address = begun(maya, sound)
    assert view(maya, address)["hindrances"] == []
    nobody = sound.replace(FINANCE, "nobody-knows-them")
    assert saved(maya, address, nobody, revision=2).status_code == 200
    (hindrance,) = view(maya, address)["hindrances"]
    assert hindrance.startswith("nobody-knows-them cannot sign it as data-owner yet: ")
    assert "What stands in the way" in maya.get(address).text


def test_who_may_not_commit_is_told_while_they_write(world: World) -> None:
    """Roles are held by slice; a name that is free may be in somebody else's hands."""
    ring, roles = KeyRing(Home(world.home)), [Role(name="owner", slice="hers")]
    grant(world.ledger, ring, by=OWNER, name="ann@example.com", kind="person", roles=roles)
    client = visitor(world.ledger, home=Home(world.home), name="ann@example.com")
    address = begun(client, contract_text("not-hers"))
    (hindrance,) = view(client, address)["hindrances"]
    assert "not-hers" in hindrance


def test_a_version_that_somebody_committed_meanwhile_is_no_loss(maya: Visitor, world: World) -> None:
    """Two people write version 2: the second is told, sees what differs, and goes on as version 3."""
    name = fresh()
    committed(maya, contract_text(name))
    mine = contract_text(name, version=2).replace('escalation_rate: "<= 35 %"', 'escalation_rate: "<= 30 %"')
    address = begun(maya, mine)
    other = visitor(world.ledger, home=Home(world.home), name=EXPERT)
    committed(other, contract_text(name, version=2).replace('rework_rate: "<= 2 %"', 'rework_rate: "<= 1 %"'))
    refused = saved(maya, address, mine, revision=2, deed="/commit")
    assert (refused.status_code, refused.json()["code"]) == (409, "contract-conflict")
    shown = view(maya, address)
    assert shown["draft"]["text"] == mine, "nothing is lost"
    assert "was committed with another text" in shown["beside"]["conflict"]
    assert '-  rework_rate: "<= 1 %"' in shown["beside"]["lines"]
    assert saved(maya, address, mine, revision=2, deed="/number").status_code == 200
    third = view(maya, address)
    assert "\nversion: 3\n" in third["draft"]["text"]
    assert third["beside"]["conflict"] is None
    answer = saved(maya, address, third["draft"]["text"], revision=3, deed="/commit")
    assert answer.json()["to"] == f"/slices/{name}/author/3"


def test_whoever_acts_as_nobody_writes_and_commits_nothing(world: World) -> None:
    """A version stands on record under somebody's name, whose key is here."""
    client = visitor(world.ledger, home=Home(world.home))
    name = fresh()
    address = begun(client, contract_text(name))
    refused = saved(client, address, contract_text(name), revision=2, deed="/commit")
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")
    assert name not in client.get("/author.json").json()["slices"]


def test_a_refused_contract_is_not_committed_and_stays_a_draft(maya: Visitor) -> None:
    """What promises nothing never comes on record, whichever button was pressed."""
    text = contract_text(fresh()).replace("agreement >= 80 %", "latency p90 <= 1 s")
    address = begun(maya, text)
    refused = saved(maya, address, text, revision=2, deed="/commit")
    assert (refused.status_code, refused.json()["code"]) == (422, "contract-refused")
    assert view(maya, address)["findings"]["state"] == "refused"


def test_nobody_signs_another_text_than_they_were_shown(maya: Visitor) -> None:
    """The form carries the digest of what its page showed; another one signs nothing."""
    name = fresh()
    address = committed(maya, contract_text(name))
    for digest in ("", "sha256:" + "0" * 64):
        refused = maya.post(f"{address}/sign", {"digest": digest}, accept=JSON)
        assert (refused.status_code, refused.json()["code"]) == (409, "contract-conflict")
    assert view(maya, address)["contract"]["signatures"] == []
    for missing in ("7", "x", "0x1"):
        shown = maya.post(f"/slices/{name}/author/{missing}/sign", {"digest": ""}, accept=JSON)
        assert (shown.status_code, shown.json()["code"]) == (404, "page-not-found")


def test_somebody_is_asked_again_and_may_refuse_with_a_reason(maya: Visitor) -> None:
    """Who still has to sign is seen by all, with until when, and why not."""
    name = fresh()
    address = committed(maya, contract_text(name))
    assert maya.post(f"{address}/ask", {"name": EXPERT, "within": "3 d"}).status_code == 303
    wrong = maya.post(f"{address}/ask", {"name": EXPERT, "within": "soon"}, accept=JSON)
    assert wrong.status_code >= 400
    maya.act_as(EXPERT)
    reason = f"the limit is too wide {MARKUP}"
    assert maya.post(f"{address}/refuse", {"reason": reason}).status_code == 303
    awaited = {one["name"]: one for one in view(maya, address)["awaited"]}
    assert (awaited[EXPERT]["state"], awaited[EXPERT]["reason"]) == ("refused", reason)
    assert view(maya, address)["state"] == f"not in force: {EXPERT} refuses to sign it"
    assert "Sign it below after all" in maya.get(address).text
    assert MARKUP not in maya.get(address).text
    again = maya.post(f"{address}/refuse", {"reason": ""}, accept=JSON)
    assert again.json()["code"] == "form-refused"
    maya.act_as(APPROVER)
    assert maya.post(f"{address}/sign", {"digest": "x"}, accept=JSON).json()["code"] == "right-missing"


def test_a_slice_lists_its_versions_and_what_its_reader_writes(maya: Visitor) -> None:
    """One place to see what binds, what waits, and what is being written."""
    name = fresh()
    committed(maya, contract_text(name))
    maya.post(f"/slices/{name}/author/begin", {})
    shown = view(maya, f"/slices/{name}/author")
    assert shown["next"] == 2
    assert shown["versions"][0]["waits_for"] == [OWNER, EXPERT, FINANCE, CUSTOMER]
    assert [one["title"] for one in shown["drafts"]] == [f"{name}, version 2"]
    assert "Begin version 2" in maya.get(f"/slices/{name}/author").text
    maya.act_as(APPROVER)
    assert "Begin version 2" not in maya.get(f"/slices/{name}/author").text


def test_the_page_works_without_script(maya: Visitor) -> None:
    """A plain text field, Check and Commit, and the findings in the page: nothing else is needed."""
    name = fresh()
    address = begun(maya, contract_text(name))
    page = maya.get(address).text
    assert f'<form class="writing" id="writing" method="post" action="{address}">' in page
    assert f'formaction="{address}/commit"' in page
    checked = maya.post(address, {"text": contract_text(name).replace("80 %", "80"), "revision": "2"})
    assert checked.headers["location"] == address
    after = maya.get(address).text
    assert "Saved. It reads, and must not be signed yet, for 1 reason." in after
    assert 'class="findings"' in after
