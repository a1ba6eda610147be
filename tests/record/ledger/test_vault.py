"""Case content is private, and can be erased for good while the ledger still verifies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest

from goldenthread.promise.errors import CaseErased, ContentMissing
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger, Vault, verify
from goldenthread.record.store import Home

VALUE: Json = {"package": "left-pad", "asked_by": "Ana Žagar"}


def _keep(ledger: Ledger, case_ref: str) -> str:
    with ledger.transaction("intake") as tx:
        digest = tx.keep(case_ref, VALUE)
        tx.append("intake", "case:decision:record", "maya", {"case": case_ref, "decision": digest})
    return digest


def test_content_comes_back_by_its_digest_and_is_not_readable_in_the_database(
    ledger: Ledger, superuser: psycopg.Connection
) -> None:
    """A dump of the database holds no personal data in clear."""
    ref = ledger.vault.ref("intake", "case 1")
    digest = _keep(ledger, ref)
    assert ledger.open(digest) == VALUE
    assert ledger.content_of(ref) == {digest: VALUE}
    rows = superuser.execute("select body from ledger_record union all select sealed from ledger_content").fetchall()
    assert not any(b"left-pad" in row[0] or b"case 1" in row[0] for row in rows)
    with ledger.transaction("intake") as tx:
        assert tx.open(digest) == VALUE


def test_equal_content_has_one_digest_in_its_case_and_others_elsewhere(ledger: Ledger) -> None:
    """A retry stores nothing twice; and nobody can tell that two cases say the same."""
    first, second = ledger.vault.ref("intake", "1"), ledger.vault.ref("intake", "2")
    assert _keep(ledger, first) == _keep(ledger, first) == ledger.vault.digest(first, VALUE)
    assert len(ledger.content_of(first)) == 1
    assert _keep(ledger, second) != _keep(ledger, first)
    assert first == Vault(Home()).ref("intake", "1") != ledger.vault.ref("other", "1")
    assert len(first) == 32


def test_keys_are_private_files_outside_the_database(ledger: Ledger, home: Home) -> None:
    """Backups of the database alone open nothing."""
    ref = ledger.vault.ref("intake", "1")
    _keep(ledger, ref)
    for file in (home.vault / "lookup.key", home.vault / "cases" / f"{ref}.key"):
        assert len(file.read_bytes()) == 32
        assert file.stat().st_mode & 0o777 == 0o600
    assert (home.vault / "cases").stat().st_mode & 0o777 == 0o700


def test_an_erased_case_is_gone_for_good_and_the_ledger_still_verifies(
    ledger: Ledger, home: Home, superuser: psycopg.Connection
) -> None:
    """The right to be forgotten and an append-only record, both."""
    ref = ledger.vault.ref("intake", "1")
    digest = _keep(ledger, ref)
    superuser.execute("create table backup as select * from ledger_content")
    record = ledger.erase("intake", ref, "maya@example.com")
    assert record is not None
    assert (record.kind, record.data) == ("case:erase", {"case": ref})
    assert not (home.vault / "cases" / f"{ref}.key").exists()
    assert superuser.execute("select count(*) from ledger_content").fetchone() == (0,)
    superuser.execute("insert into ledger_content select * from backup")
    words = (
        f"case-erased: The content of case {ref} was erased on request and cannot be read or added to. "
        "Its records remain, without content; work on it again only under a new case id."
    )
    uses: tuple[Callable[[], object], ...] = (
        lambda: ledger.open(digest),
        lambda: ledger.content_of(ref),
        lambda: _keep(ledger, ref),
        lambda: ledger.vault.digest(ref, VALUE),
        lambda: Vault(home).digest(ref, VALUE),
    )
    for use in uses:
        with pytest.raises(CaseErased) as caught:
            use()
        assert str(caught.value) == words
    assert verify(ledger).ok


def test_erasing_again_completes_an_erasure_that_was_cut_short_and_else_does_nothing(ledger: Ledger) -> None:
    """After a crash between the key and the record, the same command must finish the job."""
    ref = ledger.vault.ref("intake", "1")
    _keep(ledger, ref)
    ledger.vault.erase(ref)
    assert ledger.erase("intake", ref, "maya") is not None
    assert ledger.erase("intake", ref, "maya") is None
    assert [record.data["case"] for record in ledger.read("intake", kinds=["case:erase"])] == [ref]


def test_a_tombstone_outweighs_a_key_that_is_still_there(ledger: Ledger, home: Home) -> None:
    """A crash between tombstone and key, or a key restored beside it, must not open the case."""
    ref = ledger.vault.ref("intake", "1")
    digest = _keep(ledger, ref)
    key = home.vault / "cases" / f"{ref}.key"
    kept = key.read_bytes()
    ledger.vault.erase(ref)
    key.write_bytes(kept)
    with pytest.raises(CaseErased):
        ledger.open(digest)
    ledger.vault.erase(ref)
    assert not key.exists()


def test_content_that_is_missing_altered_or_without_key_says_which(
    ledger: Ledger, home: Home, superuser: psycopg.Connection
) -> None:
    """Each of the three is mended in another way."""
    ref = ledger.vault.ref("intake", "1")
    digest = _keep(ledger, ref)
    with pytest.raises(ContentMissing) as caught:
        ledger.open("hmac-sha256:00")
    assert str(caught.value) == (
        "content-missing: No content hmac-sha256:00 is stored. If its case was erased, that is right: the record that "
        "names it still verifies. Otherwise restore the table ledger_content from a backup."
    )
    superuser.execute("alter table ledger_content disable trigger all")
    superuser.execute("update ledger_content set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
    with pytest.raises(ContentMissing) as caught:
        ledger.open(digest)
    assert str(caught.value) == (
        f"content-missing: The content {digest} of case {ref} is not what was stored. "
        "Restore the table ledger_content from a backup."
    )
    (home.vault / "cases" / f"{ref}.key").unlink()
    with pytest.raises(ContentMissing) as caught:
        ledger.open(digest)
    assert str(caught.value) == (
        f"content-missing: The key of case {ref} is not in {home.vault / 'cases'}. "
        "Restore the vault that belongs to this database from its own backup."
    )


def test_content_under_another_digest_does_not_open(ledger: Ledger, superuser: psycopg.Connection) -> None:
    """Swapped ciphertexts would put one argument in another's place."""
    ref = ledger.vault.ref("intake", "1")
    with ledger.transaction("intake") as tx:
        one, two = tx.keep(ref, "one"), tx.keep(ref, "two")
    superuser.execute("alter table ledger_content disable trigger all")
    superuser.execute("update ledger_content a set sealed = b.sealed from ledger_content b where a.digest <> b.digest")
    for digest in (one, two):
        with pytest.raises(ContentMissing, match="is not what was stored"):
            ledger.open(digest)


def test_processes_that_meet_a_new_case_at_once_agree_on_its_key(home: Home) -> None:
    """Two keys for one case would make half of it unreadable."""
    program = "import sys; from goldenthread.record.ledger import Vault; from goldenthread.record.store import Home\n"
    program += "vault = Vault(Home())\nfor n in range(50): print(vault.digest(vault.ref('s', str(n)), n))"
    children = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(3)]
    answers = {child.communicate(timeout=60)[0] for child in children}
    assert len(answers) == 1
    assert len(answers.pop().split()) == 50
