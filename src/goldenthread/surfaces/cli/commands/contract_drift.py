"""`goldenthread contract drift`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say

if TYPE_CHECKING:
    from goldenthread.surfaces.views.drift import AgentDrift, BreachLine, DriftView


@click.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def drift(ctx: click.Context, slice_name: str | None, as_json: bool) -> None:
    """
    Tell where the contract in force and its agents' tools differ, and how calls broke their contract in 28 days.

    Without SLICE, every slice of the home. Ends with 1 if a tool differs, is missing or is one too many.

    \b
    Example:
      goldenthread contract drift open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.drift import drift as compare

    with opened(ctx.obj) as place:
        names = [place.chosen(slice_name)] if slice_name is not None else place.slices()
        found = [compare(place.desk(name)) for name in names]
    if as_json:
        emit(found)
    elif not found:
        say("No contract yet. Write one with `goldenthread contract new`, sign it with `goldenthread contract sign`.")
    else:
        say(*(line for number, view in enumerate(found) for line in _lines(view, first=number == 0)))
    ctx.exit(1 if any(view.differs for view in found) else 0)


def _lines(view: DriftView, *, first: bool) -> Iterator[str]:
    if not first:
        yield ""
    state = "in force" if view.in_force else "not in force"
    yield f"{view.slice}, version {view.version}, {state}"
    if not view.agents:
        yield "  No agent has declared its tools here yet."
    for agent in view.agents:
        yield from _of_agent(agent)
    if view.breaches:
        yield "  Broken in the last 28 days:"
    for line in view.breaches:
        yield from _of_breach(line)


def _of_agent(agent: AgentDrift) -> Iterator[str]:
    what = "was refused at its start" if agent.refused else "declared its tools"
    said = f"Agent {agent.agent} {what}, {moment(agent.at)}  [{agent.place}]"
    yield f"  {said}"
    if agent.agrees:
        yield "    Its tools are what the contract says."
    for problem in agent.problems:
        yield f"    differs  {problem[0].upper()}{problem[1:]}."
    if agent.problems:
        yield "             It doesn't start so. Change the tool, or sign a version that says what it takes."
    for name in agent.missing:
        yield f"    missing  The contract names the action '{name}', and the agent has no tool for it."
    if agent.missing:
        yield "             Register a tool for it, or take the action out of the contract."
    for name in agent.extra:
        yield f"    extra    The agent has a tool '{name}' that the contract doesn't name: each call of it is denied."
    if agent.extra:
        yield "             Sign a version that names it, or take the tool away from the agent."


def _of_breach(line: BreachLine) -> Iterator[str]:
    times = "once" if line.times == 1 else f"{line.times} times"
    what = f"{line.of} {line.name}, {line.clause}: {times}, last {moment(line.last)}"
    yield f"    {what}  [{line.place}]"
    yield f"      {line.words}"
