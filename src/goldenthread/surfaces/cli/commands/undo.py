"""`goldenthread undo`: effects that stand, and orders to take them back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.guard import Effect

_ID = 8  # digits shown of an id; any prefix that only it has will do


class _Moment(click.ParamType[datetime]):
    """A time in ISO 8601; without a zone it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"'{value}' is no time. Write it like 2026-11-21 or 2026-11-21T14:30.", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


_CASE = click.option("--case", "cases", multiple=True, metavar="CASE", help="Only of this case; may be repeated.")
_FINGERPRINT = click.option("--fingerprint", metavar="START", help="Only by the release whose fingerprint begins so.")
_SINCE = click.option("--since", type=_Moment(), metavar="TIME", help="Only what was permitted from then on (UTC).")
_UNTIL = click.option("--until", type=_Moment(), metavar="TIME", help="Only what was permitted before then (UTC).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def undo() -> None:
    """
    Take back what agents did: list effects that stand, order that they are undone, see what came of it.

    The agent's own process carries an order out, once, with the tool that the contract names as `undo`.

    \b
    Example:
      goldenthread undo list refunds --since 2026-11-21T14:00
      goldenthread undo order refunds --since 2026-11-21T14:00 --by maya@example.com --reason "wrong price list"
    """


@undo.command("list")
@click.argument("slice_name", metavar="SLICE")
@_CASE
@_FINGERPRINT
@_SINCE
@_UNTIL
@_JSON
@click.pass_obj
def list_effects(
    home: str | None,
    slice_name: str,
    cases: tuple[str, ...],
    fingerprint: str | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """
    List effects that stand, newest first, and what undoes them.

    \b
    Example:
      goldenthread undo list refunds --case order-17
    """
    from goldenthread.control.guard import effects_of
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(slice_name)
        found = effects_of(desk, cases=cases, fingerprint=fingerprint, since=since, until=until)
    if as_json:
        emit(found)
    elif not found:
        say("No such effect stands.")
    else:
        _show(found)


@undo.command()
@click.argument("slice_name", metavar="SLICE")
@click.option("--action", "action", metavar="ID", help="Only this one, by the first digits of its id.")
@_CASE
@_FINGERPRINT
@_SINCE
@_UNTIL
@click.option("--reason", required=True, help="Why; it stays on record.")
@click.option("--by", required=True, metavar="NAME", help="Who orders it; signs with their key.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where no terminal is there to ask at.")
@click.pass_obj
def order(
    home: str | None,
    slice_name: str,
    action: str | None,
    cases: tuple[str, ...],
    fingerprint: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str,
    by: str,
    yes: bool,
) -> None:
    """
    Order that effects are undone: one action, those of cases, of a release, or of a time. All are shown first.

    What cannot be undone is named with the reason, for people to make good. A stop of the slice does not hold this.

    \b
    Example:
      goldenthread undo order refunds --case order-17 --by maya@example.com --reason "paid to the wrong account"
    """
    if not (action or cases or fingerprint or since or until):
        raise click.UsageError(
            "This would undo everything that the slice ever did. Say what: --action, --case, --fingerprint, --since "
            "or --until."
        )
    if not yes and not sys.stdin.isatty():
        raise click.UsageError(
            "Missing option '--yes': this would order effects to be undone, and there is no terminal to ask at. "
            "Nothing was ordered."
        )
    from goldenthread.control.guard import effects_of, order_undo
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(slice_name)
        found = effects_of(desk, cases=cases, fingerprint=fingerprint, since=since, until=until)
        chosen = [one for one in found if action is None or one.action.startswith(action)]
        if action is not None and len(chosen) != 1:
            keys = place.keys(by)
            order_undo(desk, action, reason, by=by, sign=keys.sign)  # says which of the reasons it is
            return
        able = [one for one in chosen if one.problem is None]
        _show(chosen)
        if not able:
            say("Nothing of this can be undone." if chosen else "No such effect stands.")
            return
        if not yes:
            click.confirm(f"Order that {_effects(len(able))} undone?", abort=True)
        keys = place.keys(by)
        for one in able:
            order_undo(desk, one.action, reason, by=by, sign=keys.sign)
        say(f"{len(able)} ordered. The agent's process carries it out; see `goldenthread undo orders {slice_name}`.")
        if len(able) < len(chosen):
            say(f"{len(chosen) - len(able)} cannot be undone, as shown; people must make them good.")


@undo.command()
@click.argument("slice_name", metavar="SLICE")
@_JSON
@click.pass_obj
def orders(home: str | None, slice_name: str, as_json: bool) -> None:
    """
    List what was ordered to be undone, and what came of it.

    \b
    Example:
      goldenthread undo orders refunds
    """
    from goldenthread.control.guard import undos
    from goldenthread.surfaces.cli.place import opened

    every = ("ordered", "begun", "done", "failed", "unknown", "expired")
    with opened(home) as place:
        found = undos(place.desk(slice_name), states=every)
    if as_json:
        emit(found)
    elif not found:
        say("Nothing was ordered to be undone.")
    else:
        columns = ("order", "case", "takes back", "by", "state", "ordered by", "when")
        rows = [
            (one.id[:_ID], one.case, one.effect, one.tool, one.state, one.by, moment(one.ordered_at)) for one in found
        ]
        table(columns, rows)


def _show(found: list[Effect]) -> None:
    columns = ("action", "case", "what", "when", "undone by")
    rows = [
        (
            one.action[:_ID],
            one.case,
            one.name,
            moment(one.at),
            one.undo if one.problem is None else f"no: {one.problem}",
        )
        for one in found
    ]
    table(columns, rows)


def _effects(count: int) -> str:
    return "this effect is" if count == 1 else f"these {count} effects are"
