"""`goldenthread problem`: check, extend, rank, show and commit the map of problems that contracts start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import ProblemsInvalid, ProblemUnknown
from goldenthread.surfaces.cli.arguments import read_at_most, require_apart, write_text, write_work
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.control.problems import ProblemMap
    from goldenthread.factory.problems import ContractState, Ranked
    from goldenthread.surfaces.cli.place import Place

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_SOURCE = click.argument("source", metavar="[FILE|VERSION]", required=False)
_CATEGORY = "Waiting, effort, errors, risk, cost or reach"
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def problem() -> None:
    """
    Keep the map of problems: where one is in force, every new contract starts from a problem on it.

    \b
    Example:
      goldenthread problem check problems.yaml
      goldenthread problem commit problems.yaml --as maya@example.com
    """


@problem.command()
@_FILE
@_JSON
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:
    """
    Check a file. Ends with 1 if it is invalid.

    \b
    Example:
      goldenthread problem check problems.yaml
    """
    if as_json:
        emit(checked := _checked(file))
        ctx.exit(0 if checked["state"] == "sound" else 1)
    found = read_file(file)
    say(
        f"{file} is sound: {_count(found)}, version {found.version}, {found.digest}.",
        f"Next: goldenthread problem commit {file} --as {found.owner}",
    )


@problem.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", prompt="Name, small letters and hyphens", help="Small letters and hyphens.")
@click.option(
    "--says", prompt="The problem in a sentence", metavar="SENTENCE", help="The problem, without its solution."
)
@click.option("--owner", prompt="Who answers for it", metavar="NAME", help="Who answers for it; of a new map, too.")
@click.option("--for", "sufferer", prompt="Who suffers from it", metavar="WHO", help="Who suffers from it.")
@click.option("--category", prompt=_CATEGORY, metavar="CATEGORY", help=f"{_CATEGORY}.")
@click.option("--tractability", prompt="Tractability, 'N of 5, why'", metavar="RATING", help="'4 of 5, why'.")
@click.option("--measurability", prompt="Measurability, 'N of 5, why'", metavar="RATING", help="'5 of 5, why'.")
@click.option("--worth", metavar="RANGE", help="'40000 to 90000 EUR/year'; left out, it is unknown.")
@click.option("--horizon", type=click.IntRange(1, 3), default=1, show_default=True, help="1: today's work.")
@click.option("--evidence", multiple=True, metavar="SOURCE=WORDS", help="What is known, and where from.")
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="A piece of work under it.")
@click.option("--version", type=click.IntRange(min=1), help="Write this as the map's version.")
def add(file: Path, **given: Any) -> None:
    """
    Add a problem to a file; what is in it stays as it is. A file that is not there begins a map.

    What must be said and is not given is asked for.

    \b
    Example:
      goldenthread problem add problems.yaml
      goldenthread problem add problems.yaml --name slow-requests --category waiting --worth "40000 EUR/year"
    """
    from goldenthread.control.problems import with_problem

    text = read_file(file).text if file.exists() else None
    made = with_problem(text, _given(given), owner=given["owner"], version=given["version"])
    write_work(file, made)
    say(f"Wrote {file}: '{given['name']}' is added.", f"Next: goldenthread problem check {file}")


@problem.command("list")
@_SOURCE
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw the map into this file.")
@_JSON
@click.pass_obj
def list_problems(home: str | None, source: str | None, svg: Path | None, as_json: bool) -> None:
    """
    List problems by rank, with what each lacks before a contract: of the map in force, a version, or a file.

    \b
    Example:
      goldenthread problem list problems.yaml --svg map.svg
    """
    from goldenthread.factory.problems import map_svg, rank_problems

    require_apart(None if source is None else Path(source), svg)
    found = _read(home, source)
    ranked = rank_problems(found)
    if svg is not None:
        write_text(svg, map_svg(found))
    if as_json:
        emit({"version": found.version, "owner": found.owner, "problems": ranked})
        return
    columns = ("place", "problem", "category", "tractable", "measurable", "worth", "slices", "lacks")
    table(columns, [_cells(one) for one in ranked])
    if svg is not None:
        say("", f"The map is drawn in {svg}.")


@problem.command()
@click.argument("name")
@_SOURCE
@_JSON
@click.pass_obj
def show(home: str | None, name: str, source: str | None, as_json: bool) -> None:
    """
    Show a problem: who has it, what is known of it, its slices and their contracts, and what it lacks.

    \b
    Example:
      goldenthread problem show slow-requests problems.yaml
    """
    from goldenthread.factory.problems import links_of, rank_problems

    found = _read(home, source)
    ranked = next((one for one in rank_problems(found) if one.problem.name == name), None)
    if ranked is None:
        names = ", ".join(one.name for one in found.problems) or "none"
        raise ProblemUnknown(
            f"There is no problem '{name}' on this map; it has {names}. Run `goldenthread problem list`."
        )
    links = [link for link in links_of(found, _contracts(home)) if link.problem == name]
    if as_json:
        emit({**_as_dict(ranked), "links": links})
        return
    say(*_page(ranked))
    for link in links:
        version = "" if link.contract.version is None else f" (version {link.contract.version})"
        say(f"  {link.slice}: contract {link.contract.state}{version}")


@problem.command()
@_FILE
@click.option("--as", "by", required=True, metavar="NAME", help="The owner whom the file names, with their key here.")
@click.pass_obj
def commit(home: str | None, file: Path, by: str) -> None:
    """
    Put a version of the map in force. From then on a new contract must stand under one of its open problems.

    \b
    Example:
      goldenthread problem commit problems.yaml --as maya@example.com
    """
    from goldenthread.control.problems import commit_problems
    from goldenthread.surfaces.cli.place import opened

    found = read_file(file)
    with opened(home) as place:
        record = commit_problems(place.ledger, place.keys(by), found, by=by)
        apart = _apart(place, found)
    if record is None:
        say(f"Version {found.version} of the problem map was committed before, with this text; nothing was recorded.")
    else:
        where = f"record {record.chain}#{record.seq}"
        say(f"Version {found.version} of the problem map is in force ({where}), {found.digest}: {_count(found)}.")
    for name in apart:
        say(f"'{name}' stands under no open problem: its contract goes on, its next version is refused.")


def read_file(file: Path) -> ProblemMap:
    """
    Read a map from a file, by its bytes: they are what is signed.

    Raises:
        ProblemsInvalid: With everything that is wrong.
        FileUnusable: It cannot be read, or is no ordinary file.
    """
    from goldenthread.control.problems import LARGEST_MAP, read_problems

    return read_problems(read_at_most(file, LARGEST_MAP + 1), str(file))


def _read(home: str | None, source: str | None) -> ProblemMap:
    """
    The map of a file, if there is one of that name, else of a version of this home; without either the one in force.

    Raises:
        ProblemUnknown: No such version, or none in force.
        ProblemsInvalid: It cannot be read.
    """
    from goldenthread.control.problems import load_problems
    from goldenthread.surfaces.cli.place import opened

    if source is not None and Path(source).is_file():
        return read_file(Path(source))
    with opened(home) as place:
        known = load_problems(place.ledger)
    there = ", ".join(map(str, known.versions)) or "none"
    if source is None:
        version = known.in_force
    else:
        number = int(source) if source.isascii() and source.isdigit() and len(source) < 10 else 0
        version = known.versions.get(number)
    if version is None:
        said = (
            "No problem map is in force" if source is None else f"'{source}' is neither a file nor a version of the map"
        )
        raise ProblemUnknown(
            f"{said}; committed versions: {there}. Name a file, or commit one with `goldenthread problem commit`."
        )
    return version.map


def _given(given: dict[str, Any]) -> Any:
    from goldenthread.control.problems import Problem, parse_rating, parse_worth

    evidence = dict(_pair(one) for one in given["evidence"])
    return Problem(
        name=given["name"],
        says=given["says"],
        owner=given["owner"],
        sufferer=given["sufferer"],
        category=given["category"],
        horizon=given["horizon"],
        worth=parse_worth(given["worth"]) if given["worth"] else None,
        evidence=evidence,
        tractability=parse_rating(given["tractability"]),
        measurability=parse_rating(given["measurability"]),
        slices=given["slices"],
    )


def _pair(text: str) -> tuple[str, str]:
    source, equals, words = text.partition("=")
    if not source.strip() or not equals or not words.strip():
        raise click.UsageError(f"'{text}' is no SOURCE=WORDS; write e.g. 'ticket export=412 requests'.")
    return source.strip(), words.strip()


def _contracts(home: str | None) -> dict[str, ContractState]:
    """What is known of the contracts of this home; nothing where there is none."""
    from goldenthread.factory.problems import ContractState
    from goldenthread.record.store import Home
    from goldenthread.surfaces.cli.place import opened

    if not Home(home).exists():
        return {}
    found = {}
    with opened(home) as place:
        for name in place.slices():
            standing = place.desk(name).standing()
            latest = max(standing.versions, default=None)
            if standing.in_force is not None:
                found[name] = ContractState(state="in force", version=standing.in_force.contract.version)
            elif latest is not None:
                prototype = standing.versions[latest].contract.is_prototype
                found[name] = ContractState(state="prototype" if prototype else "unsigned", version=latest)
    return found


def _apart(place: Place, found: ProblemMap) -> list[str]:
    """The slices with a contract that stand under no open problem."""
    mapped = {name for one in found.problems if one.set_aside is None for name in one.slices}
    return [name for name in place.slices() if name not in mapped and place.desk(name).standing().versions]


def _page(ranked: Ranked) -> list[str]:
    one = ranked.problem
    place = f"place {ranked.place}" if ranked.place is not None else f"set aside: {one.set_aside}"
    lines = [
        f"{one.name}: {one.says}",
        f"  {place} ({ranked.why})",
        f"  for {one.sufferer}; owner {one.owner}; category {one.category}; horizon {one.horizon}",
        f"  tractability {one.tractability}",
        f"  measurability {one.measurability}",
        f"  worth {one.worth if one.worth is not None else 'unknown'}",
        *(f"  evidence, {source}: {words}" for source, words in one.evidence.items()),
    ]
    return [*lines, *(f"  lacks {words}." for words in ranked.lacks)]


def _cells(ranked: Ranked) -> list[object]:
    one = ranked.problem
    place = "aside" if ranked.place is None else ranked.place
    lacks = ", ".join(words.split(":")[0] for words in ranked.lacks)
    scores = (one.tractability.score, one.measurability.score)
    return [place, one.name, one.category, *scores, one.worth or "unknown", ", ".join(one.slices), lacks]


def _as_dict(ranked: Ranked) -> dict[str, Any]:
    return {"problem": ranked.problem, "place": ranked.place, "why": ranked.why, "lacks": ranked.lacks}


def _count(found: ProblemMap) -> str:
    return f"{len(found.problems)} problem{'' if len(found.problems) == 1 else 's'}"


def _checked(file: Path) -> dict[str, Any]:
    try:
        found = read_file(file)
    except ProblemsInvalid as invalid:
        return {"file": str(file), "state": "invalid", "problems": list(invalid.problems)}
    return {
        "file": str(file),
        "state": "sound",
        "version": found.version,
        "owner": found.owner,
        "digest": found.digest,
        "problems": [one.name for one in found.problems],
    }
