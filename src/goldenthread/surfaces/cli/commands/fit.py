"""`goldenthread fit`: how free an agent a slice of work needs, how that is proved, and what was decided."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.cli.arguments import read_text_at_most
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.factory.candidates import SliceFacts
    from goldenthread.factory.fit import Approach, Decision, ProofPlan, ProofReach, Recommendation, Table
    from goldenthread.promise.values import Level

_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_FACTS = click.argument("facts", type=_EXISTING)
_TABLE = click.option("--table", "own", type=_EXISTING, help="A table of your own instead of ours.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_APPROACHES = ("rules", "single_call", "retrieval", "tool_use", "agent", "several_agents")
_LEVELS = ("shadow", "draft", "approval", "constrained", "expanded")


@click.group()
def fit() -> None:
    """
    Tell how free an agent a slice of work needs, how free it may be, and what it then must have.

    \b
    Example:
      goldenthread fit recommend facts.yaml
      goldenthread fit prove facts.yaml contract.yaml
    """


@fit.command()
@_FACTS
@_TABLE
@_JSON
def recommend(facts: Path, own: Path | None, as_json: bool) -> None:
    """
    Recommend an approach and a ceiling, with every line behind them.

    \b
    Example:
      goldenthread fit recommend facts.yaml
    """
    from goldenthread.factory.fit import recommendation_text

    found = _recommended(facts, own)
    if as_json:
        emit(found)
    else:
        say(recommendation_text(found).rstrip("\n"))


@fit.command()
@_TABLE
@_JSON
def rows(own: Path | None, as_json: bool) -> None:
    """
    Show every row of the table with its source.

    \b
    Example:
      goldenthread fit rows
    """
    from goldenthread.factory.fit import table_text

    found = table_of(own)
    if as_json:
        emit({"version": found.version, "digest": found.digest, "text": found.text})
    else:
        say(table_text(found).rstrip("\n"))


@fit.command()
@_FACTS
@click.argument("contract", type=_EXISTING)
@click.option("--cost", "costs", multiple=True, metavar="APPROACH=EUR", help="What a case costs, where measured.")
@_TABLE
@_JSON
def prove(facts: Path, contract: Path, costs: tuple[str, ...], own: Path | None, as_json: bool) -> None:
    """
    Plan which variants work side by side in shadow until the cheapest that passes the contract's first gate is known.

    \b
    Example:
      goldenthread fit prove facts.yaml contract.yaml --cost retrieval=0.04
    """
    from goldenthread.factory.fit import proof_plan, variants
    from goldenthread.surfaces.cli.commands.contract import read_file

    found, signed = _recommended(facts, own), read_file(contract)
    require_one_slice(read_facts(facts).slice, signed.slice)
    planned = proof_plan(signed, variants(found, table_of(own), dict(map(_cost, costs))))
    if as_json:
        emit(planned)
    else:
        say(*_proof_lines(planned))


@fit.command()
@_FACTS
@click.option("--as", "by", required=True, metavar="NAME", help="Owner or expert of the slice, with their key here.")
@click.option("--because", required=True, metavar="SENTENCE", help="Why; it stands on the record.")
@click.option("--approach", type=click.Choice(_APPROACHES), help="Another than is recommended.")
@click.option("--ceiling", type=click.Choice(_LEVELS), help="Another than is recommended.")
@_TABLE
@click.pass_obj
def decide(
    home: str | None, facts: Path, by: str, because: str, approach: str | None, ceiling: str | None, own: Path | None
) -> None:
    """
    Put on record which approach is taken: the one recommended, or another, with the reason.

    \b
    Example:
      goldenthread fit decide facts.yaml --as maya@example.com --approach rules --because "The policy has five lines."
    """
    from goldenthread.factory.fit import Approach, decisions
    from goldenthread.factory.fit import decide as decide_on
    from goldenthread.promise.values import Level
    from goldenthread.surfaces.cli.place import opened

    found = _recommended(facts, own)
    with opened(home) as place:
        record = decide_on(
            place.ledger,
            place.keys(by),
            found,
            slice_name=read_facts(facts).slice,
            by=by,
            because=because,
            approach=None if approach is None else Approach(approach),
            ceiling=None if ceiling is None else Level(ceiling),
        )
        made = next(one for one in decisions(place.ledger) if one.seq == record.seq)
    over = "overrules" if made.overruled else "follows"
    say(
        f"On record ({record.chain}#{record.seq}): '{made.slice}' gets {made.chosen} up to {made.ceiling}.",
        f"That {over} the table, version {made.table_version}.",
    )


@fit.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@_JSON
@click.pass_obj
def log(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List what was decided, with the reasons.

    \b
    Example:
      goldenthread fit log refunds
    """
    from goldenthread.factory.fit import decisions
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = list(decisions(place.ledger, slice_name))
    if as_json:
        emit(found)
    elif not found:
        say("Nothing was decided yet. Decide with `goldenthread fit decide`.")
    else:
        columns = ("record", "slice", "recommended", "chosen", "by", "because")
        table(columns, [_cells(one) for one in found])


def read_facts(path: Path) -> SliceFacts:
    """
    The facts of a slice from a file.

    Raises:
        FactsInvalid: With everything that is wrong.
        FileUnusable: It cannot be read.
    """
    from goldenthread.factory.candidates import LARGEST_FACTS, parse_facts

    return parse_facts(read_text_at_most(path, LARGEST_FACTS), str(path))


def require_one_slice(of_facts: str, of_contract: str) -> None:
    """
    Raises:
        ValueProblem: Facts and contract are of two slices, so that what follows from both would be true of neither.
    """
    if of_facts != of_contract:
        raise ValueProblem(
            f"The facts are of '{of_facts}' and the contract is of '{of_contract}'. Name two files of one slice."
        )


def recommended(facts: SliceFacts, own: Path | None = None) -> Recommendation:
    """What a table, ours or one of a file, says of a slice."""
    from goldenthread.factory.fit import recommend as judge

    return judge(facts.work, table_of(own))


def _recommended(facts: Path, own: Path | None) -> Recommendation:
    return recommended(read_facts(facts), own)


def table_of(own: Path | None) -> Table:
    """Ours, or one of a file; raises FitTableInvalid with everything that is wrong."""
    from goldenthread.factory.fit import LARGEST_TABLE, our_table, parse_table

    if own is None:
        return our_table()
    return parse_table(read_text_at_most(own, LARGEST_TABLE), str(own))


def _cost(text: str) -> tuple[Approach, Decimal]:
    from goldenthread.factory.fit import Approach

    name, _, amount = text.partition("=")
    try:
        cost = Decimal(amount)
    except ArithmeticError:
        cost = Decimal(-1)
    if name not in _APPROACHES or not cost.is_finite() or not 0 <= cost < 1_000_000_000:
        raise ValueProblem(f"'{text}' is no cost of an approach; write e.g. 'retrieval=0.04'.")
    return Approach(name), cost


def _proof_lines(planned: ProofPlan) -> list[str]:
    each, whole = f"{planned.confidence_each.normalize():f} %", f"{planned.confidence:f} %"
    lines = [
        f"Side by side in shadow for '{planned.slice}', cheapest first, each a release with its own fingerprint:",
        *(f"  {one.approach}: {one.cost:f} EUR/case ({one.cost_source}); {one.why}" for one in planned.variants),
        "",
        f"The gate to {planned.gate} decides. Together they are to be {whole} sure, so each is held to {each}:",
        f"in the contract of the proof write `confidence: {each}`.",
        "",
        "Cases until half of them have passed, a tenth and nine tenths; one alone would take",
    ]
    lines += [f"  {one.scenario:<17} {_reach(one)}; {one.single or 'never'}" for one in planned.reaches]
    if planned.cost is not None:
        lines += ["", f"All of them cost about {planned.cost:.2f} EUR until good ones have passed."]
    return [*lines, "", "Take the cheapest whose gate has passed, by the cost that was then measured."]


def _cells(one: Decision) -> tuple[object, ...]:
    recommended = _pair(one.recommended, one.recommended_ceiling)
    return one.seq, one.slice, recommended, _pair(one.chosen, one.ceiling), one.by, one.because


def _reach(one: ProofReach) -> str:
    return f"{one.median or 'never'}, {one.low or 'never'} to {one.high or 'never'}"


def _pair(approach: Approach | None, ceiling: Level | None) -> str:
    return "nothing" if approach is None else f"{approach} up to {ceiling}"
