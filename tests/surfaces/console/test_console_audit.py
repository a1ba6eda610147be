from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from goldenthread.record.principals import KeyRing, Role, grant
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from surfaces.console.visiting import Visitor, visitor
from surfaces.views.office import SECRET, Office
from worlds import APPROVER, FINANCE, OWNER

AUDITOR = "auditor@example.com"


@pytest.fixture
def inside(office: Office) -> Visitor:
    """Somebody who sits at the machine that holds the home."""
    return visitor(office.ledger, home=Home(office.world.home))


def ended(inside: Visitor, address: str) -> dict[str, Any]:
    """A job's view when it has ended."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        view: dict[str, Any] = inside.get(f"{address}.json").json()
        if view["state"] != "running":
            return view
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def begun(inside: Visitor, deed: str, chain: str) -> dict[str, Any]:
    """What came of a job."""
    answer = inside.post(deed, {"chain": chain})
    assert answer.status_code == 303, answer.text
    return ended(inside, answer.headers["location"])


def test_the_audit_page_shows_chains_with_their_heads(office: Office, inside: Visitor) -> None:
    """An auditor begins where each chain ends, and what no checkpoint has seen yet."""
    view = inside.get("/audit.json").json()
    assert [one["name"] for one in view["chains"]][:3] == ["organisation", "claims", "letters"]
    heads = office.ledger.heads()
    assert {one["name"]: (one["seq"], one["hash"]) for one in view["chains"]} == {
        name: (head.seq, head.hash) for name, head in heads.items()
    }
    assert "no checkpoint saw this chain" in inside.get("/audit").text


def test_records_are_searched_and_paged(office: Office, inside: Visitor) -> None:
    """By kind, by who and up to a day; a cursor goes on, and nothing is left out between pages."""
    asked = inside.get("/audit/refunds.json?kind=approval:answer").json()["records"]
    assert [one["kind"] for one in asked] == ["approval:answer"] * 4
    mine = inside.get(f"/audit/refunds.json?by={OWNER}").json()["records"]
    assert {one["by"] for one in mine} == {OWNER}
    assert inside.get("/audit/refunds.json?until=2020-01-01").json()["records"] == []
    assert len(inside.get("/audit/claims.json?until=2999-01-01").json()["records"]) == 50
    seen, below = [], ""
    for _ in range(5):
        page = inside.get(f"/audit/claims.json?{below}").json()
        seen += [one["seq"] for one in page["records"]]
        if page["after"] is None:
            break
        below = f"below={page['after']}"
    assert seen == list(range(office.ledger.head("claims").seq, 0, -1))


def test_a_record_says_what_it_means_and_how_it_is_sealed(office: Office, inside: Visitor) -> None:
    """Its hash is compared with its bytes, its link with the one before, its signature with keys on record."""
    answer = next(office.ledger.read("refunds", kinds=["approval:answer"]))
    view = inside.get(f"/audit/refunds/{answer.seq}.json").json()
    assert (view["stated"], view["actual"], view["follows"], view["genuine"]) == (answer.hash, answer.hash, True, True)
    assert view["signed"].startswith(f"{APPROVER}, with the key ")
    assert view["words"].startswith("A person answered item ")
    first = inside.get("/audit/organisation/1.json").json()
    assert (first["follows"], first["genuine"]) == (None, True)
    assert first["words"] == f"The organisation began; {OWNER} administers it"


def test_what_a_blind_decision_hides_is_hidden_in_the_record_too(office: Office, inside: Visitor) -> None:
    """Whoever audits may also be whom the question is for."""
    decided = next(office.ledger.read("letters", kinds=["action:decide"]))
    view = inside.get(f"/audit/letters/{decided.seq}.json")
    assert view.json()["data"]["action"] == "hidden: a person decides this case before seeing the proposal"
    listed = inside.get("/audit/letters.json?kind=action:decide").json()["records"]
    assert "pay" not in listed[0]["words"]
    assert SECRET not in view.text


@pytest.fixture
def altered(server: EmbeddedServer, office: Office) -> Iterator[int]:
    """A record is changed as only whoever owns the database can, for the length of a test."""
    record = next(office.ledger.read("refunds", kinds=["permit:consume"]))
    body = record.body
    with office.ledger.store.session() as connection:
        database = connection.info.dbname
    for content in (body[:10] + (b"1" if body[10:11] != b"1" else b"2") + body[11:], body):  # another year
        with server.connect(database) as connection:
            connection.execute("set search_path to goldenthread")
            connection.execute("alter table ledger_record disable trigger ledger_record_append_only")
            connection.execute(
                "update ledger_record set body = %s where chain = 'refunds' and seq = %s", (content, record.seq)
            )
            connection.execute("alter table ledger_record enable always trigger ledger_record_append_only")
        if content is not body:
            yield record.seq


def test_a_record_that_was_altered_says_so_on_its_page_and_verification_names_it(inside: Visitor, altered: int) -> None:
    """One byte is enough, and the page is not the one that hides it."""
    found = begun(inside, "/audit/verify", "refunds")["result"]
    assert (found["ok"], found["wrong"][0]) == (
        False,
        f"refunds {altered}: its bytes do not have the hash that is stored with them.",
    )
    page = inside.get(f"/audit/refunds/{altered}").text
    assert "Not that of its bytes" in page
    assert begun(inside, "/audit/verify", "claims")["result"]["ok"], "the other chains are as they were"
    assert not begun(inside, "/audit/verify", "")["result"]["ok"]


def test_a_slice_is_replayed_from_the_page(office: Office, inside: Visitor) -> None:
    """Every verdict and level comes out again, with the code that is installed now."""
    found = begun(inside, "/audit/replay", "claims")["result"]
    assert (found["ok"], found["wrong"]) == (True, [])
    assert "verdicts" in found["said"][0]


def test_an_export_of_a_slice_verifies_where_nothing_of_ours_is(
    office: Office, inside: Visitor, tmp_path: Path
) -> None:
    """With plain Python and the file that lies in it; and one byte changed anywhere is found."""
    made = begun(inside, "/audit/export", "refunds")
    answer = inside.get(f"/audit-jobs/{made['id']}/download")
    assert answer.headers["content-disposition"] == 'attachment; filename="goldenthread-refunds.zip"'
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    folder = tmp_path / "goldenthread-refunds"
    assert sorted(one.name for one in (folder / "records").iterdir()) == ["organisation.jsonl", "refunds.jsonl"]
    status, said = checked(folder)
    assert (status, said.splitlines()[-1]) == (0, "VERDICT: it all holds.")
    assert "Whoever made this export left out: claims, letters, visas. Of those nothing is verified." in said
    records = folder / "records" / "refunds.jsonl"
    records.write_text(records.read_text().replace("reviewer@example.com", "reviewer@example.org", 1))
    status, said = checked(folder)
    assert (status, "VERDICT: it all holds." in said) == (1, False)


def checked(folder: Path) -> tuple[int, str]:
    """What the verifier of an export says, run by a Python that sees no package."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout


def test_the_verifier_can_be_read_before_it_is_trusted(inside: Visitor) -> None:
    """What the page says it is, is what it hands out."""
    import hashlib

    source = inside.get("/audit-verifier/verify.py")
    assert inside.get("/audit.json").json()["verifier"] == hashlib.sha256(source.content).hexdigest()


def test_whoever_audits_one_slice_sees_that_and_nothing_else(office: Office) -> None:
    """A right in a slice is no right in the organisation's chain, nor in another slice's."""
    home = Home(office.world.home)
    grant(office.ledger, KeyRing(home), by=OWNER, name=AUDITOR, roles=[Role(name="auditor", slice="refunds")])
    client = visitor(office.ledger, home=home, name=AUDITOR)
    assert [one["name"] for one in client.get("/audit.json").json()["chains"]] == ["refunds"]
    for address in ("/audit/claims", "/audit/organisation/1", "/audit/claims/1"):
        assert client.get(address).status_code == 404
    assert client.post("/audit/verify", {"chain": ""}).status_code == 403
    assert client.post("/audit/verify", {"chain": "claims"}).status_code == 403
    assert client.post("/audit/export", {"chain": "refunds"}).status_code == 403
    assert begun(client, "/audit/verify", "refunds")["result"]["ok"]


def test_whoever_may_not_audit_sees_none_of_it(office: Office) -> None:
    """An approver answers questions; the record is for others."""
    client = visitor(office.ledger, home=Home(office.world.home), name=FINANCE)
    for address in ("/audit", "/audit/refunds", "/audit/refunds/1", "/audit-verifier/verify.py"):
        assert client.get(address).status_code == 403, address


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/audit/nope", "No chain 'nope' that you may audit. Begin at the audit page."),
        ("/audit/refunds/x", "'x' is no number of a record. See the list of the chain's records."),
        ("/audit/refunds/999999", "'refunds' has no record 999999. See the list of its records."),
        ("/audit-jobs/nope", "No job 'nope'; the last 8 are kept while the console runs. Begin it again."),
        ("/audit/refunds?until=x", "'x' is no day; write e.g. 2026-11-21. Choose a day, or none."),
        ("/audit/refunds?below=x", "No page of records ends below 'x'; a cursor is a number. Begin without it."),
    ],
)
def test_a_wrong_question_to_the_audit_is_named(inside: Visitor, address: str, message: str) -> None:
    """An empty list would read as if there were nothing."""
    path, _, query = address.partition("?")
    answer = inside.get(f"{path}.json?{query}")
    assert (answer.status_code, answer.json()["message"]) == (404, message)


def test_an_organisation_without_rules_says_so(inside: Visitor) -> None:
    """Nothing in force is said, not shown as an empty page."""
    assert "Only the contracts decide." in inside.get("/policies").text


def test_one_job_runs_at_a_time() -> None:
    """A console that anybody can keep busy answers nobody."""
    import threading
    from datetime import UTC, datetime

    from goldenthread.promise.errors import ConsoleBusy
    from goldenthread.surfaces.console.jobs import Jobs

    jobs, go = Jobs(), threading.Event()

    def now() -> datetime:
        return datetime.now(UTC)

    first = jobs.begin("first", lambda job: go.wait(10), chain=None, by=None, whole=1, clock=now)
    with pytest.raises(ConsoleBusy, match="'first' is still running, and one job runs at a time"):
        jobs.begin("second", lambda job: None, chain=None, by=None, whole=1, clock=now)
    go.set()
    while first.state == "running":
        time.sleep(0.01)
    assert jobs.begin("third", lambda job: None, chain=None, by=None, whole=1, clock=now).what == "third"
