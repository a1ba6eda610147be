"""`goldenthread contract check`: the grammar, the rules, and whether the contract starts from a problem of the map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import ContractInvalid, ContractRefused, NotOnMap
from goldenthread.surfaces.cli.commands.contract import read_file, signers_words
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.problems import Problem
    from goldenthread.promise.contract import Contract

PROTOTYPE = 3
"""Exit code of `contract check` for a file that lacks parts: not wrong, and not yet to be signed."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:
    """
    Check a file. Ends with 0 if it may be signed, 3 for a prototype, 1 if it is invalid or refused.

    Where a problem map is in force in this home, the contract's slice must stand under one of its open problems.

    \b
    Example:
      goldenthread contract check intake.yaml
    """
    if as_json:
        emit(checked := _checked(ctx.obj, file))
        ctx.exit({"sound": 0, "prototype": PROTOTYPE}.get(str(checked["state"]), 1))
    ctx.exit(print_check(ctx.obj, file))


def print_check(home: str | None, file: Path) -> int:
    """
    Check a file and say what was found.

    Returns:
        Exit code: 0 where it may be signed, 3 for a prototype.

    Raises:
        ContractInvalid: With every problem.
        ContractRefused: With every rule that refuses it.
        NotOnMap: It stands under no problem of the map in force.
    """
    from goldenthread.promise.contract import check as judge

    found = read_file(file)
    judged = judge(found)
    if judged.refusals:
        raise ContractRefused("\n".join(f"{file}:{refusal}" for refusal in judged.refusals))
    mapped = problem_of(home, found)
    if judged.missing:
        say(
            f"{file} is a prototype of '{found.slice}': it lacks {', '.join(judged.missing)}.",
            "It may run in shadow, earns nothing and cannot be signed. Write the missing parts to let it earn more.",
            *problem_lines(mapped),
            f"To run it so: goldenthread contract commit {file} --as {found.owner}",
        )
        return PROTOTYPE
    say(
        f"{file} is sound: '{found.slice}', version {found.version}, {found.digest}.",
        *problem_lines(mapped),
        f"To sign: {signers_words(found)}.",
        f"Next: goldenthread contract plan {file}",
    )
    return 0


def problem_of(home: str | None, found: Contract) -> Problem | None:
    """
    The problem of the map in force that the contract stands under; None without a home or a map.

    A version that is on record goes on, so nothing is asked of it.

    Raises:
        NotOnMap: It stands under none that is open, or that cannot be told.
    """
    from goldenthread.record.store import Home

    if not Home(home).exists():
        return None
    from goldenthread.control.problems import require_mapped
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        if found.slice in place.slices():
            version = place.desk(found.slice).standing().versions.get(found.version)
            if version is not None and version.digest == found.digest:
                return None
        return require_mapped(place.ledger, found.slice)


def problem_lines(mapped: Problem | None) -> list[str]:
    """What to say of the problem that a contract stands under."""
    return [] if mapped is None else [f"Its problem: {mapped.name}, {mapped.says} Owner: {mapped.owner}."]


def _checked(home: str | None, file: Path) -> dict[str, Any]:
    from goldenthread.promise.contract import check as judge

    try:
        found = read_file(file)
    except ContractInvalid as invalid:
        return {"file": str(file), "state": "invalid", "problems": list(invalid.problems)}
    judged = judge(found)
    try:
        mapped, apart = problem_of(home, found), []
    except NotOnMap as problem:
        mapped, apart = None, [problem.message]
    return {
        "file": str(file),
        "state": "refused" if apart else judged.state,
        "slice": found.slice,
        "version": found.version,
        "digest": found.digest,
        "signers": dict(found.signers),
        "missing": list(judged.missing),
        "refusals": list(judged.refusals),
        "problem": None if mapped is None else mapped.name,
        "not_on_map": apart,
    }
