"""`goldenthread rules`: check, sign, show, list and compare the rules of the whole organisation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import RulesInvalid, RulesNotFound
from goldenthread.surfaces.cli.arguments import read_at_most
from goldenthread.surfaces.cli.signed import signed_lines
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.control.rules import OrganisationRules, RuleSet, RulesVersion, SignedRules

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def rules() -> None:
    """
    Rules of the whole organisation: they stand beside every contract, and only take away.

    \b
    Example:
      goldenthread rules check rules.yaml
      goldenthread rules sign rules.yaml --as risk@example.com
    """


@rules.command()
@_FILE
@_JSON
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:
    """
    Check a file: its form, each condition, and Cedar policies against their schema. Ends with 1 if it is invalid.

    \b
    Example:
      goldenthread rules check rules.yaml
    """
    if as_json:
        emit(checked := _checked(file))
        ctx.exit(0 if checked["state"] == "sound" else 1)
    found = read_file(file)
    say(
        f"{file} is sound: {_count(found)}, version {found.version}, {found.digest}.",
        f"To sign: {found.owner} as owner of everything, and an administrator or auditor.",
        f"Next: goldenthread rules sign {file} --as {found.owner}",
    )


@rules.command()
@_FILE
@click.option("--as", "by", required=True, metavar="NAME", help="Who signs, with their key in this home.")
@click.pass_obj
def sign(home: str | None, file: Path, by: str) -> None:
    """
    Sign the rules. The first signature commits the version; the second, of somebody else, puts it in force.

    One is the owner that the file names, who holds the role owner everywhere; the other an administrator or auditor.

    \b
    Example:
      goldenthread rules sign rules.yaml --as risk@example.com
    """
    from goldenthread.control.rules import sign_rules
    from goldenthread.surfaces.cli.place import opened

    found = read_file(file)
    with opened(home) as place:
        signed = sign_rules(place.ledger, place.keys(by), found, by=by)
    say(*_signed_lines(signed, file, by))


@rules.command()
@click.argument("source", metavar="[FILE|VERSION]", required=False)
@_JSON
@click.pass_obj
def show(home: str | None, source: str | None, as_json: bool) -> None:
    """
    Show the rules in force, those of a version of this home, or those of a file.

    \b
    Example:
      goldenthread rules show
      goldenthread rules show 2
    """
    found, state = _read(home, source)
    if as_json:
        emit({"version": found.version, "owner": found.owner, "digest": found.digest, "text": found.text})
        return
    say(f"The organisation's rules, version {found.version}, {state}. Owner: {found.owner}.", "")
    for rule in found.rules:
        when = "always" if rule.when is None else f"when {' '.join(rule.when.split())}"
        say(f"{rule.name}: {rule.says}", f"  {rule.then} {rule.scope}, {when}")
    if found.cedar is not None:
        say(f"cedar: forbid {found.cedar.scope} as these policies say", "")
        say(*found.cedar.policies.rstrip().splitlines())
    if not found.rules and found.cedar is None:
        say("No rules.")


@rules.command()
@click.argument("old")
@click.argument("new")
@_JSON
@click.pass_obj
def diff(home: str | None, old: str, new: str, as_json: bool) -> None:
    """
    Say in words what NEW adds, removes, loosens or tightens; each is a file, or a version of this home.

    \b
    Example:
      goldenthread rules diff 1 rules.yaml
    """
    from goldenthread.control.rules import rules_difference

    changes = rules_difference(_read(home, old)[0], _read(home, new)[0])
    if as_json:
        emit({"changes": changes})
        return
    if not changes:
        say("Nothing that binds anybody changed.")
    for change in changes:
        say(f"{change.direction:<9} {change.path}: {change.words}")


@rules.command("list")
@_JSON
@click.pass_obj
def list_rules(home: str | None, as_json: bool) -> None:
    """
    List every committed version, with who has signed it and who must.

    \b
    Example:
      goldenthread rules list
    """
    known = _known(home)
    rows = [_row(known, version) for version in known.versions.values()]
    if as_json:
        emit(rows)
    elif not rows:
        say("No rules of the organisation yet. Write a file and sign it with `goldenthread rules sign`.")
    else:
        table(("version", "state", "signed by", "missing", "digest"), [_cells(row) for row in rows])


def read_file(file: Path) -> RuleSet:
    """
    Read rules from a file, by its bytes: they are what is signed.

    Raises:
        RulesInvalid: With every problem.
        CedarMissing: It has a part in Cedar, and the extra is not installed.
        FileUnusable: It cannot be read, or is no ordinary file.
    """
    from goldenthread.control.rules import LARGEST_RULES, read_rules

    return read_rules(read_at_most(file, LARGEST_RULES + 1), str(file))


def _read(home: str | None, source: str | None) -> tuple[RuleSet, str]:
    """
    The rules of a file, if there is one of that name, else of a version of this home; with their state in words.

    Raises:
        RulesNotFound: No such version, or none in force.
        RulesInvalid, CedarMissing: This installation cannot read them.
    """
    from goldenthread.control.rules import parse_rules

    if source is not None and Path(source).is_file():
        return read_file(Path(source)), "as the file has it"
    known = _known(home)
    there = ", ".join(map(str, known.versions)) or "none"
    if source is None and known.in_force is None:
        raise RulesNotFound(
            f"No rules of the organisation are in force; committed versions: {there}. "
            "Name one, or sign a file with `goldenthread rules sign`."
        )
    number = known.in_force.version if source is None and known.in_force is not None else _number(source)
    version = known.versions.get(number) if number is not None else None
    if version is None:
        raise RulesNotFound(
            f"'{source}' is neither a file nor a version of the organisation's rules; committed versions: {there}. "
            "Run `goldenthread rules list`."
        )
    return parse_rules(version.text, f"rules@{version.version}"), _state(known, version)


def _number(source: str | None) -> int | None:
    return int(source) if source is not None and source.isascii() and source.isdigit() and len(source) < 10 else None


def _known(home: str | None) -> OrganisationRules:
    from goldenthread.control.rules import load_rules
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        return load_rules(place.ledger)


def _state(known: OrganisationRules, version: RulesVersion) -> str:
    if known.in_force is not None and known.in_force.version == version.version:
        return "in force"
    return "unsigned" if version.missing else "superseded"


def _count(found: RuleSet) -> str:
    rules = f"{len(found.rules)} rule{'' if len(found.rules) == 1 else 's'}"
    return f"{rules} and Cedar policies" if found.cedar is not None else rules


def _checked(file: Path) -> dict[str, Any]:
    try:
        found = read_file(file)
    except RulesInvalid as invalid:
        return {"file": str(file), "state": "invalid", "problems": list(invalid.problems)}
    return {
        "file": str(file),
        "state": "sound",
        "version": found.version,
        "owner": found.owner,
        "digest": found.digest,
        "rules": [rule.name for rule in found.rules],
        "cedar": found.cedar is not None,
    }


def _row(known: OrganisationRules, version: RulesVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "state": _state(known, version),
        "signed": dict(version.signatures),
        "missing": list(version.missing),
        "digest": version.digest,
    }


def _cells(row: dict[str, Any]) -> list[object]:
    signed, missing = ", ".join(row["signed"]), ", ".join(row["missing"])
    return [row["version"], row["state"], signed, missing, f"{row['digest'][:19]}..."]


def _signed_lines(signed: SignedRules, file: Path, by: str) -> list[str]:
    name = f"version {signed.version} of the organisation's rules"
    lines = signed_lines(signed, name, by)
    if signed.in_force:
        return [*lines, "Two people have signed: it is in force, in every process from its next decision on."]
    if not signed.missing:
        return [*lines, "Two people have signed, and a newer version is in force."]
    asked = [
        f"  {role}: {' or '.join(people) or 'nobody yet; have an administrator grant it to somebody'}"
        for role, people in signed.missing.items()
    ]
    return [*lines, "Still to sign:", *asked, f"With: goldenthread rules sign {file} --as NAME"]
