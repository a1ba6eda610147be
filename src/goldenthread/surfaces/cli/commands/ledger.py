"""`goldenthread ledger`: verify, checkpoint, replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import CheckpointInvalid, LedgerTampered, ReplayMismatch, SignatureInvalid
from goldenthread.surfaces.cli.arguments import read_public_key, require_folder_of, write_text
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.replay import Replay
    from goldenthread.record.ledger import Verification
    from goldenthread.record.principals import KeyRing
    from goldenthread.surfaces.cli.place import Place

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def ledger() -> None:
    """
    Verify, checkpoint and replay the record of everything.

    \b
    Example:
      goldenthread ledger checkpoint --as sealer --out /mnt/elsewhere/monday.json
      goldenthread ledger verify --checkpoint /mnt/elsewhere/monday.json
    """


@ledger.command()
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was held elsewhere; may be repeated. Without it, those in this home.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A sealer's public key that was held elsewhere; may be repeated. Without it, those on record.",
)
@_JSON
@click.pass_obj
def verify(home: str | None, files: tuple[Path, ...], keys: tuple[Path, ...], as_json: bool) -> None:
    """
    Check every record, link and checkpoint, and say what lies beyond reach.

    Ends with 1 if anything is not as it was written, and names the first bad record or interval.

    \b
    Example:
      goldenthread ledger verify --checkpoint /mnt/elsewhere/monday.json --key /mnt/elsewhere/sealer.pub
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.figures import count

    with opened(home) as place:
        found = _verified(place, files, keys)
    if as_json:
        emit({"ok": found.ok, **_fields(found)})
    else:
        say(f"{count(found.records, 'record')} and {count(found.checkpoints, 'checkpoint')} read.")
        if found.ok:
            say("Every record is as it was written, as far as can be seen here.")
        say(*_trust_words(found, files, keys), found.beyond_reach)
    if not found.ok:
        lines = "\n".join(f"  {finding.words}" for finding in found.findings)
        raise LedgerTampered(f"The ledger is not as it was written:\n{lines}\nStop, and keep what is there as it is.")


@ledger.command()
@click.option("--as", "by", required=True, metavar="NAME", help="The sealer, with their key in this home.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file as well.")
@click.pass_obj
def checkpoint(home: str | None, by: str, out: Path | None) -> None:
    """
    Sign where every chain ends now. Hold the file where whoever runs this machine cannot reach it.

    \b
    Example:
      goldenthread ledger checkpoint --as sealer --out /mnt/elsewhere/monday.json
    """
    from goldenthread.record.ledger import checkpoint as take_checkpoint
    from goldenthread.surfaces.cli.place import opened

    if out is not None:
        require_folder_of(out)
    with opened(home) as place:
        keys = place.keys(by)
        _require_sealer(place, keys, by)
        folder, custody = place.home.checkpoints, keys.custody(by)
        envelope = take_checkpoint(place.ledger, keys.signer(by), folder=folder, custody=custody.value)
    text = json.dumps(envelope, indent=1, sort_keys=True) + "\n"
    if out is not None:
        write_text(out, text)
    kept = f"Checkpoint written to {out or folder}, signed by {by} (custody of the key: {custody.value})."
    say(kept, "Hold a copy elsewhere: whoever can alter the ledger can replace one that lies beside it.")


@ledger.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@_JSON
@click.pass_obj
def replay(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    Derive every verdict and level again from the record, with the code that is installed now.

    Ends with 1 if anything comes out otherwise than it is on record.

    \b
    Example:
      goldenthread ledger replay open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.replayed import replayed

    with opened(home) as place:
        names = [place.chosen(slice_name)] if slice_name else place.slices()
        found = [replayed(place.ledger, name) for name in names]
    if as_json:
        emit([{"ok": one.ok, **vars(one)} for one in found])
    else:
        say(*(_replay_words(one) for one in found))
    mismatches = [mismatch for one in found for mismatch in one.mismatches]
    if mismatches:
        lines = "\n".join(f"  {one.slice}#{one.seq} ({one.kind}): {one.words}" for one in mismatches)
        raise ReplayMismatch(
            f"{len(mismatches)} of the records replay otherwise:\n{lines}\n"
            "Either the code that decides has changed since, or the record was. Run `goldenthread ledger verify`."
        )


def _verified(place: Place, files: tuple[Path, ...], keys: tuple[Path, ...]) -> Verification:
    from goldenthread.record.ledger import load_checkpoints
    from goldenthread.record.ledger import verify as verify_ledger
    from goldenthread.record.principals import load_principals

    checkpoints = [_read_checkpoint(file) for file in files] or load_checkpoints(place.home.checkpoints)
    public_keys = [read_public_key(key) for key in keys] or list(load_principals(place.ledger).keys_held("sealer"))
    return verify_ledger(place.ledger, checkpoints, public_keys)


def _read_checkpoint(file: Path) -> dict[str, Any]:
    try:
        envelope = json.loads(file.read_text())
    except ValueError as problem:
        raise CheckpointInvalid(f"{file} is no JSON ({problem}). Use the copy that was held elsewhere.") from problem
    if not isinstance(envelope, dict):
        raise CheckpointInvalid(f"{file} holds no JSON object. Use the copy that was held elsewhere.")
    return envelope


def _trust_words(found: Verification, files: tuple[Path, ...], keys: tuple[Path, ...]) -> list[str]:
    """What the checkpoints rest on, where it was taken from the very home that is checked."""
    if not found.checkpoints:
        return []
    taken = [
        *([] if files else ["The checkpoints are those that lie in this home."]),
        *([] if keys else ["The sealers' keys are those on this record."]),
    ]
    more = "Whoever can alter the ledger can alter these; use --checkpoint and --key with copies held elsewhere."
    return [*taken, more] if taken else []


def _require_sealer(place: Place, keys: KeyRing, name: str) -> None:
    """
    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `name` is no sealer.
        SignatureInvalid: The key in this home is not the one on record, so nobody could check the seal.
    """
    from goldenthread.record.principals import EVERYWHERE, load_principals

    sealer = load_principals(place.ledger).require_role(name, ("sealer",), EVERYWHERE)
    held = keys.public_key(name)
    if held != sealer.public_key:
        raise SignatureInvalid(
            f"The key of '{name}' in this home is {held[:16]}...; on record is {sealer.public_key[:16]}.... "
            "Seal with that one, or have an administrator grant this one."
        )


def _replay_words(found: Replay) -> str:
    from goldenthread.surfaces.views.figures import count

    gone = f"; {count(found.gone, 'verdict')} on erased content could not be" if found.gone else ""
    outcome = "all the same" if found.ok else "not all the same"
    return (
        f"{found.slice}: {count(found.records, 'record')} read; {count(found.verdicts - found.gone, 'verdict')} and "
        f"{count(found.levels, 'level change')} derived again, {outcome}{gone}."
    )


def _fields(found: Verification) -> dict[str, Any]:
    return {
        "records": found.records,
        "checkpoints": found.checkpoints,
        "findings": list(found.findings),
        "beyond_reach": found.beyond_reach,
    }
