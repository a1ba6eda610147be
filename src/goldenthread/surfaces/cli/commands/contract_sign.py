"""`goldenthread contract sign` and `goldenthread contract commit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.signed import signed_lines
from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.control.signing import SignedVersion


@click.command()
@click.argument("source", metavar="FILE|SLICE@VERSION")
@click.option("--as", "by", required=True, metavar="NAME", help="Who signs, with their key in this home.")
@click.pass_obj
def sign(home: str | None, source: str, by: str) -> None:
    """
    Sign a contract: a file, or a version that is on record. The first signature commits the version; the last puts it
    in force.

    \b
    Example:
      goldenthread contract sign intake.yaml --as maya@example.com
      goldenthread contract sign intake@2 --as lee@example.com
    """
    from goldenthread.control.guard import Desk
    from goldenthread.control.signing import sign_version
    from goldenthread.surfaces.cli.commands.contract import read_to_sign
    from goldenthread.surfaces.cli.place import opened

    contract = read_to_sign(home, source)
    with opened(home) as place:
        signed = sign_version(Desk(place.ledger, contract.slice), place.keys(by), contract, by=by)
    say(*_lines(signed, source, by))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "by", required=True, metavar="NAME", help="An owner or expert of the slice, with their key here.")
@click.pass_obj
def commit(home: str | None, file: Path, by: str) -> None:
    """
    Put a version on record that nobody has signed, such as a prototype: its agent works in shadow and earns nothing.

    \b
    Example:
      goldenthread contract commit idea.yaml --as maya@example.com
    """
    from goldenthread.control.guard import Desk
    from goldenthread.control.signing import commit_version
    from goldenthread.surfaces.cli.commands.contract import read_file
    from goldenthread.surfaces.cli.place import opened

    contract = read_file(file)
    with opened(home) as place:
        place.keys(by)  # Whoever says so must have the key of that name.
        record = commit_version(Desk(place.ledger, contract.slice), contract, by=by)
    name = f"Version {contract.version} of '{contract.slice}'"
    if record is None:
        say(f"{name} was committed before, with this text; nothing was recorded.")
    else:
        say(f"{name} is committed (record {record.chain}#{record.seq}), unsigned: its agent stays in shadow.")


def _lines(signed: SignedVersion, source: str, by: str) -> list[str]:
    name = f"version {signed.version} of '{signed.slice}'"
    lines = signed_lines(signed, name, by)
    if signed.in_force:
        return [*lines, "Everybody has signed: it is in force."]
    if not signed.missing:
        return [*lines, "Everybody has signed, and a newer version is in force."]
    command = f"goldenthread contract sign {source} --as"
    asked = [f"  {who} as {role}: {command} {who}" for who, role in signed.missing.items()]
    return [*lines, "Still to sign:", *asked]
