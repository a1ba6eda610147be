"""`goldenthread stop` and `goldenthread lift`: the kill switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.signing import Lifted
    from goldenthread.record.ledger import Record
    from goldenthread.surfaces.cli.place import Place

_BY = click.option("--by", required=True, metavar="NAME", help="Who says so; signs with their key.")
_REASON = click.option("--reason", required=True, help="Why; it stands on record.")


@click.group()
def stop() -> None:
    """
    Stop everything, a product, a slice or a tool, at once. One person is enough; lifting takes two.

    \b
    Example:
      goldenthread stop everything --by lee@example.com --reason "payments go to the wrong people"
    """


@stop.command()
@_BY
@_REASON
@click.pass_obj
def everything(home: str | None, by: str, reason: str) -> None:
    """
    Stop every slice: nothing that any agent wants to do happens, from now on and in all processes.

    By an administrator, or an owner or approver of every slice.

    \b
    Example:
      goldenthread stop everything --by lee@example.com --reason "payments go to the wrong people"
    """
    from goldenthread.record.ledger import ORGANISATION
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = stopped(place, ORGANISATION, by, reason)
    say(stop_words(record, "Everything is stopped", by))


@stop.command()
@click.argument("name", metavar="PRODUCT")
@_BY
@_REASON
@click.pass_obj
def product(home: str | None, name: str, by: str, reason: str) -> None:
    """
    Stop one product: every slice of which any version of its contract names it, from now on and in all processes.

    By an administrator, or an owner or approver of every slice.

    \b
    Example:
      goldenthread stop product customer-service --by lee@example.com --reason "it promises refunds nobody agreed to"
    """
    from goldenthread.record.ledger import ORGANISATION
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = stopped(place, ORGANISATION, by, reason, product=name)
        say(stop_words(record, f"The product {name.strip()} is stopped", by))
        say(_reach_words(place, name))


@stop.command("slice")
@click.argument("slice_name", metavar="SLICE")
@_BY
@_REASON
@click.pass_obj
def stop_slice(home: str | None, slice_name: str, by: str, reason: str) -> None:
    """
    Stop one slice. By an owner or approver of it, or an administrator.

    \b
    Example:
      goldenthread stop slice intake --by lee@example.com --reason "wrong licences since noon"
    """
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = stopped(place, place.chosen(slice_name), by, reason)
    say(stop_words(record, f"{slice_name} is stopped", by))


@stop.command()
@click.argument("name", metavar="TOOL")
@click.option("--slice", "slice_name", metavar="SLICE", help="Only there; without it, in every slice.")
@_BY
@_REASON
@click.pass_obj
def tool(home: str | None, name: str, slice_name: str | None, by: str, reason: str) -> None:
    """
    Stop one tool, by the name of its action in contracts: in every slice, or in one.

    By an owner or approver there, or an administrator.

    \b
    Example:
      goldenthread stop tool admit_package --by lee@example.com --reason "the registry is compromised"
    """
    from goldenthread.record.ledger import ORGANISATION
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        chain = ORGANISATION if slice_name is None else place.chosen(slice_name)
        record = stopped(place, chain, by, reason, tool=name)
        known = _declared(place, None if slice_name is None else chain)
    where = "in every slice" if slice_name is None else f"in {slice_name}"
    say(stop_words(record, f"The tool {name} is stopped {where}", by))
    if name not in known:
        say(f"No contract there declares '{name}'; declared are {', '.join(sorted(known)) or 'none'}.")


@stop.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def stop_list(home: str | None, as_json: bool) -> None:
    """
    List what is stopped now, by whom, why, and who has asked to lift it.

    \b
    Example:
      goldenthread stop list
    """
    from goldenthread.control.signing import standing_stops
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = standing_stops(place.ledger)
    if as_json:
        stops = [(one.stop, one.asked) for one in found]
        emit(
            [
                {
                    "id": one.id,
                    "chain": one.chain,
                    "tool": one.tool,
                    "product": one.product,
                    "by": one.by,
                    "at": one.at.isoformat(),
                    "reason": one.reason,
                    "lift_asked_by": list(asked),
                }
                for one, asked in stops
            ]
        )
        return
    if not found:
        say("Nothing is stopped.")
    for one in found:
        asked = f"; {' and '.join(one.asked)} asked to lift it" if one.asked else ""
        say(f"{one.stop.id}  {one.stop.at:%Y-%m-%d %H:%M}Z  {one.stop.words}{asked}")


@click.command()
@click.argument("stop_id", metavar="STOP")
@_BY
@_REASON
@click.pass_obj
def lift(home: str | None, stop_id: str, by: str, reason: str) -> None:
    """
    Say that a stop may be lifted. The first person asks, a second one lifts it, within a day.

    Both are owners or approvers there, or administrators; one of them an owner of the slice or, for everything, for a
    product and for a tool everywhere, an administrator. Whoever stopped it may be one of the two.

    \b
    Example:
      goldenthread lift intake#41 --by maya@example.com --reason "the licence list is mended"
    """
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        say(lift_words(lifted(place, stop_id, by, reason), by))


def stopped(
    place: Place, chain: str, by: str, reason: str, tool: str | None = None, product: str | None = None
) -> Record | None:
    """Set a stop with the key of `by`."""
    from goldenthread.control.signing import stop as stop_chain

    return stop_chain(place.ledger, place.keys(by), chain=chain, by=by, reason=reason, tool=tool, product=product)


def lifted(place: Place, stop_id: str, by: str, reason: str) -> Lifted:
    """Say that a stop may be lifted, with the key of `by`."""
    from goldenthread.control.signing import lift as lift_stop

    return lift_stop(place.ledger, place.keys(by), stop_id, by=by, reason=reason)


def stop_words(record: Record | None, done: str, by: str) -> str:
    """What a stop did."""
    if record is None:
        return f"{done} by {by} already; nothing was recorded."
    place = f"{record.chain}#{record.seq}"
    return f"{done}: nothing of it has effect (stop {place}). Two people lift it with `goldenthread lift {place}`."


def lift_words(said: Lifted, by: str) -> str:
    """What one person's word to lift did, and who is still needed."""
    if said.lifted:
        assert said.record is not None
        return f"Stop {said.stop.id} is lifted (record {said.record.chain}#{said.record.seq})."
    others = " or ".join(said.wanted) or "nobody, until an administrator grants somebody the role"
    again = "had asked already; nothing was recorded" if said.record is None else "asks to lift it"
    return f"Stop {said.stop.id} still holds: {by} {again}. It takes one more, within a day: {others}."


def _declared(place: Place, slice_name: str | None) -> set[str]:
    """The actions that the contracts of a slice, or of all, declare."""
    names = [slice_name] if slice_name is not None else place.slices()
    versions = [(standing := place.desk(name).standing()).in_force or standing.latest for name in names]
    return {action for version in versions if version is not None for action in version.contract.actions}


def _reach_words(place: Place, product: str) -> str:
    """Which slices a stop of a product reaches; where none, that nothing stands still by it."""
    from goldenthread.control.stops import product_key

    products = {name: place.desk(name).standing().products for name in place.slices()}
    reached = [name for name, named in products.items() if product_key(product) in named]
    if reached:
        return f"It reaches {', '.join(reached)}."
    known = ", ".join(sorted(set().union(*products.values()))) or "none"
    return (
        f"No contract names the product '{product.strip()}', so nothing stands still by it yet; named are {known}. "
        "The stop waits for a slice that names it. Stop the right one, its slices, or everything."
    )
