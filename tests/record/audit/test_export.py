"""What an export holds, how it is written, and that it needs nothing of ours to be read."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import psycopg
import pytest

from audit_worlds import Book, Folder, World, export_of, run_verifier
from goldenthread.promise.errors import ExportRefused
from goldenthread.record.audit import export, verifier_source
from goldenthread.record.ledger import Ledger, checkpoint, verify
from goldenthread.record.principals import KeyRing, Role, bootstrap, grant, load_principals
from goldenthread.record.store import Home


def test_an_export_holds_records_signatures_keys_checkpoints_and_the_verifier(whole: World, tmp_path: Path) -> None:
    """Everything an auditor needs, and nothing else."""
    folder = export_of(whole, tmp_path / "export")
    assert sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()) == [
        "README.txt",
        "checkpoints/000001.json",
        "checkpoints/000002.json",
        "keys.json",
        "manifest.json",
        "records/organisation.jsonl",
        "records/refunds.jsonl",
        "signatures.jsonl",
        "verify.py",
    ]
    lines = [json.loads(line) for line in (folder / "records/refunds.jsonl").read_text().splitlines()]
    records = whole.book.chains["refunds"]
    assert [base64.b64decode(line["body"]) for line in lines] == [record.body for record in records]
    assert [line["hash"] for line in lines] == [record.hash for record in records]
    assert json.loads((folder / "keys.json").read_text())["bob"][-1] == whole.ring.public_key("bob")
    assert len(json.loads((folder / "keys.json").read_text())["bob"]) == 2
    assert (folder / "verify.py").read_text() == verifier_source()


def test_the_manifest_names_every_file_by_its_hash(whole: World, tmp_path: Path) -> None:
    """One hash, told by telephone, fixes the whole export."""
    written = export(whole.snapshot(), whole.principals(), [], tmp_path / "export", made_at=whole.book.now)
    manifest = json.loads((written.path / "manifest.json").read_text())
    for name, expected in manifest["files"].items():
        assert hashlib.sha256((written.path / name).read_bytes()).hexdigest() == expected
    assert (written.records, written.chains) == (32, 2)
    assert written.manifest == hashlib.sha256((written.path / "manifest.json").read_bytes()).hexdigest()
    assert manifest["demo"] is False


@pytest.mark.parametrize("name", ["README.txt", "verify.py", "checkpoints/000002.json", "records/refunds.jsonl"])
def test_a_file_that_was_changed_removed_or_added_after_the_export_is_named(
    whole: World, tmp_path: Path, name: str
) -> None:
    """The export itself travels through many hands."""
    folder = export_of(whole, tmp_path / "export")
    with (folder / name).open("a") as stream:
        stream.write("\n" if name.endswith(("json", "py", "txt")) else "")
    (folder / "extra.txt").write_text("not ours")
    verdict = run_verifier(folder)
    assert verdict.code == 1
    assert "export: the file extra.txt is not the one that was exported." in verdict.wrong
    if not name.endswith("jsonl"):
        assert f"export: the file {name} is not the one that was exported." in verdict.wrong


def test_a_removed_file_is_named(whole: World, tmp_path: Path) -> None:
    """What is missing was there."""
    folder = export_of(whole, tmp_path / "export")
    (folder / "README.txt").unlink()
    assert run_verifier(folder).wrong == ["export: the file README.txt is not the one that was exported."]


def test_an_export_that_cannot_be_read_is_not_intact(whole: World, tmp_path: Path) -> None:
    """A verifier that stumbles must never end with 0."""
    folder = export_of(whole, tmp_path / "export")
    (folder / "records/refunds.jsonl").write_text("{")
    verdict = run_verifier(folder)
    assert verdict.code == 1
    assert verdict.wrong[0].startswith("export: the export cannot be read: JSONDecodeError: ")


def test_a_folder_without_an_export_says_so(whole: World, tmp_path: Path) -> None:
    """The wrong folder is no finding."""
    folder = export_of(whole, tmp_path / "export")
    (folder / "manifest.json").unlink()
    verdict = run_verifier(folder)
    assert verdict.code == 2
    assert verdict.lines == [f"There is no export in {folder}: it has no manifest.json."]


def test_an_export_can_be_one_zip_file(whole: World, tmp_path: Path) -> None:
    """It goes by mail."""
    written = export(
        whole.snapshot(), whole.principals(), whole.checkpoints, tmp_path / "audit.zip", made_at=whole.book.now
    )
    assert written.path == tmp_path / "audit.zip"
    with zipfile.ZipFile(written.path) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert run_verifier(tmp_path / "unpacked" / "audit").code == 0
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_an_export_never_mixes_with_other_files(whole: World, tmp_path: Path) -> None:
    """A folder with an older export in it would verify as neither."""
    folder = export_of(whole, tmp_path / "export")
    occupied = tmp_path / "audit.zip"
    occupied.touch()
    for destination in (folder, occupied):
        with pytest.raises(ExportRefused) as caught:
            export(whole.snapshot(), whole.principals(), [], destination, made_at=whole.book.now)
        assert str(caught.value) == (
            f"export-refused: {destination} is there already, and an export never mixes with other files. "
            "Name a new folder or .zip file."
        )


def test_a_slice_of_any_name_stays_inside_the_folder(tmp_path: Path) -> None:
    """Chain names become file names."""
    world = World(Book(), KeyRing(Folder(tmp_path / "keys")))
    bootstrap(world.book, world.ring, "maya")
    world.book.append("../../etc", "slice:suspend", "maya", {})
    folder = export_of(world, tmp_path / "export")
    assert (folder / "records" / "..%2F..%2Fetc.jsonl").is_file()
    assert run_verifier(folder).code == 0


def test_the_verifier_uses_nothing_but_the_standard_library_and_fits_one_sitting() -> None:
    """An auditor reads it before running it."""
    source = verifier_source()
    assert "goldenthread" not in "".join(line for line in source.splitlines() if "import" in line)
    assert len(source.splitlines()) < 1000


def test_a_real_ledger_is_exported_as_of_one_moment_and_its_tampering_is_found(
    ledger: Ledger, home: Home, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    """From the database to the auditor's desk."""
    ring = KeyRing(home)
    bootstrap(ledger, ring, "maya")
    grant(ledger, ring, by="maya", name="sealer", kind="service", roles=[Role(name="sealer")])
    for number in range(10):
        ledger.append("refunds", "case:observe", "goldenthread", {"case": str(number)})
    seals = [checkpoint(ledger, ring.signer("sealer"), folder=home.checkpoints)]
    principals = load_principals(ledger)
    written = export(ledger, principals, seals, tmp_path / "sound", made_at=ledger.clock())
    assert (written.records, written.chains) == (12, 2)
    assert run_verifier(written.path).code == 0
    superuser.execute("alter table ledger_record disable trigger all")
    superuser.execute("update ledger_record set by = 'eve' where chain = 'refunds' and seq = 4")
    tampered = export(ledger, load_principals(ledger), seals, tmp_path / "tampered", made_at=ledger.clock())
    verdict = run_verifier(tampered.path)
    found = verify(ledger, seals, principals.keys_held("sealer")).first
    assert found is not None
    assert (verdict.code, verdict.first) == (1, f"{found.chain} {found.first}") == (1, "refunds 4")
