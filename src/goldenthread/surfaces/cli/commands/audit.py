"""`goldenthread audit`: export."""

from __future__ import annotations

from pathlib import Path

import click

from goldenthread.surfaces.cli.terminal import emit, say


@click.group()
def audit() -> None:
    """
    Hand the record to an auditor, with a verifier that needs nothing of ours.

    \b
    Example:
      goldenthread audit export audit-2026.zip
    """


@audit.command()
@click.argument("destination", metavar="FOLDER|ZIP", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def export(home: str | None, destination: Path, as_json: bool) -> None:
    """
    Write every record, key, signature and checkpoint, and the verifier, into a new folder or .zip file.

    Case content does not leave this home.

    \b
    Example:
      goldenthread audit export audit-2026
      python audit-2026/verify.py audit-2026
    """
    from goldenthread.record.audit import export as export_record
    from goldenthread.record.ledger import load_checkpoints
    from goldenthread.record.principals import load_principals
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.figures import count

    with opened(home) as place:
        ledger, checkpoints = place.ledger, load_checkpoints(place.home.checkpoints)
        principals = load_principals(ledger)
        written = export_record(ledger, principals, checkpoints, destination, made_at=ledger.clock())
    if as_json:
        emit({**vars(written), "path": str(written.path)})
        return
    records, chains = count(written.records, "record"), count(written.chains, "chain")
    say(
        f"{written.path}: {records} of {chains}, {count(len(checkpoints), 'checkpoint')}.",
        f"Its manifest is sha256:{written.manifest}; give the auditor that on another way.",
        _how(destination),
    )


def _how(destination: Path) -> str:
    if destination.suffix != ".zip":
        return f"Check it with: python {destination / 'verify.py'} {destination}"
    return f"Unpack it, then check it with: python {destination.stem}/verify.py {destination.stem}"
