"""`goldenthread ladder`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import bar, emit, moment, say

if TYPE_CHECKING:
    from goldenthread.surfaces.views import ClauseView, LadderView, Rung

_MARKS = {"here": ">", "earned": "+"}


@click.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def ladder(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    Show the level that an agent has earned, on which evidence, and what the next level takes.

    \b
    Example:
      goldenthread ladder open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import ladder as view_ladder

    with opened(home) as place:
        found = view_ladder(place.desk(slice_name))
    if as_json:
        emit(found)
    else:
        say(*_lines(found))


def _lines(found: LadderView) -> list[str]:
    from goldenthread.surfaces.views.figures import count

    ceiling = f", and at most {found.ceiling} under its contract" if found.ceiling is not None else ""
    state = "STOPPED at" if found.suspended else "at"
    who = "No agent has connected yet."
    if found.agent is not None and found.fingerprint is not None:
        who = f"Agent {found.agent}, fingerprint {found.fingerprint[:19]}..., {count(found.cases, 'case')}."
    widest = max((len(clause.text) for rung in found.rungs for clause in rung.clauses), default=0)
    lines = [f"{found.slice} is {state} {found.level}{ceiling}.", who, ""]
    for rung in reversed(found.rungs):
        lines += _rung(rung, widest)
    if f"{found.reason}." != who:
        lines += ["", f"{found.reason}."]
    if found.forecast is not None:
        lines.append(f"Forecast for {found.target}: {found.forecast}")
    return [*lines, *_history(found)]


def _rung(rung: Rung, widest: int) -> list[str]:
    lines = [f"{_MARKS.get(rung.state, ' ')} {rung.level.value:<12} {rung.state}: {rung.meaning}"]
    if rung.state in ("next", "later"):
        lines += [line for clause in rung.clauses for line in _clause(clause, widest, spoken=rung.state == "next")]
    if rung.falls and rung.state != "beyond":
        lines.append(f"    falls here on {', '.join(rung.falls)}")
    return lines


def _clause(clause: ClauseView, widest: int, *, spoken: bool) -> list[str]:
    proved = " proved" if clause.passed else ""
    lines = [f"    {clause.text:<{widest}}  {bar(1.0 if clause.passed else min(clause.meter, 0.99))}{proved}"]
    if clause.estimate is not None:
        lines.append(f"      {_measured(clause)}")
    if spoken:
        workflow = " Every gate requires this line of the workflow." if clause.from_workflow else ""
        lines.append(f"      {clause.words}{workflow}")
    return lines


def _measured(clause: ClauseView) -> str:
    """What was measured and what is proved: `97.4 % in 456 cases, 12 against: at least 94.7 % is proved.`."""
    from goldenthread.surfaces.views.figures import count

    against = "" if clause.failures is None else f", {clause.failures:,} against"
    pending = f", {clause.pending:,} pending" if clause.pending else ""
    sure = f": {clause.proved} is proved" if clause.proved is not None else ""
    return f"{clause.estimate} in {count(clause.cases, 'case')}{against}{pending}{sure}."


def _history(found: LadderView) -> list[str]:
    if not found.changes:
        return []
    changes = [
        f"  {moment(change.at)}  {change.place}  {change.fingerprint[:19]}...  "
        f"{change.before} -> {change.after}: {change.reason}"
        for change in found.changes
    ]
    return ["", "History", *changes]
