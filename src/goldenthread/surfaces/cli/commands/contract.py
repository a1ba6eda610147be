"""`goldenthread contract`: plan, show, diff, list; checking, writing and signing are in modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import ContractNotFound, ValueProblem
from goldenthread.surfaces.cli.arguments import read_at_most, require_apart, write_text
from goldenthread.surfaces.cli.lazy import LazyGroup
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.autonomy import Standing, Version
    from goldenthread.promise.contract import Contract

_HERE = "goldenthread.surfaces.cli.commands"


@click.group(
    cls=LazyGroup,
    commands_at={
        "new": (f"{_HERE}.contract_new:new", "Write a contract by answering questions."),
        "draft": (f"{_HERE}.worth:draft", "Draft a contract from facts of a slice, with questions to its owner."),
        "check": (f"{_HERE}.contract_check:check", "Check a file against the grammar and the rules."),
        "plan": (f"{_HERE}.contract:plan", "Tell what each gate and the ladder take, before anything runs."),
        "show": (f"{_HERE}.contract:show", "Show a contract as its one page."),
        "diff": (f"{_HERE}.contract:diff", "Say in words what a new version loosens or tightens."),
        "sign": (f"{_HERE}.contract_sign:sign", "Sign a contract; the first signature commits the version."),
        "signatures": (f"{_HERE}.contract_asking:signatures", "List the signatures that contracts wait for."),
        "ask": (f"{_HERE}.contract_asking:ask_sign", "Ask somebody for their signature under a contract."),
        "refuse": (f"{_HERE}.contract_asking:refuse", "Refuse to sign a contract, with the reason on record."),
        "commit": (f"{_HERE}.contract_sign:commit", "Put a version on record unsigned; its agent stays in shadow."),
        "drift": (f"{_HERE}.contract_drift:drift", "Tell where a contract and its agents' tools differ."),
        "schema": (f"{_HERE}.contract_schema:schema", "Print the JSON Schema of a contract, for an editor."),
        "list": (f"{_HERE}.contract:list_contracts", "List the contracts of this home."),
    },
)
def contract() -> None:
    """
    Write, check, plan, show, compare and sign contracts.

    \b
    Example:
      goldenthread contract check intake.yaml
      goldenthread contract sign intake.yaml --as maya@example.com
    """


_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_FILE
@click.option("--brief", is_flag=True, help="A line for each gate, without its clauses.")
@click.option(
    "--quality", "qualities", multiple=True, metavar="METRIC=VALUE", help="How good you believe the agent is."
)
@click.option("--degrade", "fears", multiple=True, metavar="METRIC=RATE", help="How bad a tripwire's rate may get.")
@click.option("--share", "shares", multiple=True, metavar="SEGMENT.VALUE=SHARE", help="A segment's share of the cases.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw the odds over time into this file.")
@_JSON
def plan(
    file: Path,
    brief: bool,
    qualities: tuple[str, ...],
    fears: tuple[str, ...],
    shares: tuple[str, ...],
    svg: Path | None,
    as_json: bool,
) -> None:
    """
    Tell what each gate and the whole ladder take, how sure they are, and how soon a fall would be noticed.

    \b
    Example:
      goldenthread contract plan intake.yaml --svg intake.svg
      goldenthread contract plan intake.yaml --quality "agreement=97 %" --degrade "rework_rate=10 %"
    """
    from goldenthread.promise.contract import parse_belief, parse_segment_share, plan_text
    from goldenthread.promise.contract import plan as plan_contract

    require_apart(file, svg)
    found = read_file(file)
    planned = plan_contract(
        found,
        beliefs=[parse_belief(text) for text in qualities],
        fears=[parse_belief(text) for text in fears],
        split=dict(parse_segment_share(text, found.autonomy) for text in shares),
    )
    if svg is not None:
        from goldenthread.surfaces.views.charts import odds_chart

        write_text(svg, odds_chart(planned))
    if as_json:
        emit(planned)
    else:
        say(plan_text(planned, brief=brief).rstrip("\n"))
        if svg is not None:
            say("", f"The odds over time are drawn in {svg}.")


@click.command()
@click.argument("source", metavar="FILE|SLICE")
@click.option("--version", "version", type=int, help="Of a slice in this home; by default the one in force.")
@click.option(
    "--html", "html", type=click.Path(dir_okay=False, path_type=Path), help="Write a printable page to this file."
)
@_JSON
@click.pass_obj
def show(home: str | None, source: str, version: int | None, html: Path | None, as_json: bool) -> None:
    """
    Show a contract as its one page, from a file or from this home.

    \b
    Example:
      goldenthread contract show intake.yaml --html intake.html
      goldenthread contract show open-source-intake --version 1
    """
    require_apart(Path(source), html)
    found, status = _read_with_status(home, source, version)
    if as_json:
        emit({"slice": found.slice, "version": found.version, "digest": found.digest, "text": found.text})
    elif html is not None:
        _write_html(found, status, html)
    else:
        from goldenthread.promise.contract import page, page_text

        say(page_text(page(found), status).rstrip("\n"))


@click.command()
@click.argument("old")
@click.argument("new")
@_JSON
@click.pass_obj
def diff(home: str | None, old: str, new: str, as_json: bool) -> None:
    """
    Say in words what NEW loosens or tightens; each is a file, or SLICE@VERSION of this home.

    \b
    Example:
      goldenthread contract diff intake-1.yaml intake-2.yaml
      goldenthread contract diff open-source-intake@1 open-source-intake@2
    """
    from goldenthread.promise.contract import difference, loosened_gates

    before, after = _read(home, old, None), _read(home, new, None)
    changes = difference(before, after)
    afresh = sorted(loosened_gates(before, after), key=lambda level: level.rank)
    if as_json:
        emit({"changes": changes, "evidence_starts_afresh": afresh})
        return
    if not changes:
        say("Nothing that binds anybody changed.")
    for change in changes:
        say(f"{change.direction:<9} {change.path}: {change.words}")
    for level in afresh:
        say(f"Evidence for the gate to {level} starts afresh.")


@click.command("list")
@_JSON
@click.pass_obj
def list_contracts(home: str | None, as_json: bool) -> None:
    """
    List every committed version, with who has signed it and who must.

    \b
    Example:
      goldenthread contract list
    """
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        standings = [place.desk(name).standing() for name in place.slices()]
    rows = [_row(standing, version) for standing in standings for version in standing.versions.values()]
    if as_json:
        emit(rows)
    elif not rows:
        say("No contract yet. Write one with `goldenthread contract new`, sign it with `goldenthread contract sign`.")
    else:
        columns = ("slice", "version", "state", "signed by", "missing", "digest")
        table(columns, [_cells(row) for row in rows])


def read_file(file: Path) -> Contract:
    """
    Read a contract from a file, by its bytes: they are what is signed.

    Raises:
        ContractInvalid: With every problem.
        FileUnusable: It cannot be read, or is no ordinary file.
    """
    from goldenthread.promise.contract import read_contract
    from goldenthread.promise.contract.tree import LARGEST_FILE

    return read_contract(read_at_most(file, LARGEST_FILE + 1), str(file))


def read_to_sign(home: str | None, source: str) -> Contract:
    """
    A contract from a file, or SLICE@VERSION as it is on record: never a version that nobody named.

    Raises:
        ContractInvalid, FileUnusable: As `read_file`.
        ContractNotFound: No such version.
        ValueProblem: No such file, and no version is named.
    """
    if Path(source).exists() or "@" not in source:
        return read_file(Path(source))
    return _read(home, source, None)


def signers_words(found: Contract) -> str:
    """`maya@example.com as owner, finance-ops as data-owner`."""
    return ", ".join(f"{name} as {role}" for name, role in found.signers.items())


def _read(home: str | None, source: str, version: int | None) -> Contract:
    return _read_with_status(home, source, version)[0]


def _read_with_status(home: str | None, source: str, version: int | None) -> tuple[Contract, dict[str, str] | None]:
    """
    A contract from a file, if there is one of that name, else from this home: SLICE or SLICE@VERSION.

    A contract of this home comes with what is known of its signatures, by signer.
    """
    if Path(source).is_file():
        if version is not None:
            raise click.UsageError(f"'{source}' is a file, so --version does not apply.")
        return read_file(Path(source)), None
    slice_name, at, number = source.partition("@")
    return _committed(home, slice_name, _version_number(source, number) if at else version)


def _version_number(source: str, number: str) -> int:
    if not number.isascii() or not number.isdigit():
        raise ValueProblem(f"'{source}' names no version; write e.g. intake@2, or the name of a file that exists.")
    return int(number)


def _committed(home: str | None, slice_name: str, version: int | None) -> tuple[Contract, dict[str, str]]:
    from goldenthread.promise.contract import parse_contract
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import contract_view

    with opened(home) as place:
        if slice_name not in place.slices():
            listed = ", ".join(place.slices()) or "none"
            raise ContractNotFound(
                f"'{slice_name}' is neither a file nor a slice of this home, which has {listed}. "
                "Run `goldenthread contract list`."
            )
        view = contract_view(place.desk(slice_name), version)
    status = {one.by: f"signed {moment(one.at)}, {one.place}" for one in view.signatures}
    return parse_contract(view.text, f"{slice_name}@{view.version}"), status


def _write_html(found: Contract, status: dict[str, str] | None, file: Path) -> None:
    from goldenthread.promise.contract import page, page_html

    write_text(file, page_html(page(found), status))
    say(f"Wrote {file}: one page, to open or print.")


def _row(standing: Standing, version: Version) -> dict[str, Any]:
    if version is standing.in_force:
        state = "in force"
    elif version.contract.is_prototype:
        state = "prototype"
    else:
        state = "unsigned" if version.missing else "superseded"
    return {
        "slice": standing.slice,
        "version": version.contract.version,
        "state": state,
        "signed": dict(version.signatures),
        "missing": dict(version.missing),
        "digest": version.digest,
    }


def _cells(row: dict[str, Any]) -> list[object]:
    signed, missing = ", ".join(row["signed"]), ", ".join(row["missing"])
    return [row["slice"], row["version"], row["state"], signed, missing, f"{row['digest'][:19]}..."]
