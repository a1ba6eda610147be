"""What a slice is worth (`value`), which promises become affordable (`promise`), which slices come first (`rank`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.cli.arguments import require_apart, write_text, write_work
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.factory.candidates import Adjustment

_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("facts", type=_EXISTING)
@click.argument("contract", type=_EXISTING)
@click.option("--weeks", type=click.IntRange(1, 520), default=52, show_default=True, help="The window.")
@_JSON
def value(facts: Path, contract: Path, weeks: int, as_json: bool) -> None:
    """
    Estimate what a slice is worth as a range: what it saves less what it costs, with the time to climb of a contract.

    \b
    Example:
      goldenthread value facts.yaml contract.yaml --weeks 52
    """
    from goldenthread.factory.value import Shares, climbs_of, expected_value, value_inputs, value_text
    from goldenthread.promise.contract import plan
    from goldenthread.surfaces.cli.commands.contract import read_file
    from goldenthread.surfaces.cli.commands.fit import read_facts, require_one_slice

    told, signed = read_facts(facts), read_file(contract)
    require_one_slice(told.slice, signed.slice)
    inputs = value_inputs(told.value)
    start = {} if signed.autonomy is None else {"start": signed.autonomy.start}
    found = expected_value(inputs, climbs_of(plan(signed), **start), shares=Shares.of(signed), weeks=weeks)
    if as_json:
        emit(found)
    else:
        say(value_text(found).rstrip("\n"))


@click.command()
@click.argument("service", type=_EXISTING)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page for a decision to this file."
)
@_JSON
def promise(service: Path, html: Path | None, as_json: bool) -> None:
    """
    Tell which service promises become affordable at a measured unit cost, and where each breaks even.

    \b
    Example:
      goldenthread promise order-checks.yaml --html order-checks.html
    """
    from goldenthread.factory.value import LARGEST_SERVICE, frontier, frontier_html, frontier_text, parse_service
    from goldenthread.surfaces.cli.arguments import read_text_at_most

    require_apart(service, html)
    found = frontier(parse_service(read_text_at_most(service, LARGEST_SERVICE), str(service)))
    if html is not None:
        write_text(html, frontier_html(found))
    if as_json:
        emit({"best": found.best.name, "share": found.share, "today": found.today, "options": found.options})
    elif html is not None:
        say(f"Wrote {html}: one page, to open or print.")
    else:
        say(frontier_text(found).rstrip("\n"))


@click.command()
@click.argument("facts", type=_EXISTING, nargs=-1, required=True)
@click.option("--line", type=click.FloatRange(0, 1), help="The score from which a slice is worth a contract.")
@click.option("--weight", "weights", multiple=True, metavar="SCORE=WEIGHT", help="How much a score counts.")
@click.option(
    "--set", "adjusted", multiple=True, metavar="SLICE.SCORE=NUMBER,WHY", help="A score that you know better."
)
@_JSON
def rank(
    facts: tuple[Path, ...], line: float | None, weights: tuple[str, ...], adjusted: tuple[str, ...], as_json: bool
) -> None:
    """
    Rank slices of work by how well an agent could earn them, and say why those below the line are there.

    \b
    Example:
      goldenthread rank tickets.yaml refunds.yaml --weight deadline=0 --set "refunds.reversible=1,there is an undo"
    """
    from dataclasses import replace

    from goldenthread.factory.candidates import CRITERIA, LINE, rank_candidates, ranking_text, score_candidate
    from goldenthread.surfaces.cli.commands.fit import read_facts

    weighed = dict(weight(text, [one.name for one in CRITERIA]) for text in weights)
    criteria = [replace(one, weight=weighed.get(one.name, one.weight)) for one in CRITERIA]
    found = [read_facts(one) for one in facts]
    names = [one.slice for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueProblem(f"'{twice}' is the slice of two of these files; give one of them another name.")
    by_hand = adjustments(adjusted, names)
    scored = [score_candidate(one, criteria, by_hand.get(one.slice)) for one in found]
    ranked = rank_candidates(scored, line=LINE if line is None else line)
    if as_json:
        emit([_plain(one) for one in ranked])
    else:
        say(ranking_text(ranked, line=LINE if line is None else line).rstrip("\n"))


@click.command()
@click.argument("facts", type=_EXISTING)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--weeks", type=click.IntRange(4, 52), default=26, show_default=True, help="In which gates should pass.")
@click.option("--table", "own", type=_EXISTING, help="A table of your own instead of ours.")
@click.pass_obj
def draft(home: str | None, facts: Path, file: Path, weeks: int, own: Path | None) -> None:
    """
    Draft a contract from facts: baselines as measured, gates that can pass in time, and marked questions to the owner.

    FILE is never overwritten. `contract check` lists the questions that are still open.

    \b
    Example:
      goldenthread contract draft facts.yaml intake.yaml
    """
    from goldenthread.factory.candidates import draft_contract
    from goldenthread.surfaces.cli.commands.fit import read_facts, recommended

    if file.exists():
        raise ValueProblem(f"{file} is there already and is never overwritten. Name another file.")
    found = read_facts(facts)
    problem = mapped(home, found.slice)
    drafted = draft_contract(
        found,
        recommended(found, own),
        problem=None if problem is None else problem[0],
        sufferer=None if problem is None else problem[1],
        weeks=weeks,
    )
    write_work(file, drafted.text, new=True)
    say(f"Wrote {file} with {len(drafted.questions)} questions to answer:")
    say(*(f"  {one.key}: {one.asks}" for one in drafted.questions))
    say(*drafted.gates.notes, f"Next: answer them in the file, then goldenthread contract check {file}")


def mapped(home: str | None, slice_name: str) -> tuple[str, str] | None:
    """What the map in force says of the slice's problem, and who suffers; None without a home, a map or a problem."""
    from goldenthread.control.problems import load_problems
    from goldenthread.record.store import Home
    from goldenthread.surfaces.cli.place import opened

    if not Home(home).exists():
        return None
    with opened(home) as place:
        version = load_problems(place.ledger).in_force
    found = None if version is None else version.map.problem_of(slice_name)
    return None if found is None else (found.says, found.sufferer)


def weight(text: str, names: list[str]) -> tuple[str, float]:
    """A score's weight, `deadline=2`; raises ValueProblem, which says what to write."""
    name, _, number = text.partition("=")
    try:
        counts = float(number)
    except ValueError:
        counts = -1.0
    if name not in names or not 0 <= counts < 1e6:
        raise ValueProblem(
            f"'{text}' is no weight of a score; write e.g. 'deadline=2', with one of {', '.join(names)}."
        )
    return name, counts


def adjustments(adjusted: tuple[str, ...], slices: list[str]) -> dict[str, dict[str, Adjustment]]:
    """Scores set by hand, by slice and score; raises ValueProblem, which says what to write."""
    from goldenthread.factory.candidates import Adjustment

    found: dict[str, dict[str, Adjustment]] = {}
    for text in adjusted:
        named, _, said = text.partition("=")
        slice_name, _, score = named.partition(".")
        number, _, because = said.partition(",")
        try:
            at = float(number)
        except ValueError:
            at = -1.0
        if slice_name not in slices or not 0 <= at <= 1 or not because.strip():
            raise ValueProblem(f"'{text}' sets no score; write e.g. '{slices[0]}.reversible=1,there is an undo'.")
        found.setdefault(slice_name, {})[score] = Adjustment(score=at, because=because.strip())
    return found


def _plain(one: object) -> object:
    """A candidate without its scales, which are functions."""
    from goldenthread.factory.candidates import Candidate

    assert isinstance(one, Candidate)
    scores = {each.criterion.name: {"low": each.low, "high": each.high, "words": each.words, "adjusted": each.adjusted}
              for each in one.scores}  # fmt: skip
    return {
        "slice": one.facts.slice,
        "place": one.place,
        "low": one.low,
        "high": one.high,
        "above": one.above,
        "why": one.why,
        "scores": scores,
    }
